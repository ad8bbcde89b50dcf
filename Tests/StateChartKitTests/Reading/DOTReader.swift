/// Reads the part of Graphviz' language that the export uses: statements with attributes, and clusters.
struct DOTReader {
    private(set) var chart = ReadChart()
    private(set) var clusters: [String: [String]] = [:]
    private(set) var edgeCount = 0

    private var tokens: ArraySlice<Token> = []
    private var pending: [(from: String, to: String, attributes: [String: String])] = []
    private var names: Set<String> = []

    private enum Token: Equatable {
        case word(String)
        /// With its escapes.
        case quoted(String)
        case mark(String)
    }

    init(_ text: String) throws {
        tokens = try scan(text)[...]
        try expect(.word("digraph"))
        _ = try word()
        try expect(.mark("{"))
        try statements(in: nil)
        guard tokens.isEmpty else { throw Unreadable("more after the graph") }
        for edge in pending {
            edgeCount += 1
            let sources = try edge.attributes["ltail"].map { cluster in
                guard let members = clusters[cluster], members.contains(edge.from) else {
                    throw Unreadable("\(edge.from) is not in \(cluster)")
                }
                return members
            }
            let labels = (edge.attributes["label"] ?? "").components(separatedBy: "\\l")
            guard labels.last == "" else { throw Unreadable("a label does not end: \(labels)") }
            var rows: [ReadChart.Transition] = []
            for label in labels.dropLast() {
                rows += try ReadLabel(label, brackets: ("[", "]"))
                    .rows(from: sources ?? [edge.from], to: edge.to)
            }
            let reasons = (edge.attributes["tooltip"] ?? "").components(separatedBy: "\\n")
            guard reasons.count == rows.count else { throw Unreadable("\(reasons.count) reasons, \(rows.count) rows") }
            for (index, reason) in reasons.enumerated() {
                guard !reason.contains("\\") else { throw Unreadable("an escape in \(reason)") }
                rows[index].because = try reason.dereferenced()
            }
            chart.rows += rows
        }
        chart.states = names.sorted().map { ReadChart.Definition(name: $0) }
    }

    private mutating func statements(in cluster: String?) throws {
        while let token = tokens.popFirst() {
            switch token {
            case .mark("}"): return
            case .word("graph"), .word("node"), .word("edge"):
                _ = try attributes()
                try expect(.mark(";"))
            case .word("subgraph"):
                let name = try word()
                clusters[name] = []
                try expect(.mark("{"))
                try statements(in: name)
            case .word(let name):
                names.insert(name)
                if tokens.first == .mark("->") {
                    tokens.removeFirst()
                    let target = try word()
                    names.insert(target)
                    pending.append((name, target, try attributes()))
                } else {
                    _ = try attributes()
                    if let cluster { clusters[cluster, default: []].append(name) }
                }
                try expect(.mark(";"))
            case .quoted(let text): throw Unreadable("a text where a statement should be: \(text)")
            case .mark(let mark): throw Unreadable("\(mark) where a statement should be")
            }
        }
        throw Unreadable("the graph does not end")
    }

    private mutating func attributes() throws -> [String: String] {
        var attributes: [String: String] = [:]
        guard tokens.first == .mark("[") else { return attributes }
        tokens.removeFirst()
        while tokens.first != .mark("]") {
            let name = try word()
            try expect(.mark("="))
            switch tokens.popFirst() {
            case .word(let value)?, .quoted(let value)?: attributes[name] = value
            case .mark?, nil: throw Unreadable("no value of \(name)")
            }
            if tokens.first == .mark(",") { tokens.removeFirst() }
        }
        tokens.removeFirst()
        return attributes
    }

    private mutating func word() throws -> String {
        guard case .word(let word)? = tokens.popFirst() else { throw Unreadable("a name is missing") }
        return word
    }

    private mutating func expect(_ token: Token) throws {
        guard tokens.popFirst() == token else { throw Unreadable("\(token) is missing") }
    }

    private mutating func scan(_ text: String) throws -> [Token] {
        var tokens: [Token] = []
        var rest = text.unicodeScalars[...]
        while let first = rest.popFirst() {
            switch first {
            case " ", "\n": continue
            case "/":
                let comment = String(String.UnicodeScalarView(rest.prefix { $0 != "\n" }))
                rest = rest.drop { $0 != "\n" }
                if let digest = comment.firstRange(of: "Digest ") {
                    chart.digest = String(comment[digest.upperBound...].prefix { $0.isHexDigit })
                }
            case "\"":
                var quoted = String.UnicodeScalarView()
                while let next = rest.popFirst(), next != "\"" {
                    quoted.append(next)
                    if next == "\\" {
                        guard let escaped = rest.popFirst() else { throw Unreadable("a text does not end") }
                        quoted.append(escaped)
                    }
                }
                tokens.append(.quoted(String(quoted)))
            case "-":
                guard rest.popFirst() == ">" else { throw Unreadable("a lonely hyphen") }
                tokens.append(.mark("->"))
            case "{", "}", "[", "]", ";", ",", "=": tokens.append(.mark(String(first)))
            default:
                let isPart = { (scalar: Unicode.Scalar) in
                    scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_"
                        || scalar == "."
                }
                guard isPart(first) else { throw Unreadable("\(first) outside of a text") }
                var word = String.UnicodeScalarView([first])
                while let next = rest.first, isPart(next) {
                    word.append(next)
                    rest.removeFirst()
                }
                tokens.append(.word(String(word)))
            }
        }
        return tokens
    }
}
