package import Holdfast

extension Delivery {
    /// As one line of JSON Lines. `data` and `broadcast` stay as the server wrote them, but for line breaks between their
    /// tokens.
    package var line: [UInt8] {
        JSONWriter.line([
            "type": .string("delivery"), "number": .integer(number), "source": .string(source.rawValue),
            "reason": .string(reason), "repeated": .flag(isRepeated), "event": .string(event.name),
            "data": event.dataText.map(JSONWriter.Value.onOneLine) ?? .raw("null"),
            "broadcast": event.broadcastText.map(JSONWriter.Value.onOneLine) ?? .raw("null"),
        ])
    }
}

extension JSONWriter.Value {
    /// JSON already, without line breaks between its tokens.
    package static func onOneLine(_ json: String) -> JSONWriter.Value {
        let isClean = json.utf8.allSatisfy { $0 != 0x0A && $0 != 0x0D }
        return .raw(
            isClean ? json : json.replacing("\r\n", with: " ").replacing("\n", with: " ").replacing("\r", with: " "))
    }
}
