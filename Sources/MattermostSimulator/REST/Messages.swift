/// A request to the API as a value.
struct APIRequest {
    var method: String
    /// Without the query; percent-decoded.
    var path: String
    var query: [(name: String, value: String)] = []
    /// Names in lower case.
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// `Authorization: Bearer …` (any case, or `Token`), or the cookie that a login set.
    var token: String? {
        if let value = headers["authorization"] {
            let parts = value.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, ["bearer", "token"].contains(parts[0].lowercased()) else { return nil }
            return String(parts[1])
        }
        for pair in headers["cookie"]?.split(separator: ";") ?? [] {
            let text = pair.drop { $0 == " " }
            if text.hasPrefix("MMAUTHTOKEN=") { return String(text.dropFirst("MMAUTHTOKEN=".count)) }
        }
        return nil
    }

    /// Splits and decodes a request target; nil when it is malformed.
    static func parse(target: String) -> (path: String, query: [(name: String, value: String)])? {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        guard let first = parts.first, first.hasPrefix("/"), let path = decode(first, plusIsSpace: false) else {
            return nil
        }
        var query: [(name: String, value: String)] = []
        for pair in parts.count > 1 ? parts[1].split(separator: "&") : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = decode(sides[0], plusIsSpace: true),
                let value = decode(sides.count > 1 ? sides[1] : "", plusIsSpace: true)
            else { return nil }
            query.append((name, value))
        }
        return (path, query)
    }

    private static func decode(_ text: Substring, plusIsSpace: Bool) -> String? {
        var units: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst(), let low = rest.popFirst(),
                    let first = Character(Unicode.Scalar(high)).hexDigitValue,
                    let second = Character(Unicode.Scalar(low)).hexDigitValue
                else { return nil }
                units.append(UInt8(first << 4 | second))
            case UInt8(ascii: "+") where plusIsSpace: units.append(UInt8(ascii: " "))
            default: units.append(byte)
            }
        }
        return String(validating: units, as: UTF8.self)
    }
}

/// An answer as a value; what depends on the transport (`Date`, length, compression) is added there.
struct APIResponse {
    var status: Int
    var headers: [(name: String, value: String)]
    var body: [UInt8]

    func header(_ name: String) -> String? { headers.first { $0.name == name }?.value }

    static func plain(_ status: Int, _ text: String, headers: [(name: String, value: String)] = []) -> APIResponse {
        APIResponse(
            status: status,
            headers: [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")] + headers,
            body: Array(text.utf8))
    }
}
