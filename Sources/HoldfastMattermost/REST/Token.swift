/// A credential: a personal access token, a bot's token or a session's. Prints as `<redacted>` everywhere, also under
/// `dump` and in a debugger's summary.
public struct Token: Hashable, Sendable {
    /// The token itself. Only for what is sent to the server; never for a log or an error.
    public let secret: String

    /// - Parameter text: the token, perhaps with white space around it, as files have it.
    /// - Throws: `InvalidToken` when it could not be sent in a header: it must be 1 to 4,096 visible ASCII characters.
    public init(_ text: String) throws(InvalidToken) {
        let whiteSpace = " \t\r\n".utf8
        let end = text.utf8.lastIndex { !whiteSpace.contains($0) }.map { text.utf8.index(after: $0) } ?? text.startIndex
        let bytes = text.utf8[..<end].drop { whiteSpace.contains($0) }
        if bytes.isEmpty { throw InvalidToken("The token is empty; give the bot's access token.") }
        if bytes.count > 4096 { throw InvalidToken("The token is longer than 4,096 characters; give only the token.") }
        // A line break would smuggle a header (RFC 9112 §5).
        guard bytes.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw InvalidToken(
                "The token has spaces or other characters inside that no token has; give only the token.")
        }
        secret = String(Substring(bytes))
    }

    /// The value of the header `Authorization`.
    public var authorization: String { "Bearer \(secret)" }

    /// A text that may repeat what a server said, without the token. One of a few letters, which no server makes, is left:
    /// it stands in every word.
    func hidden(in text: String) -> String { secret.utf8.count < 8 ? text : text.hiding(secret) }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text cannot be a token; says what to do and never contains it.
public struct InvalidToken: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
