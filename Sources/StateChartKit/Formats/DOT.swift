import ConnectionLifecycle

extension StateChart {
    /// The chart for Graphviz.
    public var dot: String {
        var lines = [
            "// Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).",
            "digraph lifecycle {",
            "    graph [rankdir=TB, fontname=\"Helvetica\", nodesep=0.5, ranksep=0.7];",
            "    node [shape=box, style=rounded, fontname=\"Helvetica\"];",
            "    edge [fontname=\"Helvetica\", fontsize=11];",
            "    idle [shape=ellipse, style=filled, fillcolor=black, fontcolor=white];",
            "    stopped [shape=doublecircle, style=solid];",
        ]
        for edge in edges {
            let labels = edge.rows.map { $0.label + "\\l" }.joined()
            lines.append(
                "    \(edge.from.name) -> \(edge.to.name) [style=\(edge.kind.dotStyle), label=\"\(labels)\"];")
        }
        lines.append("}")
        return lines.joined(separator: "\n") + "\n"
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
