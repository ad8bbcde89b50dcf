import ConnectionLifecycle

extension StateChart {
    /// The whole chart as a Mermaid `stateDiagram-v2`.
    public var mermaid: String { mermaid(.complete) }

    /// A view as a Mermaid `stateDiagram-v2`, in the part of the language that every renderer knows.
    public func mermaid(_ view: ChartView) -> String {
        let outline = Outline(view, of: self)
        let shown = states(in: view)
        var lines = [
            "%% Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).",
            "stateDiagram-v2",
        ]
        if shown.contains(.idle) { lines.append("    [*] --> idle") }
        for group in outline.groups {
            lines.append("    state \"\(group.title)\" as \(group.name) {")
            lines += group.members.map { "        \($0.name)" }
            lines += outline.edges(within: group).map { "    " + $0.mermaid }
            lines.append("    }")
        }
        lines += outline.isolated.map { "    \($0.name)" }
        lines += outline.outerEdges.map(\.mermaid)
        if shown.contains(.stopped) { lines.append("    stopped --> [*]") }
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Edge {
    fileprivate var mermaid: String {
        // Round brackets: square ones mean something else in Mermaid.
        let words = labels.map { $0.text(brackets: ("(", ")")) }.joined(separator: "<br/>")
        let source = sources.count == 1 ? from.name : Outline.Group(members: sources).name
        return "    \(source) --> \(to.name): \(words)"
    }
}
