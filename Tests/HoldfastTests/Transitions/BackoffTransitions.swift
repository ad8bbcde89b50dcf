import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// What ends the wait between two attempts.
@Suite("From backoff")
struct BackoffTransitions {
    @Test("T34 when the wait is over, the next attempt begins with a link of its own")
    func t34() {
        let rig = Rig()
        rig.reach(.backoff)
        rig.world.advance(by: .milliseconds(500))
        #expect(rig.last?.id == "T34")
        #expect(rig.state == .connecting)
        #expect(rig.last?.generation == 2)
        #expect(rig.service.links.map(\.phase) == [.destroyed, .begun])
    }

    @Test("T35 a reconnect ends the wait")
    func t35() {
        let rig = Rig()
        rig.reach(.backoff)
        rig.reconnect()
        #expect(rig.last?.id == "T35")
        #expect(rig.state == .connecting)
        #expect(rig.service.links.map(\.phase) == [.destroyed, .begun])
    }

    @Test("T36 a stop while waiting ends at once")
    func t36() {
        let rig = Rig()
        rig.reach(.backoff)
        let hasReturned = rig.startStop()
        #expect(rig.last?.id == "T36")
        #expect(rig.state == .stopped)
        #expect(hasReturned())
        rig.world.advance(by: .seconds(60))
        #expect(rig.service.links.count == 1, "the wait is cancelled")
        #expect(rig.isEmpty)
    }
}
