import ConnectionLifecycle

extension StateChart {
    /// The whole table as JSON (RFC 8259); `jsonSchema` describes it.
    public var json: String {
        JSONValue.object([
            ("$schema", "lifecycle.schema.json"),
            ("comment", "Generated from the transition table by `swift run charts`; do not edit."),
            ("digest", .string(digest)),
            ("states", .array(table.states.map(\.json))),
            ("rows", .array(table.rows.map(\.json))),
            ("events", .array(Event.allCases.map(\.json))),
            ("guards", .array(Guard.all.compactMap(\.glossary))),
            (
                "actions",
                .array(
                    Actions.glossary.map {
                        .object([("name", .string($0.name)), ("meaning", .string($0.meaning))])
                    })
            ),
        ]).text + "\n"
    }
}

extension StateDefinition {
    fileprivate var json: JSONValue {
        .object([
            ("name", .string(state.name)), ("meaning", .string(meaning)),
            ("owns", .array(owns.identifiers.map { .string($0) })),
            ("deadline", deadline.map { .string("\($0)") } ?? .null),
        ])
    }
}

extension Row {
    fileprivate var json: JSONValue {
        .object([
            ("id", .string(id)), ("from", .string(from.name)), ("event", .string(event.name)),
            ("guard", condition.identifier.map { .string($0) } ?? .null),
            ("to", to.map { .string($0.name) } ?? .null),
            ("actions", .array(actions.names.map { .string($0) })), ("because", .string(because)),
        ])
    }
}

extension Event {
    fileprivate var json: JSONValue {
        let emitter: String
        switch self.emitter {
        case .command: emitter = "user"
        case .resource(let resource): emitter = resource.identifiers.joined()
        case .deadline: emitter = "clock"
        }
        return .object([
            ("name", .string(name)), ("kind", .string(kind.rawValue)), ("emitter", .string(emitter)),
        ])
    }

    /// Who can emit an event.
    static let emitters = ["user", "clock"] + Resources.all.flatMap(\.identifiers)
}

extension Guard {
    /// Every condition but none.
    static let all = Question.allCases.flatMap { [Guard.when($0), .unless($0)] }

    /// `mayRetry` or `!mayRetry`; nil where there is no condition.
    var identifier: String? {
        switch self {
        case .always: nil
        case .when(let question): "\(question)"
        case .unless(let question): "!\(question)"
        }
    }

    fileprivate var glossary: JSONValue? {
        guard let identifier, let words else { return nil }
        return .object([("name", .string(identifier)), ("words", .string(words))])
    }
}

extension Resources {
    /// One by one, in the order of the bits.
    static let all: [Resources] = [.attempt, .socket, .probe, .closing]

    /// The names in one word each, as they stand in the source, in the order of the bits.
    var identifiers: [String] {
        zip(Resources.all, ["attempt", "socket", "probe", "closing"]).filter { contains($0.0) }.map(\.1)
    }
}
