/// The words of servers that want TLS where they got plain HTTP: an answer of status 400 that says so.
package enum PlainRefusal {
    /// nginx's words, and Go's.
    private static let words = ["plain HTTP request was sent to HTTPS port", "HTTP request to an HTTPS server"]

    /// - Parameter body: its beginning is enough.
    package static func isOne(status: Int, body: some Collection<UInt8>) -> Bool {
        guard status == 400 else { return false }
        let text = String(decoding: body.prefix(4096), as: UTF8.self)
        return words.contains { text.contains($0) }
    }
}
