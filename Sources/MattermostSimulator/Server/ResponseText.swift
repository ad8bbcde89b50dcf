import HTTPServing

extension APIResponse {
    /// Bodies from here on are compressed for those who ask (the server's gzip handler has the same threshold).
    static let compressionThreshold = 1400

    /// The answer on the wire.
    func text(acceptsGZip: Bool, date: Int64, isLast: Bool) -> [UInt8] {
        var body = body
        var headers = headers
        if acceptsGZip, body.count >= Self.compressionThreshold, let compressed = gzip(body) {
            body = compressed
            headers.append(("Content-Encoding", "gzip"))
        }
        headers.append(("Date", httpDate(milliseconds: date)))
        // A 304 has no body and says no length (RFC 9110 §15.4.5).
        if status != 304 { headers.append(("Content-Length", String(body.count))) }
        if isLast { headers.append(("Connection", "close")) }
        var text = Array("HTTP/1.1 \(status) \(reasonPhrase(of: status))\r\n".utf8)
        for header in headers { text.append(contentsOf: "\(header.name): \(header.value)\r\n".utf8) }
        text.append(contentsOf: "\r\n".utf8)
        text.append(contentsOf: body)
        return text
    }
}
