internal import WorldInterface

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#elseif canImport(Darwin)
    internal import Darwin
#endif

/// Where to listen: a numeric address or `localhost`, and a port.
struct ListenAddress {
    var endpoint: Endpoint
    /// Whether only this machine can reach it.
    var isLoopback: Bool { Self.isLoopback(endpoint.host) }

    init?(_ text: String) {
        guard let colon = text.lastIndex(of: ":") else { return nil }
        let digits = text[colon...].dropFirst()
        guard digits.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let port = UInt16(digits) else { return nil }
        let host: Substring
        if text.hasPrefix("[") {
            guard text[..<colon].hasSuffix("]") else { return nil }
            host = text[..<colon].dropFirst().dropLast()
            guard Self.addressBytes(String(host))?.count == 16 else { return nil }
        } else {
            host = text[..<colon]
            guard host == "localhost" || Self.addressBytes(String(host))?.count == 4 else { return nil }
        }
        endpoint = Endpoint(host: String(host), port: port)
    }

    /// - Parameter host: a name, or a numeric address without brackets.
    static func isLoopback(_ host: String) -> Bool {
        if host == "localhost" { return true }
        guard let bytes = addressBytes(host) else { return false }
        return bytes.count == 4 ? bytes[0] == 127 : bytes == Array(repeating: 0, count: 15) + [1]
    }

    /// As on the wire: 4 or 16; nil for a name.
    private static func addressBytes(_ host: String) -> [UInt8]? {
        for (family, count) in [(AF_INET, 4), (AF_INET6, 16)] {
            var bytes = [UInt8](repeating: 0, count: 16)
            if inet_pton(family, host, &bytes) == 1 { return Array(bytes[..<count]) }
        }
        return nil
    }
}
