/// The client's side of the opening handshake (RFC 6455 §4.1): write ``requestBytes``, then ``receive(_:)`` what comes.
public struct WebSocketClientHandshake: Sendable {
    /// The upgrade request. May carry credentials; never log it.
    public let requestBytes: [UInt8]

    private let expectedAccept: String
    private var reader: HTTPHeadReader
    private var interimCount = 0
    private static let maximumInterimAnswers = 8

    /// - Parameters:
    ///   - host: the value of `Host`: name, or bracketed IPv6 address, with `:port` unless it is the scheme's own.
    ///   - path: the request target: absolute path and query.
    ///   - headers: further fields, such as `Authorization` or `Origin`. Those of the handshake itself are refused, and
    ///     so are `Sec-WebSocket-Extensions` and `-Protocol`: none are spoken here.
    ///   - key: fresh for each attempt; the caller owns the randomness.
    /// - Throws: ``WebSocketHandshakeError/invalidField(_:)``.
    public init(
        host: String, path: String, headers: [(name: String, value: String)] = [], key: WebSocketHandshakeKey,
        limits: WebSocketLimits = WebSocketLimits()
    ) throws(WebSocketHandshakeError) {
        guard HTTPSyntax.isVisible(host) else { throw .invalidField("host") }
        guard HTTPSyntax.isVisible(path), path.utf8.first == UInt8(ascii: "/") else { throw .invalidField("path") }
        var writer = HTTPHeadWriter(startLine: "GET \(path) HTTP/1.1")
        writer.append("Host", host)
        writer.append("Upgrade", "websocket")
        writer.append("Connection", "Upgrade")
        writer.append("Sec-WebSocket-Key", key.headerValue)
        writer.append("Sec-WebSocket-Version", "13")
        try writer.append(callers: headers)
        requestBytes = writer.finish()
        expectedAccept = key.acceptHeaderValue
        reader = HTTPHeadReader(maximumBytes: limits.maximumHandshakeBytes)
    }

    /// Reads the answer. Nil while it is incomplete; then its headers, and the cursor stands at the first frame.
    /// - Throws: ``WebSocketHandshakeError``; the handshake is over then.
    public mutating func receive(
        _ input: inout WebSocketInput
    ) throws(WebSocketHandshakeError) -> HTTPHeaderFields? {
        while let head = try reader.read(&input) {
            let (status, reason) = try Self.parseStatusLine(head.startLine)
            if status == 101 {
                try validate(head)
                return head.headers
            }
            if status < 200 {
                // Interim answers may precede the real one (RFC 9110 §15.2), but not without end.
                interimCount += 1
                guard interimCount <= Self.maximumInterimAnswers else { throw .malformed("too many interim answers") }
                continue
            }
            let body = input.unread.prefix(WebSocketRejection.maximumBodyBytes)
            throw .rejected(
                WebSocketRejection(status: status, reason: reason, headers: head.headers, bodyPrefix: Array(body)))
        }
        return nil
    }

    private static func parseStatusLine(
        _ line: String
    ) throws(WebSocketHandshakeError) -> (status: Int, reason: String) {
        let parts = line.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            parts[1].utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
            let status = Int(parts[1]), (100...599).contains(status)
        else { throw .malformed("a status line that is not HTTP/1.1") }
        if status == 101, parts[0] != "HTTP/1.1" { throw .invalidUpgrade("its HTTP version is not 1.1") }
        return (status, parts.count > 2 ? String(parts[2].prefix(128)) : "")
    }

    private func validate(_ head: HTTPHeadReader.Head) throws(WebSocketHandshakeError) {
        let headers = head.headers
        guard headers.single("Upgrade")?.lowercased() == "websocket" else {
            throw .invalidUpgrade("Upgrade is not websocket")
        }
        guard headers.hasToken("upgrade", in: "Connection") else {
            throw .invalidUpgrade("Connection does not name Upgrade")
        }
        guard headers.single("Sec-WebSocket-Accept") == expectedAccept else {
            throw .invalidUpgrade("Sec-WebSocket-Accept does not match the key")
        }
        guard headers["Sec-WebSocket-Extensions"] == nil else { throw .invalidUpgrade("an extension nobody asked for") }
        guard headers["Sec-WebSocket-Protocol"] == nil else { throw .invalidUpgrade("a subprotocol nobody asked for") }
    }
}
