/// Mattermost's ids: 26 characters of the z-base-32 alphabet (server: `model.NewId`), here from a seed.
struct IdentifierSource {
    private static let alphabet = Array("ybndrfg8ejkmcpqxot1uwisza345h769".utf8)
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> String {
        var units: [UInt8] = []
        units.reserveCapacity(26)
        for _ in 0..<3 {
            var bits = nextWord()
            for _ in 0..<9 where units.count < 26 {
                units.append(Self.alphabet[Int(bits & 31)])
                bits >>= 5
            }
        }
        return String(decoding: units, as: UTF8.self)
    }

    /// SplitMix64 (Steele, Lea, Flood 2014).
    private mutating func nextWord() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var word = state
        word = (word ^ (word >> 30)) &* 0xBF58_476D_1CE4_E5B9
        word = (word ^ (word >> 27)) &* 0x94D0_49BB_1331_11EB
        return word ^ (word >> 31)
    }

    /// What the server takes for an id (`model.IsValidId`): 26 ASCII letters or digits.
    static func isValid(_ text: some StringProtocol) -> Bool {
        text.utf8.count == 26
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
            }
    }
}
