import ConnectionLifecycle
import StateChartKit

/// What the walked paths have shown.
struct PathCoverage {
    private let table: TransitionTable
    private var rows: [String: Int] = [:]
    private var pairs: [String: Int] = [:]
    private var walked: [PathKind: Int] = [:]

    init(_ table: TransitionTable) { self.table = table }

    /// - Parameter seen: the rows that were seen to answer, in order.
    mutating func add(_ path: TestPath, seen: [String]) {
        walked[path.kind, default: 0] += 1
        for row in seen { rows[row, default: 0] += 1 }
        for (first, second) in zip(seen, seen.dropFirst()) { pairs["\(first) \(second)", default: 0] += 1 }
    }

    /// The rows that no path showed.
    var missingRows: [String] { table.rows.map(\.id).filter { rows[$0] == nil } }

    /// The pairs that meet on the chart, are not known to be impossible, and were not shown.
    func missingPairs(of paths: TestPaths) -> [String] {
        let impossible = Set((paths.infeasible[.pairs] ?? []).map { $0.rows.joined(separator: " ") })
        return meeting.filter { pairs[$0] == nil && !impossible.contains($0) }
    }

    /// Impossible pairs that happened all the same.
    func contradictions(to paths: TestPaths) -> [String] {
        (paths.infeasible[.pairs] ?? []).map { $0.rows.joined(separator: " ") }.filter { pairs[$0] != nil }
    }

    private var meeting: [String] {
        table.rows.flatMap { first in
            table.rows.filter { $0.from == first.to ?? first.from }.map { "\(first.id) \($0.id)" }
        }
    }

    /// For the log: how often each row was shown, and how much of all.
    func report(_ paths: TestPaths) -> String {
        func percent(_ part: Int, _ whole: Int) -> String {
            "\(part) of \(whole) (\(whole == 0 ? 100 : part * 100 / whole) %)"
        }
        let transitions = table.rows.filter { $0.to != nil }.map(\.id)
        let ignored = table.rows.filter { $0.to == nil }.map(\.id)
        let feasible = meeting.count - (paths.infeasible[.pairs]?.count ?? 0)
        let kinds = PathKind.allCases.map { "\($0.rawValue) \(walked[$0] ?? 0)" }.joined(separator: ", ")
        let counts = (transitions + ignored).map { "\($0) \(rows[$0] ?? 0)" }
        let lines = stride(from: 0, to: counts.count, by: 12)
            .map { "  " + counts[$0..<min($0 + 12, counts.count)].joined(separator: "  ") }
        return """
            paths walked: \(kinds)
            transitions \(percent(transitions.filter { rows[$0] != nil }.count, transitions.count)), \
            ignored \(percent(ignored.filter { rows[$0] != nil }.count, ignored.count)), \
            pairs \(percent(feasible - missingPairs(of: paths).count, feasible)) feasible
            each row, and how often it answered:
            \(lines.joined(separator: "\n"))
            """
    }
}
