internal import Locking
import Synchronization

/// What other threads leave for the loop.
final class Inbox: Sendable {
    private struct State {
        var jobs: [UnownedJob] = []
        /// A wake-up has been sent since the loop last looked.
        var isWakeUpPending = false
        var isStopRequested = false
    }

    let wakeUp: WakeUp
    private let state = Lock(State())
    /// Whether there is something to take. Written under the lock; the loop asks twice a turn, mostly in vain.
    private let filled = Atomic(false)

    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    deinit { wakeUp.close() }

    func add(_ job: UnownedJob) {
        let mustWake = state.withLock { state in
            state.jobs.append(job)
            filled.store(true, ordering: .releasing)
            defer { state.isWakeUpPending = true }
            return !state.isWakeUpPending
        }
        if mustWake { wakeUp.signal() }
    }

    /// Wakes nobody. False when it was requested before.
    func requestStop() -> Bool {
        state.withLock { state in
            filled.store(true, ordering: .releasing)
            defer { state.isStopRequested = true }
            return !state.isStopRequested
        }
    }

    var isFilled: Bool { filled.load(ordering: .acquiring) }

    /// The pending flag falls before the jobs are taken (here: under one lock), so that no job is left without a wake-up.
    ///
    /// - Parameter jobs: an empty array, which takes the place of what it gets.
    /// - Returns: whether the loop is to stop. From then on the inbox counts as filled.
    func take(_ jobs: inout [UnownedJob]) -> Bool {
        state.withLock { state in
            state.isWakeUpPending = false
            swap(&state.jobs, &jobs)
            filled.store(state.isStopRequested, ordering: .releasing)
            return state.isStopRequested
        }
    }
}

/// Jobs of the loop's own thread: two arrays that swap, so that neither is ever shifted.
struct JobQueue {
    private var arriving: [UnownedJob] = []
    private var running: [UnownedJob] = []
    private var next = 0

    var isEmpty: Bool { next == running.count && arriving.isEmpty }

    mutating func append(_ job: UnownedJob) { arriving.append(job) }

    mutating func append(contentsOf jobs: [UnownedJob]) { arriving.append(contentsOf: jobs) }

    mutating func popFirst() -> UnownedJob? {
        if next == running.count {
            // Memory of a burst is given back.
            running.removeAll(keepingCapacity: running.capacity <= 4096)
            next = 0
            swap(&running, &arriving)
            guard !running.isEmpty else { return nil }
        }
        defer { next += 1 }
        return running[next]
    }
}
