import ConnectionLifecycle

extension StateChart {
    /// A view as a PlantUML state diagram.
    public func plantUML(_ view: ChartView) -> String {
        let outline = Outline(view, of: self)
        let shown = states(in: view)
        var lines = [
            "@startuml",
            "' Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).",
            "title \(view.title)",
            "hide empty description",
        ]
        if shown.contains(.idle) { lines.append("[*] --> idle") }
        for group in outline.groups {
            lines.append("state \"\(group.title)\" as \(group.name) {")
            lines += group.members.map { "    state \($0.name)" }
            lines += outline.edges(within: group).map { "    " + $0.plantUML }
            lines.append("}")
        }
        lines += outline.single.map { "state \($0.name)" }
        lines += outline.outerEdges.map(\.plantUML)
        if shown.contains(.stopped) { lines.append("stopped --> [*]") }
        lines.append("@enduml")
        return lines.joined(separator: "\n") + "\n"
    }
}

extension Edge {
    fileprivate var plantUML: String {
        let words = labels.map { $0.text(brackets: ("[", "]")) }.joined(separator: "\\n")
        let source = sources.count == 1 ? from.name : Outline.Group(members: sources).name
        return "\(source) -\(kind.plantUMLStyle)\(leadsBack ? "up" : "")-> \(to.name) : \(words)"
    }
}

extension EventKind {
    fileprivate var plantUMLStyle: String {
        switch self {
        case .input: ""
        case .deadline: "[dashed]"
        case .failure: "[dotted]"
        }
    }
}
