/// Reads a PlantUML state diagram.
struct PlantUMLReader {
    private(set) var chart = ReadChart()
    private(set) var groups: [String: [String]] = [:]

    init(_ text: String) throws {
        let lines = text.split(separator: "\n").map { $0.trimmed() }
        guard lines.first == "@startuml", lines.last == "@enduml" else { throw Unreadable("no @startuml … @enduml") }
        var open: String?
        var names: Set<String> = []
        var pending: [(from: String, to: String, label: String)] = []
        for line in lines.dropFirst().dropLast() {
            if line.hasPrefix("'") {
                if let digest = line.firstRange(of: "Digest ") {
                    chart.digest = String(line[digest.upperBound...].prefix { $0.isHexDigit })
                }
            } else if line.hasPrefix("title ") || line == "hide empty description" {
                continue
            } else if line == "}" {
                guard open != nil else { throw Unreadable("a brace too many") }
                open = nil
            } else if line.hasPrefix("state \""), line.hasSuffix("{") {
                let name = line.split(separator: " ").dropLast().last.map(String.init) ?? ""
                open = name
                groups[name] = []
            } else if line.hasPrefix("state ") {
                let name = line.dropFirst(6).trimmed()
                names.insert(name)
                if let group = open { groups[group, default: []].append(name) }
            } else {
                let words = line.split(separator: " ", maxSplits: 4).map(String.init)
                guard words.count >= 3, Self.arrows.contains(words[1]) else { throw Unreadable(line) }
                if words[0] == "[*]" || words[2] == "[*]" { continue }
                guard words.count == 5, words[3] == ":" else { throw Unreadable(line) }
                for name in [words[0], words[2]] { names.insert(name) }
                pending.append((words[0], words[2], words[4]))
            }
        }
        for line in pending {
            for label in line.label.components(separatedBy: "\\n") {
                let read = try ReadLabel(label, brackets: ("[", "]"))
                chart.rows += try read.rows(from: groups[line.from] ?? [line.from], to: line.to)
            }
        }
        chart.states = names.subtracting(groups.keys).sorted().map { ReadChart.Definition(name: $0) }
    }

    private static let arrows: Set<String> = [
        "-->", "-[dashed]->", "-[dotted]->", "-up->", "-[dashed]up->", "-[dotted]up->",
    ]
}
