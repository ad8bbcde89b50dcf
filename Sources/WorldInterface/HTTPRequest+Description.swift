extension HTTPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Method and URL, without user information and query: those, headers and body may carry credentials.
    public var description: String { "\(method) \(urlWithoutSecrets)" }

    /// Scheme, host and path: neither user information nor query.
    package var urlWithoutSecrets: String {
        let plain = url.prefix { $0 != "?" && $0 != "#" }
        let parts = plain.split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, let at = parts[2].prefix(while: { $0 != "/" }).lastIndex(of: "@") else {
            return String(plain)
        }
        return "\(parts[0])//\(parts[2][at...].dropFirst())"
    }

    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
