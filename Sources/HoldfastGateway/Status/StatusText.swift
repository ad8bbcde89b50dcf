internal import ConnectionLifecycle
internal import Holdfast

/// The JSON that the status page reads. States are numbers here: their place in `State.allCases`, which the summary lists.
enum StatusText {
    typealias Value = JSONWriter.Value

    /// `[name, server, state, since, attempt, problem]`: short, because there are thousands.
    static func row(_ status: AccountStatus) -> Value {
        .array([
            .string(status.name), .string(status.server), .integer(Int64(status.state.rawValue)),
            .integer(status.since), .integer(Int64(status.generation)), .integer(status.problem == nil ? 0 : 1),
        ])
    }

    /// Accounts in each state, in the order of the states.
    static func counts(_ figures: GatewayFigures) -> Value {
        .array(State.allCases.map { .integer(Int64(figures.states[$0] ?? 0)) })
    }

    /// `[id, count]` of each transition that was made.
    static func edges(_ figures: GatewayFigures) -> Value {
        .array(
            figures.transitions.sorted { $0.key < $1.key }.map {
                .array([.string($0.key), .integer(Int64(clamping: $0.value))])
            })
    }

    static func summary(_ figures: GatewayFigures, version: String, loops: Int, now: Int64) -> Value {
        .object([
            "version": .string(version), "table": .string(TransitionTable.standard.digest), "now": .integer(now),
            "loops": .integer(Int64(loops)), "states": .array(State.allCases.map { .string("\($0)") }),
            "counts": counts(figures), "edges": edges(figures), "deliveries": deliveries(figures),
            "handler_failures": .integer(Int64(clamping: figures.handlerFailures)),
            "store_failures": .integer(Int64(clamping: figures.storeFailures)),
            "restarts": .integer(Int64(clamping: figures.restarts)),
        ])
    }

    private static func deliveries(_ figures: GatewayFigures) -> Value {
        .array(
            DeliverySource.allCases.map {
                .array([.string($0.rawValue), .integer(Int64(clamping: figures.deliveries[$0] ?? 0))])
            })
    }

    /// All that is known of one account.
    static func account(_ status: AccountStatus, _ history: [TransitionRecord], _ counters: Counters?) -> Value {
        .object([
            "name": .string(status.name), "server": .string(status.server), "loop": .integer(Int64(status.loop)),
            "state": .integer(Int64(status.state.rawValue)), "since": .integer(status.since),
            "attempt": .integer(Int64(status.generation)), "evidence": .string(status.evidence),
            "problem": status.problem.map { .string($0) } ?? .raw("null"),
            "catch_up": status.catchUp.map { .string("\($0)") } ?? .raw("null"),
            "deliveries": .array([
                named("handled", status.counters.handled), named("of these repeated", status.counters.repeated),
                named("handler failures", status.counters.handlerFailures),
                named("store failures", status.counters.storeFailures),
                named("begun anew", status.counters.restarts),
            ]),
            "connection": counters.map(connection) ?? .raw("null"), "history": .array(history.map(transition)),
        ])
    }

    private static func connection(_ counters: Counters) -> Value {
        .array([
            named("transitions", counters.transitions), named("attempts", counters.attempts),
            named("ready", counters.ready), named("of these resumed", counters.resumed),
            named("proven alive", counters.alive), named("proven deaf", counters.deaf),
            named("inconclusive", counters.inconclusive), named("too late", counters.late),
            named("pauses of reading", counters.pauses), named("thrown away", counters.discarded),
        ])
    }

    private static func transition(_ record: TransitionRecord) -> Value {
        .object([
            "at": .integer(record.at), "attempt": .integer(Int64(record.generation)), "id": .string(record.id),
            "from": .integer(Int64(record.from.rawValue)), "to": .integer(Int64(record.to.rawValue)),
            "event": .string("\(record.event)"), "reason": .string(record.reason),
        ])
    }

    private static func named(_ name: String, _ count: UInt64) -> Value {
        .array([.string(name), .integer(Int64(clamping: count))])
    }

    static func json(_ value: Value) -> [UInt8] {
        var writer = JSONWriter()
        writer.write(value)
        return writer.bytes
    }

    /// One event of a stream (WHATWG HTML §9.2): the data is one line, for JSON has no bare line break.
    static func event(_ name: String, _ value: Value) -> [UInt8] {
        Array("event: \(name)\ndata: ".utf8) + json(value) + [0x0A, 0x0A]
    }
}
