import Holdfast
import HoldfastMattermost

/// What is seen of a connection, as JSON Lines.
enum RecordLines {
    /// Nil for what is a diagnostic. The same lines as in a trace.
    static func line(_ observation: Observation) -> [UInt8]? {
        switch observation {
        case .transition(let record): TraceLine.line(record)
        case .verdict(let record): TraceLine.line(record)
        case .catchUp(let record): TraceLine.line(record)
        case .log: nil
        }
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
