@testable import ConnectionLifecycle

/// A random run of the machine: what happened to it, and how it was after each event.
struct EventSequence {
    struct Setting {
        var attemptBudget: UInt32?
        var missesAllowed: UInt32
        var resetAfter: Duration = .seconds(10)
    }

    /// Of the document that it is sent through.
    var document = 0
    private(set) var setting: Setting
    /// As `[name, fromGeneration, fromRound, failure, limit, now, due]`.
    private(set) var events: [String] = []
    /// As "state generation round misses failures stopWanted readySince lane".
    private(set) var memories: [String] = []
    private(set) var names: [String] = []
    /// The rows that were taken, by id, and how many events were late.
    private(set) var rows: Set<String> = []
    private(set) var late = 0

    private var random: SeededGenerator
    private var machine: Lifecycle
    private var now: UInt64 = 1_000

    init(seed: UInt64, length: ClosedRange<Int> = 6...18) {
        random = SeededGenerator(seed: seed)
        setting = Setting(attemptBudget: nil, missesAllowed: 0)
        setting.attemptBudget = [nil, nil, 1, 3].randomElement(using: &random) ?? nil
        setting.missesAllowed = UInt32.random(in: 0...2, using: &random)
        var timing = Timing()
        timing.missesAllowed = setting.missesAllowed
        var backoff = BackoffPolicy()
        backoff.attemptBudget = setting.attemptBudget
        backoff.resetAfter = setting.resetAfter
        machine = Lifecycle(timing: timing, backoff: backoff, seed: seed)
        for _ in 0..<Int.random(in: length, using: &random) { advance() }
    }

    private mutating func advance() {
        let input = input()
        let due = machine.due == .max ? now &+ 1 : machine.due
        let limit = input.limit == .max ? "-1" : "\(input.limit)"
        events.append(
            "[\"\(input.event)\", \(input.generation), \(input.round), \"\(input.failure)\", \(limit), \(now), \(due)]")
        names.append("\(input.event)")
        let step = machine.handle(input, now: now)
        if step.kind == .late { late += 1 } else { rows.insert(CompiledTable.standard.rows[Int(step.row)].id) }
        let since = machine.readySince.map { "\($0)" } ?? "-1"
        memories.append(
            "\(machine.state) \(machine.generation) \(machine.round) \(machine.misses) \(machine.failures) "
                + "\(machine.stopWanted ? 1 : 0) \(since) \(lane)")
    }

    private var lane: String {
        switch machine.lane {
        case .paced: "paced"
        case .slow: "slow"
        case .atOnce: "atOnce"
        case .after(let asked): "after:\(asked)"
        }
    }

    /// Mostly what can occur, so that a run goes far; late results and deadlines, and anything else, in between.
    private mutating func input() -> Input {
        switch pick(16) {
        case 0..<6: return emitted(Event.allCases.filter(isOwned), generation: machine.generation, round: machine.round)
        case 6..<9:
            guard let deadline = machine.deadline else { return command() }
            // At its time, later, or too early.
            if pick(4) > 0 {
                now = max(now, machine.due) + UInt64(pick(2)) * 1_000
            } else {
                wait()
            }
            return Input(deadline.event)
        case 9..<11:
            // Anything that a resource emits, of an older, the present or a later attempt and probe.
            return emitted(
                Event.allCases.filter { if case .resource = $0.emitter { true } else { false } },
                generation: near(machine.generation), round: near(machine.round))
        case 11:
            wait()
            return Input(Deadline.allCases[pick(Deadline.allCases.count)].event)
        default: return command()
        }
    }

    private mutating func command() -> Input {
        wait()
        let commands: [Event] = [.start, .start, .reconnect, .probe, .probe, .stop]
        let event = commands[pick(commands.count)]
        // Stops are rare: they end a run.
        if event == .stop, pick(3) > 0 { return Input(.start) }
        return event == .stop ? Input(.stop, limit: 1_000_000) : Input(event)
    }

    private mutating func emitted(_ events: [Event], generation: UInt32, round: UInt32) -> Input {
        guard !events.isEmpty else { return command() }
        wait()
        let event = events[pick(events.count)]
        let failures: [(Failure, UInt64)] = [
            (.retryable, .max), (.unauthorized, .max), (.rateLimited, .max), (.rateLimited, 3_000_000_000),
            (.retryable, .max), (.fatal, .max),
        ]
        let (failure, limit) = failures[event == .attemptFailed || event == .lost ? pick(failures.count) : 0]
        let isVerdict = event.emitter == .resource(.probe)
        return Input(event, generation: generation, round: isVerdict ? round : 0, failure: failure, limit: limit)
    }

    private func isOwned(_ event: Event) -> Bool {
        if case .resource(let resource) = event.emitter { machine.owns.contains(resource) } else { false }
    }

    /// Up to a second, and sometimes so long that a connection counts as stable.
    private mutating func wait() {
        now += pick(6) == 0 ? 11_000_000_000 : UInt64.random(in: 0...1_000_000_000, using: &random)
    }

    private mutating func near(_ number: UInt32) -> UInt32 {
        [number, number &- 1, number &+ 1, 0].randomElement(using: &random) ?? number
    }

    private mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    // MARK: - For the interpreter

    /// One line of what `scxml_run.py` reads.
    var json: String {
        let settings =
            "{\"attemptBudget\": \(setting.attemptBudget ?? .max), \"missesAllowed\": \(setting.missesAllowed), "
            + "\"resetAfter\": \(setting.resetAfter.components.seconds * 1_000_000_000)}"
        return "{\"document\": \(document), \"settings\": \(settings), \"events\": [\(events.joined(separator: ", "))]}"
    }

    /// One line of what it writes.
    var memory: String { memories.joined(separator: "|") }

    /// Where another run went another way, for a person; nil where it did not.
    func difference(_ other: String) -> String? {
        if other == memory { return nil }
        let others = other.split(separator: "|").map(String.init)
        guard others.count == memories.count else { return "\(others.count) steps instead of \(memories.count)" }
        let step = zip(memories, others).enumerated().first { $0.element.0 != $0.element.1 }?.offset ?? 0
        return "after \(names[...step].joined(separator: ", ")): \(memories[step]) here, \(others[step]) there"
    }
}
