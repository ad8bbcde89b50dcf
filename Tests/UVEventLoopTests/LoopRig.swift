import Testing
import UVEventLoop
import WorldInterface

/// Runs a test's body on a loop of its own and checks that it leaves no handle behind.
actor LoopRig {
    nonisolated let loop: EventLoop
    nonisolated let unownedExecutor: UnownedSerialExecutor

    init() throws {
        loop = try EventLoop.start()
        unownedExecutor = loop.executor.asUnownedSerialExecutor()
    }

    /// Isolated to the rig, hence on the loop.
    static func run(_ body: @Sendable @escaping (isolated LoopRig) async throws -> Void) async throws {
        let rig = try LoopRig()
        let task = Task(executorPreference: rig.loop) {
            try await body(rig)
            await rig.settle()
        }
        let result = await task.result
        try rig.loop.stop()
        try result.get()
    }

    /// The peer's end of a connection closes when the news arrives: as many turns of the loop as that takes, within
    /// reason.
    private func settle() async {
        var turns = 0
        // One is the timer of the last turn, which is closing; `stop` throws if anything else is left.
        while loop.liveHandleCount > 1, turns < 2_000 {
            await turn()
            turns += 1
        }
    }

    private func turn() async {
        await withCheckedContinuation { continuation in
            var timer: (any DeadlineTimer)?
            timer = loop.makeTimer {
                timer?.close()
                timer = nil
                continuation.resume()
            }
            timer?.arm(at: loop.now + .milliseconds(1))
        }
    }
}

/// A handler that records, and that a test can wait for. Loop-confined.
final class Transcript: StreamHandler {
    private(set) var said: [String] = []
    private(set) var received: [UInt8] = []
    private var waiters: [(condition: () -> Bool, continuation: CheckedContinuation<Void, Never>)] = []
    var onReceive: (UnsafeMutableRawBufferPointer) -> Void = { _ in }

    func streamOpened() { note("opened") }
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        received.append(contentsOf: bytes)
        onReceive(bytes)
        wake()
    }
    func streamDrained() { note("drained") }
    func streamClosed(_ reason: StreamClosure) {
        switch reason {
        case .closedLocally: note("closed locally")
        case .endOfStream: note("end of stream")
        case .failed(let error): note("failed \(error.kind)")
        }
    }

    private func note(_ what: String) {
        said.append(what)
        wake()
    }

    private func wake() {
        let due = waiters.filter { $0.condition() }
        waiters.removeAll { $0.condition() }
        for waiter in due { waiter.continuation.resume() }
    }

    nonisolated(nonsending) func until(_ condition: @escaping () -> Bool) async {
        if condition() { return }
        await withCheckedContinuation { waiters.append((condition, $0)) }
    }

    nonisolated(nonsending) func untilSaid(_ what: String) async { await until { [self] in said.contains(what) } }
}
