import Testing
import WebSocketCodec

struct CloseHandshakeTests {
    static let states: [WebSocketCloseHandshake] = [.open, .closeSent, .closeReceived(code: .goingAway), .closed]

    @Test func sendingWritesOneCloseFrameAtMost() {
        let results = Self.states.map { state in
            var next = state
            let writes = next.send()
            return (writes, next)
        }
        #expect(results.map(\.0) == [true, false, true, false])
        #expect(results.map(\.1) == [.closeSent, .closeSent, .closed, .closed])
    }

    @Test func receivingOwesAReplyOnlyWhenNoneWasSent() {
        let results = Self.states.map { state in
            var next = state
            let owes = next.receive(code: .normalClosure)
            return (owes, next)
        }
        #expect(results.map(\.0) == [true, false, false, false])
        // The first code is the one to echo.
        #expect(
            results.map(\.1) == [
                .closeReceived(code: .normalClosure), .closed, .closeReceived(code: .goingAway), .closed,
            ])
    }

    @Test func dataIsSentOnlyWhileOpen() {
        #expect(WebSocketCloseHandshake() == .open)
        #expect(Self.states.map(\.maySendData) == [true, false, false, false])
    }
}
