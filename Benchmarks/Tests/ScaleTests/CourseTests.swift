import ConnectionLifecycle
import ScaleKit
import Testing

struct CourseTests {
    @Test func aConnectionThatComesUpIsCountedOnce() {
        var course = Course(accounts: 1)
        course.note(account: 0, from: .idle, event: .start, to: .connecting, at: 1)
        course.note(account: 0, from: .connecting, event: .ready, to: .open, at: 2)
        course.note(account: 0, from: .open, event: .probeDue, to: .probing, at: 3)
        course.note(account: 0, from: .probing, event: .alive, to: .open, at: 4)
        #expect(course.openCount == 1)
        let phase = course.takePhase()
        #expect(phase.attempts.total == 1)
        #expect(phase.opened.map(\.at) == [2])
        #expect(phase.failedAttempts == 0)
        #expect(course.takePhase().attempts.total == 0)
    }

    private func opened() -> Course {
        var course = Course(accounts: 1)
        course.note(account: 0, from: .connecting, event: .ready, to: .open, at: 1)
        return course
    }

    @Test func whyAConnectionEndedIsTold() {
        var lost = opened()
        lost.note(account: 0, from: .probing, event: .lost, to: .backoff, at: 2)
        #expect(lost.takePhase().lost == 1)
        #expect(lost.openCount == 0)

        var deaf = opened()
        deaf.note(account: 0, from: .probing, event: .deaf, to: .stale, at: 7)
        deaf.note(account: 0, from: .stale, event: .drained, to: .terminating, at: 8)
        deaf.note(account: 0, from: .terminating, event: .closed, to: .backoff, at: 9)
        let phase = deaf.takePhase()
        #expect(phase.deaf.map(\.at) == [7])
        #expect(phase.lost + phase.replacedOtherwise == 0)

        var asked = opened()
        asked.note(account: 0, from: .open, event: .reconnect, to: .terminating, at: 2)
        #expect(asked.takePhase().replacedOtherwise == 1)
    }

    @Test func anAttemptThatFailsIsCounted() {
        var course = Course(accounts: 1)
        course.note(account: 0, from: .connecting, event: .attemptFailed, to: .backoff, at: 1)
        course.note(account: 0, from: .connecting, event: .connectTimeout, to: .terminating, at: 2)
        #expect(course.takePhase().failedAttempts == 2)
    }
}
