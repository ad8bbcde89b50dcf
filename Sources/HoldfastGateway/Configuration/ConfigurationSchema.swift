extension GatewayConfiguration {
    /// The configuration file as a JSON Schema (draft 2020-12), indented, always the same bytes: for editors, and for whoever
    /// makes such files.
    ///
    /// The reader and the schema accept the same shapes. Only the reader knows what no schema can say: that a key comes
    /// twice, what stands in the files and variables with secrets, whether paths exist and fit, that servers and sinks are
    /// those of this file, that names and tokens of accounts differ, whether an address is one, and that a status page on
    /// an address that is not a loopback one has a token.
    public static func schema() -> [UInt8] {
        var members: [(String, SchemaNode)] = [
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("$id", "urn:holdfast:gateway-configuration"),
            ("title", "Configuration of holdfast gateway"),
        ]
        members += ConfigurationKeys.root.schema.members
        return Array(SchemaNode.object(members).text.utf8) + [0x0A]
    }
}

/// JSON with its members in order, to be written only.
enum SchemaNode: ExpressibleByStringLiteral {
    case null
    case flag(Bool)
    case number(Double)
    case string(String)
    case array([SchemaNode])
    case object([(String, SchemaNode)])

    init(stringLiteral value: String) { self = .string(value) }

    var members: [(String, SchemaNode)] {
        if case .object(let members) = self { members } else { [] }
    }

    static func strings(_ texts: [String]) -> SchemaNode { .array(texts.map { .string($0) }) }

    var text: String { text(indent: "") }

    private func text(indent: String) -> String {
        let inner = indent + "  "
        switch self {
        case .null: return "null"
        case .flag(let flag): return "\(flag)"
        case .number(let number): return number.plain
        case .string(let string): return Self.quoted(string)
        case .array(let elements):
            // Lists of a schema are short.
            let isFlat = elements.allSatisfy { if case .object = $0 { false } else { true } }
            if isFlat { return "[" + elements.map { $0.text(indent: inner) }.joined(separator: ", ") + "]" }
            let lines = elements.map { inner + $0.text(indent: inner) }
            return "[\n" + lines.joined(separator: ",\n") + "\n\(indent)]"
        case .object(let members):
            if members.isEmpty { return "{}" }
            let lines = members.map { inner + Self.quoted($0.0) + ": " + $0.1.text(indent: inner) }
            return "{\n" + lines.joined(separator: ",\n") + "\n\(indent)}"
        }
    }

    /// With the escapes that JSON demands (RFC 8259 §7); the texts of a schema have no control characters.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { quoted.unicodeScalars.append("\\") }
            quoted.unicodeScalars.append(scalar)
        }
        return quoted + "\""
    }
}

extension ConfigurationShape {
    /// The schema of a value of this shape.
    fileprivate var schema: SchemaNode {
        switch self {
        case .text(let rule): return rule.schema
        case .integer(let range): return Self.numeric("integer", Double(range.lowerBound), Double(range.upperBound))
        case .number(let range): return Self.numeric("number", range.lowerBound, range.upperBound)
        case .choice(let names): return .object([("type", "string"), ("enum", .strings(names))])
        case .list(let element, let count):
            var members: [(String, SchemaNode)] = [("type", "array"), ("items", element.schema)]
            if count.lowerBound > 0 { members.append(("minItems", .number(Double(count.lowerBound)))) }
            members.append(("maxItems", .number(Double(count.upperBound))))
            return .object(members)
        case .names(let element, let key, let most):
            return .object([
                ("type", "object"), ("propertyNames", key.schema), ("maxProperties", .number(Double(most))),
                ("additionalProperties", element.schema),
            ])
        case .section(let section): return section.schema
        case .variant(let key, let sections):
            let names = SchemaNode.object([("type", "string"), ("enum", .strings(sections.map(\.name)))])
            let cases = sections.map { name, section in
                SchemaNode.object([
                    (
                        "if",
                        .object([
                            ("properties", .object([(key, .object([("const", .string(name))]))])),
                            ("required", .strings([key])),
                        ])
                    ),
                    ("then", section.schema),
                ])
            }
            return .object([
                ("type", "object"), ("properties", .object([(key, names)])), ("required", .strings([key])),
                ("allOf", .array(cases)),
            ])
        }
    }

    private static func numeric(_ type: String, _ least: Double, _ most: Double) -> SchemaNode {
        .object([("type", .string(type)), ("minimum", .number(least)), ("maximum", .number(most))])
    }
}

extension TextRule {
    fileprivate var schema: SchemaNode {
        var members: [(String, SchemaNode)] = [("type", "string")]
        if length.lowerBound > 0 { members.append(("minLength", .number(Double(length.lowerBound)))) }
        members.append(("maxLength", .number(Double(length.upperBound))))
        members.append(("pattern", .string(pattern)))
        return .object(members)
    }
}

extension ConfigurationShape.Section {
    fileprivate var schema: SchemaNode {
        var members: [(String, SchemaNode)] = [
            ("type", "object"), ("additionalProperties", .flag(false)),
            ("properties", .object(keys.map { ($0.name, $0.schema) })),
        ]
        let required = keys.filter(\.isRequired).map(\.name)
        if !required.isEmpty { members.append(("required", .strings(required))) }
        let dependent = keys.compactMap { key in key.needs.map { (key.name, SchemaNode.strings([$0])) } }
        if !dependent.isEmpty { members.append(("dependentRequired", .object(dependent))) }
        // One section has at most one choice: the words below are keys of one schema.
        for choice in choices {
            if choice.isRequired {
                members.append(
                    ("oneOf", .array(choice.keys.map { .object([("required", .strings([$0]))]) })))
            } else {
                members.append(("not", .object([("required", .strings(choice.keys))])))
            }
        }
        return .object(members)
    }
}

extension ConfigurationShape.Key {
    fileprivate var schema: SchemaNode {
        var members: [(String, SchemaNode)] = [("description", .string(meaning))]
        for member in shape.schema.members {
            if isNullable, member.0 == "type" {
                // What else is said of texts does not touch null.
                members.append(("type", .array([member.1, "null"])))
            } else {
                members.append(member)
            }
        }
        switch absent {
        case .text(let text): members.append(("default", .string(text)))
        case .number(let number): members.append(("default", .number(number)))
        case nil: break
        }
        return .object(members)
    }
}
