public import Holdfast
internal import HoldfastMattermost

/// A shared secret. Prints as `<redacted>` everywhere, also under `dump` and in a debugger's summary.
public struct Secret: Hashable, Sendable {
    /// The secret itself, 1 to 4,096 bytes. For what signs with it only; never for a log or an error.
    public let bytes: [UInt8]

    /// - Parameter bytes: the secret, perhaps with white space around it, as files have it.
    /// - Returns: nil where nothing is left, or more than 4,096 bytes.
    public init?(_ bytes: some BidirectionalCollection<UInt8>) {
        let isSpace = { (byte: UInt8) in byte == 0x20 || (0x09...0x0D).contains(byte) }
        guard let first = bytes.firstIndex(where: { !isSpace($0) }), let last = bytes.lastIndex(where: { !isSpace($0) })
        else { return nil }
        self.bytes = Array(bytes[first...last])
        guard self.bytes.count <= 4096 else { return nil }
    }
}

extension Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Where a webhook is. Such addresses often carry their secret in path or query, so only scheme and host are printed.
public struct WebhookURL: Hashable, Sendable {
    /// Where to post to. Its description is the whole URL; never for a log or an error.
    public let request: RequestURL

    /// - Throws: `InvalidWebhookURL`, which says what to write instead and never contains the path or the query.
    public init(_ text: String) throws(InvalidWebhookURL) {
        guard !text.contains("#") else { throw InvalidWebhookURL("leave out the fragment (# and what follows)") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw InvalidWebhookURL("it must not hold spaces, control characters or backslashes")
        }
        let behindScheme = text.firstRange(of: "://")?.upperBound ?? text.startIndex
        let targetStart = text[behindScheme...].firstIndex { $0 == "/" || $0 == "?" } ?? text.endIndex
        let target = text[targetStart...]
        guard target.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw InvalidWebhookURL("write letters outside ASCII in its path and query as %XX")
        }
        do throws(InvalidServerURL) {
            // The same rules for hosts and ports as everywhere, also for international names.
            let server = try ServerURL(String(text[..<targetStart]))
            request = RequestURL(
                isSecure: server.isSecure, host: server.host, port: server.port,
                target: target.hasPrefix("/") ? String(target) : "/\(target)")
        } catch {
            throw InvalidWebhookURL(error.description.replacing("server URL", with: "URL"))
        }
    }
}

extension WebhookURL: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "\(request.isSecure ? "https" : "http")://\(request.hostHeader)/…" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text cannot be the address of a webhook, and what to write instead.
public struct InvalidWebhookURL: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
