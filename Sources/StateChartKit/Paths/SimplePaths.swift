import ConnectionLifecycle

/// Every way from `idle` that visits no state twice, to wherever it leads: each beginning of such a way is one as well.
extension GeneratedPaths {
    mutating func addSimple() {
        let start = searches.map { _ in [PathSearch.Situation(memory: PathMemory(), way: [])] }
        walk(from: .idle, rows: [], visited: [.idle], start)
    }

    /// - Parameter reached: for each setting the situations in which the rows so far may have ended.
    private mutating func walk(
        from state: State, rows: [Row], visited: Set<State>, _ reached: [[PathSearch.Situation]]
    ) {
        for row in searches[0].machine.rows(from: state) where !visited.contains(row.end) {
            let next = zip(searches, reached).map { search, situations in
                situations.flatMap { search.follow(row, from: $0) }
            }
            guard let index = next.firstIndex(where: { !$0.isEmpty }) else {
                let reason = row.condition.words.map { "on this way it is never so: \($0)" }
                add(infeasible: rows + [row], reason ?? "\(row.event.name) cannot occur")
                continue
            }
            add(next[index][0], searches[index])
            walk(from: row.end, rows: rows + [row], visited: visited.union([row.end]), next)
        }
    }
}
