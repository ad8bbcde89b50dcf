import WebSocketCodec
import WorldInterface

/// What a plain upgrade gets from a server that wants TLS on that port. Such servers answer by silence, by an alert, or by
/// HTTP in which they say so; each looks like something else at first.
enum PlainUpgrade {
    static let looksLikeTLS = WebSocketClosure.handshakeFailed(
        "it looks as if the server speaks TLS on this port: use https instead of http")

    static let silence = WebSocketClosure.handshakeFailed(
        "the server ended the connection without an answer; if it speaks TLS on this port, use https instead of http")

    /// A TLS alert (RFC 8446 §5.1): its content type, and the major version.
    static func isAlert(_ answer: UnsafeRawBufferPointer) -> Bool {
        answer.count > 1 && answer[0] == 0x15 && answer[1] == 0x03
    }

    static func isRefusal(_ rejection: WebSocketRejection) -> Bool {
        PlainRefusal.isOne(status: rejection.status, body: rejection.bodyPrefix)
    }
}
