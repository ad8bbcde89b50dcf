import Testing
import UVEventLoop
import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

@Suite(.timeLimit(.minutes(1))) struct ExecutorTests {
    @Test func awaitsOnTheSameLoopStayOnItsThread() async throws {
        try await LoopRig.run { rig in
            let before = pthread_self()
            for _ in 0..<100 { await Task.yield() }
            await hop()
            #expect(pthread_equal(before, pthread_self()) != 0)
            #expect(rig.loop.isIsolatingCurrentContext() == true)
        }
    }

    private nonisolated(nonsending) func hop() async { await Task.yield() }

    @Test func timersFireInOrderAndNeverEarly() async throws {
        try await LoopRig.run { rig in
            let start = rig.loop.now
            var fired: [Int] = []
            await withCheckedContinuation { continuation in
                for milliseconds in [7, 3, 5] {
                    let due = start + .milliseconds(milliseconds)
                    var timer: (any DeadlineTimer)?
                    timer = rig.loop.makeTimer {
                        #expect(rig.loop.now >= due, "fired early")
                        fired.append(milliseconds)
                        timer?.close()
                        timer = nil
                        if fired.count == 3 { continuation.resume() }
                    }
                    timer?.arm(at: due)
                }
            }
            #expect(fired == [3, 5, 7])
        }
    }

    @Test func aDisarmedTimerDoesNotFireAndARearmedOneFiresOnce() async throws {
        try await LoopRig.run { rig in
            var fired: [String] = []
            let disarmed = rig.loop.makeTimer { fired.append("disarmed") }
            disarmed.arm(at: rig.loop.now)
            disarmed.disarm()
            await withCheckedContinuation { continuation in
                let timer = rig.loop.makeTimer {
                    fired.append("rearmed")
                    continuation.resume()
                }
                timer.arm(at: rig.loop.now + .seconds(600))
                timer.arm(at: rig.loop.now + .milliseconds(2))
                disarmed.close()
                rearmed = timer
            }
            rearmed?.close()
            rearmed = nil
            #expect(fired == ["rearmed"])
        }
    }

    @Test func jobsFromOtherThreadsWakeTheLoop() async throws {
        let rig = try LoopRig()
        defer { rig.loop.stop() }
        for _ in 0..<1000 { #expect(await rig.isOnLoop) }
    }

    @Test func signalsArrive() async throws {
        try await LoopRig.run { rig in
            await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
                do {
                    watch = try rig.loop.onSignal(SIGUSR2) { continuation.resume() }
                    kill(getpid(), SIGUSR2)
                } catch {
                    Issue.record(error)
                    continuation.resume()
                }
            }
            watch?.close()
            watch = nil
        }
    }
}

extension LoopRig {
    var isOnLoop: Bool { loop.isIsolatingCurrentContext() == true }
}

// Held by the loop-confined closures of one test each.
nonisolated(unsafe) private var rearmed: (any DeadlineTimer)?
nonisolated(unsafe) private var watch: SignalWatch?
