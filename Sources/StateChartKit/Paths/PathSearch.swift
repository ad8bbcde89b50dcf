import ConnectionLifecycle

/// Every situation that a table can lead to under one setting, each with a shortest way to it: breadth first over state
/// and memory together, in the order of the rows.
struct PathSearch {
    let machine: PathMachine
    /// Shortest way first.
    private(set) var situations: [Situation] = []
    private var known: Set<PathMemory> = []

    struct Situation {
        var memory: PathMemory
        /// The steps from `idle`.
        var way: [TestStep]
    }

    init(table: TransitionTable, setting: PathSetting) {
        machine = PathMachine(table: table, setting: setting)
        add(Situation(memory: PathMemory(), way: []))
        var next = 0
        while next < situations.count {
            for row in machine.rows(from: situations[next].memory.state) where row.to != nil {
                for after in follow(row, from: situations[next]) { add(after) }
            }
            next += 1
        }
    }

    private mutating func add(_ situation: Situation) {
        if known.insert(situation.memory).inserted { situations.append(situation) }
    }

    /// The situations after a row: none where it cannot happen, several where several inputs bring it about.
    func follow(_ row: Row, from situation: Situation, wait: Wait = .none) -> [Situation] {
        machine.inputs(row.event).compactMap { input in
            let (after, taken) = step(input, from: situation, wait: row.event.isDeadline ? .untilDue : wait)
            return taken == row ? after : nil
        }
    }

    /// What an input leads to, and the row that answers it, if one does. Nil where the jitter would decide.
    func step(_ input: TestInput, from situation: Situation, wait: Wait) -> (Situation?, Row?) {
        var after = situation
        after.memory = machine.memory(situation.memory, after: wait)
        let row = machine.row(for: input, in: after.memory)
        if let row {
            guard let memory = machine.memory(after.memory, after: row) else { return (nil, row) }
            after.memory = memory
        }
        after.way.append(
            TestStep(
                row: row?.id, isIgnored: row.map { $0.to == nil } ?? false, input: input, wait: wait,
                to: after.memory.state))
        return (after, row)
    }

    /// The first situation in which a row can happen, and what follows it.
    func first(_ row: Row, wait: Wait = .none) -> (before: Situation, after: Situation)? {
        for situation in situations where situation.memory.state == row.from {
            if let after = follow(row, from: situation, wait: wait).first { return (situation, after) }
        }
        return nil
    }
}

extension Event {
    var isDeadline: Bool {
        if case .deadline = emitter { true } else { false }
    }
}
