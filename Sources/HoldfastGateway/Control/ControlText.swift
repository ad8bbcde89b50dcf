internal import ConnectionLifecycle
internal import Holdfast

/// The JSON of the control socket: names everywhere, times in milliseconds since 1970 (UTC).
enum ControlText {
    typealias Value = JSONWriter.Value

    static func list(_ statuses: [AccountStatus]) -> Value { .object(["accounts": .array(statuses.map(row))]) }

    static func one(_ status: AccountStatus) -> Value { .object(["account": row(status)]) }

    /// With what is behind it.
    static func whole(_ status: AccountStatus, _ history: [TransitionRecord], _ counters: Counters?) -> Value {
        .object([
            "account": row(status), "deliveries": deliveries(status.counters),
            "connection": counters.map(connection) ?? null,
            "history": .array(history.map { line(TraceLine.line($0)) }),
        ])
    }

    /// `verdict` is null where nothing could be proven; the state tells why.
    static func probed(_ status: AccountStatus, _ verdict: VerdictRecord?) -> Value {
        .object(["account": row(status), "verdict": verdict.map { line(TraceLine.line($0)) } ?? null])
    }

    /// Records look as they do in a trace.
    private static func row(_ status: AccountStatus) -> Value {
        .object([
            "name": .string(status.name), "server": .string(status.server), "loop": .integer(Int64(status.loop)),
            "state": .string("\(status.state)"), "since": .integer(status.since),
            "attempt": .integer(Int64(status.generation)), "evidence": .string(status.evidence),
            "problem": status.problem.map { .string($0) } ?? null,
            "verdict": status.verdict.map { line(TraceLine.line($0)) } ?? null,
            "catch_up": status.catchUp.map { line(TraceLine.line($0)) } ?? null,
        ])
    }

    private static let null = Value.raw("null")

    /// Without its end.
    private static func line(_ line: [UInt8]) -> Value { .raw(String(decoding: line.dropLast(), as: UTF8.self)) }

    private static func deliveries(_ counters: DeliveryCounters) -> Value {
        .object([
            "handled": count(counters.handled), "repeated": count(counters.repeated),
            "handler_failures": count(counters.handlerFailures), "store_failures": count(counters.storeFailures),
            "restarts": count(counters.restarts),
        ])
    }

    private static func connection(_ counters: Counters) -> Value {
        .object([
            "transitions": count(counters.transitions), "attempts": count(counters.attempts),
            "ready": count(counters.ready), "resumed": count(counters.resumed), "alive": count(counters.alive),
            "deaf": count(counters.deaf), "inconclusive": count(counters.inconclusive), "late": count(counters.late),
            "pauses": count(counters.pauses), "discarded": count(counters.discarded),
        ])
    }

    private static func count(_ count: UInt64) -> Value { .integer(Int64(clamping: count)) }
}
