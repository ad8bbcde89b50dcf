import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// What ends the quiet of an open connection.
@Suite("From open")
struct OpenTransitions {
    @Test("T09 silence leads to a probe, the first a second after the attempt")
    func t09() {
        let rig = Rig()
        rig.open()
        rig.world.advance(by: .milliseconds(999))
        #expect(rig.link.probe == nil)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.last?.id == "T09")
        #expect(rig.state == .probing)
        #expect(rig.link.probe?.cause == .first)
        #expect(rig.link.phase == .begun, "events still arrive")
    }

    @Test("T10 a suspicion causes a probe and nothing else")
    func t10() {
        let rig = Rig()
        rig.open()
        rig.report(.suspicion("sequence gap"))
        #expect(rig.last?.id == "T10")
        #expect(rig.last?.reason == "sequence gap")
        #expect(rig.link.probe?.cause == .suspicion("sequence gap"))
        rig.answer(.alive)
        #expect(rig.state == .open)
        #expect(rig.service.links.count == 1, "a suspicion is no verdict")
    }

    @Test("T11 a probe that the user asks for runs at once")
    func t11() {
        let rig = Rig()
        rig.open()
        rig.probe()
        #expect(rig.last?.id == "T11")
        #expect(rig.state == .probing)
        #expect(rig.link.probe?.cause == .requested)
    }

    @Test("T12 a connection that is lost leaves nothing to close, and its place to the next")
    func t12() {
        let rig = Rig()
        rig.open()
        let place = ResumePoint(sessionID: "session", nextSequence: 7, revision: nil)
        rig.link.resumePoint = place
        rig.report(.lost("reset by peer"))
        #expect(rig.last?.id == "T12")
        #expect(rig.state == .backoff)
        #expect(rig.last?.reason == "reset by peer")
        #expect(rig.link.phase == .destroyed)
        rig.world.advance(by: .milliseconds(500))
        #expect(rig.link.port.resumePoint == place)
    }

    @Test("T13 a reconnect closes the connection, and the next follows at once and starts clean")
    func t13() {
        let rig = Rig()
        rig.open()
        rig.link.resumePoint = ResumePoint(sessionID: "session", nextSequence: 7, revision: nil)
        rig.reconnect()
        #expect(rig.last?.id == "T13")
        #expect(rig.link.phase == .closing)
        rig.report(.closed("closed"))
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.state == .connecting)
        #expect(rig.link.port.resumePoint == nil)
    }

    @Test("T14 a stop says goodbye properly")
    func t14() {
        let rig = Rig()
        rig.open()
        let hasReturned = rig.startStop()
        #expect(rig.last?.id == "T14")
        #expect(rig.link.phase == .closing, "the close handshake, not a reset")
        #expect(!hasReturned())
        rig.report(.closed("closed"))
        #expect(hasReturned())
        #expect(rig.isEmpty)
    }
}
