public import ConnectionLifecycle

/// One transition that a connection made.
public struct TransitionRecord: Hashable, Sendable {
    /// Milliseconds since 1970 (UTC), for people.
    public var at: Int64
    /// Nanoseconds of the world's monotonic clock, for differences.
    public var time: UInt64
    /// The number of the connection attempt, from 1; 0 before the first.
    public var generation: UInt32
    /// The id of the row, e.g. `T16`, as in the state chart.
    public var id: String
    public var from: State
    public var event: Event
    public var to: State
    /// The evidence, or where there is none the row's own reason.
    public var reason: String

    public init(
        at: Int64, time: UInt64, generation: UInt32, id: String, from: State, event: Event, to: State, reason: String
    ) {
        self.at = at
        self.time = time
        self.generation = generation
        self.id = id
        self.from = from
        self.event = event
        self.to = to
        self.reason = reason
    }
}

/// What a probe found, and when.
public struct VerdictRecord: Hashable, Sendable {
    /// Milliseconds since 1970 (UTC).
    public var at: Int64
    public var generation: UInt32
    public var verdict: Verdict

    public init(at: Int64, generation: UInt32, verdict: Verdict) {
        self.at = at
        self.generation = generation
        self.verdict = verdict
    }
}

/// One line for the log.
public struct LogEntry: Hashable, Sendable {
    /// Milliseconds since 1970 (UTC).
    public var at: Int64
    public var generation: UInt32
    public var level: LogLevel
    public var message: String

    public init(at: Int64, generation: UInt32, level: LogLevel, message: String) {
        self.at = at
        self.generation = generation
        self.level = level
        self.message = message
    }
}

/// How far the fetching of what was not heard has come.
public struct CatchUpRecord: Hashable, Sendable {
    public enum Phase: Hashable, Sendable {
        case began
        case running
        /// The server limits the rate of requests.
        case waiting(Duration)
        case finished
    }

    /// Milliseconds since 1970 (UTC).
    public var at: Int64
    public var generation: UInt32
    public var phase: Phase
    /// Why it is needed.
    public var reason: String
    public var channels: Int
    public var channelsDone: Int
    /// What was missing and is delivered now.
    public var deliveries: Int

    public init(
        at: Int64 = 0, generation: UInt32 = 0, phase: Phase = .began, reason: String = "", channels: Int = 0,
        channelsDone: Int = 0, deliveries: Int = 0
    ) {
        self.at = at
        self.generation = generation
        self.phase = phase
        self.reason = reason
        self.channels = channels
        self.channelsDone = channelsDone
        self.deliveries = deliveries
    }
}

extension CatchUpRecord: CustomStringConvertible {
    public var description: String {
        switch phase {
        case .began: "catching up with \(channels) channels: \(reason)"
        case .running: "\(channelsDone) of \(channels) channels caught up, \(deliveries) deliveries"
        case .waiting(let pause): "the server limits the rate: catching up goes on in \(pause)"
        case .finished: "caught up: \(channels) channels, \(deliveries) deliveries"
        }
    }
}

/// Everything that can be seen of a connection besides its events.
public enum Observation: Hashable, Sendable {
    case transition(TransitionRecord)
    case verdict(VerdictRecord)
    case catchUp(CatchUpRecord)
    case log(LogEntry)
}

extension Observation: CustomStringConvertible {
    /// One line for a log, without the time.
    public var description: String {
        switch self {
        case .transition(let record):
            "\(record.id) \(record.from) → \(record.to) on \(record.event), attempt \(record.generation): \(record.reason)"
        case .verdict(let record): "\(record.verdict.outcome) by \(record.verdict.check): \(record.verdict.detail)"
        case .catchUp(let record): record.description
        case .log(let entry): "\(entry.level): \(entry.message)"
        }
    }
}

/// Counters since the connection was created; they only grow.
public struct Counters: Hashable, Sendable {
    /// Transitions made.
    public var transitions: UInt64 = 0
    /// Attempts begun.
    public var attempts: UInt64 = 0
    /// Attempts that became ready.
    public var ready: UInt64 = 0
    /// Of these, those that resumed where the one before was dropped.
    public var resumed: UInt64 = 0
    /// Verdicts given, by outcome.
    public var alive: UInt64 = 0
    public var deaf: UInt64 = 0
    public var inconclusive: UInt64 = 0
    /// Results that were dropped because what they came from is no longer owned.
    public var late: UInt64 = 0
    /// Times that reading stopped because the consumer lagged.
    public var pauses: UInt64 = 0
    /// Events thrown away because nobody ever asked for events.
    public var discarded: UInt64 = 0
}
