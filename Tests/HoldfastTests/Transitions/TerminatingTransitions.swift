import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// How a close ends, and what can still be asked for meanwhile.
@Suite("From terminating")
struct TerminatingTransitions {
    @Test("T28 a close that completes ends the stop")
    func t28() {
        let rig = Rig()
        rig.open()
        let hasReturned = rig.startStop()
        rig.report(.closed("1000"))
        #expect(rig.last?.id == "T28")
        #expect(rig.state == .stopped)
        #expect(rig.last?.reason == "1000")
        #expect(hasReturned())
        #expect(rig.isEmpty)
    }

    @Test("T29 a close that completes without a stop is followed by a new attempt")
    func t29() {
        let rig = Rig()
        rig.reach(.terminating)
        rig.report(.closed("1000"))
        #expect(rig.last?.id == "T29")
        #expect(rig.state == .backoff)
        #expect(rig.link.phase == .destroyed)
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.service.links.count == 2)
    }

    @Test("T30 a silent peer cannot hold up a stop, which returns by its own deadline")
    func t30() {
        let rig = Rig()
        rig.open()
        let hasReturned = rig.startStop(deadline: .milliseconds(100))
        rig.world.advance(by: .milliseconds(99))
        #expect(rig.state == .terminating)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.last?.id == "T30")
        #expect(rig.state == .stopped)
        #expect(hasReturned())
        #expect(rig.link.phase == .destroyed)
        #expect(rig.isEmpty)
    }

    @Test("T31 a peer that does not answer the close loses its socket after a second, and an attempt follows")
    func t31() {
        let rig = Rig()
        rig.reach(.terminating)
        rig.world.advance(by: .milliseconds(999))
        #expect(rig.link.phase == .closing)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.last?.id == "T31")
        #expect(rig.state == .backoff)
        #expect(rig.service.liveLinks.isEmpty)
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.service.liveLinks.count == 1)
    }

    @Test("T32 a stop during the close is remembered, and may shorten it")
    func t32() {
        let rig = Rig()
        rig.reach(.terminating)
        let link = rig.link
        rig.world.advance(by: .milliseconds(500))
        let hasReturned = rig.startStop(deadline: .milliseconds(200))
        #expect(rig.last?.id == "T32")
        #expect(rig.state == .terminating)
        #expect(link.phase == .closing, "the close that is under way goes on")
        rig.world.advance(by: .milliseconds(200))
        #expect(rig.state == .stopped)
        #expect(hasReturned())
        #expect(rig.isEmpty)
    }

    @Test("T33 a reconnect during the close makes the next attempt follow at once")
    func t33() {
        let rig = Rig()
        rig.start()
        rig.world.advance(by: .seconds(15))  // Nobody answered: the next wait would be at least 0.375 s.
        #expect(rig.state == .terminating)
        rig.reconnect()
        #expect(rig.last?.id == "T33")
        #expect(rig.state == .terminating)
        rig.report(.closed("1000"))
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.state == .connecting)
    }
}
