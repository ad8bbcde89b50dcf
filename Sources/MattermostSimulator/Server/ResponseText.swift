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

func reasonPhrase(of status: Int) -> String {
    switch status {
    case 200: "OK"
    case 201: "Created"
    case 304: "Not Modified"
    case 400: "Bad Request"
    case 401: "Unauthorized"
    case 403: "Forbidden"
    case 404: "Not Found"
    case 413: "Content Too Large"
    case 429: "Too Many Requests"
    case 500: "Internal Server Error"
    case 502: "Bad Gateway"
    case 503: "Service Unavailable"
    default: "Status"
    }
}

/// `Mon, 23 Nov 2026 17:03:01 GMT` (RFC 9110 §5.6.7); the days by Hinnant's `civil_from_days`.
func httpDate(milliseconds: Int64) -> String {
    let seconds = milliseconds / 1000
    let days = seconds / 86_400
    let time = seconds % 86_400
    let shifted = days + 719_468
    let era = shifted / 146_097
    let dayOfEra = shifted % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let monthFromMarch = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
    let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
    let year = yearOfEra + era * 400 + (month <= 2 ? 1 : 0)
    let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]
    let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
    func two(_ number: Int64) -> String { number < 10 ? "0\(number)" : "\(number)" }
    return "\(weekdays[Int(days % 7)]), \(two(day)) \(months[Int(month) - 1]) \(year) "
        + "\(two(time / 3600)):\(two(time / 60 % 60)):\(two(time % 60)) GMT"
}
