import Testing

@testable import WebSocketCodec

/// Every input up to a bound, against an oracle that is written otherwise: a reader of RFC 6455 §5.2 on whole arrays.
@Suite("Every small input of the decoder")
struct ExhaustiveDecoderTests {
    @Test(
        "all byte strings up to three bytes, whole and cut at every boundary",
        arguments: [WebSocketRole.client, .server])
    func strings(role: WebSocketRole) {
        check([], role)
        for first in UInt8.min...UInt8.max {
            check([first], role)
            for second in UInt8.min...UInt8.max {
                check([first, second], role)
                let headerMayGoOn = (try? FrameHeader.byteCount(first: first, second: second, receivedBy: role)) != nil
                for third in headerMayGoOn ? Self.thirds : [0, 0xFF] {
                    check([first, second, third], role)
                }
            }
        }
    }

    /// All of them in optimised code; in other, which takes twenty times as long, those at which UTF-8 makes a difference.
    private static let thirds: [UInt8] =
        Exhaustive.isFull
        ? Array(UInt8.min...UInt8.max) : [0x00, 0x61, 0x7D, 0x7E, 0x7F, 0x80, 0xBF, 0xC1, 0xC2, 0xE0, 0xF4, 0xF5, 0xFF]

    @Test(
        "all first two bytes, with every form of the length and the mask", arguments: [WebSocketRole.client, .server])
    func headers(role: WebSocketRole) {
        let lengths: [UInt64] = [
            0, 1, 125, 126, 127, 0xFFFF, 0x1_0000, 0xFF_FFFF, 16 << 20, (16 << 20) + 1, 1 << 32, .max >> 1, 1 << 63,
            .max,
        ]
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let extended = second & 0x7F == 126 ? 2 : second & 0x7F == 127 ? 8 : 0
                // With reserved bits the rest is not looked at.
                for length in extended == 0 || first & 0x70 != 0 ? [0] : lengths {
                    var bytes = [first, second]
                    for index in (0..<extended).reversed() {
                        bytes.append(UInt8(truncatingIfNeeded: length >> (8 * UInt64(index))))
                    }
                    if second & 0x80 != 0 { bytes += [0x11, 0x22, 0x33, 0x44] }
                    check(bytes, role, isCut: first & 0x70 == 0)
                }
            }
        }
    }

    private func check(_ bytes: [UInt8], _ role: WebSocketRole, isCut: Bool = true) {
        let expected = Self.oracle(bytes, role)
        let whole = decode(bytes, as: role)
        if whole != expected { Issue.record("\(role) \(bytes): \(whole) instead of \(expected)") }
        guard isCut, bytes.count > 1 else { return }
        for split in 1..<bytes.count where decode([bytes[..<split], bytes[split...]], as: role) != expected {
            Issue.record("\(role) \(bytes) cut at \(split)")
        }
    }

    /// What the standard says of these bytes. Messages of one frame only: no input here is long enough for more.
    private static func oracle(_ bytes: [UInt8], _ role: WebSocketRole) -> [RecordedEvent] {
        var events: [RecordedEvent] = []
        var rest = bytes[...]
        var isFragmented = false
        while rest.count >= 2 {
            let (first, second) = (rest[rest.startIndex], rest[rest.startIndex + 1])
            let (opcode, isMasked, short) = (first & 15, second > 127, Int(second & 127))
            if first & 0x70 != 0 { return events + [.failure(.reservedBitsSet)] }
            if ![0, 1, 2, 8, 9, 10].contains(opcode) { return events + [.failure(.reservedOpcode)] }
            if isMasked != (role == .server) { return events + [.failure(isMasked ? .unexpectedMask : .missingMask)] }
            if opcode >= 8, first < 128 { return events + [.failure(.controlFrameFragmented)] }
            if opcode >= 8, short > 125 { return events + [.failure(.controlFrameTooLong)] }
            let extended = short == 126 ? 2 : short == 127 ? 8 : 0
            let headerCount = 2 + extended + (isMasked ? 4 : 0)
            guard rest.count >= headerCount else { return events }
            let digits = rest.dropFirst(2).prefix(extended)
            var length = UInt64(short)
            if extended > 0 {
                length = digits.reduce(0) { $0 << 8 | UInt64($1) }
                if length >= 1 << 63 { return events + [.failure(.lengthOverflow)] }
                if length < (extended == 2 ? 126 : 1 << 16) { return events + [.failure(.lengthNotMinimal)] }
            }
            if opcode == 0, !isFragmented { return events + [.failure(.continuationWithoutMessage)] }
            if opcode == 1 || opcode == 2, isFragmented { return events + [.failure(.messageInterrupted)] }
            if opcode < 8, length > 16 << 20 { return events + [.failure(.frameTooLong)] }
            let key = isMasked ? Array(rest.dropFirst(2 + extended).prefix(4)) : [0, 0, 0, 0]
            rest = rest.dropFirst(headerCount)
            let payload = rest.prefix(Int(length)).enumerated().map { $1 ^ key[$0 % 4] }
            let isComplete = rest.count >= length
            guard isComplete else {
                // A text fails at the first byte that no text goes on with; of one byte that is known at once.
                if opcode == 1, let byte = payload.first, (0x80..<0xC2).contains(byte) || byte > 0xF4 {
                    events.append(.failure(.invalidUTF8InText))
                }
                return events
            }
            rest = rest.dropFirst(Int(length))
            if opcode < 8 { isFragmented = first < 128 }
            switch opcode {
            case 1:
                let text = String(validating: payload, as: UTF8.self)
                guard text != nil || first < 128 else { return events + [.failure(.invalidUTF8InText)] }
                if first < 128, let byte = payload.first, (0x80..<0xC2).contains(byte) || byte > 0xF4 {
                    return events + [.failure(.invalidUTF8InText)]
                }
                if first >= 128, let text { events.append(.text(text)) }
            case 2: if first >= 128 { events.append(.binary(payload)) }
            case 8:
                if payload.isEmpty { return events + [.close(nil, "")] }
                return events + [.failure(.closePayloadTooShort)]
            case 9: events.append(.ping(payload))
            default: events.append(.pong(payload))
            }
        }
        return events
    }
}
