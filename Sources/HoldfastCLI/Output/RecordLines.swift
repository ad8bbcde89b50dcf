import Holdfast
import HoldfastMattermost

/// What is seen of a connection, as JSON Lines.
enum RecordLines {
    static func line(_ record: TransitionRecord) -> [UInt8] {
        JSONWriter.line([
            "type": .string("transition"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "id": .string(record.id), "from": .string("\(record.from)"), "event": .string("\(record.event)"),
            "to": .string("\(record.to)"), "reason": .string(record.reason),
        ])
    }

    static func line(_ record: VerdictRecord) -> [UInt8] {
        JSONWriter.line([
            "type": .string("verdict"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "verdict": .string(record.verdict.outcome.rawValue), "check": .string(record.verdict.check),
            "detail": .string(record.verdict.detail),
        ])
    }

    static func line(_ record: CatchUpRecord) -> [UInt8] {
        let (phase, pause): (String, Duration?) =
            switch record.phase {
            case .began: ("began", nil)
            case .running: ("running", nil)
            case .waiting(let pause): ("waiting", pause)
            case .finished: ("finished", nil)
            }
        return JSONWriter.line([
            "type": .string("catch_up"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "phase": .string(phase), "wait_s": pause.map { .seconds($0) } ?? .raw("null"),
            "channels": .integer(Int64(record.channels)), "channels_done": .integer(Int64(record.channelsDone)),
            "deliveries": .integer(Int64(record.deliveries)), "reason": .string(record.reason),
        ])
    }

    /// `data` and `broadcast` stay as the server wrote them, but for line breaks between their tokens.
    static func line(_ event: MattermostEvent) -> [UInt8] {
        JSONWriter.line([
            "type": .string("event"), "event": .string(event.name), "seq": .integer(event.sequence),
            "data": event.dataText.map(raw) ?? .raw("null"), "broadcast": event.broadcastText.map(raw) ?? .raw("null"),
        ])
    }

    static func line(_ delivery: Delivery) -> [UInt8] {
        JSONWriter.line([
            "type": .string("delivery"), "number": .integer(delivery.number),
            "source": .string(delivery.source.rawValue), "reason": .string(delivery.reason),
            "repeated": .flag(delivery.isRepeated), "event": .string(delivery.event.name),
            "data": delivery.event.dataText.map(raw) ?? .raw("null"),
            "broadcast": delivery.event.broadcastText.map(raw) ?? .raw("null"),
        ])
    }

    private static func raw(_ json: String) -> JSONWriter.Value {
        let isClean = json.utf8.allSatisfy { $0 != 0x0A && $0 != 0x0D }
        return .raw(
            isClean ? json : json.replacing("\r\n", with: " ").replacing("\n", with: " ").replacing("\r", with: " "))
    }
}

extension JSONWriter {
    /// An object and a line break.
    static func line(_ members: KeyValuePairs<String, Value>) -> [UInt8] { object(members) + [0x0A] }
}
