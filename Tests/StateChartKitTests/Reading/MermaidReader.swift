/// Reads a Mermaid `stateDiagram-v2`.
struct MermaidReader {
    private(set) var chart = ReadChart()
    /// Members of the composite states, by name.
    private(set) var groups: [String: [String]] = [:]
    /// Every line with its label, as it stands there.
    private(set) var lines: [(from: String, to: String, label: String)] = []

    init(_ text: String) throws {
        var open: String?
        var names: Set<String> = []
        var pending: [(from: String, to: String, label: String)] = []
        for (number, line) in text.split(separator: "\n").map({ $0.trimmed() }).enumerated() {
            if line.hasPrefix("%%") {
                if let digest = line.firstRange(of: "Digest ") {
                    chart.digest = String(line[digest.upperBound...].prefix { $0.isHexDigit })
                }
            } else if line == "stateDiagram-v2" {
                guard number == 1 else { throw Unreadable("the kind stands in line \(number + 1)") }
            } else if line == "}" {
                guard open != nil else { throw Unreadable("a brace too many") }
                open = nil
            } else if line.hasPrefix("state \""), line.hasSuffix("{") {
                let parts = line.split(separator: "\"", omittingEmptySubsequences: false)
                guard parts.count == 3, parts[2].hasPrefix(" as "), open == nil else { throw Unreadable(line) }
                let name = parts[2].dropFirst(4).dropLast().trimmed()
                open = name
                groups[name] = []
            } else if let arrow = line.firstRange(of: " --> ") {
                let from = line[..<arrow.lowerBound].trimmed()
                let rest = line[arrow.upperBound...]
                let colon = rest.firstIndex(of: ":")
                let to = rest[..<(colon ?? rest.endIndex)].trimmed()
                let label = colon.map { rest[rest.index(after: $0)...].trimmed() } ?? ""
                lines.append((from, to, label))
                for name in [from, to] where name != "[*]" { names.insert(name) }
                if from != "[*]", to != "[*]" { pending.append((from, to, label)) }
            } else if line.allSatisfy({ $0.isLetter }) {
                names.insert(line)
                if let group = open { groups[group, default: []].append(line) }
            } else {
                throw Unreadable(line)
            }
        }
        for line in pending {
            for label in line.label.components(separatedBy: "<br/>") {
                let read = try ReadLabel(label, brackets: ("(", ")"))
                chart.rows += try read.rows(from: groups[line.from] ?? [line.from], to: line.to)
            }
        }
        chart.states = names.subtracting(groups.keys).sorted().map { ReadChart.Definition(name: $0) }
    }
}

extension String {
    /// Split at another string.
    func components(separatedBy separator: String) -> [String] {
        var parts: [String] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(String(rest[..<range.lowerBound]))
            rest = rest[range.upperBound...]
        }
        return parts + [String(rest)]
    }
}
