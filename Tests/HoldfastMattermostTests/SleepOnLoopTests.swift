import Holdfast
import Testing
import UVEventLoop
import WorldInterface

/// Sleeps of the real loop, called from elsewhere; that it ends with nothing open is checked by its `stop`.
@Suite(.timeLimit(.minutes(10))) struct SleepOnLoopTests {
    @Test func aSleepMayBeCalledFromAnyThread() async throws {
        let loop = try EventLoop.start()
        let before = loop.now
        try await loop.sleep(for: .milliseconds(5))
        #expect(loop.now.nanoseconds(since: before) >= 5_000_000)
        await loop.run {
            try? await loop.sleep(for: .milliseconds(1))
            #expect(loop.isOnLoop)
        }
        try loop.stop()
    }

    @Test func aCancelFromAnotherThreadEndsASleep() async throws {
        let loop = try EventLoop.start()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask {
                    await #expect(throws: CancellationError.self) { try await loop.sleep(for: .seconds(3600)) }
                }
            }
            group.cancelAll()
        }
        // The cancels run on the loop; what they still have to close is closed before the next job.
        await loop.run {}
        try loop.stop()
    }
}
