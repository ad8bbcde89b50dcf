import ConnectionLifecycle

extension StateChart {
    /// The whole chart for Graphviz.
    public var dot: String { dot(.complete) }

    /// A view for Graphviz. A line from a group starts at the group's cluster; reasons are tooltips.
    public func dot(_ view: ChartView) -> String {
        let outline = Outline(view, of: self)
        let shown = states(in: view)
        var lines = [
            "// Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).",
            "digraph \(view.name) {",
            "    graph [rankdir=TB, compound=true, fontname=\"Helvetica\", nodesep=0.5, ranksep=0.7];",
            "    node [shape=box, style=rounded, fontname=\"Helvetica\"];",
            "    edge [fontname=\"Helvetica\", fontsize=11];",
        ]
        if shown.contains(.idle) {
            lines.append("    idle [shape=ellipse, style=filled, fillcolor=black, fontcolor=white];")
        }
        if shown.contains(.stopped) { lines.append("    stopped [shape=doublecircle, style=solid];") }
        for group in outline.groups {
            lines.append("    subgraph cluster_\(group.name) {")
            lines.append("        graph [label=\"\(group.title)\", style=rounded];")
            lines += group.members.map { "        \($0.name);" }
            lines.append("    }")
        }
        lines += outline.isolated.filter { $0 != .idle && $0 != .stopped }.map { "    \($0.name);" }
        lines += outline.edges.map(\.dot)
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Edge {
    fileprivate var dot: String {
        let words = labels.map { $0.text(brackets: ("[", "]")) + "\\l" }.joined()
        // In the order of the label's names.
        let named = labels.flatMap { label in
            rows.filter { $0.event == label.event && $0.condition == label.condition }
        }
        let reasons = named.map(\.because.referenced)
        var attributes = [
            "style=\(kind.dotStyle)", "label=\"\(words)\"", "tooltip=\"\(reasons.joined(separator: "\\n"))\"",
        ]
        if leadsBack { attributes.append("constraint=false") }
        if sources.count > 1 { attributes.append("ltail=cluster_\(Outline.Group(members: sources).name)") }
        // Where a line starts at a cluster, Graphviz wants one of its nodes: the middle one.
        return "    \(sources[sources.count / 2].name) -> \(to.name) [\(attributes.joined(separator: ", "))];"
    }
}

extension EventKind {
    fileprivate var dotStyle: String {
        switch self {
        case .input: "solid"
        case .deadline: "dashed"
        case .failure: "dotted"
        }
    }
}
