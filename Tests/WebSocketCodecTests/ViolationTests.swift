import Testing
import WebSocketCodec

/// Each way to break RFC 6455 §5, and what it costs.
struct ViolationTests {
    struct Violation: CustomTestStringConvertible, Sendable {
        var role = WebSocketRole.client
        var bytes: [UInt8]
        var error: WebSocketProtocolError
        var code: UInt16 = 1002
        var testDescription: String { "\(role) \(bytes.prefix(12)) \(error)" }
    }

    static let limits = WebSocketLimits(maximumFrameBytes: 1000, maximumMessageBytes: 1500, maximumFragments: 3)

    static let violations: [Violation] =
        [0x91, 0xA1, 0xC1, 0xF1, 0x99, 0xC8].map { Violation(bytes: [$0, 0x00], error: .reservedBitsSet) }
        + [0x83, 0x84, 0x85, 0x86, 0x87, 0x8B, 0x8C, 0x8D, 0x8E, 0x8F, 0x03].map {
            Violation(bytes: [$0, 0x00], error: .reservedOpcode)
        }
        + [
            Violation(bytes: [0x81, 0x80], error: .unexpectedMask),
            Violation(role: .server, bytes: [0x81, 0x00], error: .missingMask),
            Violation(role: .server, bytes: [0x88, 0x00], error: .missingMask),
            Violation(bytes: [0x88, 0x7E], error: .controlFrameTooLong),
            Violation(bytes: [0x89, 0x7E], error: .controlFrameTooLong),
            Violation(bytes: [0x8A, 0x7F], error: .controlFrameTooLong),
            Violation(bytes: [0x08, 0x00], error: .controlFrameFragmented),
            Violation(bytes: [0x09, 0x00], error: .controlFrameFragmented),
            Violation(bytes: [0x0A, 0x00], error: .controlFrameFragmented),
            Violation(bytes: [0x82, 0x7E, 0x00, 0x7D], error: .lengthNotMinimal),
            Violation(bytes: [0x82, 0x7F, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF], error: .lengthNotMinimal),
            Violation(bytes: [0x82, 0x7F, 0x80, 0, 0, 0, 0, 0, 0, 0], error: .lengthOverflow),
            Violation(bytes: [0x82, 0x7F] + [UInt8](repeating: 0xFF, count: 8), error: .lengthOverflow),
            Violation(bytes: [0x80, 0x00], error: .continuationWithoutMessage),
            Violation(bytes: [0x00, 0x00], error: .continuationWithoutMessage),
            Violation(bytes: [0x81, 0x00, 0x80, 0x00], error: .continuationWithoutMessage),
            Violation(bytes: [0x01, 0x00, 0x81, 0x00], error: .messageInterrupted),
            Violation(bytes: [0x02, 0x00, 0x01, 0x00], error: .messageInterrupted),
            Violation(bytes: [0x88, 0x01, 0x03], error: .closePayloadTooShort),
            Violation(bytes: [0x88, 0x04, 0x03, 0xE8, 0xC3, 0x28], error: .invalidUTF8InCloseReason, code: 1007),
            Violation(bytes: [0x88, 0x03, 0x03, 0xE8, 0xC3], error: .invalidUTF8InCloseReason, code: 1007),
            Violation(bytes: [0x81, 0x02, 0xC3, 0x28], error: .invalidUTF8InText, code: 1007),
            Violation(bytes: [0x81, 0x01, 0xC3], error: .invalidUTF8InText, code: 1007),
            Violation(bytes: [0x01, 0x01, 0xC3, 0x80, 0x00], error: .invalidUTF8InText, code: 1007),
            // The second fragment is not complete, and its bad byte suffices.
            Violation(bytes: [0x01, 0x01, 0xC3, 0x80, 0x7D, 0x28], error: .invalidUTF8InText, code: 1007),
            Violation(bytes: [0x81, 0x7D, 0xED, 0xA0], error: .invalidUTF8InText, code: 1007),
            Violation(bytes: [0x82, 0x7E, 0x03, 0xE9], error: .frameTooLong, code: 1009),
            Violation(
                bytes: [0x82, 0x7F, 0x7F] + [UInt8](repeating: 0xFF, count: 7), error: .frameTooLong, code: 1009),
            Violation(
                bytes: [0x02, 0x7E, 0x03, 0xE8] + [UInt8](repeating: 0, count: 1000) + [0x80, 0x7E, 0x01, 0xF5],
                error: .messageTooLong, code: 1009),
            Violation(bytes: [0x02, 0, 0, 0, 0, 0, 0, 0], error: .tooManyFragments, code: 1009),
        ]
        + ([0, 1, 999, 1004, 1005, 1006, 1015, 1016, 1100, 2000, 2999, 5000, 65_535] as [UInt16]).map {
            Violation(bytes: [0x88, 0x02, UInt8($0 >> 8), UInt8($0 & 0xFF)], error: .invalidCloseCode)
        }

    @Test(arguments: violations) func isATypedErrorWithItsCloseCode(_ violation: Violation) {
        let events = decode(violation.bytes, as: violation.role, limits: Self.limits)
        #expect(events.last == .failure(violation.error))
        #expect(violation.error.closeCode.rawValue == violation.code)
        #expect(violation.error.description.utf8.count <= 123)
        // Byte by byte the verdict is the same.
        let bytewise = decode(violation.bytes.map { [$0] }, as: violation.role, limits: Self.limits)
        #expect(bytewise == events)
    }

    @Test func everyErrorIsProvoked() {
        #expect(Set(Self.violations.map(\.error)) == Set(WebSocketProtocolError.allCases))
    }

    @Test func aFailedDecoderStaysFailed() {
        var decoder = WebSocketDecoder(role: .client)
        for _ in 0..<3 {
            let result = Result { try feed([0x83, 0x00] + frame(.text, "late".utf8, from: .server), to: &decoder) }
            #expect(throws: WebSocketProtocolError.reservedOpcode) { try result.get() }
        }
        #expect(decoder.retainedByteCount == 0)
    }

    @Test func limitsAreInclusiveAndCountEachMessageAnew() {
        let most = [UInt8](repeating: 1, count: 1000)
        let rest = [UInt8](repeating: 2, count: 500)
        let bytes =
            frame(.binary, most, isFinal: false, from: .server)
            + frame(.continuation, [], isFinal: false, from: .server)
            + frame(.continuation, rest, from: .server)
        #expect(
            decode(bytes + bytes, as: .client, limits: Self.limits) == [.binary(most + rest), .binary(most + rest)])
    }

    @Test(arguments: [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 1012, 1013, 1014, 3000, 3999, 4000, 4999])
    func validCloseCodesAreDelivered(_ code: UInt16) {
        let bytes: [UInt8] = [0x88, 0x04, UInt8(code >> 8), UInt8(code & 0xFF), 0x6F, 0x6B]
        #expect(decode(bytes, as: .client) == [.close(code, "ok")])
    }

    @Test func nothingIsReadBehindAClose() {
        let bytes = frame(.close, [], from: .server) + [0x83, 0xFF, 0xFF]
        #expect(decode(bytes, as: .client) == [.close(nil, "")])
        #expect(decode(bytes.map { [$0] }, as: .client) == [.close(nil, "")])
    }

    /// All 65,536 first two bytes, for both roles: an event, an error or a wish for more — the same in one piece and
    /// in two, with and without bytes behind.
    @Test(arguments: [WebSocketRole.client, .server]) func noTwoBytesTrap(_ role: WebSocketRole) {
        var failures = 0
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let whole = decode([first, second], as: role)
                if decode([[first], [second]], as: role) != whole {
                    Issue.record("\(first) \(second) differ when split")
                }
                let longer = decode([first, second] + [UInt8](repeating: 0x80, count: 20), as: role)
                if case .failure = whole.last {
                    failures += 1
                    if longer != whole { Issue.record("\(first) \(second) differ with more bytes") }
                }
            }
        }
        // With RSV clear and the mask bit as demanded, these do not fail: text and binary, final or not, with each of
        // 128 lengths; three final control frames with lengths up to 125; continuations that are not complete yet.
        #expect(failures == 65_536 - 2 * 2 * 128 - 3 * 126 - Self.undecidedContinuations(role))
    }

    /// A continuation without a message fails once its header is complete: at two bytes for a client's short lengths,
    /// never at two for a server, which still waits for the masking key.
    private static func undecidedContinuations(_ role: WebSocketRole) -> Int {
        switch role {
        case .client: 2 * 2
        case .server: 2 * 128
        }
    }
}
