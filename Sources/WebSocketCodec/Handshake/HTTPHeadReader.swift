/// Collects one HTTP header block, start line included, and refuses what is not one as early as it can tell
/// (RFC 9112 §2–5): bare CR or LF, control characters, folded lines, more bytes or fields than the limits.
struct HTTPHeadReader {
    /// Fields in one block at most.
    static let maximumFields = 100

    struct Head {
        var startLine: String
        var headers: HTTPHeaderFields
    }

    private let maximumBytes: Int
    private var block: [UInt8] = []

    init(maximumBytes: Int) { self.maximumBytes = maximumBytes }

    /// Nil while the block is incomplete. Consumes nothing behind the block; the reader is then ready for another.
    mutating func read(_ input: inout WebSocketInput) throws(WebSocketHandshakeError) -> Head? {
        while input.unreadByteCount > 0 {
            let byte = input.take(1)[0]
            guard block.count < maximumBytes else { throw .headTooLong(limit: maximumBytes) }
            let follows = block.last
            if follows == 0x0D, byte != 0x0A { throw .malformed("a CR without LF in the header block") }
            switch byte {
            case 0x0A: if follows != 0x0D { throw .malformed("an LF without CR in the header block") }
            case 0x0D, 0x09: break
            case 0x00..<0x20, 0x7F: throw .malformed("a control character in the header block")
            // All other bytes are text.
            default: break
            }
            block.append(byte)
            if byte == 0x0A, block.count >= 4, block[block.count - 3] == 0x0A {
                defer { block = [] }
                return try Self.parse(block.dropLast(4))
            }
            if byte == 0x0A, block.count == 2 { throw .malformed("an empty start line") }
        }
        return nil
    }

    private static func parse(_ block: ArraySlice<UInt8>) throws(WebSocketHandshakeError) -> Head {
        // CR and LF only occur as pairs here, so splitting at LF and dropping the CR is exact.
        let lines = block.split(separator: 0x0A, omittingEmptySubsequences: false)
        guard lines.count - 1 <= maximumFields else { throw .tooManyHeaderFields(limit: maximumFields) }
        var head = Head(startLine: "", headers: HTTPHeaderFields())
        for (index, raw) in lines.enumerated() {
            let line = raw.last == 0x0D ? raw.dropLast() : raw
            // Other bytes are opaque, not errors (RFC 9110 §5.5); they are shown as Latin-1.
            let text =
                String(validating: line, as: UTF8.self)
                ?? String(String.UnicodeScalarView(line.map { Unicode.Scalar($0) }))
            if index == 0 {
                head.startLine = text
                continue
            }
            if let first = line.first, first == 0x20 || first == 0x09 { throw .malformed("a folded header line") }
            guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), HTTPSyntax.isToken(text[..<colon]) else {
                throw .malformed("a header line without a valid name")
            }
            let value = HTTPSyntax.trimmed(text[text.utf8.index(after: colon)...])
            head.headers.append(name: String(text[..<colon]), value: String(value))
        }
        return head
    }
}
