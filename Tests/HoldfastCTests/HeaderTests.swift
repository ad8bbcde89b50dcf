import CHoldfast
import ConnectionLifecycle
import Testing

@testable import HoldfastC

@Suite struct HeaderTests {
    @Test func theStatesAreThoseOfTheMachine() {
        let numbers: [State: Int] = [
            .idle: HOLDFAST_STATE_IDLE, .connecting: HOLDFAST_STATE_CONNECTING, .open: HOLDFAST_STATE_OPEN,
            .probing: HOLDFAST_STATE_PROBING, .stale: HOLDFAST_STATE_STALE,
            .terminating: HOLDFAST_STATE_TERMINATING, .backoff: HOLDFAST_STATE_BACKOFF,
            .stopped: HOLDFAST_STATE_STOPPED,
        ]
        for state in State.allCases {
            #expect(numbers[state] == Int(state.rawValue))
            #expect(String(cString: holdfast_state_text(Int32(state.rawValue))) == "\(state)")
        }
        #expect(String(cString: holdfast_state_text(Int32(State.allCases.count))) == "unknown")
    }

    /// What was compiled against this header must go on to work: nothing may move.
    @Test func theLayoutIsThatOfTheFirstVersion() {
        #expect(MemoryLayout<holdfast_delivery_info>.size == 216)
        #expect(MemoryLayout<holdfast_delivery_info>.offset(of: \.event) == 40)
        #expect(MemoryLayout<holdfast_delivery_info>.offset(of: \.emoji_name) == 200)
        #expect(MemoryLayout<holdfast_observation>.size == 88)
        #expect(MemoryLayout<holdfast_observation>.offset(of: \.id) == 40)
        #expect(MemoryLayout<holdfast_counters>.size == 80)
        #expect(MemoryLayout<holdfast_options>.size == 112)
        #expect(MemoryLayout<holdfast_options>.offset(of: \.seed) == 72)
        #expect(MemoryLayout<holdfast_options>.offset(of: \.on_delivery) == 80)
        #expect(MemoryLayout<holdfast_result>.size == 64)
    }

    @Test func aTextThatIsTooLongIsCutBetweenCharacters() {
        // Each has two bytes, and 511 fit.
        _ = Failure(Status.argument, String(repeating: "ä", count: 400)).note()
        var buffer = [CChar](repeating: 0, count: 512)
        #expect(holdfast_last_error(&buffer, buffer.count) == 510)
        #expect(String(cString: &buffer) == String(repeating: "ä", count: 255))
    }
}
