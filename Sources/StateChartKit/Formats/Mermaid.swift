import ConnectionLifecycle

extension StateChart {
    /// The chart as a Mermaid `stateDiagram-v2`, in the part of the language that every renderer knows.
    public var mermaid: String {
        var lines = [
            "%% Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).",
            "stateDiagram-v2",
            "    [*] --> idle",
        ]
        for edge in edges {
            let labels = edge.rows.map(\.mermaidLabel).joined(separator: "<br/>")
            lines.append("    \(edge.from.name) --> \(edge.to.name): \(labels)")
        }
        lines.append("    stopped --> [*]")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Row {
    /// Round brackets: square ones mean something else in Mermaid.
    fileprivate var mermaidLabel: String {
        condition.words.map { "\(id) \(event.name) (\($0))" } ?? "\(id) \(event.name)"
    }
}
