import ConnectionLifecycle

extension StateChart {
    /// What `json` is, as a JSON Schema (draft 2020-12).
    public var jsonSchema: String {
        JSONValue.object([
            ("$schema", "https://json-schema.org/draft/2020-12/schema"),
            ("$id", "urn:holdfast:lifecycle"),
            (
                "$comment",
                .string("Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).")
            ),
            ("title", "The lifecycle of a connection"),
            ("type", "object"),
            (
                "properties",
                .object([
                    ("$schema", .type("string")),
                    ("comment", .type("string")),
                    ("digest", .object([("type", "string"), ("pattern", "^[0-9a-f]{16}$")])),
                    ("states", .arraySchema(of: "state", "The states, each with what it owns while it lasts.")),
                    ("rows", .arraySchema(of: "row", "Every pair of state and event that can occur.")),
                    ("events", .arraySchema(of: "event", "Everything that can happen to a connection.")),
                    ("guards", .arraySchema(of: "guard", "The conditions, in words.")),
                    ("actions", .arraySchema(of: "action", "What a transition does to the machine's memory.")),
                ])
            ),
            ("required", .strings(["digest", "states", "rows", "events", "guards", "actions"])),
            ("additionalProperties", .bool(false)),
            ("$defs", .object(definitions)),
        ]).text + "\n"
    }

    private var definitions: [(String, JSONValue)] {
        [
            ("stateName", .choice(of: State.allCases.map(\.name))),
            ("eventName", .choice(of: Event.allCases.map(\.name))),
            ("guardName", .choice(of: Guard.all.compactMap(\.identifier))),
            ("actionName", .choice(of: Actions.glossary.map(\.name))),
            ("resourceName", .choice(of: Resources.all.flatMap(\.identifiers))),
            ("deadlineName", .choice(of: Deadline.allCases.map { $0.event.name })),
            (
                "state",
                .closedObject([
                    ("name", .reference("stateName")), ("meaning", .type("string")),
                    ("owns", .set(of: "resourceName")),
                    ("deadline", .optional("deadlineName", "The one deadline; null where nothing is waited for.")),
                ])
            ),
            (
                "row",
                .closedObject([
                    ("id", .type("string")), ("from", .reference("stateName")), ("event", .reference("eventName")),
                    ("guard", .optional("guardName", "Null where the event alone decides.")),
                    ("to", .optional("stateName", "Null where the event is ignored on purpose.")),
                    ("actions", .set(of: "actionName")), ("because", .type("string")),
                ])
            ),
            (
                "event",
                .closedObject([
                    ("name", .reference("eventName")), ("kind", .choice(of: EventKind.allCases.map(\.rawValue))),
                    ("emitter", .choice(of: Event.emitters)),
                ])
            ),
            ("guard", .closedObject([("name", .reference("guardName")), ("words", .type("string"))])),
            ("action", .closedObject([("name", .reference("actionName")), ("meaning", .type("string"))])),
        ]
    }
}

extension JSONValue {
    fileprivate static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

    fileprivate static func type(_ name: String) -> JSONValue { .object([("type", .string(name))]) }

    fileprivate static func choice(of names: [String]) -> JSONValue { .object([("enum", .strings(names))]) }

    fileprivate static func reference(_ name: String) -> JSONValue { .object([("$ref", .string("#/$defs/\(name)"))]) }

    fileprivate static func optional(_ name: String, _ description: String) -> JSONValue {
        .object([
            ("description", .string(description)), ("oneOf", .array([.reference(name), .type("null")])),
        ])
    }

    fileprivate static func set(of name: String) -> JSONValue {
        .object([("type", "array"), ("items", .reference(name)), ("uniqueItems", .bool(true))])
    }

    fileprivate static func arraySchema(of name: String, _ description: String) -> JSONValue {
        .object([("description", .string(description)), ("type", "array"), ("items", .reference(name))])
    }

    /// An object with exactly these members.
    fileprivate static func closedObject(_ members: [(String, JSONValue)]) -> JSONValue {
        .object([
            ("type", "object"), ("properties", .object(members)), ("required", .strings(members.map(\.0))),
            ("additionalProperties", .bool(false)),
        ])
    }
}
