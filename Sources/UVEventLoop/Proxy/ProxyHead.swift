import WorldInterface

/// The request for a tunnel, and the head of the proxy's answer (RFC 9110 §9.3.6, RFC 9112).
enum ProxyHead {
    /// A longer answer is no answer.
    static let maximumBytes = 16 << 10

    /// `CONNECT host:port`. May carry credentials; never log it.
    static func request(for target: Endpoint, through proxy: ProxyServer) -> [UInt8] {
        var text = "CONNECT \(target) HTTP/1.1\r\nHost: \(target)\r\n"
        if let authorization = proxy.credentials?.basicAuthorization {
            text += "Proxy-Authorization: \(authorization)\r\n"
        }
        return Array((text + "\r\n").utf8)
    }

    /// What the proxy said.
    struct Answer {
        var status: Int
        /// The proxy's words, printable, short.
        var reason: String
        /// Its ways to authenticate, such as `Basic`, `Negotiate`.
        var schemes: [String]
    }

    /// Nil where it is no HTTP.
    static func parse(_ head: ArraySlice<UInt8>) -> Answer? {
        let lines = head.split(separator: 0x0A, omittingEmptySubsequences: true).map {
            String(decoding: $0.last == 0x0D ? $0.dropLast() : $0, as: UTF8.self)
        }
        let parts = (lines.first ?? "").split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count >= 2, parts[0] == "HTTP/1.1" || parts[0] == "HTTP/1.0", parts[1].utf8.count == 3,
            parts[1].utf8.allSatisfy({ (0x30...0x39).contains($0) }), let status = Int(parts[1]), status >= 100
        else { return nil }
        let reason = parts.count > 2 ? parts[2].unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F } : .init()
        var schemes: [String] = []
        for line in lines.dropFirst() {
            guard let colon = line.firstIndex(of: ":"), line[..<colon].lowercased() == "proxy-authenticate" else {
                continue
            }
            let value = line[line.index(after: colon)...].drop { $0 == " " || $0 == "\t" }
            let scheme = value.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-") }.prefix(32)
            if !scheme.isEmpty { schemes.append(String(scheme)) }
        }
        return Answer(status: status, reason: String(String(reason).prefix(64)), schemes: schemes)
    }
}

extension ProxyServer {
    /// Why the proxy opened no tunnel, by its status. HTTP and WebSocket say the same.
    func refusal(of target: Endpoint, status: Int, reason: String = "", schemes: [String] = []) -> NetworkError {
        let said = "the proxy \(self) answered \(status)\(reason.isEmpty ? "" : " \(reason)") for \(target)"
        switch status {
        case 407 where !schemes.isEmpty && !schemes.contains { $0.lowercased() == "basic" }:
            return NetworkError(
                .proxyAuthentication,
                "\(said): it wants \(schemes.joined(separator: " or ")), and only Basic is supported")
        case 407 where credentials == nil:
            return NetworkError(
                .proxyAuthentication, "\(said): it wants a user and a password, and none are given for it")
        case 407:
            return NetworkError(
                .proxyAuthentication, "\(said): it does not accept the user and the password given for it")
        case 403, 405:
            return NetworkError(
                .proxyRefused, "\(said): it does not allow connections there; ask who runs it, or exempt the host")
        case 502, 503, 504:
            return NetworkError(.proxyRefused, "\(said): it does not reach the server; is the URL right?")
        default: return NetworkError(.proxyRefused, "\(said) instead of opening a tunnel; is it an HTTP proxy?")
        }
    }

    /// The proxy itself was not reached, or went away.
    func failure(_ error: NetworkError) -> NetworkError {
        NetworkError(error.kind, "the proxy \(self): \(error.message)")
    }
}

extension ProxyCredentials {
    /// `Basic …` (RFC 7617): UTF-8, base64.
    var basicAuthorization: String {
        let digits = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
        let bytes = Array("\(user):\(password)".utf8)
        var text: [UInt8] = []
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let group = bytes[start..<min(start + 3, bytes.count)]
            var bits = group.reduce(0) { $0 << 8 | Int($1) }
            bits <<= 8 * (3 - group.count)
            for place in 0..<4 {
                text.append(place <= group.count ? digits[bits >> (18 - 6 * place) & 63] : UInt8(ascii: "="))
            }
        }
        return "Basic " + String(decoding: text, as: UTF8.self)
    }
}
