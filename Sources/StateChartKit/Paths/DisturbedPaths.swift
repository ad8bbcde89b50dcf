import ConnectionLifecycle

/// Deadlines and results that come late, early, after they were cancelled, or in the same instant as something else.
struct DisturbedPaths {
    private(set) var late: [TestPath] = []
    private(set) var cancelled: [TestPath] = []
    private(set) var simultaneous: [TestPath] = []

    init(table: TransitionTable, searches: [PathSearch]) {
        for search in searches { late += search.situations.map { search.path(.late, search.disturbed($0)) } }
        for row in table.rows {
            if row.event.isDeadline {
                simultaneous += deadlineFirst(row, searches)
            } else {
                cancelled += inputJustBefore(row, searches)
                simultaneous += inputFirst(row, searches)
            }
        }
    }

    /// The input leaves the state a nanosecond before its deadline; then that moment passes.
    private func inputJustBefore(_ row: Row, _ searches: [PathSearch]) -> [TestPath] {
        guard let (search, found) = searches.firstResult({ $0.first(row, wait: .untilJustBeforeDue) }),
            let deadline = search.machine.deadline(of: row.from), row.end != row.from,
            let after = search.step(.leftDeadline(deadline), from: found.after, wait: .untilOldDue).0
        else { return [] }
        return [search.path(.cancelled, after)]
    }

    /// The input comes in the instant of the deadline, before it. Where it leaves the state, the deadline is void.
    private func inputFirst(_ row: Row, _ searches: [PathSearch]) -> [TestPath] {
        guard let (search, found) = searches.firstResult({ $0.first(row, wait: .untilDue) }),
            let deadline = search.machine.deadline(of: row.from)
        else { return [] }
        let second: TestInput = row.end == row.from ? .deadline(deadline) : .leftDeadline(deadline)
        guard let after = search.step(second, from: found.after, wait: .none).0 else { return [] }
        return [search.path(.simultaneous, after)]
    }

    /// The deadline fires first, and then comes what was on its way to the state that was left.
    private func deadlineFirst(_ row: Row, _ searches: [PathSearch]) -> [TestPath] {
        guard let (search, found) = searches.firstResult({ $0.first(row) }) else { return [] }
        let machine = search.machine
        return Event.allCases.filter { !$0.isDeadline && machine.canOccur($0, in: row.from) }
            .flatMap { event in
                let hasLink = !machine.owns(found.after.memory.state).isDisjoint(with: .link)
                let inputs = hasLink || event.emitter == .command ? machine.inputs(event) : [.goneLink(event)]
                return inputs.compactMap { search.step($0, from: found.after, wait: .none).0 }
            }
            .map { search.path(.simultaneous, $0) }
    }
}

extension PathSearch {
    /// A situation followed by everything that may change nothing in it.
    func disturbed(_ situation: Situation) -> Situation {
        var situation = situation
        for input in strays(in: situation.memory) {
            if let after = step(input, from: situation, wait: .none).0 { situation = after }
        }
        return situation
    }

    private func strays(in memory: PathMemory) -> [TestInput] {
        let owns = machine.owns(memory.state)
        let hasLink = !owns.isDisjoint(with: .link)
        let hasGoneLink = memory.attempts > (hasLink ? 1 : 0)
        var strays: [TestInput] = []
        for event in Event.allCases {
            switch event.emitter {
            case .command:
                if machine.row(for: .command(event), in: memory) == nil { strays.append(.command(event)) }
            case .resource(let resource):
                if hasGoneLink { strays.append(.goneLink(event)) }
                if hasLink, machine.row(for: machine.inputs(event)[0], in: memory) == nil {
                    strays.append(machine.inputs(event)[0])
                }
                if resource == .probe, owns.contains(.probe), memory.probes > 1 { strays.append(.olderProbe(event)) }
            case .deadline(let kind):
                if machine.deadline(of: memory.state) == kind { strays.append(.earlyDeadline(kind)) }
            }
        }
        return strays
    }
}
