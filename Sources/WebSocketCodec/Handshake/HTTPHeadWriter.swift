/// Writes a header block; the caller's fields are checked, so that none can smuggle in a line.
struct HTTPHeadWriter {
    /// Fields that the handshake owns, or that would change the framing.
    private static let reserved: Set<String> = [
        "host", "upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "sec-websocket-accept",
        "sec-websocket-extensions", "sec-websocket-protocol", "content-length", "transfer-encoding",
    ]

    private var text: String

    init(startLine: String) { text = startLine + "\r\n" }

    mutating func append(_ name: String, _ value: String) { text += "\(name): \(value)\r\n" }

    mutating func append(callers fields: [(name: String, value: String)]) throws(WebSocketHandshakeError) {
        for (name, value) in fields {
            // A name that is no token might hold anything; it is not repeated.
            guard HTTPSyntax.isToken(name) else { throw .invalidField("a header's name") }
            guard HTTPSyntax.isFieldValue(value), !Self.reserved.contains(name.lowercased()) else {
                throw .invalidField(name)
            }
            append(name, value)
        }
    }

    consuming func finish(body: [UInt8] = []) -> [UInt8] { Array((text + "\r\n").utf8) + body }
}
