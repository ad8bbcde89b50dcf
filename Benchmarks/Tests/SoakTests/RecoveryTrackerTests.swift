import ConnectionLifecycle
import SoakKit
import Testing

struct RecoveryTrackerTests {
    private var tracker = RecoveryTracker(connections: 2)

    @discardableResult
    private mutating func move(
        _ id: String, _ from: State, _ event: Event, _ to: State, at time: Double, connection: Int = 0
    ) -> [RecoveryTracker.Finding.Kind] {
        tracker.moves(
            RecoveryTracker.Move(t: time, id: id, from: from, event: event, to: to, reason: "because"), from: from,
            event: event, to: to, connection: connection
        ).map(\.kind)
    }

    private mutating func open(at time: Double) {
        move("T01", .idle, .start, .connecting, at: time)
        move("T03", .connecting, .ready, .open, at: time + 0.1)
    }

    @Test mutating func aDeafConnectionIsTimedFromTheFaultToTheNextOpen() throws {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: .accountCycle, at: 10, connections: [0]), at: 10)
        tracker.takesEffect(1, at: 10)
        move("T09", .open, .probeDue, .probing, at: 14)
        tracker.verdict("reply", connection: 0)
        #expect(move("T16", .probing, .deaf, .stale, at: 14.5) == [])
        move("T24", .stale, .drained, .terminating, at: 14.75)
        move("T29", .terminating, .closed, .backoff, at: 14.8)
        move("T34", .backoff, .retryDue, .connecting, at: 14.9)
        move("T03", .connecting, .ready, .open, at: 15)
        tracker.caughtUp(7, connection: 0)
        let recoveries = tracker.takeRecoveries()
        let recovery = try #require(recoveries.first)
        #expect(recoveries.count == 1)
        #expect(recovery.detectedBy == "reply")
        // 10 → 14.5 → 15
        #expect(recovery.detectionS == 4.5)
        #expect(recovery.recoveryS == 0.5)
        #expect(recovery.totalS == 5)
        #expect(recovery.caughtUp == 7)
        #expect(recovery.transitions.map(\.id) == ["T16", "T24", "T29", "T34", "T03"])
        #expect(tracker.tallies[.accountCycle]?.affected == 1)
        #expect(tracker.tallies[.accountCycle]?.recovered == 1)
    }

    @Test mutating func aReplacementWithoutAReasonIsFalse() {
        open(at: 0)
        #expect(move("T12", .open, .lost, .backoff, at: 5) == [.falseReconnect])
        #expect(tracker.falseReconnects == 1)
    }

    @Test(arguments: [Cause.profileEdit, .slowServer, .rateLimit, .databaseDown, .consumerStall, .refuse, .lostAnswers])
    mutating func whatMustNotReplaceIsNoReason(_ cause: Cause) {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: cause, at: 5), at: 5)
        tracker.takesEffect(1, at: 5)
        #expect(move("T16", .probing, .deaf, .stale, at: 6) == [.falseReconnect])
    }

    @Test mutating func aFaultOfAnotherConnectionIsNoReason() {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: .dropByRST, at: 5, connections: [1]), at: 5)
        tracker.takesEffect(1, at: 5)
        #expect(move("T12", .open, .lost, .backoff, at: 5.01) == [.falseReconnect])
    }

    @Test mutating func deafnessThatIsNotNoticedIsFound() {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: .tokenCycle, at: 5, connections: [0]), at: 5)
        tracker.takesEffect(1, at: 5)
        #expect(tracker.sweep(at: 60) == [])
        #expect(tracker.sweep(at: 66).map(\.kind) == [.unnoticed])
        #expect(tracker.sweep(at: 67) == [], "once")
    }

    @Test mutating func aShortFreezeNeedNotBeNoticedAndIsNoReasonForLong() {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: .freeze, at: 5), at: 5)
        tracker.takesEffect(1, at: 5)
        tracker.ends(1, at: 7)
        #expect(tracker.sweep(at: 100) == [])
        #expect(move("T20", .probing, .probeTimeout, .stale, at: 101) == [.falseReconnect])
    }

    @Test mutating func anAttemptThatBeganBeforeTheFaultDoesNotEndIt() {
        open(at: 0)
        tracker.arm(Fault(id: 1, cause: .dropByFIN, at: 5, connections: [0]), at: 5)
        tracker.takesEffect(1, at: 5)
        move("T12", .open, .lost, .backoff, at: 5)
        move("T34", .backoff, .retryDue, .connecting, at: 6)
        tracker.arm(Fault(id: 2, cause: .accountCycle, at: 6.01, connections: [0]), at: 6.01)
        tracker.takesEffect(2, at: 6.02)
        move("T03", .connecting, .ready, .open, at: 6.1)
        // It was made with the session that is invalid now.
        #expect(move("T16", .probing, .deaf, .stale, at: 7.1) == [])
    }

    @Test mutating func edgesAndTimesInStatesAreCounted() {
        tracker.begin(at: 0)
        open(at: 1)
        #expect(tracker.edges["T01"] == 1)
        #expect(tracker.edges["T36"] == 0)
        tracker.close(at: 11.1)
        #expect(tracker.occupancy[.open].map { ($0 * 10).rounded() } == 100)
        // The other one was never started.
        #expect(tracker.occupancy[.idle].map { ($0 * 10).rounded() } == 121)
    }
}
