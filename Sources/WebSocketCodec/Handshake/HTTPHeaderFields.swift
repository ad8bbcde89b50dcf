/// The header fields of one HTTP message, in order of arrival. Names are compared without case (RFC 9110 §5.1).
public struct HTTPHeaderFields: Sendable {
    public private(set) var fields: [(name: String, value: String)]

    public init(_ fields: [(name: String, value: String)] = []) { self.fields = fields }

    /// The first value of that name.
    public subscript(name: String) -> String? {
        fields.first { HTTPSyntax.isSame($0.name, name) }?.value
    }

    /// Every value of that name.
    public func values(of name: String) -> [String] {
        fields.compactMap { HTTPSyntax.isSame($0.name, name) ? $0.value : nil }
    }

    /// Whether a comma-separated list field has that token, without case (RFC 9110 §5.6.1).
    public func hasToken(_ token: String, in name: String) -> Bool {
        fields.contains { field in
            HTTPSyntax.isSame(field.name, name)
                && field.value.split(separator: ",").contains { HTTPSyntax.isSame(HTTPSyntax.trimmed($0), token) }
        }
    }

    /// The only value of that name; nil when there is none or there are several.
    func single(_ name: String) -> String? {
        let found = values(of: name)
        return found.count == 1 ? found[0] : nil
    }

    mutating func append(name: String, value: String) { fields.append((name, value)) }
}

/// The grammar of RFC 9110 §5 that names and values must keep to, in both directions.
enum HTTPSyntax {
    /// Compares without the case of ASCII letters; no others stand in names and tokens.
    static func isSame(_ left: some StringProtocol, _ right: some StringProtocol) -> Bool {
        func lowered(_ byte: UInt8) -> UInt8 { (0x41...0x5A).contains(byte) ? byte | 0x20 : byte }
        return left.utf8.count == right.utf8.count
            && zip(left.utf8, right.utf8).allSatisfy { lowered($0) == lowered($1) }
    }

    /// A field name or method (RFC 9110 §5.6.2).
    static func isToken(_ text: some StringProtocol) -> Bool {
        !text.utf8.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "a")...UInt8(ascii: "z"):
                    true
                default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
                }
            }
    }

    /// A field value: no control characters but tab, hence no line break that would smuggle in a field.
    static func isFieldValue(_ text: some StringProtocol) -> Bool {
        text.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 }
    }

    /// A request target or host: visible ASCII without spaces.
    static func isVisible(_ text: some StringProtocol) -> Bool {
        !text.utf8.isEmpty && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
    }

    /// Without spaces and tabs at both ends.
    static func trimmed(_ text: some StringProtocol) -> Substring {
        var rest = Substring(text)
        while let first = rest.utf8.first, first == 0x20 || first == 0x09 { rest = Substring(rest.utf8.dropFirst()) }
        while let last = rest.utf8.last, last == 0x20 || last == 0x09 { rest = Substring(rest.utf8.dropLast()) }
        return rest
    }
}
