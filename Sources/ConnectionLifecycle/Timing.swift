/// The deadlines of the states. All are relative to the moment the state is entered.
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

/// The timing in nanoseconds, as the machine uses it.
struct CompiledTiming: Hashable, Sendable {
    let connectTimeout, probeInterval, firstProbe, probeAgain, probeTimeout, drain, closeTimeout: UInt64
    let missesAllowed: UInt32

    init(_ timing: Timing) {
        connectTimeout = timing.connectTimeout.clampedNanoseconds
        probeInterval = timing.probeInterval.clampedNanoseconds
        firstProbe = min(timing.firstProbe.clampedNanoseconds, probeInterval)
        probeAgain = min(timing.probeAgain.clampedNanoseconds, probeInterval)
        probeTimeout = timing.probeTimeout.clampedNanoseconds
        drain = timing.drain.clampedNanoseconds
        closeTimeout = timing.closeTimeout.clampedNanoseconds
        missesAllowed = timing.missesAllowed
    }
}
