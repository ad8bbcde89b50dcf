import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// What a connection does that was not started.
@Suite("From idle")
struct IdleTransitions {
    @Test("T01 a start begins the first attempt")
    func t01() {
        let rig = Rig()
        #expect(rig.service.links.isEmpty, "nothing happens before it is asked for")
        rig.start()
        #expect(rig.last?.id == "T01")
        #expect(rig.state == .connecting)
        #expect(rig.last?.generation == 1)
        #expect(rig.link.phase == .begun)
        #expect(rig.world.armedTimerCount == 1, "the attempt has its deadline")
    }

    @Test("T02 a stop before the start ends at once")
    func t02() {
        let rig = Rig()
        let hasReturned = rig.startStop()
        #expect(rig.path == ["T02"])
        #expect(rig.state == .stopped)
        #expect(hasReturned())
        #expect(rig.service.links.isEmpty, "no link was made for it")
        #expect(rig.isEmpty)
    }
}
