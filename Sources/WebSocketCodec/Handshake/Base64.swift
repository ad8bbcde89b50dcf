/// Base64 (RFC 4648 §4), padded, strict.
enum Base64 {
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    private static let padding = UInt8(ascii: "=")

    static func encode(_ bytes: [UInt8]) -> String {
        var characters: [UInt8] = []
        characters.reserveCapacity((bytes.count + 2) / 3 * 4)
        for start in stride(from: 0, to: bytes.count, by: 3) {
            let second = start + 1 < bytes.count ? bytes[start + 1] : nil
            let third = start + 2 < bytes.count ? bytes[start + 2] : nil
            let group = UInt32(bytes[start]) << 16 | UInt32(second ?? 0) << 8 | UInt32(third ?? 0)
            characters.append(alphabet[Int(group >> 18)])
            characters.append(alphabet[Int(group >> 12 & 63)])
            characters.append(second == nil ? padding : alphabet[Int(group >> 6 & 63)])
            characters.append(third == nil ? padding : alphabet[Int(group & 63)])
        }
        return String(decoding: characters, as: UTF8.self)
    }

    /// Nil for a wrong length, alphabet or padding, and for stray bits behind the last byte (RFC 4648 §3.5).
    static func decode(_ text: some StringProtocol) -> [UInt8]? {
        let characters = Array(text.utf8)
        guard characters.count % 4 == 0 else { return nil }
        var bytes: [UInt8] = []
        for start in stride(from: 0, to: characters.count, by: 4) {
            let isLast = start + 4 == characters.count
            let paddingCount = isLast ? characters[start...].reversed().prefix { $0 == padding }.count : 0
            guard paddingCount <= 2 else { return nil }
            var group: UInt32 = 0
            for character in characters[start..<start + 4 - paddingCount] {
                guard let value = value(of: character) else { return nil }
                group = group << 6 | value
            }
            group <<= UInt32(6 * paddingCount)
            let unused: UInt32 = paddingCount == 0 ? 0 : paddingCount == 1 ? 0xFF : 0xFFFF
            guard group & unused == 0 else { return nil }
            for index in 0..<3 - paddingCount {
                bytes.append(UInt8(truncatingIfNeeded: group >> UInt32(16 - 8 * index)))
            }
        }
        return bytes
    }

    private static func value(of character: UInt8) -> UInt32? {
        switch character {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(character - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(character - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(character - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
