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
            "data": event.dataText.map(JSONWriter.Value.onOneLine) ?? .raw("null"),
            "broadcast": event.broadcastText.map(JSONWriter.Value.onOneLine) ?? .raw("null"),
        ])
    }
}
