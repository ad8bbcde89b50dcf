import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// How a connection that was judged deaf is let go.
@Suite("From stale")
struct StaleTransitions {
    @Test("T24 after a drain of 0.25 s the close begins")
    func t24() async {
        let rig = Rig()
        var events = rig.connection.events.makeAsyncIterator()
        rig.reach(.stale)
        rig.world.onLoop {
            rig.link.port.deliver(7, byteCount: 1)
            rig.link.port.flush()
        }
        rig.world.advance(by: .milliseconds(249))
        #expect(rig.link.phase == .begun)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.last?.id == "T24")
        #expect(rig.link.phase == .closing)
        #expect(await events.next() == 7, "what was on its way has been delivered")
    }

    @Test("T25 a peer that ends it first saves the close; the next attempt follows at once")
    func t25() {
        let rig = Rig()
        rig.reach(.stale)
        rig.report(.lost("reset by peer"))
        #expect(rig.last?.id == "T25")
        #expect(rig.state == .backoff)
        #expect(rig.link.phase == .destroyed)
        rig.world.advance(by: .milliseconds(100))
        #expect(rig.state == .connecting, "the verdict stands: no wait as after a loss")
    }

    @Test("T26 a reconnect does not wait for the drain")
    func t26() {
        let rig = Rig()
        rig.reach(.stale)
        rig.reconnect()
        #expect(rig.last?.id == "T26")
        #expect(rig.link.phase == .closing)
        #expect(rig.world.armedTimerCount == 1, "the drain's deadline has become the close's")
    }

    @Test("T27 a stop does not wait for the drain")
    func t27() {
        let rig = Rig()
        rig.reach(.stale)
        let hasReturned = rig.startStop()
        #expect(rig.last?.id == "T27")
        #expect(rig.link.phase == .closing)
        rig.report(.closed("closed"))
        #expect(hasReturned())
        #expect(rig.service.links.count == 1, "no attempt follows")
        #expect(rig.isEmpty)
    }
}
