public import SoakKit
import Synchronization
public import UVEventLoop
import WorldInterface

/// A timer on a loop of the engine's, every 20 ms, that measures how late it is: what everything on the loop waits behind the rest.
/// libuv counts in whole milliseconds, so up to one is the measurement's own.
public final class LagProbe: Sendable {
    private struct Contents {
        var sample = Histogram()
        var whole = Histogram()
        var isOver = false
    }

    private let contents = Mutex(Contents())
    private static let interval = Duration.milliseconds(20)

    public init() {}

    /// Until `end`.
    public func run(on loop: EventLoop) async {
        await loop.run { [self] in
            let box = TimerBox()
            box.timer = loop.makeTimer { [unowned box] in
                let late = Double(loop.now.nanoseconds(since: box.due)) / 1e6
                let isOver = self.contents.withLock { contents in
                    contents.sample.add(late)
                    contents.whole.add(late)
                    return contents.isOver
                }
                if isOver {
                    box.timer?.close()
                    box.continuation?.resume()
                } else {
                    box.due = loop.now + LagProbe.interval
                    box.timer?.arm(at: box.due)
                }
            }
            box.due = loop.now + LagProbe.interval
            box.timer?.arm(at: box.due)
            await withCheckedContinuation { box.continuation = $0 }
        }
    }

    public func end() { contents.withLock { $0.isOver = true } }

    /// Of all so far, in milliseconds.
    public var whole: Histogram { contents.withLock { $0.whole } }

    /// Since the last call, in milliseconds.
    public func takeSample() -> Histogram {
        contents.withLock { contents in
            defer { contents.sample = Histogram() }
            return contents.sample
        }
    }

    /// Loop-confined.
    private final class TimerBox {
        var timer: (any DeadlineTimer)?
        var due = Instant(nanoseconds: 0)
        var continuation: CheckedContinuation<Void, Never>?
    }
}
