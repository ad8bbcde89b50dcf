public import ConnectionLifecycle
public import Holdfast

/// How an account of a gateway is.
public struct AccountStatus: Sendable {
    public var name: String
    public var server: String
    /// The number of the loop on which it lives, from 0.
    public var loop: Int
    public var state: State
    /// When it came into that state, in milliseconds since 1970 (UTC).
    public var since: Int64
    /// The number of the connection attempt.
    public var generation: UInt32
    /// The reason of the last transition, or the evidence of a later verdict; one line.
    public var evidence: String
    /// The latest one; nil before the first.
    public var verdict: VerdictRecord?
    /// What is wrong apart from the connection: its handler fails, its store does, or it ended by itself. Nil where nothing is.
    public var problem: String?
    /// The catch-up that runs, or ran last.
    public var catchUp: CatchUpRecord?
    public var counters: DeliveryCounters
}

/// What became of the deliveries of an account, since the gateway began.
public struct DeliveryCounters: Hashable, Sendable {
    /// Handled and acknowledged.
    public var handled: UInt64 = 0
    /// Of these, those that had been handed over before.
    public var repeated: UInt64 = 0
    /// Times that a handler threw.
    public var handlerFailures: UInt64 = 0
    /// Times that the store failed.
    public var storeFailures: UInt64 = 0
    /// Times that the connection ended by itself and was begun anew.
    public var restarts: UInt64 = 0
}
