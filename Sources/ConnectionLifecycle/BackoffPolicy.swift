/// How long to wait before the next attempt. A value; all randomness comes from the generator that is passed in.
public struct BackoffPolicy: Hashable, Sendable {
    /// The wait after the first failure.
    public var initial: Duration = .milliseconds(500)
    /// Each further failure in a row multiplies the wait; at least 1.
    public var factor: Double = 2
    /// The longest wait.
    public var cap: Duration = .seconds(30)
    /// Each wait is drawn from `1 - jitter … 1` of its nominal length; 0 … 1.
    public var jitter: Double = 0.25
    /// Failures in a row are forgotten only when a connection stayed ready this long.
    public var resetAfter: Duration = .seconds(10)
    /// The first retry after a deaf verdict waits 0 … this long: at once, but not all connections in the same instant.
    public var atOnceJitter: Duration = .milliseconds(100)
    /// The slow lane for refused credentials (401), which are not final: the account may be enabled again.
    public var slowInitial: Duration = .seconds(1)
    public var slowFactor: Double = 1.5
    public var slowCap: Duration = .seconds(30)
    /// The longest `Retry-After` that is honoured; a server that asks for more gets this.
    public var retryAfterCap: Duration = .seconds(300)
    /// After this many failures in a row the next failed attempt is final; nil tries for ever.
    public var attemptBudget: UInt32?

    public init() {}
}

/// Which wait comes next.
enum RetryLane: Hashable, Sendable {
    /// Exponential.
    case paced
    /// 401.
    case slow
    /// First retry after a deaf verdict, or a reconnect that the user asked for.
    case atOnce
    /// The server said when, in nanoseconds.
    case after(UInt64)
}

/// The policy in nanoseconds, as the machine uses it.
struct CompiledBackoff: Hashable, Sendable {
    let initial, cap, resetAfter, atOnceJitter, slowInitial, slowCap, retryAfterCap: UInt64
    let factor, slowFactor, jitter: Double
    let attemptBudget: UInt32

    init(_ policy: BackoffPolicy) {
        initial = policy.initial.clampedNanoseconds
        cap = policy.cap.clampedNanoseconds
        resetAfter = policy.resetAfter.clampedNanoseconds
        atOnceJitter = policy.atOnceJitter.clampedNanoseconds
        slowInitial = policy.slowInitial.clampedNanoseconds
        slowCap = policy.slowCap.clampedNanoseconds
        retryAfterCap = policy.retryAfterCap.clampedNanoseconds
        // Not-a-number and nonsense become the nearest sane value: a policy must not be able to spin or to trap.
        factor = policy.factor >= 1 ? min(policy.factor, 1000) : 1
        slowFactor = policy.slowFactor >= 1 ? min(policy.slowFactor, 1000) : 1
        jitter = policy.jitter >= 0 ? min(policy.jitter, 1) : 0
        attemptBudget = policy.attemptBudget ?? .max
    }

    /// The wait in nanoseconds after `failures` failures in a row.
    func delay(_ lane: RetryLane, failures: UInt32, random: inout SeededGenerator) -> UInt64 {
        switch lane {
        case .paced:
            return jittered(grown(initial, factor, cap, failures), &random)
        case .slow:
            return jittered(grown(slowInitial, slowFactor, slowCap, failures), &random)
        case .atOnce:
            return UInt64(random.unit() * Double(atOnceJitter))
        case .after(let asked):
            // Jitter only upwards: never earlier than the server asked, and not all clients at once.
            let least = min(asked, retryAfterCap)
            let own = jittered(grown(initial, factor, cap, failures), &random)
            return max(own, least + UInt64(random.unit() * Double(initial)))
        }
    }

    private func grown(_ base: UInt64, _ factor: Double, _ cap: UInt64, _ failures: UInt32) -> UInt64 {
        var wait = Double(min(base, cap))
        var left = failures
        while left > 1, wait < Double(cap), factor > 1 {
            wait *= factor
            left -= 1
        }
        return UInt64(min(wait, Double(cap)))
    }

    private func jittered(_ nominal: UInt64, _ random: inout SeededGenerator) -> UInt64 {
        nominal - UInt64(Double(nominal) * jitter * random.unit())
    }
}

extension Duration {
    /// Nanoseconds, clamped to 0 … about 146 years, so that sums with a clock cannot overflow.
    var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return min(UInt64(seconds), 1 << 32) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
