internal import ConnectionLifecycle
public import Holdfast
internal import Locking
public import WorldInterface

/// How many attempts may begin together, for all accounts of a server: a token bucket. Ten thousand connections that are
/// dropped at once come back one after another, in the order in which they were ready to.
///
/// The bucket is kept as a time (the generic cell rate algorithm, ITU-T I.371): that of the next free turn. Whoever asks gets
/// it and moves it on, so nobody is overtaken for long and no queue is kept. May be asked from any loop.
public final class AttemptBudget: AttemptLimit {
    /// How fast, and how many at once.
    public struct Rate: Hashable, Sendable {
        /// Attempts a second, in the long run: 0.01 … 100,000.
        public let perSecond: Double
        /// Attempts that may begin at once after a quiet time: 1 … 100,000.
        public let burst: Int

        /// What is out of range is brought to its nearer end.
        public init(perSecond: Double = 100, burst: Int = 100) {
            self.perSecond = perSecond.isNaN ? 100 : min(max(perSecond, 0.01), 100_000)
            self.burst = min(max(burst, 1), 100_000)
        }
    }

    private struct State {
        var rate: Rate
        /// Nanoseconds between two turns.
        var interval: UInt64
        /// When the next turn is due that nobody has yet.
        var next: UInt64 = 0
        var jitter: SeededGenerator

        mutating func set(_ rate: Rate) {
            self.rate = rate
            interval = UInt64(1e9 / rate.perSecond)
        }
    }

    private let state: Lock<State>

    /// - Parameter seed: of the jitter.
    public init(_ rate: Rate = Rate(), seed: UInt64) {
        var state = State(rate: rate, interval: 0, jitter: SeededGenerator(seed: seed))
        state.set(rate)
        self.state = Lock(state)
    }

    /// From now on; turns that were given stay.
    public var rate: Rate {
        get { state.withLock { $0.rate } }
        set { state.withLock { $0.set(newValue) } }
    }

    public func turn(at now: Instant) -> Instant {
        state.withLock { state in
            let saved = state.interval.multipliedReportingOverflow(by: UInt64(state.rate.burst - 1))
            let unused = saved.overflow ? 0 : now.nanoseconds - min(now.nanoseconds, saved.partialValue)
            let due = Instant(nanoseconds: max(state.next, unused))
            state.next = due.advanced(byNanoseconds: state.interval).nanoseconds
            guard due > now else { return due }
            // Spread over its share of the time, so that several gateways do not beat in step.
            return due.advanced(byNanoseconds: UInt64.random(in: 0...state.interval / 2, using: &state.jitter))
        }
    }

    /// How many turns are given and not due yet.
    public func waiting(at now: Instant) -> Int {
        state.withLock { state in
            Int(clamping: Instant(nanoseconds: state.next).nanoseconds(since: now) / max(1, state.interval))
        }
    }
}
