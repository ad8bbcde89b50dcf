import ConnectionLifecycle

/// All test paths of a table. A pure function of the table: the same in every run.
public struct TestPaths: Sendable {
    public let table: TransitionTable
    /// Shortest first within each kind, then in the order of the rows.
    public let paths: [PathKind: [TestPath]]
    /// What the graph alone would allow, and the machine does not.
    public let infeasible: [PathKind: [InfeasiblePath]]

    public init(table: TransitionTable, settings: [PathSetting] = PathSetting.standard) {
        self.table = table
        let searches = settings.map { PathSearch(table: table, setting: $0) }
        let rows = RowPaths(table: table, searches: searches)
        let simple = SimplePaths(table: table, searches: searches)
        let disturbed = DisturbedPaths(table: table, searches: searches)
        func sorted(_ paths: [TestPath]) -> [TestPath] {
            // By length, and among equals as they were found.
            paths.enumerated().sorted { ($0.element.steps.count, $0.offset) < ($1.element.steps.count, $1.offset) }
                .map(\.element)
        }
        paths = [
            .transitions: sorted(rows.transitions), .pairs: sorted(rows.pairs), .simple: sorted(simple.paths),
            .situations: sorted(rows.situations), .late: sorted(disturbed.late), .cancelled: sorted(disturbed.cancelled),
            .simultaneous: sorted(disturbed.simultaneous),
        ]
        infeasible = [
            .transitions: rows.unreachable, .pairs: rows.infeasiblePairs, .simple: simple.infeasible,
            .situations: [], .late: [], .cancelled: [], .simultaneous: [],
        ]
    }

    /// The paths of Holdfast.
    public static let standard = TestPaths(table: .standard)

    /// All, kind by kind.
    public var all: [TestPath] { PathKind.allCases.flatMap { paths[$0] ?? [] } }
}

/// Rows that follow each other on the chart and never in the machine.
public struct InfeasiblePath: Hashable, Sendable {
    /// The ids, in order; the last is the one that cannot happen.
    public var rows: [String]
    public var reason: String
}

extension Row {
    /// Where the machine is after it.
    var end: State { to ?? from }
}
