import ConnectionLifecycle

/// What a machine can remember, as far as it decides which rows may follow. Counters are cut off where no guard can tell
/// the difference any more, so that there are few of these.
struct PathMemory: Hashable {
    var state = State.idle
    var misses: UInt32 = 0
    var failures: UInt32 = 0
    var stopWanted = false
    /// How long the connection has been ready, up to where failures are forgotten; nil where it is not.
    var readyFor: Span?
    /// The time until the deadline; nil where there is none.
    var remaining: Span?
    /// Attempts and probes so far, up to two: from the second on there is an older one, whose results may be late.
    var attempts = 0
    var probes = 0

    /// How many attempts and probes there were matters for what is late, not for what a row does.
    var uncounted: PathMemory {
        var memory = self
        (memory.attempts, memory.probes) = (0, 0)
        return memory
    }
}

/// The meaning of a table for path generation, written from what the table's vocabulary says and not from the engine's
/// code: what a path expects is a second opinion.
struct PathMachine {
    let table: TransitionTable
    let setting: PathSetting
    private let timing: Timing
    private let cap: Duration
    private let resetAfter: Span
    private let owned: [Resources]
    private let deadlines: [Deadline?]
    /// The rows of each state and event: a search asks for them a million times.
    private let cells: [[Row]]
    /// The rows of each state.
    private let leaving: [[Row]]

    init(table: TransitionTable, setting: PathSetting) {
        self.table = table
        self.setting = setting
        timing = setting.timing
        cap = setting.backoff.cap
        resetAfter = setting.backoff.resetAfter.span
        owned = State.allCases.map { table.definition(of: $0)?.owns ?? [] }
        deadlines = State.allCases.map { table.definition(of: $0)?.deadline }
        var cells = [[Row]](repeating: [], count: State.allCases.count * Event.allCases.count)
        for row in table.rows { cells[PathMachine.index(row.from, row.event)].append(row) }
        self.cells = cells
        leaving = State.allCases.map { state in table.rows.filter { $0.from == state } }
    }

    private static func index(_ state: State, _ event: Event) -> Int {
        Int(state.rawValue) * Event.allCases.count + Int(event.rawValue)
    }

    func owns(_ state: State) -> Resources { owned[Int(state.rawValue)] }

    /// In the order of the table.
    func rows(from state: State) -> [Row] { leaving[Int(state.rawValue)] }

    func deadline(of state: State) -> Deadline? { deadlines[Int(state.rawValue)] }

    // MARK: - Which row

    /// The row that answers an input; nil where it is late, or where the table says nothing.
    func row(for input: TestInput, in memory: PathMemory) -> Row? {
        let failure: Failure
        switch input {
        case .goneLink, .olderProbe, .earlyDeadline, .leftDeadline: return nil
        case .link(_, let given): failure = given
        case .command, .probe, .deadline: failure = .retryable
        }
        guard canOccur(input.event, in: memory.state) else { return nil }
        return cells[PathMachine.index(memory.state, input.event)].last { holds($0.condition, memory, failure) }
    }

    /// An event can occur exactly where its emitter is owned; commands always can.
    func canOccur(_ event: Event, in state: State) -> Bool {
        switch event.emitter {
        case .command: true
        case .resource(let resource): owns(state).contains(resource)
        case .deadline(let kind): deadline(of: state) == kind
        }
    }

    /// The inputs that may bring about an event: a failed attempt is final by itself, or for want of budget.
    func inputs(_ event: Event) -> [TestInput] {
        switch event.emitter {
        case .command: [.command(event)]
        case .resource(.probe): [.probe(event)]
        case .resource:
            event == .attemptFailed ? [.link(event, .retryable), .link(event, .fatal)] : [.link(event)]
        case .deadline(let kind): [.deadline(kind)]
        }
    }

    private func holds(_ condition: Guard, _ memory: PathMemory, _ failure: Failure) -> Bool {
        switch condition {
        case .always: true
        case .when(let question): answer(question, memory, failure)
        case .unless(let question): !answer(question, memory, failure)
        }
    }

    private func answer(_ question: Question, _ memory: PathMemory, _ failure: Failure) -> Bool {
        switch question {
        case .mayRetry: failure != .fatal && memory.failures < setting.attemptBudget
        case .missesLeft: memory.misses < setting.missesAllowed
        case .stopWanted: memory.stopWanted
        }
    }

    // MARK: - What follows

    /// The memory after a wait.
    func memory(_ memory: PathMemory, after wait: Wait) -> PathMemory {
        guard let remaining = memory.remaining else { return memory }
        let elapsed: Span
        let left: Span
        switch wait {
        case .none: return memory
        case .untilJustBeforeDue: (elapsed, left) = (remaining.short, Span(.nanoseconds(1)))
        case .untilDue: (elapsed, left) = (remaining, .zero)
        // A nanosecond of the new state's time; too little to matter.
        case .untilOldDue: (elapsed, left) = (.zero, remaining.short)
        }
        var after = memory
        after.readyFor = memory.readyFor?.adding(elapsed, atMost: resetAfter.least)
        after.remaining = left
        return after
    }

    /// The memory after a row; nil where the jitter decides whether failures are forgotten: no path may depend on that.
    func memory(_ memory: PathMemory, after row: Row) -> PathMemory? {
        guard let to = row.to else { return memory }
        var after = memory
        let actions = row.actions
        if actions.contains(.beginAttempt) { after.attempts = min(memory.attempts + 1, 2) }
        if actions.contains(.markReady) {
            after.readyFor = .zero
            after.misses = 0
        }
        if actions.contains(.clearMisses) { after.misses = 0 }
        if actions.contains(.countMiss) { after.misses = min(after.misses + 1, setting.missesAllowed) }
        if !actions.isDisjoint(with: [.countFailure, .retryAtOnce, .wantStop]) {
            guard settle(&after) else { return nil }
        }
        if actions.contains(.countFailure) { after.failures = min(after.failures + 1, setting.attemptBudget) }
        if actions.contains(.wantStop) { after.stopWanted = true }
        if owns(to).subtracting(owns(memory.state)).contains(.probe) { after.probes = min(memory.probes + 1, 2) }
        // Where the state stays, its deadline goes on. (The stop of a path allows as much time as the close has anyway.)
        if to != memory.state {
            after.state = to
            after.remaining = deadline(of: to).map { length(of: $0, after: actions, after) }
        }
        return after
    }

    /// A connection that was ready long enough has its failures forgotten when it ends or is judged.
    private func settle(_ memory: inout PathMemory) -> Bool {
        guard let age = memory.readyFor else { return true }
        memory.readyFor = nil
        if age.least >= resetAfter.least { memory.failures = 0 }
        return age.least >= resetAfter.least || age.most < resetAfter.least
    }

    private func length(of deadline: Deadline, after actions: Actions, _ memory: PathMemory) -> Span {
        switch deadline {
        case .connectTimeout: return timing.connectTimeout.span
        case .probeDue:
            if actions.contains(.markReady) { return timing.firstProbe.span }
            if memory.misses > 0 { return timing.probeAgain.span }
            return Span(timing.probeInterval * 9 / 10, timing.probeInterval)
        case .probeTimeout: return timing.probeTimeout.span
        case .drained: return timing.drain.span
        case .closeTimeout: return timing.closeTimeout.span
        case .retryDue: return Span(.milliseconds(1), cap)
        }
    }
}
