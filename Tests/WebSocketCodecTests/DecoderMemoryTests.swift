import Testing
import WebSocketCodec

/// What the decoder copies, and what it keeps.
struct DecoderMemoryTests {
    @Test func anIdleDecoderIsSmallAndHoldsNoBuffer() {
        #expect(MemoryLayout<WebSocketDecoder>.size < 200)
        let decoder = WebSocketDecoder(role: .client)
        #expect(decoder.retainedByteCount == 0)
    }

    @Test(arguments: [WebSocketRole.client, .server]) func wholeMessagesAreDeliveredInPlace(_ sender: WebSocketRole)
        throws
    {
        var decoder = WebSocketDecoder(role: sender == .client ? .server : .client)
        let messages = [1, 125, 126, 70_000].map { [UInt8](repeating: 0x61, count: $0) }
        let stream = messages.flatMap { frame(.text, $0, from: sender) + frame(.ping, [1, 2, 3], from: sender) }
        try withPadded(stream) { buffer in
            var input = WebSocketInput(buffer)
            var texts = 0
            while let event = try decoder.next(&input) {
                #expect(decoder.retainedByteCount == 0)
                switch event {
                case .text(let bytes):
                    #expect(lies(bytes, in: buffer))
                    #expect(bytes.elementsEqual(messages[texts]))
                    texts += 1
                case .ping(let bytes):
                    #expect(lies(bytes, in: buffer))
                case .binary, .pong, .close:
                    Issue.record("not sent")
                }
            }
            #expect(texts == messages.count)
        }
    }

    @Test func aMessageIsInPlaceEvenWhenItsHeaderCameBefore() throws {
        var decoder = WebSocketDecoder(role: .client)
        let stream = frame(.binary, [UInt8](repeating: 5, count: 300), from: .server)
        #expect(try feed(stream[..<4], to: &decoder).isEmpty)
        #expect(decoder.retainedByteCount == 0)
        try withPadded(stream[4...]) { buffer in
            var input = WebSocketInput(buffer)
            guard case .binary(let bytes) = try decoder.next(&input) else { throw Missing(what: "no message") }
            #expect(lies(bytes, in: buffer) && bytes.count == 300)
        }
    }

    @Test func aMessageThatSpansReadsIsPaddedAndReleasedByTheNextCall() throws {
        var decoder = WebSocketDecoder(role: .client)
        let stream = frame(.text, [UInt8](repeating: 0x62, count: 100_000), from: .server)
        #expect(try feed(stream[..<60_000], to: &decoder).isEmpty)
        #expect(decoder.retainedByteCount >= 59_990)
        try withPadded(stream[60_000...] + frame(.ping, [], from: .server)) { buffer in
            var input = WebSocketInput(buffer)
            guard case .text(let bytes) = try decoder.next(&input) else { throw Missing(what: "no message") }
            #expect(!lies(bytes, in: buffer))
            #expect(bytes.count == 100_000 && bytes.allSatisfy { $0 == 0x62 })
            let padding = UnsafeRawBufferPointer(start: bytes.baseAddress, count: bytes.count + 64).suffix(64)
            #expect(padding.allSatisfy { $0 == 0 })
            guard case .ping = try decoder.next(&input) else { throw Missing(what: "no ping") }
            #expect(decoder.retainedByteCount == 0)
        }
    }

    @Test func aControlFrameThatSpansReadsIsReleasedToo() throws {
        var decoder = WebSocketDecoder(role: .server)
        var events: [RecordedEvent] = []
        for byte in frame(.ping, [UInt8](repeating: 3, count: 125), from: .client) {
            events += try feed([byte], to: &decoder)
            #expect(decoder.retainedByteCount <= 4096 + 64)
        }
        #expect(events == [.ping([UInt8](repeating: 3, count: 125))])
        #expect(decoder.retainedByteCount == 0)
    }

    @Test func anAnnouncedLengthAloneCostsNothing() throws {
        var decoder = WebSocketDecoder(role: .client)
        let header: [UInt8] = [0x82, 0x7F, 0, 0, 0, 0, 0, 0xFF, 0, 0]
        #expect(try feed(header + [1, 2, 3], to: &decoder).isEmpty)
        // 16 MiB announced, three bytes sent.
        #expect(decoder.retainedByteCount <= 4096 + 64)
    }

    @Test func manySmallFragmentsAreNotCopiedAgainForEachOfThem() throws {
        var decoder = WebSocketDecoder(role: .client)
        var sizes: Set<Int> = []
        for number in 0..<10_000 {
            let opcode = number == 0 ? WebSocketOpcode.binary : .continuation
            let piece = frame(opcode, [UInt8](repeating: 1, count: 64), isFinal: false, from: .server)
            #expect(try feed(piece, to: &decoder).isEmpty)
            sizes.insert(decoder.retainedByteCount)
        }
        // 640,000 bytes in all; from 4 KiB to 1 MiB by doubling there are nine sizes.
        #expect(sizes.count <= 9)
        #expect(decoder.retainedByteCount <= 2 * 640_000 + 64)
        let end = frame(.continuation, [2], from: .server)
        #expect(try feed(end, to: &decoder) == [.binary([UInt8](repeating: 1, count: 640_000) + [2])])
        #expect(decoder.retainedByteCount == 0)
    }

    @Test func aMessageCutOffByACloseIsForgotten() throws {
        var decoder = WebSocketDecoder(role: .client)
        let stream = frame(.text, "begun".utf8, isFinal: false, from: .server) + frame(.close, [], from: .server)
        try withPadded(stream) { buffer in
            var input = WebSocketInput(buffer)
            guard case .close = try decoder.next(&input) else { throw Missing(what: "no close") }
            #expect(decoder.retainedByteCount == 0)
        }
    }

    private func lies(_ bytes: UnsafeRawBufferPointer, in buffer: UnsafeMutableRawBufferPointer) -> Bool {
        guard let base = bytes.baseAddress, let start = buffer.baseAddress else { return false }
        return UnsafeRawPointer(start) <= base && base + bytes.count <= UnsafeRawPointer(start) + buffer.count
    }
}
