import ConnectionLifecycle
import Holdfast
import Locking
import Testing
import WorldInterface

/// A connection whose attempts are limited together with those of others.
@Suite struct AttemptLimitTests {
    /// Gives out the turns that it was told, then at once.
    private final class ScriptedLimit: AttemptLimit {
        private let waits = Lock<[Duration]>([])
        private let asked = Lock(0)

        init(_ waits: [Duration]) { self.waits.withLock { $0 = waits } }

        var count: Int { asked.withLock { $0 } }

        func turn(at now: Instant) -> Instant {
            asked.withLock { $0 += 1 }
            return waits.withLock { $0.isEmpty ? now : now + $0.removeFirst() }
        }
    }

    private func rig(_ limit: ScriptedLimit) -> Rig { Rig { $0.attemptLimit = limit } }

    @Test func whoeverHasItsTurnBeginsAtOnce() {
        let limit = ScriptedLimit([])
        let rig = rig(limit)
        rig.start()
        #expect(rig.state == .connecting && limit.count == 1)
    }

    @Test func theFirstAttemptWaitsInIdle() {
        let limit = ScriptedLimit([.seconds(3)])
        let rig = rig(limit)
        rig.start()
        rig.start()
        #expect(rig.state == .idle && limit.count == 1)
        rig.world.advance(by: .milliseconds(2_999))
        #expect(rig.state == .idle)
        rig.world.advance(by: .milliseconds(1))
        #expect(rig.state == .connecting && rig.path == ["T01"] && limit.count == 1)
    }

    @Test func aRetryWaitsInBackoffAndKeepsItsPlace() {
        let limit = ScriptedLimit([.zero, .seconds(100)])
        let rig = rig(limit)
        rig.open()
        rig.report(.lost("scripted"))
        // The machine's own wait is over long before the turn comes.
        rig.world.advance(by: .seconds(99))
        #expect(rig.state == .backoff && limit.count == 2)
        // What is late meanwhile, or impatient, takes no turn of its own and does not end the wait.
        rig.reconnect()
        rig.report(.lost("late"))
        #expect(rig.state == .backoff && limit.count == 2)
        rig.world.advance(by: .seconds(5))
        #expect(rig.state == .connecting && limit.count == 2 && rig.last?.id == "T34")
    }

    @Test func aReconnectOfAnOpenConnectionWaitsOnlyForTheNextAttempt() {
        let limit = ScriptedLimit([.zero, .seconds(100)])
        let rig = rig(limit)
        rig.open()
        rig.reconnect()
        #expect(rig.state == .terminating && limit.count == 1)
    }

    @Test(arguments: [State.idle, .backoff]) func aStopDoesNotWaitForTheTurn(state: State) {
        let limit = ScriptedLimit(state == .idle ? [.seconds(100)] : [.zero, .seconds(100)])
        let rig = rig(limit)
        rig.start()
        if state == .backoff {
            rig.report(.attemptFailed(.retryable, "scripted"))
            rig.world.advance(by: .seconds(60))
        }
        #expect(rig.state == state)
        let hasReturned = rig.startStop()
        #expect(rig.state == .stopped && hasReturned() && rig.isEmpty)
        rig.world.advance(by: .seconds(200))
        #expect(rig.state == .stopped && rig.isEmpty)
    }
}
