import ConnectionLifecycle

/// Each row, each pair of rows that meet, and each row in each situation, by the shortest way.
struct RowPaths {
    private(set) var transitions: [TestPath] = []
    private(set) var unreachable: [InfeasiblePath] = []
    private(set) var pairs: [TestPath] = []
    private(set) var infeasiblePairs: [InfeasiblePath] = []
    private(set) var situations: [TestPath] = []
    private let searches: [PathSearch]

    init(table: TransitionTable, searches: [PathSearch]) {
        self.searches = searches
        for row in table.rows {
            if let (search, found) = searches.firstResult({ $0.first(row) }) {
                transitions.append(search.path(.transitions, found.after))
            } else {
                unreachable.append(InfeasiblePath(rows: [row.id], reason: "\(row.from.name) does not come to it"))
            }
        }
        for search in searches { situations += RowPaths.inEachSituation(table.rows, search) }
        for first in table.rows {
            for second in table.rows where second.from == first.end {
                if let (search, found) = searches.firstResult({ RowPaths.pair(first, second, in: $0) }) {
                    pairs.append(search.path(.pairs, found))
                } else {
                    infeasiblePairs.append(
                        InfeasiblePath(rows: [first.id, second.id], reason: reason(first, second)))
                }
            }
        }
    }

    private static func inEachSituation(_ rows: [Row], _ search: PathSearch) -> [TestPath] {
        var seen: Set<PathMemory> = []
        return search.situations.flatMap { situation -> [TestPath] in
            // How many attempts and probes there were matters for what is late, not for what a row does.
            var memory = situation.memory
            (memory.attempts, memory.probes) = (0, 0)
            guard seen.insert(memory).inserted else { return [] }
            return rows.filter { $0.from == memory.state }
                .flatMap { search.follow($0, from: situation).map { search.path(.situations, $0) } }
        }
    }

    private static func pair(_ first: Row, _ second: Row, in search: PathSearch) -> PathSearch.Situation? {
        for situation in search.situations where situation.memory.state == first.from {
            for between in search.follow(first, from: situation) {
                if let after = search.follow(second, from: between).first { return after }
            }
        }
        return nil
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

extension [PathSearch] {
    /// The first setting under which something is possible.
    func firstResult<Result>(_ body: (PathSearch) -> Result?) -> (PathSearch, Result)? {
        for search in self {
            if let result = body(search) { return (search, result) }
        }
        return nil
    }
}

extension PathSearch {
    func path(_ kind: PathKind, _ situation: Situation) -> TestPath {
        TestPath(kind: kind, setting: machine.setting, steps: situation.way)
    }
}
