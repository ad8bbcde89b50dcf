import Testing

@testable import WebSocketCodec

@Suite("Every small input of the UTF-8 validator")
struct ExhaustiveUTF8Tests {
    /// Of each range of bytes that RFC 3629 §4 tells apart, the first and the last.
    private static let boundaries: [UInt8] = [
        0x00, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC0, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xEC, 0xED, 0xEE, 0xEF,
        0xF0,
        0xF1, 0xF3, 0xF4, 0xF5, 0xFF,
    ]

    /// All of them in optimised code; in other, which takes fifty times as long, the boundaries.
    private static let choice = Exhaustive.isFull ? Array(UInt8.min...UInt8.max) : boundaries

    @Test("all strings of one, two and three bytes agree with Swift's own validation")
    func threeBytes() {
        var bytes: [UInt8] = [0, 0, 0]
        var wrong = 0
        for first in UInt8.min...UInt8.max {
            if Self.judge([first]) != Self.swift([first]) { wrong += 1 }
            bytes[0] = first
            for second in UInt8.min...UInt8.max {
                if Self.judge([first, second]) != Self.swift([first, second]) { wrong += 1 }
                guard Self.choice.count == 256 || Self.choice.contains(second) else { continue }
                bytes[1] = second
                for third in Self.choice {
                    bytes[2] = third
                    if Self.judge(bytes) != Self.swift(bytes) { wrong += 1 }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test("all strings of four bytes over the boundaries agree, whole and cut at every byte")
    func fourBytes() {
        var wrong: [[UInt8]] = []
        for first in Self.boundaries {
            for second in Self.boundaries {
                for third in Self.boundaries {
                    for fourth in Self.boundaries {
                        let bytes = [first, second, third, fourth]
                        let expected = Self.swift(bytes)
                        if Self.judge(bytes) != expected { wrong.append(bytes) }
                        // The fast way over four bytes is not taken here.
                        if second & 1 == 1, Self.judgeByteByByte(bytes) != expected { wrong.append(bytes) }
                    }
                }
            }
        }
        #expect(wrong.isEmpty)
    }

    @Test("scalars are text, wherever it stands in a run of others", arguments: [0, 7, 31])
    func scalars(offset: Int) {
        let lead = [UInt8](repeating: 0x61, count: offset)
        var wrong = 0
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: Exhaustive.isFull ? 1 : 61) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            if !Self.judge(lead + Array(String(scalar).utf8)) { wrong += 1 }
        }
        #expect(wrong == 0)
    }

    private static func judge(_ bytes: [UInt8]) -> Bool { bytes.withUnsafeBytes { WebSocketDecoder.isUTF8($0) } }

    private static func judgeByteByByte(_ bytes: [UInt8]) -> Bool {
        var validator = UTF8Validator()
        for byte in bytes where !withUnsafeBytes(of: byte, { validator.validate($0) }) { return false }
        return validator.isComplete
    }

    private static func swift(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }
}
