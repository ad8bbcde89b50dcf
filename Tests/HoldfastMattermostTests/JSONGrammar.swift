/// Whether bytes are one JSON text (RFC 8259), by the grammar, character by character: an oracle. (Foundation's parser is none:
/// it lets a comma stand before a bracket.) Strings must be UTF-8 already.
struct JSONGrammar {
    private var rest: ArraySlice<UInt8>

    /// The kind of the text's value: its first byte; nil where it is not JSON.
    static func kind(of bytes: [UInt8]) -> UInt8? {
        var grammar = JSONGrammar(rest: bytes[...])
        grammar.skipSpace()
        let first = grammar.rest.first
        return grammar.value() && grammar.rest.isEmpty ? first : nil
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard rest.first == byte else { return false }
        rest.removeFirst()
        return true
    }

    private mutating func skipSpace() { rest = rest.drop { [0x20, 0x09, 0x0A, 0x0D].contains($0) } }

    private mutating func value() -> Bool {
        skipSpace()
        defer { skipSpace() }
        switch rest.first {
        case UInt8(ascii: "{"):
            return list(UInt8(ascii: "}")) {
                $0.skipSpace(); return $0.string() && $0.colonAndValue()
            }
        case UInt8(ascii: "["): return list(UInt8(ascii: "]")) { $0.value() }
        case UInt8(ascii: "\""): return string()
        case UInt8(ascii: "t"): return word("true")
        case UInt8(ascii: "f"): return word("false")
        case UInt8(ascii: "n"): return word("null")
        default: return number()
        }
    }

    private mutating func colonAndValue() -> Bool {
        skipSpace()
        return take(UInt8(ascii: ":")) && value()
    }

    private mutating func list(_ end: UInt8, _ element: (inout JSONGrammar) -> Bool) -> Bool {
        rest.removeFirst()
        skipSpace()
        if take(end) { return true }
        while element(&self) {
            if take(end) { return true }
            guard take(UInt8(ascii: ",")) else { return false }
        }
        return false
    }

    private mutating func word(_ word: String) -> Bool {
        guard rest.starts(with: word.utf8) else { return false }
        rest = rest.dropFirst(word.utf8.count)
        return true
    }

    private mutating func string() -> Bool {
        guard take(UInt8(ascii: "\"")) else { return false }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard let escape = rest.popFirst() else { return false }
                if "\"\\/bfnrt".utf8.contains(escape) { continue }
                guard escape == UInt8(ascii: "u"), rest.count >= 4, rest.prefix(4).allSatisfy(Self.isHexadecimal) else {
                    return false
                }
                rest = rest.dropFirst(4)
            case 0..<0x20: return false
            default: continue
            }
        }
        return false
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool { "0123456789abcdefABCDEF".utf8.contains(byte) }

    private mutating func digits() -> Bool {
        let count = rest.prefix { (0x30...0x39).contains($0) }.count
        rest = rest.dropFirst(count)
        return count > 0
    }

    private mutating func number() -> Bool {
        _ = take(UInt8(ascii: "-"))
        if !take(UInt8(ascii: "0")), !digits() { return false }
        if take(UInt8(ascii: ".")), !digits() { return false }
        if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
            if !take(UInt8(ascii: "-")) { _ = take(UInt8(ascii: "+")) }
            return digits()
        }
        return true
    }
}
