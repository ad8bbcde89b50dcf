/// The states of a connection. Raw values are indices of the compiled table.
///
/// Each says what it means, what it owns and which deadline it has: as the table does, which a test compares.
public enum State: UInt8, CaseIterable, Sendable {
    /// Not started.
    ///
    /// Owns nothing. No deadline.
    case idle
    /// Identify and note the account's revision, dial, authenticate, wait for the greeting, prove that it answers.
    ///
    /// Owns the attempt. Deadline: ``Deadline/connectTimeout``.
    case connecting
    /// Events are delivered.
    ///
    /// Owns the socket. Deadline: ``Deadline/probeDue``.
    case open
    /// Events are still delivered while the proof runs.
    ///
    /// Owns the socket and the probe. Deadline: ``Deadline/probeTimeout``.
    case probing
    /// Judged deaf; a short drain still delivers what is already on its way.
    ///
    /// Owns the socket. Deadline: ``Deadline/drained``.
    case stale
    /// The close handshake is under way; at the deadline the socket is destroyed.
    ///
    /// Owns the closing socket. Deadline: ``Deadline/closeTimeout``.
    case terminating
    /// Waiting, with jitter, before the next attempt.
    ///
    /// Owns nothing. Deadline: ``Deadline/retryDue``.
    case backoff
    /// The end.
    ///
    /// Owns nothing. No deadline.
    case stopped
}

/// Everything that can happen to a connection: commands from its user, and what the resources of a state emit.
///
/// Each says who emits it, and in which states it can occur: as the table does, which a test compares.
public enum Event: UInt8, CaseIterable, Sendable {
    /// Emitted by the user, in every state.
    case start
    /// Emitted by the user, in every state.
    case stop
    /// Emitted by the user, in every state.
    case reconnect
    /// Emitted by the user, in every state.
    case probe
    /// Emitted by the attempt, in connecting.
    case ready
    /// Emitted by the attempt, in connecting.
    case attemptFailed
    /// Emitted by the socket, in open, probing and stale.
    case suspicion
    /// Emitted by the socket, in open, probing and stale.
    case lost
    /// Emitted by the probe, in probing: its verdict.
    case alive
    /// Emitted by the probe, in probing: its verdict.
    case deaf
    /// Emitted by the probe, in probing: its verdict.
    case inconclusive
    /// Emitted by the closing socket, in terminating.
    case closed
    /// Emitted by the deadline of connecting.
    case connectTimeout
    /// Emitted by the deadline of open.
    case probeDue
    /// Emitted by the deadline of probing.
    case probeTimeout
    /// Emitted by the deadline of stale.
    case drained
    /// Emitted by the deadline of terminating.
    case closeTimeout
    /// Emitted by the deadline of backoff.
    case retryDue
}

/// What a state owns while it lasts. The shell releases what the old state owns and the new one does not, and
/// acquires the reverse.
///
/// `attempt`, `socket` and `closing` are the three phases of one link to the server: a state owns at most one of them,
/// so a connection never holds two sockets. Passing from one phase to the next hands the link over; releasing a
/// phase without acquiring another destroys the link.
public struct Resources: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Identify, dial, authenticate, wait for the greeting, prove that the connection answers.
    public static let attempt = Resources(rawValue: 1 << 0)
    /// An established, greeted socket that delivers events.
    public static let socket = Resources(rawValue: 1 << 1)
    /// A running proof that events still arrive.
    public static let probe = Resources(rawValue: 1 << 2)
    /// A socket (or a broken-off attempt) whose close is under way.
    public static let closing = Resources(rawValue: 1 << 3)

    /// The phases of the link; a state owns at most one.
    public static let link: Resources = [.attempt, .socket, .closing]
}

/// The one deadline of a live state.
public enum Deadline: UInt8, CaseIterable, Sendable {
    case connectTimeout, probeDue, probeTimeout, drained, closeTimeout, retryDue

    /// The event that this deadline fires.
    public var event: Event {
        switch self {
        case .connectTimeout: .connectTimeout
        case .probeDue: .probeDue
        case .probeTimeout: .probeTimeout
        case .drained: .drained
        case .closeTimeout: .closeTimeout
        case .retryDue: .retryDue
        }
    }
}

/// Who emits an event.
public enum Emitter: Hashable, Sendable {
    case command
    case resource(Resources)
    case deadline(Deadline)
}

extension Event {
    /// Who emits this event. An event can occur in a state exactly when the state owns its emitter; commands always can.
    public var emitter: Emitter {
        switch self {
        case .start, .stop, .reconnect, .probe: .command
        case .ready, .attemptFailed: .resource(.attempt)
        case .suspicion, .lost: .resource(.socket)
        case .alive, .deaf, .inconclusive: .resource(.probe)
        case .closed: .resource(.closing)
        case .connectTimeout: .deadline(.connectTimeout)
        case .probeDue: .deadline(.probeDue)
        case .probeTimeout: .deadline(.probeTimeout)
        case .drained: .deadline(.drained)
        case .closeTimeout: .deadline(.closeTimeout)
        case .retryDue: .deadline(.retryDue)
        }
    }
}

/// What a guard asks. Each question has a yes and a no, so that two rows with opposite answers are a partition.
public enum Question: UInt8, CaseIterable, Sendable {
    /// May another attempt follow this failure? No when the failure is fatal or the attempt budget is spent.
    case mayRetry
    /// Does the probe budget allow one more miss?
    case missesLeft
    /// Is `stopped` the end that is wanted?
    case stopWanted
}

/// The condition of a row: none, or one answer to one question.
public enum Guard: Hashable, Sendable {
    case always
    case when(Question)
    case unless(Question)

    /// The condition in words, as the charts say it; nil where there is none. They are part of a table's digest.
    public var words: String? {
        switch self {
        case .always: nil
        case .when(.mayRetry): "may retry"
        case .unless(.mayRetry): "final"
        case .when(.missesLeft): "misses left"
        case .unless(.missesLeft): "misses spent"
        case .when(.stopWanted): "stop wanted"
        case .unless(.stopWanted): "no stop"
        }
    }
}

/// How a row changes the machine's memory. What starts and ends outside follows from ownership, not from here.
public struct Actions: OptionSet, Hashable, Sendable {
    public let rawValue: UInt8

    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// The next generation begins.
    public static let beginAttempt = Actions(rawValue: 1 << 0)
    /// Remember when the connection became ready; misses start again at zero.
    public static let markReady = Actions(rawValue: 1 << 1)
    /// One more failure in a row; the backoff grows, and the reason of the failure decides how the next wait is drawn.
    public static let countFailure = Actions(rawValue: 1 << 2)
    /// One more unanswered probe.
    public static let countMiss = Actions(rawValue: 1 << 3)
    /// The connection answered: no misses.
    public static let clearMisses = Actions(rawValue: 1 << 4)
    /// The next wait is short, whatever failed before.
    public static let retryAtOnce = Actions(rawValue: 1 << 5)
    /// The next wait is short, if the failure just counted is the first in a row.
    public static let firstRetryAtOnce = Actions(rawValue: 1 << 6)
    /// No further attempt: a stop was asked for, or trying again is no use. The end is `stopped`.
    public static let wantStop = Actions(rawValue: 1 << 7)
}
