import ConnectionLifecycle

/// Deadlines and results that come late, early, after they were cancelled, or in the same instant as something else.
extension GeneratedPaths {
    /// A situation, and everything that may change nothing in it.
    mutating func addLate(_ situation: PathSearch.Situation, _ search: PathSearch) {
        var situation = situation
        for input in search.strays(in: situation.memory) {
            if let after = search.step(input, from: situation, wait: .none).0 { situation = after }
        }
        // Last, for it takes time: a deadline that the table says nothing about. A sound table has none.
        if let deadline = search.machine.deadline(of: situation.memory.state) {
            let (after, row) = search.step(.deadline(deadline), from: situation, wait: .untilDue)
            if row == nil, let after { situation = after }
        }
        add(situation, search)
    }

    /// The input leaves the state a nanosecond before its deadline; then that moment passes.
    mutating func addCancelled(_ row: Row) {
        guard let (search, found) = first({ $0.first(row, wait: .untilJustBeforeDue) }),
            let deadline = search.machine.deadline(of: row.from), row.end != row.from,
            let after = search.step(.leftDeadline(deadline), from: found.after, wait: .untilOldDue).0
        else { return }
        add(after, search)
    }

    /// The input comes in the instant of the deadline, before it. Where it leaves the state, the deadline is void.
    mutating func addInputFirst(_ row: Row) {
        guard let (search, found) = first({ $0.first(row, wait: .untilDue) }),
            let deadline = search.machine.deadline(of: row.from)
        else { return }
        let second: TestInput = row.end == row.from ? .deadline(deadline) : .leftDeadline(deadline)
        if let after = search.step(second, from: found.after, wait: .none).0 { add(after, search) }
    }

    /// The deadline fires first, and then comes what was on its way to the state that was left.
    mutating func addDeadlineFirst(_ row: Row) {
        guard let (search, found) = first({ $0.first(row) }) else { return }
        let machine = search.machine
        let hasLink = !machine.owns(found.after.memory.state).isDisjoint(with: .link)
        for event in Event.allCases where !event.isDeadline && machine.canOccur(event, in: row.from) {
            let inputs = hasLink || event.emitter == .command ? machine.inputs(event) : [.goneLink(event)]
            for input in inputs {
                if let after = search.step(input, from: found.after, wait: .none).0 { add(after, search) }
            }
        }
    }
}

extension PathSearch {
    /// Whatever comes from something that is not owned, or not any more, or before its time.
    fileprivate func strays(in memory: PathMemory) -> [TestInput] {
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
