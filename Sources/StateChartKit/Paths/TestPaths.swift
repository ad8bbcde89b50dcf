import ConnectionLifecycle

/// All test paths of a table. A pure function of the table: the same in every run.
public struct TestPaths: Sendable {
    public let table: TransitionTable
    /// Shortest first within each kind, then in the order of the rows.
    public let paths: [PathKind: [TestPath]]
    /// What the graph alone would allow, and the machine does not.
    public let infeasible: [PathKind: [InfeasiblePath]]

    /// - Parameter kinds: only these are made; the others stay empty.
    public init(
        table: TransitionTable, settings: [PathSetting] = PathSetting.standard, kinds: [PathKind] = PathKind.allCases
    ) {
        self.table = table
        let searches = settings.map { PathSearch(table: table, setting: $0) }
        var paths: [PathKind: [TestPath]] = [:]
        var infeasible: [PathKind: [InfeasiblePath]] = [:]
        for kind in kinds {
            let generated = GeneratedPaths(kind, table: table, searches: searches)
            // By length, and among equals as they were found.
            paths[kind] = generated.paths.enumerated()
                .sorted { ($0.element.steps.count, $0.offset) < ($1.element.steps.count, $1.offset) }
                .map(\.element)
            infeasible[kind] = generated.infeasible
        }
        self.paths = paths
        self.infeasible = infeasible
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

/// The paths of one kind, as they are found.
struct GeneratedPaths {
    private(set) var paths: [TestPath] = []
    private(set) var infeasible: [InfeasiblePath] = []
    private let kind: PathKind
    private let table: TransitionTable
    let searches: [PathSearch]

    init(_ kind: PathKind, table: TransitionTable, searches: [PathSearch]) {
        self.kind = kind
        self.table = table
        self.searches = searches
        switch kind {
        case .transitions: for row in table.rows { addTransition(row) }
        case .pairs:
            for first in table.rows {
                for second in table.rows where second.from == first.end { addPair(first, second) }
            }
        case .simple: addSimple()
        case .situations: for search in searches { addSituations(search) }
        case .late: for search in searches { for situation in search.situations { addLate(situation, search) } }
        case .cancelled: for row in table.rows where !row.event.isDeadline { addCancelled(row) }
        case .simultaneous:
            for row in table.rows { if row.event.isDeadline { addDeadlineFirst(row) } else { addInputFirst(row) } }
        }
    }

    mutating func add(_ situation: PathSearch.Situation, _ search: PathSearch) {
        paths.append(TestPath(kind: kind, setting: search.machine.setting, steps: situation.way))
    }

    mutating func add(infeasible rows: [Row], _ reason: String) {
        infeasible.append(InfeasiblePath(rows: rows.map(\.id), reason: reason))
    }

    /// The first setting under which something is possible.
    func first<Result>(_ body: (PathSearch) -> Result?) -> (PathSearch, Result)? {
        for search in searches {
            if let result = body(search) { return (search, result) }
        }
        return nil
    }
}

extension Row {
    /// Where the machine is after it.
    var end: State { to ?? from }
}
