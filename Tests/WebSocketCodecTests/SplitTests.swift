import Testing
import WebSocketCodec

/// However the network cuts the stream, the events are the same.
struct SplitTests {
    /// Fragments with control frames between them, text with characters of 1–4 bytes, empty frames, both long lengths.
    static func mixedStream(from sender: WebSocketRole, long: Bool) -> [UInt8] {
        var bytes = frame(.text, "añ€𐍈".utf8, from: sender)
        bytes += frame(.ping, "p".utf8, from: sender)
        bytes += frame(.text, "€𐍈".utf8.prefix(5), isFinal: false, from: sender)
        bytes += frame(.ping, [], from: sender)
        bytes += frame(.continuation, [], isFinal: false, from: sender)
        bytes += frame(.pong, "mid".utf8, from: sender)
        bytes += frame(.continuation, "€𐍈".utf8.dropFirst(5), from: sender)
        bytes += frame(.binary, [], from: sender)
        if long {
            bytes += frame(.text, String(repeating: "Größe ", count: 30).utf8, from: sender)
            bytes += frame(.binary, (0..<400).map { UInt8(truncatingIfNeeded: $0) }, isFinal: false, from: sender)
            bytes += frame(.ping, (0..<125).map { UInt8($0) }, from: sender)
            bytes += frame(.continuation, (0..<130).map { UInt8($0) }, from: sender)
        }
        return bytes + frame(.close, [0x03, 0xE8] + "bye".utf8, from: sender)
    }

    private static func other(_ role: WebSocketRole) -> WebSocketRole { role == .client ? .server : .client }

    @Test(arguments: [WebSocketRole.client, .server]) func everySplitInTwoGivesTheSameEvents(_ role: WebSocketRole) {
        let stream = Self.mixedStream(from: Self.other(role), long: true)
        let whole = decode(stream, as: role)
        #expect(whole.count == 10)
        #expect(whole.last == .close(1000, "bye"))
        for split in 0...stream.count {
            if decode([stream[..<split], stream[split...]], as: role) != whole { Issue.record("split at \(split)") }
        }
        #expect(decode(stream.map { [$0] }, as: role) == whole)
    }

    @Test(arguments: [WebSocketRole.client, .server]) func everySplitInThreeGivesTheSameEvents(_ role: WebSocketRole) {
        let stream = Self.mixedStream(from: Self.other(role), long: false)
        let whole = decode(stream, as: role)
        #expect(
            whole == [
                .text("añ€𐍈"), .ping([0x70]), .ping([]), .pong(Array("mid".utf8)), .text("€𐍈"), .binary([]),
                .close(1000, "bye"),
            ])
        for first in 0...stream.count {
            for second in first...stream.count
            where decode([stream[..<first], stream[first..<second], stream[second...]], as: role) != whole {
                Issue.record("splits at \(first) and \(second)")
            }
        }
    }

    @Test func stoppingAfterAnyEventLosesNothing() throws {
        let stream = Self.mixedStream(from: .server, long: true)
        let whole = decode(stream, as: .client)
        // After each event the rest of the buffer is copied elsewhere, and read from there.
        var decoder = WebSocketDecoder(role: .client)
        var rest = stream
        var events: [RecordedEvent] = []
        var isOver = false
        while !isOver {
            try withPadded(rest) { buffer in
                var input = WebSocketInput(buffer)
                if let event = try decoder.next(&input) { events.append(RecordedEvent(event)) } else { isOver = true }
                rest = Array(input.unread)
                #expect(input.consumedByteCount + input.unreadByteCount == buffer.count)
            }
        }
        #expect(events == whole)
    }

    /// Random messages, fragments and cuts; the decoded events are what was encoded.
    @Test(arguments: [WebSocketRole.client, .server]) func whatIsEncodedIsDecoded(_ sender: WebSocketRole) {
        for seed in UInt64(1)...60 {
            var generator = SeededGenerator(state: seed)
            var stream: [UInt8] = []
            var expected: [RecordedEvent] = []
            for _ in 0..<Int.random(in: 1...6, using: &generator) {
                appendMessage(from: sender, using: &generator, to: &stream, &expected)
            }
            var chunks: [ArraySlice<UInt8>] = []
            var rest = stream[...]
            while !rest.isEmpty {
                let chunk = rest.prefix(
                    Int.random(in: 1...(1 << Int.random(in: 0...17, using: &generator)), using: &generator))
                chunks.append(chunk)
                rest = rest.dropFirst(chunk.count)
            }
            if decode(chunks, as: Self.other(sender)) != expected { Issue.record("seed \(seed)") }
        }
    }

    private func appendMessage(
        from sender: WebSocketRole, using generator: inout SeededGenerator, to stream: inout [UInt8],
        _ expected: inout [RecordedEvent]
    ) {
        let size = Int.random(in: 0...(1 << Int.random(in: 0...17, using: &generator)), using: &generator)
        let isText = Bool.random(using: &generator)
        let payload: [UInt8]
        if isText {
            let characters: [Character] = ["a", "z", " ", "é", "€", "語", "𐍈"]
            let word = String((0..<50).map { _ in characters.randomElement(using: &generator) ?? "a" })
            payload = Array(String(repeating: word, count: size / 100 + 1).utf8)
        } else {
            payload = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31 &+ size) }
        }
        var cuts = [0, payload.count]
        for _ in 0..<Int.random(in: 0...3, using: &generator) {
            cuts.append(Int.random(in: 0...payload.count, using: &generator))
        }
        cuts.sort()
        for index in 1..<cuts.count {
            let part = Array(payload[cuts[index - 1]..<cuts[index]])
            let opcode: WebSocketOpcode = index > 1 ? .continuation : isText ? .text : .binary
            let key = sender == .client ? UInt32.random(in: 0...UInt32.max, using: &generator) : nil
            part.withUnsafeBytes {
                WebSocketEncoder.appendFrame(
                    opcode, isFinal: index == cuts.count - 1, payload: $0, maskingKey: key, to: &stream)
            }
            guard index < cuts.count - 1, Bool.random(using: &generator) else { continue }
            stream += frame(.ping, [UInt8(index)], from: sender)
            expected.append(.ping([UInt8(index)]))
        }
        expected.append(isText ? .text(String(decoding: payload, as: UTF8.self)) : .binary(payload))
    }
}
