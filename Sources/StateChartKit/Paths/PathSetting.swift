import ConnectionLifecycle

/// The budgets of a path: what the guards ask about. Everything else is as by default.
public struct PathSetting: Hashable, Sendable {
    /// As in `Timing`.
    public var missesAllowed: UInt32
    /// As in `BackoffPolicy`.
    public var attemptBudget: UInt32

    public init(missesAllowed: UInt32, attemptBudget: UInt32) {
        self.missesAllowed = missesAllowed
        self.attemptBudget = attemptBudget
    }

    /// First budgets that are spent step by step, then none at all: some rows follow each other only without.
    public static let standard = [
        PathSetting(missesAllowed: 1, attemptBudget: 2), PathSetting(missesAllowed: 0, attemptBudget: 0),
    ]

    /// For the configuration of a connection that walks the path.
    public var timing: Timing {
        var timing = Timing()
        timing.missesAllowed = missesAllowed
        return timing
    }

    /// For the configuration of a connection that walks the path.
    public var backoff: BackoffPolicy {
        var backoff = BackoffPolicy()
        backoff.attemptBudget = attemptBudget
        return backoff
    }
}

/// A time that is known up to its jitter, in nanoseconds.
struct Span: Hashable {
    var least, most: UInt64

    init(_ least: Duration, _ most: Duration) { (self.least, self.most) = (least.inNanoseconds, most.inNanoseconds) }

    init(_ exact: Duration) { self.init(exact, exact) }

    static let zero = Span(.zero)

    func adding(_ other: Span, atMost cap: UInt64) -> Span {
        var sum = self
        sum.least = min(least + other.least, cap)
        sum.most = min(most + other.most, cap)
        return sum
    }

    /// One nanosecond less.
    var short: Span {
        var short = self
        short.least = max(least, 1) - 1
        short.most = max(most, 1) - 1
        return short
    }
}

extension Duration {
    /// The durations of the settings are positive and far from overflow.
    fileprivate var inNanoseconds: UInt64 {
        UInt64(components.seconds) * 1_000_000_000 + UInt64(components.attoseconds) / 1_000_000_000
    }

    var span: Span { Span(self) }
}
