import Testing
import WebSocketCodec

/// Stopping in the middle of a buffer, and going on.
struct BacklogTests {
    @Test func nothingIsLostHoweverOftenTheConsumerStops() throws {
        let stream = SplitTests.mixedStream(from: .client, long: true)
        let whole = decode(stream, as: .server)
        for seed in UInt64(1)...40 {
            var generator = SeededGenerator(state: seed)
            var decoder = WebSocketDecoder(role: .server)
            var backlog = WebSocketBacklog()
            var events: [RecordedEvent] = []
            var rest = stream[...]
            while !rest.isEmpty || !backlog.isEmpty {
                if !rest.isEmpty, backlog.isEmpty || Bool.random(using: &generator) {
                    let read = rest.prefix(Int.random(in: 1...200, using: &generator))
                    rest = rest.dropFirst(read.count)
                    try withPadded(read) { buffer in
                        var input = WebSocketInput(buffer)
                        if backlog.isEmpty, let event = try decoder.next(&input) { events.append(RecordedEvent(event)) }
                        backlog.append(&input)
                    }
                } else {
                    var input = backlog.input()
                    for _ in 0..<Int.random(in: 1...3, using: &generator) {
                        guard let event = try decoder.next(&input) else { break }
                        events.append(RecordedEvent(event))
                    }
                    backlog.remove(consumedBy: input)
                }
            }
            if events != whole { Issue.record("seed \(seed)") }
            #expect(backlog.retainedByteCount == 0)
        }
    }

    @Test func itIsPaddedAndHoldsNothingWhenEmpty() {
        var backlog = WebSocketBacklog()
        #expect(backlog.isEmpty && backlog.retainedByteCount == 0)
        withPadded([1, 2, 3]) { buffer in
            var input = WebSocketInput(buffer)
            backlog.append(&input)
            #expect(input.unreadByteCount == 0)
            backlog.append(&input)
        }
        let input = backlog.input()
        #expect(backlog.byteCount == 3)
        let padding = UnsafeRawBufferPointer(start: input.unread.baseAddress, count: 3 + 64).suffix(64)
        #expect(padding.allSatisfy { $0 == 0 })
        backlog.remove(consumedBy: input)
        #expect(backlog.byteCount == 3)
    }
}
