import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// What the environment says about proxies, by curl's rules (man page of curl, "Environment" and "Proxy protocol
/// prefixes"). A value, so that it can be tested without an environment.
struct ProxyEnvironment: Sendable {
    /// This process's, as it is when it is first asked for. (`getenv` must not run beside a `setenv`: once is safer than
    /// for each connection.)
    static let process = ProxyEnvironment { name in getenv(name).map { String(cString: $0) } }

    private let forTLS: Setting?
    private let forPlain: Setting?
    private let exceptions: [ProxyException]

    /// A variable's name, for errors, and its value.
    private struct Setting: Sendable {
        var name: String
        var value: String
    }

    init(_ variable: (String) -> String?) {
        /// The first one that is set; an empty one means no proxy.
        func first(_ names: [String]) -> Setting? {
            for name in names {
                if let value = variable(name) { return Setting(name: name, value: value) }
            }
            return nil
        }
        let general = ["all_proxy", "ALL_PROXY"]
        forTLS = first(["https_proxy", "HTTPS_PROXY"] + general)
        // Not HTTP_PROXY: a web server sets it for a CGI program from the header `Proxy` of a request (CVE-2016-5385).
        forPlain = first(["http_proxy"] + general)
        exceptions = ProxyException.list(first(["no_proxy", "NO_PROXY"])?.value ?? "")
    }

    /// The proxy for connections to an endpoint; nil for none.
    func server(for endpoint: Endpoint, isSecure: Bool) throws(NetworkError) -> ProxyServer? {
        guard let setting = isSecure ? forTLS : forPlain, !setting.value.isEmpty, !Self.isLoopback(endpoint.host),
            !exceptions.contains(where: { $0.covers(endpoint) })
        else { return nil }
        do throws(InvalidProxyURL) {
            return try ProxyServer(setting.value)
        } catch {
            throw NetworkError(
                .malformed, "the environment variable \(setting.name) names no usable proxy: \(error.description)")
        }
    }

    private static func isLoopback(_ host: String) -> Bool {
        let name = host.hasSuffix(".") ? host.dropLast() : host[...]
        if name == "localhost" || name.hasSuffix(".localhost") { return true }
        guard let address = IPAddress(host) else { return false }
        return address.bytes.count == 4 ? address.bytes[0] == 127 : address.bytes == IPAddress.loopback6
    }
}

/// One part of `no_proxy`.
enum ProxyException: Equatable {
    case all
    /// The host itself and all below it; without dots around it, lower case.
    case domain(String, port: UInt16?)
    /// An address, or with fewer bits all of a network.
    case network(IPAddress, bits: Int, port: UInt16?)

    /// Parts are separated by commas or white space. What is no host, no address and no network covers nothing.
    static func list(_ text: String) -> [ProxyException] {
        text.split { $0 == "," || $0.isWhitespace }.compactMap { ProxyException(String($0).lowercased()) }
    }

    init?(_ text: String) {
        if text == "*" {
            self = .all
            return
        }
        if let slash = text.firstIndex(of: "/") {
            guard let address = IPAddress(Self.unbracketed(text[..<slash])),
                let bits = Int(text[text.index(after: slash)...]), (0...address.bytes.count * 8).contains(bits)
            else { return nil }
            self = .network(address, bits: bits, port: nil)
            return
        }
        if let address = IPAddress(Self.unbracketed(text[...])) {
            self = .network(address, bits: address.bytes.count * 8, port: nil)
            return
        }
        var host = text[...]
        var port: UInt16?
        if let colon = text.lastIndex(of: ":") {
            guard let number = UInt16(text[text.index(after: colon)...]) else { return nil }
            port = number
            host = text[..<colon]
        }
        if let address = IPAddress(Self.unbracketed(host)) {
            self = .network(address, bits: address.bytes.count * 8, port: port)
            return
        }
        // `*.example.com` is not curl's, but often written.
        if host.hasPrefix("*.") { host = host.dropFirst() }
        while host.hasPrefix(".") { host = host.dropFirst() }
        while host.hasSuffix(".") { host = host.dropLast() }
        guard !host.isEmpty else { return nil }
        self = .domain(String(host), port: port)
    }

    func covers(_ endpoint: Endpoint) -> Bool {
        switch self {
        case .all: return true
        case .network(let network, let bits, let port):
            guard port == nil || port == endpoint.port, let address = IPAddress(endpoint.host) else { return false }
            return network.hasSamePrefix(as: address, bits: bits)
        case .domain(let domain, let port):
            guard port == nil || port == endpoint.port, IPAddress(endpoint.host) == nil else { return false }
            var host = endpoint.host.lowercased()
            while host.hasSuffix(".") { host.removeLast() }
            return host == domain || host.hasSuffix("." + domain)
        }
    }

    private static func unbracketed(_ text: Substring) -> String {
        text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : String(text)
    }
}

/// A numeric address without a port: 4 or 16 bytes, as on the wire.
struct IPAddress: Equatable {
    static let loopback6 = [UInt8](repeating: 0, count: 15) + [1]

    let bytes: [UInt8]

    init?(_ text: String) {
        guard !text.contains("%"), let address = SocketAddress(numeric: Endpoint(host: text, port: 0)) else {
            return nil
        }
        bytes = address.addressBytes
    }

    func hasSamePrefix(as other: IPAddress, bits: Int) -> Bool {
        guard bytes.count == other.bytes.count else { return false }
        let (whole, rest) = bits.quotientAndRemainder(dividingBy: 8)
        guard bytes[..<whole] == other.bytes[..<whole] else { return false }
        return rest == 0 || (bytes[whole] ^ other.bytes[whole]) >> (8 - rest) == 0
    }
}

extension ProxyPolicy {
    /// The proxy for connections to an endpoint; nil for none. WebSocket and HTTP both ask here, so they agree.
    func server(for endpoint: Endpoint, isSecure: Bool) throws(NetworkError) -> ProxyServer? {
        switch self {
        case .none: nil
        case .proxy(let server): server
        case .environment: try ProxyEnvironment.process.server(for: endpoint, isSecure: isSecure)
        }
    }
}
