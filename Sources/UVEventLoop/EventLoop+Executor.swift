internal import CLibuv
import WorldInterface

/// Jobs of the loop's own thread go to `jobs` and run in this turn's prepare or check phase; jobs of other threads go to
/// the inbox, which is emptied at the start of each of these phases.
extension EventLoop {
    public var executor: any LoopExecutor { self }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard isOnLoop else { return inbox.add(job) }
        if jobs.isEmpty, !isRunningJobs { handles.setBusy(true) }
        jobs.append(job)
    }

    public func checkIsolated() {
        precondition(isOnLoop, "not on the event loop's thread")
    }

    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    func runJobs() {
        isRunningJobs = true
        let stops = takeInbox()
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var budget = Self.jobsPerTurn
        while budget > 0, let job = jobs.popFirst() {
            job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            budget -= 1
        }
        isRunningJobs = false
        handles.setBusy(!jobs.isEmpty)
        if stops, jobs.isEmpty { uv_stop(uv) }
    }

    /// The pending flag falls before the jobs are taken (here: under one lock), so that no job is left without a wake-up.
    private func takeInbox() -> Bool {
        var taken: [UnownedJob] = []
        swap(&taken, &spareJobs)
        let stops = inbox.withLock { state in
            state.isWakeUpPending = false
            swap(&state.jobs, &taken)
            return state.isStopRequested
        }
        jobs.append(contentsOf: taken)
        taken.removeAll(keepingCapacity: taken.capacity <= 4096)
        swap(&taken, &spareJobs)
        return stops
    }
}
