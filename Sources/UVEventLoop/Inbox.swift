internal import Locking

/// What other threads leave for the loop.
final class Inbox: Sendable {
    struct State {
        var jobs: [UnownedJob] = []
        /// A wake-up has been sent since the loop last looked.
        var isWakeUpPending = false
        var isStopRequested = false
    }

    let wakeUp: WakeUp
    private let state = Lock(State())

    init(wakeUp: WakeUp) { self.wakeUp = wakeUp }

    deinit { wakeUp.close() }

    func withLock<Value>(_ body: (inout State) -> Value) -> Value { state.withLock(body) }

    func add(_ job: UnownedJob) {
        let mustWake = withLock { state in
            state.jobs.append(job)
            defer { state.isWakeUpPending = true }
            return !state.isWakeUpPending
        }
        if mustWake { wakeUp.signal() }
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
