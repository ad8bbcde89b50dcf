import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// How a proof ends.
@Suite("From probing")
struct ProbingTransitions {
    @Test("T15 an answer opens the connection again until the next interval")
    func t15() {
        let rig = Rig()
        rig.reach(.probing)
        rig.answer(.alive)
        #expect(rig.last?.id == "T15")
        #expect(rig.state == .open)
        #expect(rig.inside { $0.counters.alive } == 1)
        // Up to a tenth earlier than the 30 s.
        rig.world.advance(by: .seconds(27))
        #expect(rig.state == .open)
        rig.world.advance(by: .seconds(3))
        #expect(rig.link.probe?.cause == .interval)
    }

    @Test("T16 a proof of deafness ends the probe and keeps the socket for the drain")
    func t16() {
        let rig = Rig()
        rig.reach(.probing)
        rig.answer(.deaf)
        #expect(rig.last?.id == "T16")
        #expect(rig.state == .stale)
        #expect(rig.link.probe == nil)
        #expect(rig.link.phase == .begun, "what is on its way is still delivered")
        #expect(rig.inside { $0.counters.deaf } == 1)
    }

    @Test("T17 one proof without result is forgiven, and asked for again after a second")
    func t17() {
        let rig = Rig()
        rig.reach(.probing)
        rig.answer(.inconclusive)
        #expect(rig.last?.id == "T17")
        #expect(rig.state == .open)
        #expect(rig.link.probe == nil)
        rig.world.advance(by: .seconds(1))
        #expect(rig.link.probe?.cause == .again)
    }

    @Test("T18 a second proof without result judges the connection deaf")
    func t18() {
        let rig = Rig()
        rig.reach(.probing)
        rig.answer(.inconclusive)
        rig.world.advance(by: .seconds(1))
        rig.answer(.inconclusive)
        #expect(rig.last?.id == "T18")
        #expect(rig.state == .stale)
        #expect(rig.inside { $0.counters.inconclusive } == 2)
    }

    @Test("T19 no answer within 5 s is a miss, and the late answer is dropped")
    func t19() {
        let rig = Rig()
        rig.reach(.probing)
        let round = rig.link.probe?.round ?? 0
        rig.world.advance(by: .seconds(5))
        #expect(rig.last?.id == "T19")
        #expect(rig.state == .open, "one miss is forgiven")
        #expect(rig.link.probe == nil, "the proof is cancelled")
        rig.report(.verdict(Verdict(.deaf, check: "script", detail: "late"), round: round))
        #expect(rig.state == .open)
        #expect(rig.inside { $0.counters.late } == 1)
    }

    @Test("T20 the miss after the last that is forgiven judges the connection deaf")
    func t20() {
        let rig = Rig()
        rig.reach(.probing)
        rig.world.advance(by: .seconds(5 + 1))  // The miss that is forgiven, and a second until it is asked again.
        #expect(rig.link.probe?.cause == .again)
        rig.world.advance(by: .seconds(5))
        #expect(rig.last?.id == "T20")
        #expect(rig.state == .stale)
        #expect(rig.link.probe == nil)
    }

    @Test("T21 a connection that ends during the proof is lost like any other")
    func t21() {
        let rig = Rig()
        rig.reach(.probing)
        rig.report(.lost("reset by peer"))
        #expect(rig.last?.id == "T21")
        #expect(rig.state == .backoff)
        #expect(rig.link.probe == nil)
        #expect(rig.link.phase == .destroyed)
    }

    @Test("T22 a reconnect does not wait for the verdict")
    func t22() {
        let rig = Rig()
        rig.reach(.probing)
        rig.reconnect()
        #expect(rig.last?.id == "T22")
        #expect(rig.link.probe == nil)
        #expect(rig.link.phase == .closing)
        rig.report(.closed("closed"))
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.state == .connecting)
    }

    @Test("T23 a stop does not wait for the verdict")
    func t23() {
        let rig = Rig()
        rig.reach(.probing)
        let hasReturned = rig.startStop()
        #expect(rig.last?.id == "T23")
        #expect(rig.link.probe == nil)
        #expect(rig.link.phase == .closing)
        rig.report(.closed("closed"))
        #expect(hasReturned())
        #expect(rig.isEmpty)
    }
}
