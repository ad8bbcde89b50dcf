import Testing
import WorldInterface

@testable import UVEventLoop

/// A timer that notes when it fired. Loop-confined.
private final class Alarm {
    private(set) var firings: [Instant] = []
    private(set) var timer: (any DeadlineTimer)?
    var whenFired: (Alarm) -> Void = { _ in }
    var isArming = false

    init(_ loop: EventLoop, _ signal: Signal) {
        timer = loop.makeTimer { [self] in
            #expect(!isArming, "fired inside arm(at:)")
            firings.append(loop.now)
            whenFired(self)
            signal.check()
        }
    }

    func arm(at instant: Instant) {
        isArming = true
        timer?.arm(at: instant)
        isArming = false
    }

    func close() {
        timer?.close()
        timer = nil
    }
}

/// Repeats a run from its seed.
private struct SeededNumbers: RandomNumberGenerator {
    var state: UInt64

    /// xorshift64*; the state must not be zero.
    mutating func next() -> UInt64 {
        state ^= state >> 12
        state ^= state << 25
        state ^= state >> 27
        return state &* 0x2545_F491_4F6C_DD1D
    }
}

@Suite struct TimerTests {
    @Test func timersFireInOrderAndNeverEarly() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let start = loop.now
            var order: [Int] = []
            // Milliseconds, each with an odd nanosecond that must be rounded up.
            let delays = [40, 5, 25, 15, 10, 1]
            let alarms = delays.map { delay in
                let alarm = Alarm(loop, signal)
                alarm.whenFired = { _ in order.append(delay) }
                alarm.arm(at: start.advanced(byNanoseconds: UInt64(delay) * 1_000_000 + 1))
                return alarm
            }
            await signal.wait("all timers") { order.count == delays.count }
            #expect(order == delays.sorted())
            for (alarm, delay) in zip(alarms, delays) {
                #expect(alarm.firings.allSatisfy { $0.nanoseconds(since: start) > UInt64(delay) * 1_000_000 })
                alarm.close()
            }
        }
    }

    /// Armed, moved and disarmed at random, none due before the end: the heap stays one, and each knows its place in it.
    @Test func manyTimersThatAreMovedAboutKeepTheirOrder() async throws {
        let seed = UInt64.random(in: 1 ... .max)
        try await withLoop { loop in
            var random = SeededNumbers(state: seed)
            let timers = (0..<300).map { _ in LoopTimer(loop: loop) {} }
            let start = loop.now
            var armed: Set<Int> = []
            for _ in 0..<5000 {
                let number = Int.random(in: timers.indices, using: &random)
                if Int.random(in: 0..<4, using: &random) == 0 {
                    timers[number].disarm()
                    armed.remove(number)
                } else {
                    timers[number].arm(at: start + .seconds(Int.random(in: 3600...7200, using: &random)))
                    armed.insert(number)
                }
            }
            let heap = loop.timers.heap.filter { entry in timers.contains { $0 === entry.timer } }
            #expect(heap.count == armed.count, "seed \(seed)")
            for (place, entry) in loop.timers.heap.enumerated() {
                #expect(entry.timer.place == place, "seed \(seed)")
                let parent = loop.timers.heap[max(0, place - 1) / TimerQueue.arity]
                #expect(parent.time <= entry.time, "seed \(seed)")
            }
            for timer in timers { timer.close() }
            #expect(!loop.timers.heap.contains { entry in timers.contains { $0 === entry.timer } })
        }
    }

    @Test func aPastInstantFiresOnALaterTurn() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let alarm = Alarm(loop, signal)
            alarm.arm(at: Instant(nanoseconds: 0))
            #expect(alarm.firings.isEmpty)
            await signal.wait("the timer") { alarm.firings.count == 1 }
            alarm.close()
        }
    }

    @Test func anArmingReplacesTheEarlierOne() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let start = loop.now
            let later = Alarm(loop, signal)
            let sooner = Alarm(loop, signal)
            later.arm(at: start + .milliseconds(1))
            later.arm(at: start + .milliseconds(30))
            sooner.arm(at: Instant(nanoseconds: .max))
            sooner.arm(at: start + .milliseconds(5))
            await signal.wait("both") { later.firings.count + sooner.firings.count == 2 }
            #expect(later.firings.count == 1)
            #expect(later.firings.allSatisfy { $0 >= start + .milliseconds(30) })
            #expect(sooner.firings.count == 1)
            later.close()
            sooner.close()
        }
    }

    @Test func aDisarmedTimerDoesNotFireAndCanBeArmedAgain() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let start = loop.now
            let disarmed = Alarm(loop, signal)
            let witness = Alarm(loop, signal)
            disarmed.arm(at: start + .milliseconds(2))
            disarmed.timer?.disarm()
            witness.arm(at: start + .milliseconds(10))
            await signal.wait("the witness") { witness.firings.count == 1 }
            #expect(disarmed.firings.isEmpty)
            disarmed.arm(at: loop.now)
            await signal.wait("the second arming") { disarmed.firings.count == 1 }
            disarmed.close()
            witness.close()
        }
    }

    @Test func aTimerCanBeArmedAndClosedInItsOwnCallback() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let alarm = Alarm(loop, signal)
            alarm.whenFired = { alarm in
                if alarm.firings.count < 5 { alarm.arm(at: loop.now) } else { alarm.close() }
            }
            alarm.arm(at: loop.now)
            await signal.wait("five firings") { alarm.firings.count == 5 }
            #expect(alarm.timer == nil)
        }
    }

    @Test func aTimerThatAlwaysRearmsForThePastDoesNotStarveSockets() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            let busy = Alarm(loop, Signal(loop))
            busy.whenFired = { $0.arm(at: Instant(nanoseconds: 0)) }
            busy.arm(at: loop.now)
            client.call { $0.write([1, 2, 3]) }
            await server.untilReceived(3)
            busy.close()
            await close(client, server)
        }
    }

    @Test func aTimerClosedInAnotherTimersCallbackDoesNotFire() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            let victim = Alarm(loop, signal)
            let closer = Alarm(loop, signal)
            let witness = Alarm(loop, signal)
            let due = loop.now + .milliseconds(3)
            // Armed for the same instant, after the closer: due in the same pass.
            closer.whenFired = { _ in victim.close() }
            closer.arm(at: due)
            victim.arm(at: due)
            witness.arm(at: due + .milliseconds(5))
            await signal.wait("the witness") { witness.firings.count == 1 }
            #expect(victim.firings.isEmpty)
            closer.close()
            witness.close()
        }
    }
}
