import Foundation

#if canImport(FoundationXML)
    import FoundationXML
#endif

/// Reads the SCXML export back: conditions and executable content become guards and actions again.
final class SCXMLReader {
    private(set) var chart = ReadChart()
    private(set) var data: [String: String] = [:]
    let root: XMLNode

    init(_ text: String) throws {
        root = try XMLNode.read(text)
        guard root.name == "scxml", root["xmlns"] == "http://www.w3.org/2005/07/scxml", root["initial"] == "idle" else {
            throw Unreadable("no SCXML: \(root.name)")
        }
        chart.digest = root["table:digest"] ?? ""
        for node in root.children {
            switch node.name {
            case "datamodel": for item in node.children { data[item["id"] ?? ""] = item["expr"] }
            case "state", "final": try read(node)
            default: throw Unreadable("unknown element \(node.name)")
            }
        }
        let known = Set(chart.states.map(\.name))
        for row in chart.rows {
            guard known.contains(row.from), row.to.map(known.contains) != false else {
                throw Unreadable("\(row.id) leads nowhere")
            }
        }
    }

    private func read(_ node: XMLNode) throws {
        guard let name = node["id"] else { throw Unreadable("a state without a name") }
        chart.states.append(
            ReadChart.Definition(
                name: name, meaning: try (node["table:meaning"] ?? "").unescaped(),
                owns: (node["table:owns"] ?? "").split(separator: " ").map(String.init).sorted(),
                deadline: node["table:deadline"]))
        for transition in node.children {
            guard transition.name == "transition" else { throw Unreadable("\(transition.name) in a state") }
            chart.rows.append(
                ReadChart.Transition(
                    id: try (transition["table:id"] ?? "").unescaped(), from: name, event: transition["event"] ?? "",
                    condition: try condition(transition["cond"] ?? ""), to: transition["target"],
                    actions: try actions(transition.children),
                    because: try (transition["table:because"] ?? "").unescaped()))
        }
    }

    /// What remains of a condition when those that drop late results are taken off.
    private func condition(_ text: String) throws -> String? {
        let gates = [
            "0 == 1", "_event.data.fromGeneration == generation", "_event.data.fromRound == round",
            "_event.data.now >= _event.data.due",
        ]
        let parts = text.components(separatedBy: " && ").filter { !$0.isEmpty && !gates.contains($0) }
        let known: [String: String] = [
            "_event.data.failure != 'fatal' && failures < attemptBudget": "may retry",
            "(_event.data.failure == 'fatal' || failures >= attemptBudget)": "final",
            "misses < missesAllowed": "misses left", "misses >= missesAllowed": "misses spent",
            "stopWanted == 1": "stop wanted", "stopWanted == 0": "no stop",
        ]
        if parts.isEmpty { return nil }
        guard let words = known[parts.joined(separator: " && ")] else { throw Unreadable("unknown condition \(text)") }
        return words
    }

    /// The actions by what they do; the longest first, where one does what another does and more.
    private func actions(_ content: [XMLNode]) throws -> [String] {
        let settle =
            "if(readySince >= 0 && _event.data.now - readySince >= resetAfter){failures=0}readySince=-1"
        let patterns: [(effect: String, name: String?)] = [
            (settle, nil), ("round=round + 1", nil), ("generation=generation + 1", "beginAttempt"),
            ("readySince=_event.data.now,misses=0,lane='paced'", "markReady"), ("misses=0", "clearMisses"),
            ("misses=misses + 1", "countMiss"),
            (
                "failures=failures + 1,if(_event.data.failure == 'unauthorized'){lane='slow',"
                    + "elseif(_event.data.failure == 'rateLimited' && _event.data.limit >= 0),lane='after',"
                    + "retryAfter=_event.data.limit,else,lane='paced'}", "countFailure"
            ),
            ("if(failures == 1){lane='atOnce'}", "firstRetryAtOnce"), ("lane='atOnce'", "retryAtOnce"),
            ("stopWanted=1", "wantStop"),
        ]
        var rest = content.map(\.effect).joined(separator: ",")[...]
        rest = rest.replacing("{failures=0},readySince=-1", with: "{failures=0}readySince=-1")[...]
        var names: [String] = []
        while !rest.isEmpty {
            guard let pattern = patterns.first(where: { rest.hasPrefix($0.effect) }) else {
                throw Unreadable("unknown content \(rest)")
            }
            if let name = pattern.name { names.append(name) }
            rest = rest.dropFirst(pattern.effect.count)
            if rest.first == "," { rest.removeFirst() }
        }
        return names.sorted()
    }
}

extension XMLNode {
    /// Executable content in one line.
    fileprivate var effect: String {
        switch name {
        case "assign": "\(self["location"] ?? "")=\(self["expr"] ?? "")"
        case "if": "if(\(self["cond"] ?? "")){\(children.map(\.effect).joined(separator: ","))}"
        case "elseif": "elseif(\(self["cond"] ?? ""))"
        case "else": "else"
        default: "unknown \(name)"
        }
    }
}

extension String {
    /// `\u{1}` and `\\` back as characters.
    fileprivate func unescaped() throws -> String {
        var text = ""
        var rest = self[...]
        while let start = rest.firstIndex(of: "\\") {
            text += rest[..<start]
            rest = rest[rest.index(after: start)...]
            if rest.first == "\\" {
                text += "\\"
                rest.removeFirst()
            } else {
                guard rest.hasPrefix("u{"), let end = rest.firstIndex(of: "}"),
                    let value = UInt32(rest.dropFirst(2)[..<end], radix: 16), let scalar = Unicode.Scalar(value)
                else { throw Unreadable("no escape: \(self)") }
                text.unicodeScalars.append(scalar)
                rest = rest[rest.index(after: end)...]
            }
        }
        return text + rest
    }
}

/// An element with its attributes and children, read by an XML parser.
final class XMLNode {
    let name: String
    let attributes: [String: String]
    fileprivate(set) var children: [XMLNode] = []

    fileprivate init(name: String, attributes: [String: String]) {
        self.name = name
        self.attributes = attributes
    }

    subscript(attribute: String) -> String? { attributes[attribute] }

    static func read(_ text: String) throws -> XMLNode {
        let builder = Builder()
        let parser = XMLParser(data: Data(text.utf8))
        parser.delegate = builder
        guard parser.parse(), let root = builder.root else {
            throw Unreadable(parser.parserError.map { "\($0), line \(parser.lineNumber)" } ?? "not well formed")
        }
        return root
    }

    private final class Builder: NSObject, XMLParserDelegate {
        var root: XMLNode?
        private var open: [XMLNode] = []

        func parser(
            _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
            attributes: [String: String]
        ) {
            let node = XMLNode(name: name, attributes: attributes)
            if let parent = open.last { parent.children.append(node) } else { root = node }
            open.append(node)
        }

        func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
            open.removeLast()
        }
    }
}
