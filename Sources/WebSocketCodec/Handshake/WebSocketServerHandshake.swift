/// The head of any HTTP/1.1 request.
public struct HTTPRequestHead: Sendable {
    public var method: String
    /// As sent: path and query.
    public var target: String
    public var headers: HTTPHeaderFields

    /// A request with these values, as if it had been read.
    public init(method: String, target: String, headers: HTTPHeaderFields) {
        self.method = method
        self.target = target
        self.headers = headers
    }
}

/// Reads request heads of a connection that also serves plain HTTP, one after the other. Bodies are the caller's.
public struct HTTPRequestHeadReader: Sendable {
    private var reader: HTTPHeadReader

    public init(limits: WebSocketLimits = WebSocketLimits()) {
        reader = HTTPHeadReader(maximumBytes: limits.maximumHandshakeBytes)
    }

    /// Nil while the head is incomplete; then the cursor stands behind it.
    public mutating func receive(
        _ input: inout WebSocketInput
    ) throws(WebSocketHandshakeError) -> HTTPRequestHead? {
        guard let head = try reader.read(&input) else { return nil }
        let parts = head.startLine.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 3, HTTPSyntax.isToken(parts[0]), HTTPSyntax.isVisible(parts[1]), parts[2] == "HTTP/1.1"
        else { throw .malformed("a request line that is not HTTP/1.1") }
        return HTTPRequestHead(method: String(parts[0]), target: String(parts[1]), headers: head.headers)
    }
}

/// A valid upgrade request (RFC 6455 §4.2.1).
public struct WebSocketUpgradeRequest: Sendable {
    public let head: HTTPRequestHead
    public let key: WebSocketHandshakeKey

    /// Throws why the request is none; answer with ``WebSocketServerHandshake/rejection(of:)``.
    public init(_ head: HTTPRequestHead) throws(WebSocketHandshakeError) {
        guard head.method == "GET" else { throw .methodNotAllowed }
        guard head.headers.single("Host") != nil else { throw .notAnUpgrade("there is not one Host") }
        guard head.headers.hasToken("websocket", in: "Upgrade") else { throw .notAnUpgrade("Upgrade is not websocket") }
        guard head.headers.hasToken("upgrade", in: "Connection") else {
            throw .notAnUpgrade("Connection does not name Upgrade")
        }
        guard head.headers.single("Sec-WebSocket-Version") == "13" else { throw .unsupportedVersion }
        guard let value = head.headers.single("Sec-WebSocket-Key"), let key = WebSocketHandshakeKey(headerValue: value)
        else { throw .notAnUpgrade("Sec-WebSocket-Key is not 16 bytes of base64") }
        self.head = head
        self.key = key
    }

    /// The 101 answer; no extension and no subprotocol is agreed to. Throws for headers that may not stand in it.
    public func acceptance(
        headers: [(name: String, value: String)] = []
    ) throws(WebSocketHandshakeError) -> [UInt8] {
        var writer = HTTPHeadWriter(startLine: "HTTP/1.1 101 Switching Protocols")
        writer.append("Upgrade", "websocket")
        writer.append("Connection", "Upgrade")
        writer.append("Sec-WebSocket-Accept", key.acceptHeaderValue)
        try writer.append(callers: headers)
        return writer.finish()
    }
}

/// The server's side of the opening handshake (RFC 6455 §4.2).
public struct WebSocketServerHandshake: Sendable {
    private var reader: HTTPRequestHeadReader

    public init(limits: WebSocketLimits = WebSocketLimits()) { reader = HTTPRequestHeadReader(limits: limits) }

    /// Nil while the request is incomplete; then the cursor stands at the first frame.
    public mutating func receive(
        _ input: inout WebSocketInput
    ) throws(WebSocketHandshakeError) -> WebSocketUpgradeRequest? {
        guard let head = try reader.receive(&input) else { return nil }
        return try WebSocketUpgradeRequest(head)
    }

    /// The answer to a request that failed; the connection is to be closed behind it.
    public static func rejection(of error: WebSocketHandshakeError) -> [UInt8] {
        let body = Array((error.description + "\n").utf8)
        var writer = HTTPHeadWriter(startLine: "HTTP/1.1 \(error.responseStatus) \(reason(of: error))")
        switch error {
        case .unsupportedVersion: writer.append("Sec-WebSocket-Version", "13")
        case .methodNotAllowed: writer.append("Allow", "GET")
        case .malformed, .headTooLong, .tooManyHeaderFields, .rejected, .invalidUpgrade, .notAnUpgrade, .invalidField:
            break
        }
        writer.append("Connection", "close")
        writer.append("Content-Type", "text/plain; charset=utf-8")
        writer.append("Content-Length", String(body.count))
        return writer.finish(body: body)
    }

    /// Any other answer instead of the upgrade (401, 429, …). Throws for headers that may not stand in it.
    public static func rejection(
        status: Int, reason: String, headers: [(name: String, value: String)] = [], body: [UInt8] = []
    ) throws(WebSocketHandshakeError) -> [UInt8] {
        guard (200...599).contains(status) else { throw .invalidField("status") }
        guard HTTPSyntax.isFieldValue(reason) else { throw .invalidField("reason") }
        var writer = HTTPHeadWriter(startLine: "HTTP/1.1 \(status) \(reason)")
        writer.append("Connection", "close")
        writer.append("Content-Length", String(body.count))
        try writer.append(callers: headers)
        return writer.finish(body: body)
    }

    private static func reason(of error: WebSocketHandshakeError) -> String {
        switch error {
        case .malformed, .notAnUpgrade, .rejected, .invalidUpgrade, .invalidField: "Bad Request"
        case .methodNotAllowed: "Method Not Allowed"
        case .unsupportedVersion: "Upgrade Required"
        case .headTooLong, .tooManyHeaderFields: "Request Header Fields Too Large"
        }
    }
}
