import ConnectionLifecycle

/// A way through the machine that a test can walk: what is said to it, when, and what follows.
public struct TestPath: Hashable, Sendable {
    /// What the path is for.
    public var kind: PathKind
    /// The budgets under which it is possible.
    public var setting: PathSetting
    /// From `idle`, in order.
    public var steps: [TestStep]

    public init(kind: PathKind, setting: PathSetting, steps: [TestStep]) {
        self.kind = kind
        self.setting = setting
        self.steps = steps
    }

    /// The ids of the transitions that must be recorded, in order: ignored and late inputs leave no record.
    public var transitions: [String] { steps.filter { !$0.isIgnored }.compactMap(\.row) }

    /// Where it ends.
    public var end: State { steps.last?.to ?? .idle }
}

/// What paths are for.
public enum PathKind: String, CaseIterable, Sendable {
    /// Each row, by the shortest way.
    case transitions
    /// Each row after each other row that can come just before it.
    case pairs
    /// Each way that visits no state twice.
    case simple
    /// Each row in each situation: state and memory, as far as guards can tell. After a transition it goes on, by the
    /// shortest way for each question of the guards, until the answer shows what is remembered.
    case situations
    /// In each situation, everything that comes too late or too early.
    case late
    /// Each input that leaves a state just before its deadline, and then the moment at which it would have fired.
    case cancelled
    /// A deadline and an input in the same instant, in both orders.
    case simultaneous
}

/// One input of a path, and what must follow.
public struct TestStep: Hashable, Sendable {
    /// The id of the row that answers it; nil where nothing may happen.
    public var row: String?
    /// Whether the row says that nothing happens, on purpose.
    public var isIgnored: Bool
    public var input: TestInput
    /// How the time moves before the input.
    public var wait: Wait
    /// The state after it.
    public var to: State

    public init(row: String?, isIgnored: Bool = false, input: TestInput, wait: Wait = .none, to: State) {
        self.row = row
        self.isIgnored = isIgnored
        self.input = input
        self.wait = wait
        self.to = to
    }
}

/// How the time moves before an input. Relative to the deadline of the present state, because most have jitter.
public enum Wait: String, CaseIterable, Sendable {
    case none
    /// One nanosecond less than until the deadline.
    case untilJustBeforeDue
    /// To the instant of the deadline; what happens in it happens in the order of the path.
    case untilDue
    /// Over the instant at which the deadline of the state that was left would have fired.
    case untilOldDue
}

/// Who says what.
public enum TestInput: Hashable, Sendable {
    case command(Event)
    /// The link that lives.
    case link(Event, Failure = .retryable)
    /// The latest probe of the link that lives.
    case probe(Event)
    /// The deadline of the present state, when it is due.
    case deadline(Deadline)
    /// The newest link of those that are no longer owned.
    case goneLink(Event)
    /// The probe before the one that runs.
    case olderProbe(Event)
    /// The timer of the present state, before it is due.
    case earlyDeadline(Deadline)
    /// The deadline of a state that was left.
    case leftDeadline(Deadline)

    /// What is said.
    public var event: Event {
        switch self {
        case .command(let event), .link(let event, _), .probe(let event), .goneLink(let event), .olderProbe(let event):
            event
        case .deadline(let deadline), .earlyDeadline(let deadline), .leftDeadline(let deadline): deadline.event
        }
    }
}
