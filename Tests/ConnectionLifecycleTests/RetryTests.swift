import Testing

@testable import ConnectionLifecycle

@Suite("Retries of the machine")
struct RetryTests {
    private let second: UInt64 = 1_000_000_000

    private func machine(budget: UInt32? = nil, _ change: (inout Timing) -> Void = { _ in }) -> Lifecycle {
        var timing = Timing()
        change(&timing)
        var backoff = BackoffPolicy()
        backoff.jitter = 0
        backoff.attemptBudget = budget
        return Lifecycle(timing: timing, backoff: backoff, seed: 3)
    }

    /// Start and greeting, `now` at 0.
    private func open(_ machine: inout Lifecycle, at now: UInt64 = 0) {
        if machine.state == .idle { _ = machine.handle(Input(.start), now: now) }
        _ = machine.handle(Input(.ready, generation: machine.generation), now: now)
        #expect(machine.state == .open)
    }

    private func judgeDeaf(_ machine: inout Lifecycle, at now: UInt64) {
        _ = machine.handle(Input(.probe), now: now)
        _ = machine.handle(Input(.deaf, generation: machine.generation, round: machine.round), now: now)
        #expect(machine.state == .stale)
    }

    /// Drain and close by their deadlines, then says when the wait began.
    private func untilBackoff(_ machine: inout Lifecycle) -> UInt64 {
        _ = machine.handle(Input(.drained), now: machine.due)
        let closed = machine.due
        _ = machine.handle(Input(.closeTimeout), now: closed)
        #expect(machine.state == .backoff)
        return closed
    }

    @Test("T16: a deaf verdict is followed by a new attempt within 1.4 s: drain 0.25, close 1, jitter 0.1")
    func deafToAttempt() {
        var machine = machine()
        open(&machine)
        judgeDeaf(&machine, at: 20 * second)
        _ = untilBackoff(&machine)
        #expect(machine.due <= 20 * second + 1_350_000_000)
    }

    @Test("T16: a second deaf verdict before the connection was stable waits its turn")
    func deafTwice() {
        var machine = machine()
        open(&machine)
        judgeDeaf(&machine, at: 1 * second)
        _ = untilBackoff(&machine)
        let again = machine.due
        _ = machine.handle(Input(.retryDue), now: again)
        open(&machine, at: again)
        // Two failures in a row, because the second connection lived for one second only: 0.5 s doubled once.
        judgeDeaf(&machine, at: again + second)
        let closed = untilBackoff(&machine)
        #expect(machine.due - closed == second)
    }

    @Test("failures are forgotten after 10 s of a ready connection, not one nanosecond earlier")
    func reset() {
        for (lived, wait) in [(10 * second - 1, 4 * second), (10 * second, second / 2)] {
            var machine = machine()
            _ = machine.handle(Input(.start), now: 0)
            // Three failed attempts: 0.5, 1, 2 s.
            for _ in 0..<3 {
                _ = machine.handle(Input(.attemptFailed, generation: machine.generation), now: 0)
                _ = machine.handle(Input(.reconnect), now: 0)
            }
            open(&machine)
            _ = machine.handle(Input(.lost, generation: machine.generation), now: lived)
            #expect(machine.due - lived == wait)
        }
    }

    @Test("an attempt that never becomes ready does not reset the failures, however long it takes")
    func noResetByConnecting() {
        var machine = machine()
        _ = machine.handle(Input(.start), now: 0)
        var now: UInt64 = 0
        for wait in [second / 2, second, 2 * second, 4 * second] {
            now += 14 * second
            _ = machine.handle(Input(.attemptFailed, generation: machine.generation), now: now)
            #expect(machine.due - now == wait)
            now = machine.due
            _ = machine.handle(Input(.retryDue), now: now)
        }
    }

    @Test("T04: a refusal goes to the slow lane; without a budget it is never final")
    func unauthorized() {
        var machine = machine()
        _ = machine.handle(Input(.start), now: 0)
        var now: UInt64 = 0
        for count in 1...1_000 {
            _ = machine.handle(Input(.attemptFailed, generation: machine.generation, failure: .unauthorized), now: now)
            #expect(machine.state == .backoff)
            #expect(machine.due - now <= 30 * second)
            if count == 1 { #expect(machine.due - now == second) }
            now = machine.due
            _ = machine.handle(Input(.retryDue), now: now)
        }
        #expect(machine.failures == 1_000)
    }

    @Test("T05: with a budget of 3 the fourth failure in a row is final")
    func budget() {
        var machine = machine(budget: 3)
        _ = machine.handle(Input(.start), now: 0)
        for _ in 0..<3 {
            _ = machine.handle(Input(.attemptFailed, generation: machine.generation), now: 0)
            _ = machine.handle(Input(.reconnect), now: 0)
            #expect(machine.state == .connecting)
        }
        _ = machine.handle(Input(.attemptFailed, generation: machine.generation), now: 0)
        #expect(machine.state == .stopped)
    }

    @Test("T33: a reconnect while closing makes the next attempt follow at once")
    func reconnectWhileClosing() {
        var machine = machine()
        _ = machine.handle(Input(.start), now: 0)
        for _ in 0..<5 {
            _ = machine.handle(Input(.attemptFailed, generation: machine.generation), now: 0)
            _ = machine.handle(Input(.reconnect), now: 0)
        }
        _ = machine.handle(Input(.connectTimeout), now: machine.due)
        let deadline = machine.due
        _ = machine.handle(Input(.reconnect, limit: 0), now: deadline - 1)
        #expect(machine.due == deadline)
        _ = machine.handle(Input(.closeTimeout), now: deadline)
        #expect(machine.due - deadline <= second / 10)
    }

    @Test("T32: a second stop may shorten the close but never lengthens it")
    func stopTwice() {
        var machine = machine()
        open(&machine)
        _ = machine.handle(Input(.stop, limit: second / 2), now: 0)
        #expect(machine.due == second / 2)
        _ = machine.handle(Input(.stop, limit: 5 * second), now: 1)
        #expect(machine.due == second / 2)
        _ = machine.handle(Input(.stop, limit: 9), now: 1)
        #expect(machine.due == 10)
    }

    @Test(
        "nonsense in the timing neither traps nor spins",
        arguments: [Duration.zero, .seconds(-5), .seconds(Int64.max)],
        [UInt32(0), .max])
    func nonsense(duration: Duration, misses: UInt32) {
        var machine = machine {
            ($0.connectTimeout, $0.probeInterval, $0.firstProbe, $0.probeAgain) = (
                duration, duration, duration, duration
            )
            ($0.probeTimeout, $0.drain, $0.closeTimeout, $0.missesAllowed) = (duration, duration, duration, misses)
        }
        var now: UInt64 = 0
        _ = machine.handle(Input(.start), now: now)
        // Left to its deadlines alone; every second attempt succeeds. A thousand steps take at least a third of a second.
        for _ in 0..<1_000 {
            if machine.state == .connecting, machine.generation % 2 == 1 {
                _ = machine.handle(Input(.ready, generation: machine.generation), now: now)
            } else if let deadline = machine.deadline {
                #expect(machine.due >= now)
                // An attempt and a probe get at least a millisecond.
                if machine.state == .connecting || machine.state == .probing {
                    #expect(machine.due - now >= 1_000_000)
                }
                if machine.due == .max { break }
                now = machine.due
                _ = machine.handle(Input(deadline.event), now: now)
            }
        }
        #expect(now >= 300_000_000)
    }

    @Test("the end of the clock does not trap")
    func endOfClock() {
        var machine = machine()
        open(&machine, at: .max - 5)
        judgeDeaf(&machine, at: .max - 4)
        _ = machine.handle(Input(.stop, limit: 100), now: .max - 3)
        #expect(machine.state == .terminating)
    }
}
