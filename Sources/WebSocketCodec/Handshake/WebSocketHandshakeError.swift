/// Why an opening handshake failed (RFC 6455 §4). Never contains what this side sent.
public enum WebSocketHandshakeError: Error, Sendable, CustomStringConvertible {
    /// Not the HTTP that RFC 9112 describes; the text says what was wrong.
    case malformed(String)
    /// The header block is longer than `limit` bytes.
    case headTooLong(limit: Int)
    case tooManyHeaderFields(limit: Int)

    /// Client: the server answered with another status than 101.
    case rejected(WebSocketRejection)
    /// Client: a 101 that breaks RFC 6455 §4.1; the text says how.
    case invalidUpgrade(String)

    /// Server: the request is not an upgrade to WebSocket; the text says why.
    case notAnUpgrade(String)
    /// Server: the method is not GET.
    case methodNotAllowed
    /// Server: the WebSocket version is not 13.
    case unsupportedVersion

    /// Either: the caller's host, path, or a header is not what may stand in a header block, or is reserved for the
    /// handshake itself. Carries the header's name (never its value), or `host`, `path`.
    case invalidField(String)

    /// What a server answers: 400, 405, 426 or 431.
    public var responseStatus: Int {
        switch self {
        case .malformed, .notAnUpgrade, .rejected, .invalidUpgrade, .invalidField: 400
        case .methodNotAllowed: 405
        case .unsupportedVersion: 426
        case .headTooLong, .tooManyHeaderFields: 431
        }
    }

    public var description: String {
        switch self {
        case .malformed(let what): "malformed HTTP: \(what)"
        case .headTooLong(let limit): "the header block is longer than \(limit) bytes"
        case .tooManyHeaderFields(let limit): "the header block has more than \(limit) fields"
        case .rejected(let rejection): rejection.description
        case .invalidUpgrade(let what): "the server's upgrade is invalid: \(what)"
        case .notAnUpgrade(let what): "not a WebSocket upgrade: \(what)"
        case .methodNotAllowed: "a WebSocket upgrade must be a GET request"
        case .unsupportedVersion: "only WebSocket version 13 is spoken here"
        case .invalidField(let name): "the value given for \(name) must not stand in a handshake"
        }
    }
}

/// An answer to the upgrade request that is not a 101.
public struct WebSocketRejection: Sendable, CustomStringConvertible {
    /// The most of the body that is kept, in bytes.
    public static let maximumBodyBytes = 1024

    /// 200…599; interim answers (1xx) are skipped.
    public var status: Int
    /// The server's own words, at most 128 characters.
    public var reason: String
    public var headers: HTTPHeaderFields
    /// The start of the body, as far as it had arrived with the header block.
    public var bodyPrefix: [UInt8]

    /// `Retry-After` in whole seconds; nil when it is absent or a date (RFC 9110 §10.2.3).
    public var retryAfterSeconds: Int? { headers["Retry-After"].flatMap(Self.decimal) }
    /// `Content-Length` in bytes.
    public var contentLength: Int? { headers["Content-Length"].flatMap(Self.decimal) }
    /// Where a redirect points.
    public var location: String? { headers["Location"] }

    public var description: String {
        "the server answered \(status)\(reason.isEmpty ? "" : " \(reason)") instead of upgrading to WebSocket"
    }

    /// `Int.init` would take signs as well.
    private static func decimal(_ text: String) -> Int? {
        text.utf8.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ? Int(text) : nil
    }
}
