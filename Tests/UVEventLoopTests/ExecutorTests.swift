import CLibuv
import Testing
import UVEventLoop
import WorldInterface

/// Lives on a loop, as the engine's actors do.
private actor Resident {
    let loop: EventLoop
    var count = 0

    init(_ loop: EventLoop) { self.loop = loop }

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    func increment() { count += 1 }

    var thread: UInt { currentThread() }

    /// How often a callback may come between two steps of this actor before it has taken `steps` steps.
    func spin(until isDone: @Sendable () -> Bool) async {
        while !isDone() { await Task.yield() }
    }
}

/// Not `pthread_self()`: its header calls it constant, so optimised code asks once and remembers it across an await.
private func currentThread() -> UInt { clibuv_current_thread() }

@Suite struct ExecutorTests {
    @Test func anActorOnTheLoopIsIsolatedInCallbacksOfTheLoop() async throws {
        try await withLoop { loop in
            let resident = Resident(loop)
            let signal = Signal(loop)
            var hasRun = false
            let timer = loop.makeTimer {
                resident.assumeIsolated { $0.increment() }
                hasRun = true
                signal.check()
            }
            timer.arm(at: loop.now)
            await signal.wait("the timer") { hasRun }
            timer.close()
            #expect(await resident.count == 1)
        }
    }

    @Test func awaitsOnTheSameLoopStayOnItsThread() async throws {
        try await withLoop { loop in
            let resident = Resident(loop)
            let own = currentThread()
            for _ in 0..<1_000 {
                #expect(await resident.thread == own)
                await Task.yield()
                #expect(currentThread() == own)
            }
            #expect(loop.isOnLoop)
        }
    }

    @Test func awaitsFromElsewhereReachTheLoop() async throws {
        let loop = try EventLoop.start()
        let resident = Resident(loop)
        #expect(!loop.isOnLoop)
        #expect(loop.isIsolatingCurrentContext() == false)
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask { for _ in 0..<500 { await resident.increment() } }
            }
        }
        #expect(await resident.count == 4_000)
        try loop.stop()
    }

    @Test func twoLoopsWakeEachOther() async throws {
        let other = try EventLoop.start()
        let far = Resident(other)
        try await withLoop { loop in
            let own = currentThread()
            for _ in 0..<500 {
                #expect(await far.thread != own)
                #expect(currentThread() == own)
            }
        }
        try other.stop()
    }

    @Test func jobsThatNeverEndDoNotStarveTimersOrSockets() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            let resident = Resident(loop)
            let spinning = Task(executorPreference: loop) {
                await resident.spin { Task.isCancelled }
            }
            // Each pass needs the poll and the timers to have their turn between the jobs above.
            for count in 1...20 {
                client.call { $0.write([1]) }
                await server.untilReceived(count)
                let signal = Signal(loop)
                var hasFired = false
                let timer = loop.makeTimer {
                    hasFired = true
                    signal.check()
                }
                timer.arm(at: loop.now)
                await signal.wait("the timer") { hasFired }
                timer.close()
            }
            spinning.cancel()
            await spinning.value
            await close(client, server)
        }
    }

    @Test func errorsThrownOnTheLoopArriveTyped() async throws {
        let loop = try EventLoop.start()
        await #expect(throws: NetworkError(.other, "so")) {
            try await loop.run { () throws(NetworkError) in throw NetworkError(.other, "so") }
        }
        try loop.stop()
    }

    @Test func seedsDifferAndClocksRun() async throws {
        try await withLoop { loop in
            #expect(loop.makeSeed() != loop.makeSeed())
            let first = loop.now
            #expect(loop.now >= first)
            // 2020-01-01 in milliseconds: seconds or microseconds would be far off.
            #expect((1_577_836_800_000..<9_999_999_999_999).contains(loop.wallClockMilliseconds))
        }
    }
}
