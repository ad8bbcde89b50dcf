internal import CLibuv
import WorldInterface

/// Jobs of the loop's own thread go to `jobs` and run in this turn's prepare or check phase; jobs of other threads go to
/// the inbox, which is emptied at the start of each of these phases.
extension EventLoop {
    public var executor: any LoopExecutor { self }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        guard isOnLoop else { return inbox.add(job) }
        if !hasWork, !isRunningJobs { handles.setBusy(true) }
        jobs.append(job)
    }

    /// Runs `body` once, before the jobs of a later phase: never inside the call that asks for it. Loop-confined.
    func onNextTurn(_ body: @escaping () -> Void) {
        if !hasWork, !isRunningJobs { handles.setBusy(true) }
        deferred.append(body)
    }

    /// Whether something waits that needs no event of the outside.
    var hasWork: Bool { !jobs.isEmpty || !deferred.isEmpty }

    public func checkIsolated() {
        precondition(isOnLoop, "not on the event loop's thread")
    }

    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    func runJobs() {
        isRunningJobs = true
        let stops = takeInbox()
        runDeferred()
        runOwnJobs()
        isRunningJobs = false
        handles.setBusy(hasWork)
        if stops, !hasWork { uv_stop(uv) }
    }

    /// libuv reads one socket up to 32 times before it looks at anything else. The consumer of what came takes it in between:
    /// it is in the processor's cache still, and the memory of the one read serves for the next.
    func runJobsBetweenReads() {
        guard !jobs.isEmpty, !isRunningJobs else { return }
        isRunningJobs = true
        runOwnJobs()
        isRunningJobs = false
        handles.setBusy(hasWork)
    }

    private func runOwnJobs() {
        let serial = asUnownedSerialExecutor()
        let task = asUnownedTaskExecutor()
        var budget = Self.jobsPerTurn
        while budget > 0, let job = jobs.popFirst() {
            job.runSynchronously(isolatedTo: serial, taskExecutor: task)
            budget -= 1
        }
    }

    private func runDeferred() {
        guard !deferred.isEmpty else { return }
        let due = deferred
        deferred = []
        for body in due { body() }
    }

    /// Whether the loop is to stop.
    private func takeInbox() -> Bool {
        guard inbox.isFilled else { return false }
        var taken: [UnownedJob] = []
        swap(&taken, &spareJobs)
        let stops = inbox.take(&taken)
        jobs.append(contentsOf: taken)
        taken.removeAll(keepingCapacity: taken.capacity <= 4096)
        swap(&taken, &spareJobs)
        return stops
    }
}
