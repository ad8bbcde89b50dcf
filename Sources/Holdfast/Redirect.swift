/// Where a request goes: what a URL says, without user, password and fragment.
public struct RequestURL: Hashable, Sendable, CustomStringConvertible {
    public var isSecure: Bool
    /// A name or a numeric address, without brackets.
    public var host: String
    public var port: UInt16
    /// Path and query, as in the request line.
    public var target: String

    public init(isSecure: Bool, host: String, port: UInt16, target: String) {
        self.isSecure = isSecure
        self.host = host
        self.port = port
        self.target = target
    }

    /// The value of the header `Host`: the port only where it is not the scheme's own.
    public var hostHeader: String {
        let bracketed = host.contains(":") ? "[\(host)]" : host
        return port == (isSecure ? 443 : 80) ? bracketed : "\(bracketed):\(port)"
    }

    /// The target without the query.
    var path: Substring { target.prefix { $0 != "?" } }

    /// `https://host:port`.
    var origin: String { "\(isSecure ? "https" : "http")://\(hostHeader)" }

    /// The whole URL. Its query may hold what no log should: see `Redirect` for one without.
    public var description: String { origin + target }

    /// What a `Location` means here (RFC 3986 §5.2, RFC 9110 §10.2.2); nil for what is no `http` or `https` URL.
    func resolving(_ location: String) -> RequestURL? {
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") }) else { return nil }
        let reference = location.prefix { $0 != "#" }
        if reference.hasPrefix("//") { return RequestURL(isSecure: isSecure, afterScheme: reference.dropFirst(2)) }
        if reference.hasPrefix("/") { return with(target: String(reference)) }
        let beforePath = reference.prefix { $0 != "/" && $0 != "?" }
        if let colon = beforePath.firstIndex(of: ":") {
            let rest = reference[reference.index(after: colon)...]
            guard rest.hasPrefix("//") else { return nil }
            switch reference[..<colon].lowercased() {
            case "http": return RequestURL(isSecure: false, afterScheme: rest.dropFirst(2))
            case "https": return RequestURL(isSecure: true, afterScheme: rest.dropFirst(2))
            default: return nil
            }
        }
        if reference.isEmpty { return self }
        if reference.hasPrefix("?") { return with(target: path + reference) }
        let folder = path.lastIndex(of: "/").map { path[...$0] } ?? "/"
        return with(target: folder + reference)
    }

    private init?(isSecure: Bool, afterScheme text: Substring) {
        let authority = text.prefix { $0 != "/" && $0 != "?" }
        var hostAndPort = authority
        if let at = authority.lastIndex(of: "@") { hostAndPort = authority[authority.index(after: at)...] }
        var host = hostAndPort
        var portText: Substring = ""
        if hostAndPort.hasPrefix("[") {
            guard let end = hostAndPort.firstIndex(of: "]") else { return nil }
            host = hostAndPort[..<end].dropFirst()
            portText = hostAndPort[end...].dropFirst()
            guard portText.isEmpty || portText.hasPrefix(":") else { return nil }
        } else if let colon = hostAndPort.firstIndex(of: ":") {
            host = hostAndPort[..<colon]
            portText = hostAndPort[colon...]
        }
        portText = portText.dropFirst()
        guard !host.isEmpty else { return nil }
        var port: UInt16 = isSecure ? 443 : 80
        if !portText.isEmpty {
            guard let number = UInt16(portText), number > 0 else { return nil }
            port = number
        }
        let target = text[authority.endIndex...]
        self.init(
            isSecure: isSecure, host: host.lowercased(), port: port,
            target: target.hasPrefix("/") ? String(target) : "/\(target)")
    }

    private func with(target: String) -> RequestURL {
        RequestURL(isSecure: isSecure, host: host, port: port, target: target)
    }

    private func with(target: Substring) -> RequestURL { with(target: String(target)) }
}

/// Which redirects a request that carries a token follows: the WebSocket's upgrade and REST by the same rule.
///
/// To the same host only, by the same scheme and port or from `http` to `https`. Any other host, or another service of the
/// same host, would be handed the token, and from `https` to `http` it would travel unencrypted (RFC 9110 §15.4 leaves
/// it to the client). What is not followed is an error that names the URL to configure.
public enum Redirect {
    /// The most that are followed, one after the other.
    public static let maximumCount = 3

    /// Whether the status asks to repeat the request elsewhere.
    public static func isRedirect(_ status: Int) -> Bool { [301, 302, 303, 307, 308].contains(status) }

    /// Where to repeat a request.
    ///
    /// - Parameters:
    ///   - location: the answer's `Location`.
    ///   - url: what answered so.
    ///   - basePath: the part of its path that belongs to the server's address: what is to be configured.
    ///   - isGet: a `GET` stays one under any status but 303; other methods only under 307 and 308.
    ///   - count: how many were followed before.
    /// - Throws: why it is not followed, and what to configure instead.
    public static func target(
        _ status: Int, _ location: String?, from url: RequestURL, basePath: String, isGet: Bool = true, after count: Int
    ) throws(RefusedRedirect) -> RequestURL {
        guard let location, let next = url.resolving(location) else {
            throw RefusedRedirect("the server redirects (\(status)) without saying where to; is the server URL right?")
        }
        let advice = advice(for: next, from: url, basePath: basePath)
        func refuse(_ reason: String) -> RefusedRedirect {
            RefusedRedirect("the server redirects (\(status)) to \(next.origin)\(next.path), \(reason); \(advice)")
        }
        if url.isSecure, !next.isSecure { throw refuse("where the token would travel unencrypted") }
        guard next.host.lowercased() == url.host.lowercased() else {
            throw refuse("another host, which does not get the token")
        }
        guard next.port == url.port && next.isSecure == url.isSecure || next.isSecure && !url.isSecure else {
            throw refuse("another port, which does not get the token")
        }
        guard count < maximumCount else { throw refuse("after \(count) redirects already") }
        guard status != 303 && (isGet || status == 307 || status == 308) else {
            throw refuse("where the request would become another one")
        }
        return next
    }

    private static func advice(for next: RequestURL, from url: RequestURL, basePath: String) -> String {
        let path = url.path.dropFirst(basePath.count)
        guard next.path.hasSuffix(path), !path.isEmpty else {
            return "something in front of the server answers, or the server URL is another one's"
        }
        return "if that is the server, give \(next.origin)\(next.path.dropLast(path.count)) as the server URL"
    }
}

/// Why a redirect is not followed, and what to configure. Contains no query, for that may hold a session's id.
public struct RefusedRedirect: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String

    init(_ description: String) { self.description = description }
}
