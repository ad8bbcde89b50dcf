@testable import MattermostSimulator

/// A value's keys and types as text: strings that hold JSON are looked into, maps by id are one entry.
enum Shape {
    static func of(_ value: JSONValue) -> String {
        switch value {
        case .null: "null"
        case .bool: "bool"
        case .integer, .double: "number"
        case .string(let text): of(text)
        case .array(let elements): "[\(union(elements))]"
        case .object(let members):
            if !members.isEmpty, members.allSatisfy({ IdentifierSource.isValid($0.name) }) {
                "{id:\(union(members.map(\.value)))}"
            } else {
                "{\(members.sorted { $0.name < $1.name }.map { "\($0.name):\(of($0.value))" }.joined(separator: ","))}"
            }
        }
    }

    private static func of(_ text: String) -> String {
        guard text.hasPrefix("{") || text.hasPrefix("["), let nested = try? JSONValue(parsing: text) else {
            return "string"
        }
        return "json" + of(nested)
    }

    private static func union(_ values: [JSONValue]) -> String { Set(values.map(of)).sorted().joined(separator: "|") }
}
