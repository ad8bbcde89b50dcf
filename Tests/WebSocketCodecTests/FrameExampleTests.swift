import Testing
import WebSocketCodec

/// The examples of RFC 6455 §5.7, read and written.
struct FrameExampleTests {
    static let hello = Array("Hello".utf8)

    @Test func unmaskedTextIsReadByAClient() {
        #expect(decode([0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], as: .client) == [.text("Hello")])
    }

    @Test func maskedTextIsReadByAServer() {
        let bytes: [UInt8] = [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(decode(bytes, as: .server) == [.text("Hello")])
    }

    @Test func fragmentedTextIsJoined() {
        let bytes: [UInt8] = [0x01, 0x03, 0x48, 0x65, 0x6C, 0x80, 0x02, 0x6C, 0x6F]
        #expect(decode(bytes, as: .client) == [.text("Hello")])
    }

    @Test func pingAndMaskedPongCarryTheirPayload() {
        #expect(decode([0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F], as: .client) == [.ping(Self.hello)])
        let pong: [UInt8] = [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58]
        #expect(decode(pong, as: .server) == [.pong(Self.hello)])
    }

    @Test func lengthsOf256And65536AreRead() {
        let medium = [UInt8](repeating: 7, count: 256)
        #expect(decode([0x82, 0x7E, 0x01, 0x00] + medium, as: .client) == [.binary(medium)])
        let large = [UInt8](repeating: 9, count: 65_536)
        #expect(decode([0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0] + large, as: .client) == [.binary(large)])
    }

    @Test func theEncoderWritesTheSameBytes() throws {
        var output: [UInt8] = []
        WebSocketEncoder.appendText("Hello", maskingKey: nil, to: &output)
        #expect(output == [0x81, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        output = []
        WebSocketEncoder.appendText("Hello", maskingKey: 0x37FA_213D, to: &output)
        #expect(output == [0x81, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        output = []
        try Self.hello.withUnsafeBytes { bytes in
            try WebSocketEncoder.appendPing(bytes, maskingKey: nil, to: &output)
            try WebSocketEncoder.appendPong(bytes, maskingKey: 0x37FA_213D, to: &output)
        }
        #expect(output.prefix(7) == [0x89, 0x05, 0x48, 0x65, 0x6C, 0x6C, 0x6F])
        #expect(output.dropFirst(7) == [0x8A, 0x85, 0x37, 0xFA, 0x21, 0x3D, 0x7F, 0x9F, 0x4D, 0x51, 0x58])
        #expect(frame(.binary, [UInt8](repeating: 0, count: 256), from: .server).prefix(4) == [0x82, 0x7E, 0x01, 0x00])
        #expect(
            frame(.binary, [UInt8](repeating: 0, count: 65_536), from: .server).prefix(10)
                == [0x82, 0x7F, 0, 0, 0, 0, 0, 1, 0, 0])
    }

    @Test func closeIsWrittenWithCodeAndReasonCutBetweenCharacters() {
        var output: [UInt8] = []
        WebSocketEncoder.appendClose(nil, reason: "dropped", maskingKey: nil, to: &output)
        #expect(output == [0x88, 0x00])
        output = []
        WebSocketEncoder.appendClose(.goingAway, reason: "bye", maskingKey: nil, to: &output)
        #expect(output == [0x88, 0x05, 0x03, 0xE9, 0x62, 0x79, 0x65])
        output = []
        // 41 characters of three bytes are 123 bytes; the 42nd does not fit.
        WebSocketEncoder.appendClose(
            .normalClosure, reason: String(repeating: "€", count: 50), maskingKey: nil, to: &output)
        #expect(decode(output, as: .client) == [.close(1000, String(repeating: "€", count: 41))])
        output = []
        // 61 characters of two bytes are 122 bytes: one byte stays free rather than half a character.
        WebSocketEncoder.appendClose(
            .normalClosure, reason: String(repeating: "é", count: 80), maskingKey: nil, to: &output)
        #expect(decode(output, as: .client) == [.close(1000, String(repeating: "é", count: 61))])
    }

    @Test func pingsAndPongsOfMoreThan125BytesAreNotWritten() throws {
        var output: [UInt8] = []
        let payload = [UInt8](repeating: 1, count: 126)
        payload.withUnsafeBytes { bytes in
            #expect(throws: WebSocketEncodingError.controlPayloadTooLong(126)) {
                try WebSocketEncoder.appendPing(bytes, maskingKey: nil, to: &output)
            }
            #expect(throws: WebSocketEncodingError.controlPayloadTooLong(126)) {
                try WebSocketEncoder.appendPong(bytes, maskingKey: nil, to: &output)
            }
        }
        #expect(output.isEmpty)
    }
}
