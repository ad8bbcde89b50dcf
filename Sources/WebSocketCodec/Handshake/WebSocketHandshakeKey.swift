/// The nonce of one opening handshake: 16 random bytes (RFC 6455 §4.1).
public struct WebSocketHandshakeKey: Hashable, Sendable {
    /// As it stands in `Sec-WebSocket-Key`: base64, 24 characters.
    public let headerValue: String

    /// From 128 random bits.
    public init(_ high: UInt64, _ low: UInt64) {
        var bytes: [UInt8] = []
        withUnsafeBytes(of: high.bigEndian) { bytes.append(contentsOf: $0) }
        withUnsafeBytes(of: low.bigEndian) { bytes.append(contentsOf: $0) }
        headerValue = Base64.encode(bytes)
    }

    /// Nil unless there are 16 bytes.
    public init?(bytes: [UInt8]) {
        guard bytes.count == 16 else { return nil }
        headerValue = Base64.encode(bytes)
    }

    /// From a header; nil unless it is the base64 of 16 bytes.
    public init?(headerValue: String) {
        guard Base64.decode(headerValue)?.count == 16 else { return nil }
        self.headerValue = headerValue
    }

    /// The `Sec-WebSocket-Accept` that proves the server read this key (§4.2.2).
    public var acceptHeaderValue: String {
        Base64.encode(SHA1.digest(Array((headerValue + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").utf8)))
    }
}
