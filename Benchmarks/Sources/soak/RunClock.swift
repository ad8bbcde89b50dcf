import Synchronization
import UVEventLoop

/// Seconds since the start of the soak; of a resumed one the time before is counted, the time between is not.
final class RunClock: Sendable {
    private let loop: EventLoop
    private let before: Double
    private let origin: Mutex<UInt64>

    init(_ loop: EventLoop, before: Double) {
        self.loop = loop
        self.before = before
        origin = Mutex(loop.now.nanoseconds)
    }

    /// The soak begins now.
    func begin() { origin.withLock { $0 = loop.now.nanoseconds } }

    var now: Double { seconds(at: loop.now.nanoseconds) }

    /// - Parameter time: nanoseconds of the machine's monotonic clock.
    func seconds(at time: UInt64) -> Double {
        let origin = origin.withLock { $0 }
        return before + (Double(time) - Double(origin)) / 1e9
    }
}
