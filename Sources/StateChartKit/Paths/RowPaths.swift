import ConnectionLifecycle

/// Each row, each pair of rows that meet, and each row in each situation, by the shortest way.
extension GeneratedPaths {
    mutating func addTransition(_ row: Row) {
        if let (search, found) = first({ $0.first(row) }) {
            add(found.after, search)
        } else {
            add(infeasible: [row], "\(row.from.name) does not come to it")
        }
    }

    mutating func addPair(_ first: Row, _ second: Row) {
        if let (search, found) = self.first({ $0.first(first, second) }) {
            add(found, search)
        } else {
            add(infeasible: [first, second], reason(first, second))
        }
    }

    mutating func addSituations(_ search: PathSearch) {
        var seen: Set<PathMemory> = []
        for situation in search.situations {
            // How many attempts and probes there were matters for what is late, not for what a row does.
            var memory = situation.memory
            (memory.attempts, memory.probes) = (0, 0)
            guard seen.insert(memory).inserted else { continue }
            for row in search.machine.table.rows where row.from == memory.state {
                for after in search.follow(row, from: situation) {
                    let shown = row.to == nil ? [] : Question.allCases.compactMap { search.shortest(after, to: $0) }
                    if shown.isEmpty { add(after, search) }
                    for end in shown { add(end, search) }
                }
            }
        }
    }

    private func reason(_ first: Row, _ second: Row) -> String {
        guard searches.contains(where: { $0.first(first) != nil }) else { return "\(first.id) never happens" }
        guard searches.contains(where: { $0.machine.canOccur(second.event, in: second.from) }) else {
            return "\(second.from.name) owns nothing that emits \(second.event.name)"
        }
        return second.condition.words.map { "after \(first.id) it is never so: \($0)" }
            ?? "another row answers \(second.event.name)"
    }
}

extension PathSearch {
    /// The shortest way on to the row in which a question gets the answer that tells how much is remembered: a budget is
    /// spent, and not because a failure is final by itself; or whether a stop is wanted.
    fileprivate func shortest(_ start: Situation, to question: Question) -> Situation? {
        var known: Set<PathMemory> = [start.memory]
        var queue = [start]
        var next = 0
        while next < queue.count {
            for row in machine.table.rows where row.from == queue[next].memory.state && row.to != nil {
                let wait: Wait = row.event.isDeadline ? .untilDue : .none
                let input = machine.inputs(row.event)[0]
                let (after, taken) = step(input, from: queue[next], wait: wait)
                guard taken == row, let after else { continue }
                if row.condition == .unless(question) || row.condition == .when(.stopWanted) && question == .stopWanted {
                    return after
                }
                if known.insert(after.memory).inserted { queue.append(after) }
            }
            next += 1
        }
        return nil
    }

    /// The first situation in which two rows can happen one after the other, and what follows.
    fileprivate func first(_ first: Row, _ second: Row) -> Situation? {
        for situation in situations where situation.memory.state == first.from {
            for between in follow(first, from: situation) {
                if let after = follow(second, from: between).first { return after }
            }
        }
        return nil
    }
}
