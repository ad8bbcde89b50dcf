import BenchmarkKit
import WorldInterface

/// Where a fuzzing server is: `ws://HOST:PORT` or `wss://HOST:PORT`.
struct Peer: Sendable {
    let endpoint: Endpoint
    /// Nil without TLS.
    let tls: TLSClientOptions?

    init(_ text: String, certificateAuthorityFile: String?) throws(Complaint) {
        guard let separator = text.firstRange(of: "://") else {
            throw Complaint("--server is ws://HOST:PORT or wss://HOST:PORT, not \(text)")
        }
        switch text[..<separator.lowerBound] {
        case "ws":
            guard certificateAuthorityFile == nil else { throw Complaint("--ca is for wss:// only") }
            tls = nil
        case "wss": tls = TLSClientOptions(certificateAuthorityFile: certificateAuthorityFile)
        case let scheme: throw Complaint("--server begins with ws:// or wss://, not \(scheme)://")
        }
        var authority = text[separator.upperBound...]
        if authority.hasSuffix("/") { authority.removeLast() }
        endpoint = try Peer.endpoint("--server", String(authority), portMayBeZero: false)
    }

    /// The value of `Host`.

    /// `HOST:PORT`, an IPv6 address in brackets.
    static func endpoint(_ option: String, _ text: String, portMayBeZero: Bool) throws(Complaint) -> Endpoint {
        guard let colon = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: colon)...]),
            portMayBeZero || port > 0
        else { throw Complaint("\(option) ends with HOST:PORT, the port from \(portMayBeZero ? 0 : 1) to 65535") }
        var host = text[..<colon]
        if host.hasPrefix("["), host.hasSuffix("]") {
            host = host.dropFirst().dropLast()
        } else if host.contains(":") {
            throw Complaint("\(option): an IPv6 address stands in brackets, as in [::1]:9001")
        }
        guard !host.isEmpty, !host.contains(where: { $0 == "/" || $0 == "@" || $0 == "[" || $0.isWhitespace }) else {
            throw Complaint("\(option) ends with HOST:PORT, without a path, not with \(text)")
        }
        return Endpoint(host: String(host), port: port)
    }
}
