internal import Holdfast
public import WorldInterface

/// The address of a Mattermost server as people write it: `http(s)://host[:port][/base/path]`. The host may be an
/// international name, which becomes its ASCII form, `xn--…`, at once.
public struct ServerURL: Hashable, Sendable, CustomStringConvertible {
    /// TLS.
    public let isSecure: Bool
    /// A name or a numeric address, without brackets; lower case. An international name is in its ASCII form.
    public let host: String
    public let port: UInt16
    /// Empty, or `/path` without a slash at its end.
    public let basePath: String

    /// - Throws: `InvalidServerURL`, which says what to write instead.
    public init(_ text: String) throws(InvalidServerURL) {
        var rest = text[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }

        guard let separator = rest.firstRange(of: "://") else {
            throw InvalidServerURL(
                rest.isEmpty
                    ? "The server URL is empty; give one such as https://chat.example.com."
                    : "The server URL must begin with https:// or http://, such as https://chat.example.com.")
        }
        switch rest[..<separator.lowerBound].lowercased() {
        case "https": isSecure = true
        case "http": isSecure = false
        case "wss", "ws":
            throw InvalidServerURL("Give the server's web address with https:// or http://, not that of its WebSocket.")
        default: throw InvalidServerURL("The server URL must begin with https:// or http://.")
        }
        rest = rest[separator.upperBound...]

        guard rest.utf8.allSatisfy({ $0 > 0x20 && $0 != 0x7F && $0 != UInt8(ascii: "\\") }) else {
            throw InvalidServerURL("The server URL must not hold spaces, control characters or backslashes.")
        }
        if rest.contains("?") { throw InvalidServerURL("Leave out the query (? and what follows) of the server URL.") }
        if rest.contains("#") {
            throw InvalidServerURL("Leave out the fragment (# and what follows) of the server URL.")
        }
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash]
        if authority.contains("@") {
            throw InvalidServerURL("Leave user name and password out of the server URL; a token is given separately.")
        }
        let (host, portText) = try Self.split(authority)
        self.host = host
        guard let portText else {
            port = isSecure ? 443 : 80
            basePath = try Self.normalizedPath(rest[slash...])
            return
        }
        guard portText.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(portText), number > 0 else {
            throw InvalidServerURL("The port in the server URL must be a number from 1 to 65535.")
        }
        port = number
        basePath = try Self.normalizedPath(rest[slash...])
    }

    private static func split(
        _ authority: Substring
    ) throws(InvalidServerURL) -> (host: String, port: Substring?) {
        if authority.hasPrefix("[") {
            guard let end = authority.firstIndex(of: "]") else {
                throw InvalidServerURL("Close the bracket of the IPv6 address: http://[::1]:8065.")
            }
            let address = authority[authority.index(after: authority.startIndex)..<end]
            if address.contains("%") {
                throw InvalidServerURL(
                    "An IPv6 address with a zone (%…) is of use on this machine only, and no certificate or Host names it; "
                        + "give a name, or an address without a zone.")
            }
            guard address.contains(":"), address.utf8.allSatisfy({ $0.isHexadecimalDigit || $0 == 0x3A || $0 == 0x2E })
            else { throw InvalidServerURL("Between the brackets of the server URL there must be an IPv6 address.") }
            let rest = authority[authority.index(after: end)...]
            if rest.isEmpty { return (address.lowercased(), nil) }
            guard rest.hasPrefix(":") else {
                throw InvalidServerURL("After the IPv6 address there may be only a port: http://[::1]:8065.")
            }
            return (address.lowercased(), rest.dropFirst())
        }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count <= 2 else {
            throw InvalidServerURL("Put an IPv6 address in brackets: http://[::1]:8065.")
        }
        let host = parts[0]
        guard !host.isEmpty else {
            throw InvalidServerURL("The server URL has no host; give one such as https://chat.example.com.")
        }
        let name = host.utf8.allSatisfy({ $0 < 0x80 }) ? String(host) : try HostName.ascii(host)
        // RFC 3986 §3.2.2 allows more; no resolver finds it.
        guard name.utf8.allSatisfy({ $0.isUnreserved }) else {
            throw InvalidServerURL("The host of the server URL may hold only letters, digits, dots and hyphens.")
        }
        return (name.lowercased(), parts.count == 2 ? parts[1] : nil)
    }

    private static func normalizedPath(_ path: Substring) throws(InvalidServerURL) -> String {
        var path = path
        while path.hasSuffix("/") { path.removeLast() }
        for suffix in ["/api/v4/websocket", "/api/v4"] where path.hasSuffix(suffix) {
            throw InvalidServerURL("Leave \(suffix) out of the server URL; it is added.")
        }
        guard path.utf8.allSatisfy({ $0 < 0x80 }) else {
            throw InvalidServerURL("Write letters outside ASCII in the path of the server URL as %XX.")
        }
        guard !path.contains("//"), !path.split(separator: "/").contains(where: { $0 == "." || $0 == ".." }) else {
            throw InvalidServerURL("Write the path of the server URL without empty, . and .. parts.")
        }
        return String(path)
    }

    /// A target on this server.
    func url(_ target: String) -> RequestURL {
        RequestURL(isSecure: isSecure, host: host, port: port, target: target)
    }

    /// Where to connect to.
    public var endpoint: Endpoint { Endpoint(host: host, port: port) }

    /// The value of the header `Host`: the port only where it is not the scheme's own.
    public var hostHeader: String { url("").hostHeader }

    /// Where the REST API begins: `https://chat.example.com/api/v4`.
    public var restPrefix: String { "\(description)/api/v4" }

    /// The request target of the WebSocket upgrade: `/api/v4/websocket`.
    public var webSocketPath: String { "\(basePath)/api/v4/websocket" }

    /// The URL in its shortest form, without a slash at its end.
    public var description: String { "\(isSecure ? "https" : "http")://\(hostHeader)\(basePath)" }
}

/// Why a text is no server URL, and what to write instead.
public struct InvalidServerURL: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

extension UInt8 {
    var isHexadecimalDigit: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x46, 0x61...0x66: true
        default: false
        }
    }

    /// RFC 3986 §2.3.
    var isUnreserved: Bool {
        switch self {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2D, 0x2E, 0x5F, 0x7E: true
        default: false
        }
    }
}

extension String {
    /// As one part of a path or query (RFC 3986 §2.1).
    var percentEncoded: String {
        let digits = Array("0123456789ABCDEF".utf8)
        var bytes: [UInt8] = []
        for byte in utf8 {
            if byte.isUnreserved {
                bytes.append(byte)
            } else {
                bytes += [UInt8(ascii: "%"), digits[Int(byte >> 4)], digits[Int(byte & 15)]]
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
