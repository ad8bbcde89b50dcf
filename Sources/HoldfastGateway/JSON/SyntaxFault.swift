/// Says in plain words why simdjson refused a text, and where. It is asked only then, and decides nothing: it looks at what
/// stands behind the last part that was in order.
struct SyntaxFault {
    /// What was told last.
    enum Told { case nothing, opening, key, value }

    var bytes: [UInt8]
    var told: Told
    /// Behind what was told last.
    var end: Int
    /// Whether the innermost open bracket is an object's; nil where none is open.
    var isInObject: Bool?

    /// The first byte that is no UTF-8.
    var encoding: Finding {
        var offset = 0
        var parser = Unicode.UTF8.ForwardParser()
        var iterator = bytes.makeIterator()
        scan: while true {
            switch parser.parseScalar(from: &iterator) {
            case .valid(let scalar): offset += scalar.count
            case .error, .emptyInput: break scan
            }
        }
        return Finding(offset: offset, message: "this is not UTF-8; save the file in that encoding")
    }

    /// The first string that is not closed, or has a control character.
    var string: Finding {
        var offset = 0
        while let quote = bytes[offset...].firstIndex(of: UInt8(ascii: "\"")) {
            var inside = quote + 1
            while inside < bytes.count, bytes[inside] != UInt8(ascii: "\"") {
                if bytes[inside] == UInt8(ascii: "\n") { return Self.unclosed(quote) }
                if bytes[inside] < 0x20 {
                    return Finding(
                        offset: inside,
                        message: "a control character stands in this text; write it as an escape: \\t, \\u001b")
                }
                inside += bytes[inside] == UInt8(ascii: "\\") ? 2 : 1
            }
            if inside >= bytes.count { return Self.unclosed(quote) }
            offset = inside + 1
        }
        return token
    }

    private static func unclosed(_ quote: Int) -> Finding {
        Finding(offset: quote, message: "the text that begins here is not closed: a double quote is missing at its end")
    }

    /// The text does not end as it began.
    var ending: Finding {
        let last = bytes.lastIndex { !Self.isSpace($0) } ?? 0
        return Finding(
            offset: last,
            message:
                "the file does not end with the bracket that closes its first one; it is cut off, or something follows")
    }

    /// The first token that cannot stand where it stands.
    var token: Finding {
        switch (told, isInObject) {
        case (.nothing, _):
            let offset = next(from: 0)
            if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
                return Finding(
                    offset: 0, message: "the file begins with a byte order mark; save it as UTF-8 without one")
            }
            return value(at: offset)
        case (_, nil):
            return Finding(offset: next(from: end), message: "nothing may follow the bracket that closes the first one")
        case (.key, _):
            let colon = next(from: end)
            return has(":", at: colon) ? value(at: next(from: colon + 1)) : Self.noColon(colon)
        case (.opening, true?): return key(at: next(from: end))
        case (.opening, false?): return value(at: next(from: end))
        case (.value, let isObject?):
            let comma = next(from: end)
            guard has(",", at: comma) else { return separator(at: comma, isObject: isObject) }
            let offset = next(from: comma + 1)
            if has(isObject ? "}" : "]", at: offset) {
                return Finding(offset: comma, message: "no comma may stand behind the last one of a list or object")
            }
            return isObject ? key(at: offset) : value(at: offset)
        }
    }

    private func key(at offset: Int) -> Finding {
        if let comment = comment(at: offset) { return comment }
        guard offset < bytes.count else { return cutOff }
        guard has("\"", at: offset) else {
            return Finding(offset: offset, message: "a key in double quotes must stand here")
        }
        let colon = next(from: behindString(at: offset))
        return has(":", at: colon) ? Self.badEscape(offset) : Self.noColon(colon)
    }

    private func value(at offset: Int) -> Finding {
        if let comment = comment(at: offset) { return comment }
        guard offset < bytes.count else { return cutOff }
        switch bytes[offset] {
        case UInt8(ascii: "}"), UInt8(ascii: "]"), UInt8(ascii: ","), UInt8(ascii: ":"):
            return Finding(offset: offset, message: "a value is missing here")
        case UInt8(ascii: "\""):
            let behind = next(from: behindString(at: offset))
            return has(":", at: behind) ? separator(at: behind, isObject: isInObject ?? true) : Self.badEscape(offset)
        default:
            return Finding(
                offset: offset,
                message: "this is no value: texts stand in double quotes; else there are numbers, true, false and null")
        }
    }

    private func separator(at offset: Int, isObject: Bool) -> Finding {
        if let comment = comment(at: offset) { return comment }
        guard offset < bytes.count else { return cutOff }
        return Finding(offset: offset, message: "a comma or \(isObject ? "}" : "]") must stand here")
    }

    private static func noColon(_ offset: Int) -> Finding {
        Finding(offset: offset, message: "a colon must stand here, between key and value")
    }

    private static func badEscape(_ offset: Int) -> Finding {
        Finding(
            offset: offset,
            message: "this text has an escape that JSON does not know; a backslash itself is written \\\\")
    }

    private var cutOff: Finding { Finding(offset: bytes.count, message: "the file ends before it is complete") }

    private func comment(at offset: Int) -> Finding? {
        guard has("/", at: offset) || has("#", at: offset) else { return nil }
        return Finding(offset: offset, message: "JSON has no comments; leave this out")
    }

    // MARK: Looking around

    private static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 }

    private func has(_ character: Unicode.Scalar, at offset: Int) -> Bool {
        offset < bytes.count && UInt32(bytes[offset]) == character.value
    }

    private func next(from offset: Int) -> Int {
        bytes[min(offset, bytes.count)...].firstIndex { !Self.isSpace($0) } ?? bytes.count
    }

    private func behindString(at quote: Int) -> Int {
        var offset = quote + 1
        while offset < bytes.count, bytes[offset] != UInt8(ascii: "\"") {
            offset += bytes[offset] == UInt8(ascii: "\\") ? 2 : 1
        }
        return min(offset + 1, bytes.count)
    }
}
