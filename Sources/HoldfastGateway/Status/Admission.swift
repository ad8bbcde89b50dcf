/// Who may ask: decides by the headers of a request alone.
struct Admission {
    var token: String?
    /// A numeric address.
    var listenHost: String

    enum Refusal: Equatable {
        case misdirected, unauthorized

        var status: Int {
            switch self {
            case .misdirected: 421
            case .unauthorized: 401
            }
        }

        var message: String {
            switch self {
            case .misdirected:
                "this name is not served; ask by the address that the gateway listens on, or set a token for the status page"
            case .unauthorized: "send the token of the status page as `Authorization: Bearer …`"
            }
        }
    }

    /// - Parameters:
    ///   - host: the `Host` header.
    ///   - authorization: the header of that name.
    ///   - isOpen: what is asked for needs no token.
    func refusal(host: String?, authorization: String?, isOpen: Bool) -> Refusal? {
        guard let token else { return isServed(host ?? "") ? nil : .misdirected }
        if isOpen { return nil }
        guard let authorization, authorization.count > 7, authorization.prefix(7).lowercased() == "bearer " else {
            return .unauthorized
        }
        return Self.isSame(authorization.dropFirst(7), token) ? nil : .unauthorized
    }

    /// A page of another site can have its own name lead here, but not make a browser send an address as the host.
    private func isServed(_ host: String) -> Bool {
        let name = Self.withoutPort(host).lowercased()
        if name == "localhost" || name == "::1" || name == listenHost.lowercased() { return true }
        let isIPv4 = Self.isIPv4(name)
        if isIPv4, name.hasPrefix("127.") { return true }
        // Whoever listens on all addresses is asked by any of them.
        let isAddress = isIPv4 || name.contains(":")
        return isAddress && (listenHost == "0.0.0.0" || listenHost == "::")
    }

    private static func isIPv4(_ name: String) -> Bool {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { UInt8($0) != nil && $0.utf8.allSatisfy { (48...57).contains($0) } }
    }

    private static func withoutPort(_ host: String) -> Substring {
        if host.hasPrefix("[") { return host.dropFirst().prefix { $0 != "]" } }
        return host.prefix { $0 != ":" }
    }

    /// Takes as long whatever the difference is; only the length of what was sent shows.
    private static func isSame(_ sent: some StringProtocol, _ token: String) -> Bool {
        let (sent, token) = (Array(sent.utf8), Array(token.utf8))
        var difference = sent.count ^ token.count
        for index in sent.indices where !token.isEmpty { difference |= Int(sent[index] ^ token[index % token.count]) }
        return difference == 0 && !token.isEmpty
    }
}
