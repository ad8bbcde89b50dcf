import ConnectionLifecycle

/// Every way from `idle` that visits no state twice, to wherever it leads: each beginning of such a way is one as well.
struct SimplePaths {
    private(set) var paths: [TestPath] = []
    private(set) var infeasible: [InfeasiblePath] = []

    init(table: TransitionTable, searches: [PathSearch]) {
        let start = searches.map { _ in [PathSearch.Situation(memory: PathMemory(), way: [])] }
        walk(from: .idle, rows: [], visited: [.idle], start, table, searches)
    }

    /// - Parameter reached: for each setting the situations in which the rows so far may have ended.
    private mutating func walk(
        from state: State, rows: [Row], visited: Set<State>, _ reached: [[PathSearch.Situation]],
        _ table: TransitionTable, _ searches: [PathSearch]
    ) {
        for row in table.rows where row.from == state {
            guard let to = row.to, !visited.contains(to) else { continue }
            let next = zip(searches, reached).map { search, situations in
                situations.flatMap { search.follow(row, from: $0) }
            }
            guard let index = next.firstIndex(where: { !$0.isEmpty }) else {
                infeasible.append(
                    InfeasiblePath(
                        rows: (rows + [row]).map(\.id),
                        reason: row.condition.words.map { "on this way it is never so: \($0)" }
                            ?? "\(row.event.name) cannot occur"))
                continue
            }
            paths.append(searches[index].path(.simple, next[index][0]))
            walk(from: to, rows: rows + [row], visited: visited.union([to]), next, table, searches)
        }
    }
}
