/// Where a connection stands in the close handshake (RFC 6455 §5.5.1, §7.1), for either role.
///
///     open ── send ──▶ closeSent ── receive ──▶ closed
///     open ── receive ──▶ closeReceived ── send (the reply) ──▶ closed
public enum WebSocketCloseHandshake: Hashable, Sendable {
    case open
    /// This side's close frame is out; data still arrives until the peer's.
    case closeSent
    /// The peer's close frame is in; this side owes a reply with the same code.
    case closeReceived(code: WebSocketCloseCode?)
    /// Both frames have passed: the server closes the TCP connection, the client waits for it.
    case closed

    public init() { self = .open }

    /// Whether data frames may still be sent.
    public var maySendData: Bool { self == .open }

    /// To be called before a close frame is written.
    /// - Returns: false when one has been sent already; write none then (an endpoint sends at most one).
    public mutating func send() -> Bool {
        switch self {
        case .open: self = .closeSent
        case .closeReceived: self = .closed
        case .closeSent, .closed: return false
        }
        return true
    }

    /// To be called when the peer's close frame has arrived.
    /// - Returns: true when a reply is due: write a close frame that echoes `code`, after ``send()``.
    public mutating func receive(code: WebSocketCloseCode?) -> Bool {
        switch self {
        case .open:
            self = .closeReceived(code: code)
            return true
        case .closeSent:
            self = .closed
            return false
        case .closeReceived, .closed:
            return false
        }
    }
}
