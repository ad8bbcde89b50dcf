/// Whether connections go through an HTTP proxy. WebSocket and REST follow the same policy and open a tunnel by CONNECT
/// (RFC 9110 §9.3.6), with and without TLS inside it: a proxy that would let only one of them through shows at once.
public enum ProxyPolicy: Hashable, Sendable {
    /// As the environment of the process says when the first connection is made, with curl's rules: `https_proxy` or
    /// `HTTPS_PROXY` for TLS, `http_proxy` without (lower case only: in a CGI program a request could set the other), else
    /// `all_proxy` or `ALL_PROXY`; not for the hosts of `no_proxy` or `NO_PROXY`, and never for `localhost` and loopback
    /// addresses.
    case environment
    /// Directly, whatever the environment says.
    case none
    /// By this proxy, all hosts.
    case proxy(ProxyServer)
}

/// An HTTP proxy: `http://` or, with TLS up to the proxy, `https://`. Prints without user and password everywhere.
public struct ProxyServer: Hashable, Sendable, CustomStringConvertible {
    /// TLS up to the proxy; its certificate is checked as the server's.
    public var isSecure: Bool
    public var endpoint: Endpoint
    /// Sent as `Proxy-Authorization: Basic …` (RFC 7617).
    public var credentials: ProxyCredentials?

    public init(isSecure: Bool = false, endpoint: Endpoint, credentials: ProxyCredentials? = nil) {
        self.isSecure = isSecure
        self.endpoint = endpoint
        self.credentials = credentials
    }

    /// - Parameter url: `http(s)://[user:password@]host[:port]`, as proxies are written in the environment: without a scheme
    ///   it is `http`, without a port 1080, with `https` 443 (curl's defaults). User and password are percent-decoded.
    /// - Throws: `InvalidProxyURL`, which never contains the URL: it may hold a password.
    public init(_ url: String) throws(InvalidProxyURL) {
        var rest = url[...]
        while let last = rest.last, last.isWhitespace { rest.removeLast() }
        while let first = rest.first, first.isWhitespace { rest.removeFirst() }
        isSecure = false
        if let separator = rest.firstPosition(of: "://") {
            switch rest[..<separator].lowercased() {
            case "http": break
            case "https": isSecure = true
            case "socks", "socks4", "socks4a", "socks5", "socks5h":
                throw InvalidProxyURL("it is a SOCKS proxy; only HTTP proxies are supported: http://host:port")
            default: throw InvalidProxyURL("a proxy is written http://host:port or https://host:port")
            }
            rest = rest[separator...].dropFirst(3)
        }
        // Nothing behind the port counts, unless it is the rest of a password, which would show in errors as a host.
        var authority = rest.prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        guard !rest[authority.endIndex...].contains("@") else {
            throw InvalidProxyURL("in user and password, write / as %2F, ? as %3F, # as %23 and @ as %40")
        }
        if let at = authority.lastIndex(of: "@") {
            credentials = try ProxyCredentials(userInformation: authority[..<at])
            authority = authority[authority.index(after: at)...]
        }
        let (host, port) = try Self.split(authority)
        guard !host.isEmpty, host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw InvalidProxyURL("its host is missing, or has characters that no host has: http://host:port")
        }
        guard let port else {
            endpoint = Endpoint(host: host, port: isSecure ? 443 : 1080)
            return
        }
        guard port.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = UInt16(port), number > 0 else {
            throw InvalidProxyURL("its port must be a number from 1 to 65535")
        }
        endpoint = Endpoint(host: host, port: number)
    }

    private static func split(_ authority: Substring) throws(InvalidProxyURL) -> (host: String, port: Substring?) {
        if authority.first == "[" {
            guard let end = authority.firstIndex(of: "]") else {
                throw InvalidProxyURL("the bracket of its IPv6 address is not closed: http://[::1]:3128")
            }
            let host = authority[..<end].dropFirst()
            let rest = authority[end...].dropFirst()
            guard rest.isEmpty || rest.first == ":" else {
                throw InvalidProxyURL("after its IPv6 address there may be only a port: http://[::1]:3128")
            }
            return (host.lowercased(), rest.isEmpty ? nil : rest.dropFirst())
        }
        guard let colon = authority.firstIndex(of: ":") else { return (authority.lowercased(), nil) }
        let port = authority[authority.index(after: colon)...]
        guard !port.contains(":") else {
            throw InvalidProxyURL("an IPv6 address stands in brackets: http://[::1]:3128")
        }
        return (authority[..<colon].lowercased(), port.isEmpty ? nil : port)
    }

    /// `http://proxy.example:3128`: fit for a log.
    public var description: String { "\(isSecure ? "https" : "http")://\(endpoint)" }
}

/// User and password of a proxy. Prints as `<redacted>` everywhere.
public struct ProxyCredentials: Hashable, Sendable {
    public var user: String
    public var password: String

    /// - Throws: `InvalidProxyURL` where Basic cannot carry them (RFC 7617 §2): a colon in the user, control characters.
    public init(user: String, password: String) throws(InvalidProxyURL) {
        guard !user.contains(":") else { throw InvalidProxyURL("the user of a proxy must not contain a colon") }
        guard (user + password).unicodeScalars.allSatisfy({ $0.value >= 0x20 && $0.value != 0x7F }) else {
            throw InvalidProxyURL("user and password of a proxy must not contain control characters")
        }
        self.user = user
        self.password = password
    }

    /// `user:password`, each percent-encoded where it must be.
    init(userInformation text: Substring) throws(InvalidProxyURL) {
        let colon = text.firstIndex(of: ":")
        let password = colon.map { text[text.index(after: $0)...] } ?? ""
        guard let user = text[..<(colon ?? text.endIndex)].percentDecoded, let password = password.percentDecoded else {
            throw InvalidProxyURL("in user and password, % must be followed by two digits; write % itself as %25")
        }
        try self.init(user: user, password: password)
    }
}

extension ProxyCredentials: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    public var description: String { "<redacted>" }
    public var debugDescription: String { "<redacted>" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Why a text is no proxy; says what to do and never contains it.
public struct InvalidProxyURL: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}

extension Substring {
    /// Where `text` first occurs; the standard library has no such search without Foundation.
    fileprivate func firstPosition(of text: String) -> Index? {
        indices.first { self[$0...].hasPrefix(text) }
    }

    /// RFC 3986 §2.1; nil where a `%` is not followed by two digits, or the bytes are no UTF-8.
    fileprivate var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimal), let low = rest.popFirst().flatMap(hexadecimal) else {
                return nil
            }
            bytes.append(high << 4 | low)
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private func hexadecimal(_ digit: UInt8) -> UInt8? {
        UInt8(String(UnicodeScalar(digit)), radix: 16)
    }
}
