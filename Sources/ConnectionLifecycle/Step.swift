/// Why an attempt or a connection failed, as far as it matters for what comes next.
public enum Failure: UInt8, CaseIterable, Sendable {
    /// Anything that time may heal.
    case retryable
    /// The credentials were refused (401). Not final: the account may be enabled again. The slow lane.
    case unauthorized
    /// The server asked to wait; `Input.limit` says how long.
    case rateLimited
    /// Trying again cannot help.
    case fatal
}

/// One event, with what belongs to it.
public struct Input: Hashable, Sendable {
    public var event: Event
    /// The generation of the link that emitted it; 0 for commands and deadlines.
    public var generation: UInt32
    /// The probe that emitted it; 0 for everything else.
    public var round: UInt32
    /// With `attemptFailed` and `lost`: why.
    public var failure: Failure
    /// With `rateLimited`: how long the server asked to wait; `UInt64.max` where it did not say. With `stop`: the longest
    /// time the close may take; `UInt64.max` leaves it to the timing. Nanoseconds.
    public var limit: UInt64

    /// - Parameter limit: nanoseconds.
    public init(
        _ event: Event, generation: UInt32 = 0, round: UInt32 = 0, failure: Failure = .retryable, limit: UInt64 = .max
    ) {
        self.event = event
        self.generation = generation
        self.round = round
        self.failure = failure
        self.limit = limit
    }
}

/// What followed from one event: plain bits, no allocation.
public struct Step: Hashable, Sendable {
    public enum Kind: UInt8, Sendable {
        /// A row was taken; `release` and `acquire` are to be carried out, and the timer set to `Lifecycle.due`.
        case transition
        /// The table says that this event is ignored here on purpose.
        case ignored
        /// The event came from something that is no longer owned: an older generation, an older probe, a deadline
        /// that is not due.
        case late
    }

    /// Index into `CompiledTable.rows`; meaningless when `late`.
    public var row: UInt8
    public var kind: Kind
    public var from: State
    public var to: State
    public var release: Resources
    public var acquire: Resources
    /// The generation after the step.
    public var generation: UInt32

    init(
        row: UInt8, kind: Kind, from: State, to: State, release: Resources, acquire: Resources, generation: UInt32
    ) {
        self.row = row
        self.kind = kind
        self.from = from
        self.to = to
        self.release = release
        self.acquire = acquire
        self.generation = generation
    }

    init(late state: State, generation: UInt32) {
        self.init(
            row: CompiledTable.noRow, kind: .late, from: state, to: state, release: [], acquire: [],
            generation: generation)
    }
}
