/// How long to wait before the next attempt. A value; all randomness comes from the generator that is passed in.
///
/// Any value is safe: what is negative or not a number becomes the nearest sane value, and no setting can make the
/// machine spin, because a wait is never shorter than a millisecond (after a failure, ten).
public struct BackoffPolicy: Hashable, Sendable {
    /// The wait after the first failure.
    public var initial: Duration = .milliseconds(500)
    /// Each further failure in a row multiplies the wait; 1 … 1000.
    public var factor: Double = 2
    /// The longest wait.
    public var cap: Duration = .seconds(30)
    /// Each wait is drawn from `1 - jitter … 1` of its nominal length; 0 … 1.
    public var jitter: Double = 0.25
    /// Failures in a row are forgotten only when a connection stayed ready this long.
    public var resetAfter: Duration = .seconds(10)
    /// The first retry after a deaf verdict waits 0 … this long: at once, but not all connections in the same instant.
    public var atOnceJitter: Duration = .milliseconds(100)
    /// The slow lane for refused credentials (401), which are not final: the account may be enabled again. The wait
    /// after the first failure in a row.
    public var slowInitial: Duration = .seconds(1)
    /// The slow lane: each further failure in a row multiplies the wait; 1 … 1000.
    public var slowFactor: Double = 1.5
    /// The slow lane: the longest wait.
    public var slowCap: Duration = .seconds(30)
    /// The longest `Retry-After` that is honoured; a server that asks for more gets this.
    public var retryAfterCap: Duration = .seconds(300)
    /// After this many failures in a row the next failed attempt is final; nil tries for ever. Only attempts end this
    /// way: a working connection that is lost or judged deaf is always followed by a new attempt.
    public var attemptBudget: UInt32?

    public init() {}
}

/// How the next wait is drawn.
enum RetryLane: Hashable, Sendable {
    /// Exponential.
    case paced
    /// 401.
    case slow
    /// First retry after a deaf verdict, or a reconnect that the user asked for.
    case atOnce
    /// The server said when, in nanoseconds.
    case after(UInt64)

    /// The lane that a failure asks for. A rate limit without a time is paced like any other failure.
    init(_ input: Input) {
        switch input.failure {
        case .retryable, .fatal: self = .paced
        case .unauthorized: self = .slow
        case .rateLimited: self = input.limit == .max ? .paced : .after(input.limit)
        }
    }
}

/// The policy in nanoseconds, as the machine uses it.
struct CompiledBackoff: Hashable, Sendable {
    /// The shortest wait after a failure, and the shortest of all: nothing in the policy may make the machine spin.
    static let least: UInt64 = 10_000_000
    static let leastAtOnce: UInt64 = 1_000_000

    let paced, slow: Growth
    let resetAfter, atOnceJitter, retryAfterCap: UInt64
    /// As a fraction of 2^64.
    let jitter: UInt64
    let attemptBudget: UInt32

    init(_ policy: BackoffPolicy) {
        paced = Growth(initial: policy.initial, factor: policy.factor, cap: policy.cap)
        slow = Growth(initial: policy.slowInitial, factor: policy.slowFactor, cap: policy.slowCap)
        resetAfter = policy.resetAfter.clampedNanoseconds
        atOnceJitter = policy.atOnceJitter.clampedNanoseconds
        retryAfterCap = policy.retryAfterCap.clampedNanoseconds
        jitter = policy.jitter >= 1 ? .max : policy.jitter > 0 ? UInt64(policy.jitter * 0x1p64) : 0
        attemptBudget = policy.attemptBudget ?? .max
    }

    /// The wait in nanoseconds after `failures` failures in a row.
    func delay(_ lane: RetryLane, failures: UInt32, random: inout SeededGenerator) -> UInt64 {
        switch lane {
        case .paced: return jittered(paced.wait(failures), &random)
        case .slow: return jittered(slow.wait(failures), &random)
        case .atOnce: return max(random.below(atOnceJitter), CompiledBackoff.leastAtOnce)
        case .after(let asked):
            // Jitter only upwards: never earlier than the server asked, and not all clients at once.
            let own = jittered(paced.wait(failures), &random)
            return max(own, min(asked, retryAfterCap) + random.below(paced.initial))
        }
    }

    private func jittered(_ nominal: UInt64, _ random: inout SeededGenerator) -> UInt64 {
        let span = nominal.multipliedFullWidth(by: jitter).high
        return max(nominal - random.below(span), CompiledBackoff.least)
    }
}

/// An exponential with a cap.
struct Growth: Hashable, Sendable {
    let initial, cap: UInt64
    let factor: Double
    /// So many failures in a row are waited for with the cap, without any arithmetic.
    private(set) var capped = UInt32.max

    init(initial: Duration, factor: Double, cap: Duration) {
        self.cap = max(cap.clampedNanoseconds, CompiledBackoff.least)
        self.initial = min(max(initial.clampedNanoseconds, CompiledBackoff.least), self.cap)
        self.factor = factor >= 1 ? min(factor, 1000) : 1
        capped = (1...64).first { wait($0) == self.cap } ?? .max
    }

    /// `initial * factor ^ (failures - 1)`, at most `cap`; by squaring, so that the cost does not grow with the failures.
    func wait(_ failures: UInt32) -> UInt64 {
        if failures >= capped { return cap }
        var wait = Double(initial)
        var power = factor
        var exponent = max(failures, 1) - 1
        while exponent > 0, wait < Double(cap) {
            if exponent & 1 == 1 { wait *= power }
            power *= power
            exponent >>= 1
        }
        return wait < Double(cap) ? UInt64(wait) : cap
    }
}
