/// One row of the table. The id is stable: it is the same in charts, logs, traces, metrics and test names.
public struct Row: Hashable, Sendable {
    /// `T01` … for transitions, `N01` … for pairs that are ignored on purpose.
    public var id: String
    public var from: State
    public var event: Event
    public var condition: Guard
    /// nil: the event is ignored here, because …
    public var to: State?
    public var actions: Actions
    public var because: String

    public init(
        _ id: String, _ from: State, _ event: Event, _ condition: Guard = .always, to: State?, _ actions: Actions = [],
        because: String
    ) {
        self.id = id
        self.from = from
        self.event = event
        self.condition = condition
        self.to = to
        self.actions = actions
        self.because = because
    }
}

/// What one state means and owns.
public struct StateDefinition: Hashable, Sendable {
    public var state: State
    public var owns: Resources
    /// nil only for the two ends, `idle` and `stopped`.
    public var deadline: Deadline?
    public var meaning: String

    public init(_ state: State, owns: Resources, deadline: Deadline?, meaning: String) {
        self.state = state
        self.owns = owns
        self.deadline = deadline
        self.meaning = meaning
    }
}

/// The machine as data: what the engine executes, the charts draw and the tests enumerate.
public struct TransitionTable: Hashable, Sendable {
    public var states: [StateDefinition]
    public var rows: [Row]

    public init(states: [StateDefinition], rows: [Row]) {
        self.states = states
        self.rows = rows
    }

    /// The definition of a state; nil if the table does not define it.
    public func definition(of state: State) -> StateDefinition? { states.first { $0.state == state } }

    /// The table of Holdfast.
    public static let standard = TransitionTable(states: standardStates, rows: standardRows)
}

private let standardStates: [StateDefinition] = [
    StateDefinition(.idle, owns: [], deadline: nil, meaning: "Not started."),
    StateDefinition(
        .connecting, owns: .attempt, deadline: .connectTimeout,
        meaning:
            "Identify and note the account's revision, dial, authenticate, wait for the greeting, prove that it answers."
    ),
    StateDefinition(.open, owns: .socket, deadline: .probeDue, meaning: "Events are delivered."),
    StateDefinition(
        .probing, owns: [.socket, .probe], deadline: .probeTimeout,
        meaning: "Events are still delivered while the proof runs."),
    StateDefinition(
        .stale, owns: .socket, deadline: .drained,
        meaning: "Judged deaf; a short drain still delivers what is already on its way."),
    StateDefinition(
        .terminating, owns: .closing, deadline: .closeTimeout,
        meaning: "The close handshake is under way; at the deadline the socket is destroyed."),
    StateDefinition(.backoff, owns: [], deadline: .retryDue, meaning: "Waiting, with jitter, before the next attempt."),
    StateDefinition(.stopped, owns: [], deadline: nil, meaning: "The end."),
]

private let standardRows: [Row] = [
    // idle
    Row("T01", .idle, .start, to: .connecting, .beginAttempt, because: "The user asked for a connection."),
    Row("T02", .idle, .stop, to: .stopped, .wantStop, because: "Nothing is owned yet; there is nothing to wait for."),
    Row("N01", .idle, .reconnect, to: nil, because: "There is nothing to replace before the start."),
    Row("N02", .idle, .probe, to: nil, because: "There is nothing to prove before the start."),

    // connecting
    Row(
        "T03", .connecting, .ready, to: .open, .markReady,
        because: "Greeted and answered: only now is it a connection, not when TCP opened."),
    Row(
        "T04", .connecting, .attemptFailed, .when(.mayRetry), to: .backoff, .countFailure,
        because: "Servers restart and accounts are enabled again: wait and try again."),
    Row(
        "T05", .connecting, .attemptFailed, .unless(.mayRetry), to: .stopped, .wantStop,
        because: "Trying again cannot help, or the user's attempt budget is spent."),
    Row(
        "T06", .connecting, .connectTimeout, .when(.mayRetry), to: .terminating, .countFailure,
        because: "A server that accepts and says nothing must not hold us for ever."),
    Row(
        "T07", .connecting, .connectTimeout, .unless(.mayRetry), to: .terminating, .wantStop,
        because: "The last attempt that the budget allows ran out of time: close it, then stop."),
    Row(
        "T08", .connecting, .stop, to: .terminating, .wantStop,
        because: "Break the attempt off and let go of its socket."),
    Row("N03", .connecting, .start, to: nil, because: "Already started."),
    Row(
        "N04", .connecting, .reconnect, to: nil,
        because: "A new attempt is under way already, and its deadline bounds it."),
    Row("N05", .connecting, .probe, to: nil, because: "The attempt ends with a proof of its own."),

    // open
    Row("T09", .open, .probeDue, to: .probing, because: "Silence proves nothing: ask at intervals."),
    Row("T10", .open, .suspicion, to: .probing, because: "A suspicion is no verdict: it only causes a probe now."),
    Row("T11", .open, .probe, to: .probing, because: "The user asked for a proof."),
    Row(
        "T12", .open, .lost, to: .backoff, .countFailure,
        because: "The peer or the network ended the connection; there is nothing left to close."),
    Row("T13", .open, .reconnect, to: .terminating, .retryAtOnce, because: "The user asked for a new connection."),
    Row("T14", .open, .stop, to: .terminating, .wantStop, because: "Say goodbye properly."),
    Row("N06", .open, .start, to: nil, because: "Already started."),

    // probing
    Row("T15", .probing, .alive, to: .open, .clearMisses, because: "The proof succeeded."),
    Row(
        "T16", .probing, .deaf, to: .stale, [.countFailure, .firstRetryAtOnce],
        because: "Proven deaf: this socket will never deliver again, however alive it looks."),
    Row(
        "T17", .probing, .inconclusive, .when(.missesLeft), to: .open, .countMiss,
        because: "One unanswered question may be a hiccup: ask again soon."),
    Row(
        "T18", .probing, .inconclusive, .unless(.missesLeft), to: .stale, [.countFailure, .firstRetryAtOnce],
        because: "Too many unanswered questions in a row: replacing is cheaper than hoping."),
    Row(
        "T19", .probing, .probeTimeout, .when(.missesLeft), to: .open, .countMiss,
        because: "No answer in time is a miss; the late answer will be dropped."),
    Row(
        "T20", .probing, .probeTimeout, .unless(.missesLeft), to: .stale, [.countFailure, .firstRetryAtOnce],
        because: "Too many misses in a row: the peer is frozen or the path is gone."),
    Row(
        "T21", .probing, .lost, to: .backoff, .countFailure,
        because: "The connection ended during the proof; the proof is void."),
    Row(
        "T22", .probing, .reconnect, to: .terminating, .retryAtOnce, because: "The user need not wait for the verdict."),
    Row("T23", .probing, .stop, to: .terminating, .wantStop, because: "The user need not wait for the verdict."),
    Row("N07", .probing, .start, to: nil, because: "Already started."),
    Row("N08", .probing, .probe, to: nil, because: "A probe is running already."),
    Row("N09", .probing, .suspicion, to: nil, because: "A probe is running already, and it sees the same evidence."),

    // stale
    Row("T24", .stale, .drained, to: .terminating, because: "What was on its way has been delivered."),
    Row(
        "T25", .stale, .lost, to: .backoff,
        because: "The peer ended it first; the verdict stands, a new attempt follows."),
    Row(
        "T26", .stale, .reconnect, to: .terminating, .retryAtOnce,
        because: "The user wants neither to wait for the drain nor before the next attempt."),
    Row("T27", .stale, .stop, to: .terminating, .wantStop, because: "The user does not want to wait for the drain."),
    Row("N10", .stale, .start, to: nil, because: "Already started."),
    Row("N11", .stale, .probe, to: nil, because: "The verdict has been given."),
    Row("N12", .stale, .suspicion, to: nil, because: "The verdict has been given."),

    // terminating
    Row("T28", .terminating, .closed, .when(.stopWanted), to: .stopped, because: "Closed, and no more is wanted."),
    Row("T29", .terminating, .closed, .unless(.stopWanted), to: .backoff, because: "Closed; a new attempt follows."),
    Row(
        "T30", .terminating, .closeTimeout, .when(.stopWanted), to: .stopped,
        because: "A silent peer cannot hold up a stop: the socket is destroyed."),
    Row(
        "T31", .terminating, .closeTimeout, .unless(.stopWanted), to: .backoff,
        because: "A deaf server rarely answers a close: the socket is destroyed and a new attempt follows."),
    Row(
        "T32", .terminating, .stop, to: .terminating, .wantStop,
        because: "Remember it; the close that is under way goes on to its own deadline."),
    Row("N13", .terminating, .start, to: nil, because: "Already started."),
    Row(
        "T33", .terminating, .reconnect, to: .terminating, .retryAtOnce,
        because: "Remember it: unless a stop is wanted, the next attempt follows the close at once."),
    Row("N14", .terminating, .probe, to: nil, because: "There is nothing left to prove."),

    // backoff
    Row("T34", .backoff, .retryDue, to: .connecting, .beginAttempt, because: "The wait is over."),
    Row("T35", .backoff, .reconnect, to: .connecting, .beginAttempt, because: "The user does not want to wait."),
    Row("T36", .backoff, .stop, to: .stopped, .wantStop, because: "Nothing is owned while waiting."),
    Row("N15", .backoff, .start, to: nil, because: "Already started."),
    Row("N16", .backoff, .probe, to: nil, because: "There is no connection to prove."),

    // stopped
    Row("N17", .stopped, .start, to: nil, because: "The end is final: create a new connection."),
    Row("N18", .stopped, .stop, to: nil, because: "Already stopped."),
    Row("N19", .stopped, .reconnect, to: nil, because: "The end is final: create a new connection."),
    Row("N20", .stopped, .probe, to: nil, because: "There is no connection to prove."),
]
