import Foundation
import Synchronization

/// An executor of tasks with a thread of its own, which counts the jobs that it is given: one for each time that a task
/// which prefers it is begun or resumed.
///
/// Sound as Sendable: what two threads touch is under the condition's lock.
final class CountingThread: TaskExecutor, @unchecked Sendable {
    let count = Atomic<Int>(0)
    private let condition = NSCondition()
    private var jobs: [UnownedJob] = []
    private var isStopped = false

    init() {
        let thread = Thread { [self] in run() }
        thread.name = "consumer"
        thread.start()
    }

    func enqueue(_ job: consuming ExecutorJob) {
        count.wrappingAdd(1, ordering: .relaxed)
        let job = UnownedJob(job)
        condition.withLock {
            jobs.append(job)
            condition.signal()
        }
    }

    /// Ends the thread once nothing waits.
    func stop() {
        condition.withLock {
            isStopped = true
            condition.signal()
        }
    }

    private func run() {
        while let taken = next() {
            for job in taken { job.runSynchronously(on: asUnownedTaskExecutor()) }
        }
    }

    private func next() -> [UnownedJob]? {
        condition.withLock {
            while jobs.isEmpty, !isStopped { condition.wait() }
            defer { jobs = [] }
            return jobs.isEmpty ? nil : jobs
        }
    }
}
