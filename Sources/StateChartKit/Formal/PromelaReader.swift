import ConnectionLifecycle

/// Reads the table back from a model: from `lifecycle.pml` as it was generated, or as somebody changed it.
public enum PromelaReader {
    /// Names the line that cannot be read.
    public struct Failure: Error, Hashable, CustomStringConvertible {
        /// From 1; 0 where the whole is meant.
        public let line: Int
        public let description: String
    }

    /// The lines `owns(…);` and `row(…);` with the comments behind them; all else is left alone.
    public static func table(from text: String) throws(Failure) -> TransitionTable {
        var table = TransitionTable(states: [], rows: [])
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = line.drop { $0 == " " }
            guard words.hasPrefix("owns(") || words.hasPrefix("row(") else { continue }
            guard let end = words.firstRange(of: ");") else {
                throw Failure(line: index + 1, description: "line \(index + 1): a line of the table must end with );")
            }
            let open = words.firstIndex(of: "(") ?? words.startIndex
            let fields = words[words.index(after: open)..<end.lowerBound].split(separator: ",").map {
                String($0.filter { $0 != " " })
            }
            let comment = comment(words[end.upperBound...])
            if words.hasPrefix("owns(") {
                guard let state = state(fields, comment) else { throw unreadable(index, words) }
                table.states.append(state)
            } else {
                guard let row = row(fields, comment) else { throw unreadable(index, words) }
                table.rows.append(row)
            }
        }
        guard !table.states.isEmpty, !table.rows.isEmpty else {
            throw Failure(line: 0, description: "no table in it: it has no lines owns(…); and row(…);")
        }
        return table
    }

    private static func unreadable(_ index: Int, _ words: Substring) -> Failure {
        Failure(line: index + 1, description: "line \(index + 1) cannot be read: \(words)")
    }

    private static func comment(_ text: Substring) -> String {
        guard let start = text.firstRange(of: "/* "), let end = text.firstRange(of: " */"),
            start.upperBound <= end.lowerBound
        else { return "" }
        return String(text[start.upperBound..<end.lowerBound])
    }

    private static func state(_ fields: [String], _ comment: String) -> StateDefinition? {
        guard fields.count == 3, let state = named(fields[0], State.allCases), let owns = resources(fields[1]) else {
            return nil
        }
        let deadline = named(fields[2], Deadline.allCases)
        guard deadline != nil || fields[2] == "NONE" else { return nil }
        return StateDefinition(state, owns: owns, deadline: deadline, meaning: comment)
    }

    private static func row(_ fields: [String], _ comment: String) -> Row? {
        guard fields.count == 6, Int(fields[0]) != nil, let from = named(fields[1], State.allCases),
            let event = named(fields[2], Event.allCases), let condition = condition(fields[3]),
            let actions = actions(fields[5])
        else { return nil }
        let to = named(fields[4], State.allCases)
        guard to != nil || fields[4] == "NONE" else { return nil }
        let parts = comment.split(separator: ": ", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        return Row(
            parts.first ?? "", from, event, condition, to: to, actions, because: parts.count == 2 ? parts[1] : "")
    }

    private static func named<Value>(_ name: String, _ values: [Value]) -> Value? {
        values.first { String(describing: $0) == name }
    }

    private static func condition(_ text: String) -> Guard? {
        if text == "always" { return .always }
        guard let open = text.firstIndex(of: "("), text.last == ")",
            let question = named(String(text[text.index(after: open)...].dropLast()), Question.allCases)
        else { return nil }
        switch text[..<open] {
        case "when": return .when(question)
        case "otherwise": return .unless(question)
        case _: return nil
        }
    }

    private static func resources(_ text: String) -> Resources? {
        if text == "NOTHING" { return [] }
        let known = ["ATTEMPT": Resources.attempt, "SOCKET": .socket, "PROBE": .probe, "CLOSING": .closing]
        var resources: Resources = []
        for name in text.split(separator: "+") {
            guard let resource = known[String(name)] else { return nil }
            resources.insert(resource)
        }
        return resources
    }

    private static func actions(_ text: String) -> Actions? {
        if text == "nothing" { return [] }
        var actions: Actions = []
        for name in text.split(separator: "+") {
            guard let known = Actions.glossary.first(where: { $0.name == name }) else { return nil }
            actions.insert(known.action)
        }
        return actions
    }
}
