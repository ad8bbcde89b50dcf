import Testing

@testable import WebSocketCodec

/// Our validator against the standard library's.
struct UTF8ValidatorTests {
    private static func accepts(_ bytes: UnsafeRawBufferPointer) -> Bool {
        var validator = UTF8Validator()
        return validator.validate(bytes) && validator.isComplete
    }

    /// The same verdict from our validator, alone and behind ASCII (other code paths), and from the standard library.
    private static func agrees(_ bytes: UnsafeMutableRawBufferPointer, _ length: Int) -> Bool {
        let alone = UnsafeRawBufferPointer(rebasing: bytes[..<length])
        return accepts(alone) == (String(validating: alone, as: UTF8.self) != nil)
    }

    /// All sequences of one and two bytes, and of three: there, three ASCII bytes stand for all as the first, and a
    /// prefix that is refused is extended with the edges of each class only, since text that went wrong stays wrong.
    @Test func oneToThreeBytesAreJudgedAsTheStandardLibraryDoes() {
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC2, 0xE0, 0xF0, 0xFF]
        let everyByte = Array(UInt8.min...UInt8.max)
        withUnsafeTemporaryAllocation(byteCount: 3, alignment: 8) { bytes in
            for first in everyByte {
                bytes[0] = first
                if !Self.agrees(bytes, 1) { Issue.record("\(first)") }
                for second in everyByte {
                    bytes[1] = second
                    if !Self.agrees(bytes, 2) { Issue.record("\(first) \(second)") }
                    if first < 0x80, ![0x00, 0x61, 0x7F].contains(first) { continue }
                    var validator = UTF8Validator()
                    let isDead = !validator.validate(UnsafeRawBufferPointer(rebasing: bytes[..<2]))
                    for third in isDead ? edges : everyByte {
                        bytes[2] = third
                        if !Self.agrees(bytes, 3) { Issue.record("\(first) \(second) \(third)") }
                    }
                }
            }
        }
    }

    /// Every lead byte with boundary bytes in all four places, bare, and shifted by 0–9 bytes of ASCII and of
    /// two-byte characters, with text behind: all paths of the fast loop.
    @Test func fourBytesAreJudgedAsTheStandardLibraryDoesAnywhere() {
        let edges: [UInt8] = [0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC2, 0xED, 0xF4, 0xFF]
        let leads: [UInt8] = [0x61, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF, 0xF0, 0xF1, 0xF3, 0xF4, 0xF5]
        for first in leads {
            for second in edges {
                for third in edges {
                    for fourth in edges {
                        let shift = Int(first ^ second ^ third ^ fourth) % 10
                        for prefix in ["", String(repeating: "a", count: shift), String(repeating: "é", count: shift)] {
                            let bytes = Array(prefix.utf8) + [first, second, third, fourth]
                            let isValid = String(validating: bytes, as: UTF8.self) != nil
                            if bytes.withUnsafeBytes(Self.accepts) != isValid { Issue.record("\(bytes)") }
                            let longer = bytes + Array("tail of nine".utf8)
                            let isLongerValid = String(validating: longer, as: UTF8.self) != nil
                            if longer.withUnsafeBytes(Self.accepts) != isLongerValid { Issue.record("\(longer)") }
                        }
                    }
                }
            }
        }
    }

    /// A wrong byte is refused by itself: what was accepted up to any point can always be completed.
    @Test func whateverIsAcceptedCanBeCompleted() {
        let leads: [UInt8] = [0x61, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF1, 0xF4]
        let completions: [[UInt8]] = [0x80, 0x90, 0xA0].flatMap { byte in
            (0...3).map { [UInt8](repeating: byte, count: $0) }
        }
        for first in leads {
            for second in UInt8.min...UInt8.max {
                let prefix = [first, second]
                var validator = UTF8Validator()
                let isAccepted = prefix.withUnsafeBytes { validator.validate($0) }
                let isCompletable = completions.contains { String(validating: prefix + $0, as: UTF8.self) != nil }
                if isAccepted != isCompletable { Issue.record("\(prefix)") }
            }
        }
    }

    @Test func aWrongByteIsFoundAtEachPlaceOfALongText() {
        for length in [1, 7, 8, 9, 31, 32, 33, 70] {
            for place in 0..<length {
                var bytes = [UInt8](repeating: 0x61, count: length)
                bytes[place] = 0xFF
                #expect(!bytes.withUnsafeBytes(Self.accepts))
            }
        }
    }

    @Test func everyCutOfATextIsAccepted() {
        let bytes = Array("plain ASCII that is long enough to be skipped, é€𐍈 then more, ÿ語🎈".utf8)
        for first in 0...bytes.count {
            for second in first...bytes.count {
                var validator = UTF8Validator()
                let areValid = [bytes[..<first], bytes[first..<second], bytes[second...]].allSatisfy { part in
                    part.withUnsafeBytes { validator.validate($0) }
                }
                if !areValid || !validator.isComplete { Issue.record("cuts at \(first) and \(second)") }
            }
        }
    }
}
