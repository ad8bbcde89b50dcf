public import WorldInterface

extension World {
    /// Waits for `duration` on the world's own clock, with a timer of its loop. May be called from anywhere; the caller's
    /// isolation is where it goes on.
    ///
    /// A world whose loop has ended keeps no time: cancel what sleeps before.
    ///
    /// - Throws: as soon as the task is cancelled; at once if it was before.
    nonisolated(nonsending) public func sleep(for duration: Duration) async throws(CancellationError) {
        guard !Task.isCancelled else { throw CancellationError() }
        let sleep = Sleep(world: self, end: now + duration)
        await withTaskCancellationHandler {
            // A timer belongs to the loop, and the caller need not be there.
            await withTaskExecutorPreference(executor) { await sleep.begin() }
        } onCancel: {
            Task(executorPreference: executor) { await sleep.finish() }
        }
        if Task.isCancelled { throw CancellationError() }
    }
}

/// One wait of one task.
private final class Sleep: @unchecked Sendable {
    // Sound as Sendable: what changes is touched only by tasks that prefer the loop's executor, and by its timer.
    private enum Phase {
        case waiting
        case sleeping(any DeadlineTimer, CheckedContinuation<Void, Never>)
        case over
    }

    private let world: any World
    private let end: Instant
    private var phase = Phase.waiting

    init(world: any World, end: Instant) {
        self.world = world
        self.end = end
    }

    /// Returns when it is over. `@concurrent` functions of a task run where the task prefers: on the loop.
    @concurrent func begin() async {
        await withCheckedContinuation { continuation in
            // It may have been cancelled on the way here.
            guard case .waiting = phase else { return continuation.resume() }
            let timer = world.makeTimer { [self] in wake() }
            phase = .sleeping(timer, continuation)
            timer.arm(at: end)
        }
    }

    @concurrent func finish() async { wake() }

    private func wake() {
        let last = phase
        phase = .over
        guard case .sleeping(let timer, let continuation) = last else { return }
        timer.close()
        continuation.resume()
    }
}
