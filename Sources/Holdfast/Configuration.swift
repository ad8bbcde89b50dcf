public import ConnectionLifecycle

/// What can be set on a connection. The defaults are meant to be right.
public struct Configuration: Sendable {
    /// The deadlines of the states.
    public var timing = Timing() { didSet { settings = settings.with(timing) } }
    /// How long to wait between attempts.
    public var backoff = BackoffPolicy() { didSet { settings = settings.with(backoff) } }
    /// Events that may wait for the consumer before reading stops; at least 1.
    public var maximumBufferedEvents = 4096
    /// Bytes that may wait for the consumer before reading stops; at least 1.
    public var maximumBufferedBytes = 4 << 20
    /// Called for everything that can be seen besides the events, before the sequences of `Connection.observations` see it,
    /// and without their bound: the place for a logger or for metrics. Runs on the loop, so it must not block.
    public var onObservation: (@Sendable (Observation) -> Void)?
    /// Shared with other connections to the same server; nil where attempts begin as soon as the machine wants them. A
    /// connection that waits for its turn stays in `backoff`, or before the first attempt in `idle`.
    public var attemptLimit: (any AttemptLimit)?
    /// Fixes all jitter; nil takes one from the world.
    public var seed: UInt64?
    /// Timing and backoff as the machine uses them, for all connections of this configuration and its copies.
    private(set) var settings = LifecycleSettings.standard

    public init() {}
}
