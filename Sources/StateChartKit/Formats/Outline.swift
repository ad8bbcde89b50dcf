import ConnectionLifecycle

/// A view as the text formats draw it: lines from single states, and lines from groups that can be drawn as one box.
struct Outline {
    /// States that answer something alike; no state is in two groups.
    let groups: [Group]
    /// The states in no group, by table order.
    let single: [State]
    /// In the view's order. A line with several sources starts at a group of `groups`.
    let edges: [Edge]
    /// The states that no line touches; a format that names states by their lines must name these alone.
    let isolated: [State]

    struct Group: Equatable {
        /// By table order.
        let members: [State]

        var name: String { members.map(\.name).joined(separator: "_") }
        var title: String { "each of " + members.map(\.name).joined(separator: ", ") }
    }

    init(_ view: ChartView, of chart: StateChart) {
        let states = chart.states(in: view)
        var groups: [Group] = []
        var edges: [Edge] = []
        for edge in chart.edges(in: view) {
            let group = Group(members: edge.sources)
            if edge.sources.count == 1 || groups.contains(group) {
                edges.append(edge)
            } else if groups.allSatisfy({ $0.members.allSatisfy { !edge.sources.contains($0) } }) {
                groups.append(group)
                edges.append(edge)
            } else {
                // Boxes that overlap cannot be drawn: one line for each member instead.
                edges += edge.sources.map { member in
                    Edge(sources: [member], to: edge.to, rows: edge.rows.filter { $0.from == member })
                }
            }
        }
        self.groups = groups
        self.edges = edges
        single = states.filter { state in !groups.contains { $0.members.contains(state) } }
        isolated = states.filter { state in !edges.contains { $0.sources.contains(state) || $0.to == state } }
    }

    /// The lines between members of a group, which belong into its box.
    func edges(within group: Group) -> [Edge] {
        edges.filter { $0.sources.count == 1 && group.members.contains($0.from) && group.members.contains($0.to) }
    }

    /// The lines that belong into no box.
    var outerEdges: [Edge] {
        edges.filter { edge in
            !groups.contains {
                edge.sources.count == 1 && $0.members.contains(edge.from) && $0.members.contains(edge.to)
            }
        }
    }
}

extension Edge {
    /// Against the order of the states, which runs from the start to the end: drawn upwards, so that the rest can be
    /// laid out in that order.
    var leadsBack: Bool { sources.allSatisfy { to.rawValue < $0.rawValue } }
}
