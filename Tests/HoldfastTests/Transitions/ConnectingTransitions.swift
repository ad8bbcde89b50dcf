import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// How an attempt ends.
@Suite("From connecting")
struct ConnectingTransitions {
    @Test("T03 a link that is greeted and answers is open, and keeps its socket")
    func t03() {
        let rig = Rig()
        rig.start()
        rig.report(.ready("hello"))
        #expect(rig.last?.id == "T03")
        #expect(rig.state == .open)
        #expect(rig.last?.reason == "hello")
        #expect(rig.link.phase == .begun, "the link is handed over, not replaced")
        #expect(rig.inside { $0.counters.ready } == 1)
    }

    @Test("T04 a failed attempt lets its link go and waits")
    func t04() {
        let rig = Rig()
        rig.start()
        rig.report(.attemptFailed(.retryable, "refused"))
        #expect(rig.last?.id == "T04")
        #expect(rig.last?.reason == "refused")
        #expect(rig.link.phase == .destroyed)
        // The first wait is drawn from 0.375 … 0.5 s.
        rig.world.advance(by: .milliseconds(374))
        #expect(rig.state == .backoff)
        rig.world.advance(by: .milliseconds(126))
        #expect(rig.state == .connecting)
    }

    @Test("T05 an attempt that cannot succeed is the last")
    func t05() {
        let rig = Rig()
        rig.start()
        rig.report(.attemptFailed(.fatal, "no such team"))
        #expect(rig.last?.id == "T05")
        #expect(rig.state == .stopped)
        #expect(rig.link.phase == .destroyed)
        rig.world.advance(by: .seconds(600))
        #expect(rig.service.links.count == 1, "no further attempt")
        #expect(rig.isEmpty)
    }

    @Test("T06 an attempt on which nobody answers is closed after 15 s, and another follows")
    func t06() {
        let rig = Rig()
        rig.start()
        rig.world.advance(by: .milliseconds(14_999))
        #expect(rig.state == .connecting)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.last?.id == "T06")
        #expect(rig.last?.reason.hasPrefix("A server that accepts and says nothing") == true)
        #expect(rig.link.phase == .closing)
        // A second for the close, half a second at most to wait.
        rig.world.advance(by: .milliseconds(1_500))
        #expect(rig.state == .connecting)
        #expect(rig.service.liveLinks.count == 1)
        // A link that knows it says what did not come.
        rig.link.awaited = "the hello"
        rig.world.advance(by: .seconds(15))
        #expect(rig.last?.reason == "waited too long for the hello")
    }

    @Test("T07 the last attempt of the budget is closed when its time is up, and none follows")
    func t07() {
        let rig = Rig { $0.backoff.attemptBudget = 0 }
        rig.start()
        rig.world.advance(by: .seconds(15))
        #expect(rig.last?.id == "T07")
        #expect(rig.link.phase == .closing)
        rig.report(.closed("closed"))
        #expect(rig.state == .stopped)
        #expect(rig.service.links.count == 1)
        #expect(rig.isEmpty)
    }

    @Test("T08 a stop breaks the attempt off")
    func t08() {
        let rig = Rig()
        rig.start()
        let hasReturned = rig.startStop()
        #expect(rig.last?.id == "T08")
        #expect(rig.link.phase == .closing)
        #expect(!hasReturned(), "it waits for the close")
        rig.report(.closed("closed"))
        #expect(hasReturned())
        #expect(rig.isEmpty)
    }
}
