import Testing

@testable import ConnectionLifecycle

@Suite("Flight recorder")
struct FlightRecorderTests {
    private func recorder(_ count: Int) -> FlightRecorder {
        var recorder = FlightRecorder()
        for index in 0..<count {
            recorder.record(
                FlightRecorder.Entry(
                    time: UInt64(index), generation: 1, row: UInt8(index % 50), reason: "reason \(index)"))
        }
        return recorder
    }

    @Test("is empty before the first transition")
    func empty() {
        #expect(recorder(0).entries.isEmpty)
        #expect(recorder(0).last == nil)
    }

    @Test("keeps the last 64, oldest first", arguments: [1, 2, 63, 64, 65, 127, 128, 129, 1_000])
    func keeps(count: Int) throws {
        let recorder = recorder(count)
        let kept = min(count, FlightRecorder.capacity)
        #expect(recorder.entries.map(\.time) == (count - kept..<count).map(UInt64.init))
        let last = try #require(recorder.last)
        #expect(last.time == UInt64(count - 1))
        #expect(last.reason == "reason \(count - 1)")
        #expect(last == recorder.entries.last)
    }
}
