import ConnectionLifecycle

/// What a chart shows: all of the machine, or the part that answers one question.
public enum ChartView: Hashable, Sendable, CaseIterable {
    /// The way round in at most ten lines.
    case overview
    /// Every transition.
    case complete
    /// What each state does when its time is up.
    case deadlines
    /// How it ends.
    case shutdown
    /// One state with all ways in and out.
    case state(State)

    public static let allCases: [ChartView] =
        [.overview, .complete, .deadlines, .shutdown] + State.allCases.map { .state($0) }

    /// The name of its files, without an ending.
    public var name: String {
        switch self {
        case .overview: "overview"
        case .complete: "lifecycle"
        case .deadlines: "deadlines"
        case .shutdown: "shutdown"
        case .state(let state): state.name
        }
    }

    /// Where its files are in the folder of charts, without an ending.
    public var path: String {
        switch self {
        case .overview, .complete, .deadlines, .shutdown: name
        case .state: "states/\(name)"
        }
    }

    /// The name of its picture in a theme; the light one needs no word for it.
    public func picture(_ theme: ChartTheme) -> String {
        switch theme {
        case .light: "\(path).svg"
        case .dark: "\(path)-dark.svg"
        }
    }

    /// What stands above it.
    public var title: String {
        switch self {
        case .overview: "The lifecycle of a connection, in short"
        case .complete: "The lifecycle of a connection"
        case .deadlines: "What happens when the time of a state is up"
        case .shutdown: "How a connection ends"
        case .state(let state): "Into and out of \(state.name)"
        }
    }
}

extension StateChart {
    /// The lines of a view, in table order.
    func edges(in view: ChartView) -> [Edge] {
        switch view {
        case .overview: overviewEdges
        case .complete: edges
        case .deadlines: edges { $0.event.kind == .deadline }
        case .shutdown: shutdownEdges
        case .state(let state): edges { $0.from == state || $0.to == state }
        }
    }

    /// The states that a view shows, in table order.
    func states(in view: ChartView) -> [State] {
        let edges = edges(in: view)
        return table.states.map(\.state).filter { state in
            view == .state(state) || edges.contains { $0.sources.contains(state) || $0.to == state }
        }
    }

    /// Parallel transitions share one line with stacked labels.
    private func edges(_ isShown: (Row) -> Bool) -> [Edge] {
        var edges: [Edge] = []
        for row in transitions where isShown(row) {
            guard let to = row.to else { continue }
            if let index = edges.firstIndex(where: { $0.from == row.from && $0.to == to }) {
                edges[index].rows.append(row)
            } else {
                edges.append(Edge(sources: [row.from], to: to, rows: [row]))
            }
        }
        return edges
    }

    /// Every transition, from each state alone.
    var edges: [Edge] { edges { _ in true } }

    /// The way round, and for the states that own a socket together what each of them answers in the same way.
    private var overviewEdges: [Edge] {
        let way: [(State, State)] = [
            (.idle, .connecting), (.connecting, .open), (.open, .probing), (.probing, .open), (.probing, .stale),
            (.stale, .terminating), (.terminating, .backoff), (.backoff, .connecting), (.terminating, .stopped),
        ]
        let lifted = lifted(delivering)
        let shared = Set(lifted.flatMap(\.rows))
        let single = edges { row in way.contains { $0 == row.from && $1 == row.to } && !shared.contains(row) }
        return single + lifted
    }

    /// What asks for the end, or reaches it.
    private var shutdownEdges: [Edge] {
        func isShown(_ row: Row) -> Bool {
            row.event == .stop || row.actions.contains(.wantStop) || row.to == .stopped
        }
        let lifted = lifted(delivering, isShown)
        let shared = Set(lifted.flatMap(\.rows))
        return edges { isShown($0) && !shared.contains($0) } + lifted
    }

    /// The states that own a socket which delivers.
    private var delivering: [State] { table.states.filter { $0.owns.contains(.socket) }.map(\.state) }

    /// The transitions that every member of a group has identically, but for id and reason.
    func lifted(_ group: [State], _ isShown: (Row) -> Bool = { _ in true }) -> [Edge] {
        guard let first = group.first else { return [] }
        var edges: [Edge] = []
        for row in transitions where row.from == first && isShown(row) {
            let rows = group.compactMap { member in
                transitions.first {
                    $0.from == member && $0.event == row.event && $0.condition == row.condition && $0.to == row.to
                        && $0.actions == row.actions
                }
            }
            guard rows.count == group.count, let to = row.to else { continue }
            if let index = edges.firstIndex(where: { $0.to == to }) {
                edges[index].rows += rows
            } else {
                edges.append(Edge(sources: group, to: to, rows: rows))
            }
        }
        return edges
    }
}

/// All transitions from one state, or from a group whose members answer alike, to another.
struct Edge {
    /// In table order; more than one where the line is lifted to a group.
    let sources: [State]
    let to: State
    /// In table order; in a lifted line, those of the members one after the other for each event.
    var rows: [Row]

    var from: State { sources[0] }

    /// What is written on the line: rows that differ only in their state share a label.
    var labels: [Label] {
        var labels: [Label] = []
        for row in rows {
            if let index = labels.firstIndex(where: { $0.event == row.event && $0.condition == row.condition }) {
                labels[index].ids.append(row.id)
            } else {
                labels.append(Label(ids: [row.id], event: row.event, condition: row.condition))
            }
        }
        return labels
    }

    /// How the line is drawn; solid where its transitions differ in kind.
    var kind: EventKind {
        let kinds = Set(rows.map(\.event.kind))
        return kinds.count == 1 ? rows[0].event.kind : .input
    }

    struct Label {
        var ids: [String]
        let event: Event
        let condition: Guard
    }
}
