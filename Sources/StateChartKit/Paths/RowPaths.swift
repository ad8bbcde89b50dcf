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
        var shown: [PathMemory: [[TestStep]]] = [:]
        for situation in search.situations where seen.insert(situation.memory.uncounted).inserted {
            for row in search.machine.rows(from: situation.memory.state) {
                for after in search.follow(row, from: situation) {
                    let memory = after.memory.uncounted
                    let ends =
                        row.to == nil
                        ? [] : shown[memory] ?? Question.allCases.compactMap { search.shortest(memory, to: $0) }
                    if row.to != nil { shown[memory] = ends }
                    for end in ends.isEmpty ? [[]] : ends {
                        add(PathSearch.Situation(memory: memory, way: after.way + end), search)
                    }
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
    fileprivate func shortest(_ start: PathMemory, to question: Question) -> [TestStep]? {
        var known: Set<PathMemory> = [start]
        var queue = [Situation(memory: start, way: [])]
        var next = 0
        while next < queue.count {
            for row in machine.rows(from: queue[next].memory.state) where row.to != nil {
                let wait: Wait = row.event.isDeadline ? .untilDue : .none
                let (reached, taken) = step(machine.inputs(row.event)[0], from: queue[next], wait: wait)
                guard taken == row, var after = reached else { continue }
                let isStop = row.condition == .when(.stopWanted) && question == .stopWanted
                if row.condition == .unless(question) || isStop { return after.way }
                after.memory = after.memory.uncounted
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
