internal import HTTPServing
internal import Holdfast

extension HTTPServerResponse {
    static func json(_ value: JSONWriter.Value) -> HTTPServerResponse {
        HTTPServerResponse(200, [("Content-Type", "application/json")], body: StatusText.json(value))
    }
}

extension Substring {
    /// RFC 3986 §2.1; nil where it is malformed.
    var percentDecoded: String? {
        var bytes: [UInt8] = []
        var rest = utf8
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst(), let low = rest.popFirst(),
                let value = UInt8(String(decoding: [high, low], as: UTF8.self), radix: 16), high != UInt8(ascii: "+")
            else { return nil }
            bytes.append(value)
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
