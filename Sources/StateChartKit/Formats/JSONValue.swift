/// A JSON text in the making. Members keep their order, so that the same value is always the same text.
enum JSONValue: ExpressibleByStringLiteral {
    case null
    case bool(Bool)
    case number(Int)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])

    init(stringLiteral value: String) { self = .string(value) }

    /// Indented; what fits into a line stays on one.
    var text: String { text(indent: "") }

    private func text(indent: String) -> String {
        if depth < 2 {
            let short = compact
            if indent.utf8.count + short.utf8.count <= 110 { return short }
        }
        let inner = indent + "  "
        switch self {
        case .null, .bool, .number, .string: return compact
        case .array(let elements):
            return "[\n" + elements.map { inner + $0.text(indent: inner) }.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            let lines = members.map { inner + JSONValue.quoted($0.0) + ": " + $0.1.text(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    /// On one line.
    var compact: String {
        switch self {
        case .null: return "null"
        case .bool(let value): return value ? "true" : "false"
        case .number(let value): return "\(value)"
        case .string(let value): return JSONValue.quoted(value)
        case .array(let elements): return "[" + elements.map(\.compact).joined(separator: ", ") + "]"
        case .object(let members):
            let texts = members.map { JSONValue.quoted($0.0) + ": " + $0.1.compact }
            return members.isEmpty ? "{}" : "{ " + texts.joined(separator: ", ") + " }"
        }
    }

    private var depth: Int {
        switch self {
        case .null, .bool, .number, .string: 0
        case .array(let elements): (elements.map(\.depth).max() ?? 0) + 1
        case .object(let members): (members.map(\.1.depth).max() ?? 0) + 1
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": quoted += "\\\""
            case "\\": quoted += "\\\\"
            case "\n": quoted += "\\n"
            case "\r": quoted += "\\r"
            case "\t": quoted += "\\t"
            default:
                // JSON asks only for C0; the others would break lines for some readers.
                if scalar.breaksLines {
                    let digits = String(scalar.value, radix: 16)
                    quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    quoted.unicodeScalars.append(scalar)
                }
            }
        }
        return quoted + "\""
    }
}
