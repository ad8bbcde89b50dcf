/// The deadlines of the states. All are relative to the moment the state is entered.
///
/// Any value is safe: what is negative counts as zero, and no setting can make the machine spin, because an attempt, a
/// probe and the time between two probes last at least a millisecond.
public struct Timing: Hashable, Sendable {
    /// `connecting`: identify, dial, authenticate, greeting and first proof together.
    public var connectTimeout: Duration = .seconds(15)
    /// `open`: from one verdict to the next probe. Up to a tenth earlier, so that many connections do not probe in step.
    public var probeInterval: Duration = .seconds(30)
    /// `open`, for the first time after an attempt: soon, because the account may have changed while connecting.
    /// Never later than `probeInterval`.
    public var firstProbe: Duration = .seconds(1)
    /// `open`, after a miss: ask again soon. Never later than `probeInterval`.
    public var probeAgain: Duration = .seconds(1)
    /// `probing`: no verdict by then is a miss.
    public var probeTimeout: Duration = .seconds(5)
    /// Misses in a row that are forgiven.
    public var missesAllowed: UInt32 = 1
    /// `stale`: how long what is on its way may still arrive.
    public var drain: Duration = .milliseconds(250)
    /// `terminating`: how long the peer may take to answer the close.
    public var closeTimeout: Duration = .seconds(1)

    public init() {}
}

/// The timing in nanoseconds, as the machine uses it. Without the first probe, which is each machine's own.
struct CompiledTiming: Hashable, Sendable {
    let connectTimeout, probeInterval, probeAgain, probeTimeout, drain, closeTimeout: UInt64
    /// How much earlier than the interval a probe may come.
    let probeSpread: UInt64
    let missesAllowed: UInt32

    init(_ timing: Timing) {
        let least: UInt64 = 1_000_000
        connectTimeout = max(timing.connectTimeout.clampedNanoseconds, least)
        probeInterval = max(timing.probeInterval.clampedNanoseconds, least)
        probeSpread = probeInterval / 10
        probeAgain = min(max(timing.probeAgain.clampedNanoseconds, least), probeInterval)
        probeTimeout = max(timing.probeTimeout.clampedNanoseconds, least)
        drain = timing.drain.clampedNanoseconds
        closeTimeout = timing.closeTimeout.clampedNanoseconds
        missesAllowed = timing.missesAllowed
    }

    /// A time on the caller's clock, or the end of time.
    @inline(__always)
    static func sum(_ now: UInt64, _ delay: UInt64) -> UInt64 {
        let (sum, overflow) = now.addingReportingOverflow(delay)
        return overflow ? .max : sum
    }
}

extension Duration {
    /// Nanoseconds, clamped to 0 … about 136 years, so that a setting can neither trap nor reach the end of time.
    var clampedNanoseconds: UInt64 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        return min(UInt64(seconds), 1 << 32) * 1_000_000_000 + UInt64(attoseconds) / 1_000_000_000
    }
}
