#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// What waits for the store's thread, in order. A mutex and a condition: waking the thread costs a system call only when it
/// sleeps.
final class RequestQueue: @unchecked Sendable {
    // Sound as Sendable: all variables are only touched between lock and unlock of `mutex`.
    private enum Phase {
        case open
        /// Nothing more is taken in; what waits is still done.
        case ending
        /// The file is closed.
        case ended
    }

    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private let condition: UnsafeMutablePointer<pthread_cond_t>
    private var waiting: [Request] = []
    /// Somebody waits for an answer.
    private var isUrgent = false
    private var phase = Phase.open
    private var isAsleep = false
    /// Nil where each acknowledgement has to wait for its transaction.
    private var log: AcknowledgementLog?
    private var closers: [CheckedContinuation<Void, Never>] = []

    init() {
        mutex = .allocate(capacity: 1)
        condition = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    deinit {
        pthread_cond_destroy(condition)
        pthread_mutex_destroy(mutex)
        condition.deallocate()
        mutex.deallocate()
    }

    /// False when the store was closed: the request was not taken in.
    func add(_ request: Request) -> Bool {
        pthread_mutex_lock(mutex)
        guard phase == .open else {
            pthread_mutex_unlock(mutex)
            return false
        }
        waiting.append(request)
        isUrgent = true
        wake()
        return true
    }

    /// By the thread, before the first request.
    func use(_ log: AcknowledgementLog) {
        pthread_mutex_lock(mutex)
        self.log = log
        pthread_mutex_unlock(mutex)
    }

    /// Writes an acknowledgement into the log, and leaves the rest to the thread; false where that is not possible.
    func promise(_ number: Int64, in row: Int64) -> Bool {
        pthread_mutex_lock(mutex)
        guard phase == .open, log?.note(RowID.of(number, in: row)) == true else {
            pthread_mutex_unlock(mutex)
            return false
        }
        waiting.append(Request(operation: .acknowledge(number, row: row), answer: nil))
        // It need not be at once: whatever is asked for next takes these along.
        if waiting.count >= Limits.promises { wake() } else { pthread_mutex_unlock(mutex) }
        return true
    }

    /// By the thread: so many of the oldest promises are kept.
    func release(_ count: Int) {
        pthread_mutex_lock(mutex)
        log?.release(count)
        pthread_mutex_unlock(mutex)
    }

    /// Waits until there is enough to do; false when there will be nothing more. The array that is given is used for the
    /// next ones, so that its memory is.
    func next(reusing emptied: inout [Request]) -> Bool {
        emptied.removeAll(keepingCapacity: emptied.capacity <= 4096)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while !isUrgent, waiting.count < Limits.promises {
            if phase != .open {
                if waiting.isEmpty { return false }
                break
            }
            isAsleep = true
            pthread_cond_wait(condition, mutex)
            isAsleep = false
        }
        isUrgent = false
        swap(&emptied, &waiting)
        return true
    }

    /// Nothing more is taken in.
    func end() {
        pthread_mutex_lock(mutex)
        if phase == .open { phase = .ending }
        wake()
    }

    /// The same; `closer` is resumed once the file is closed.
    func end(_ closer: CheckedContinuation<Void, Never>) {
        pthread_mutex_lock(mutex)
        if phase == .ended {
            pthread_mutex_unlock(mutex)
            closer.resume()
            return
        }
        phase = .ending
        closers.append(closer)
        wake()
    }

    /// By the thread, while the file is still its own: nothing more is promised.
    func endLog() {
        pthread_mutex_lock(mutex)
        log?.end()
        log = nil
        pthread_mutex_unlock(mutex)
    }

    /// By the thread, at its end.
    func hasEnded() {
        pthread_mutex_lock(mutex)
        phase = .ended
        let closers = self.closers
        self.closers = []
        pthread_mutex_unlock(mutex)
        for closer in closers { closer.resume() }
    }

    /// Unlocks, and wakes the thread where it sleeps.
    private func wake() {
        let wakes = isAsleep
        // Once is enough, until it slept again.
        isAsleep = false
        pthread_mutex_unlock(mutex)
        if wakes { pthread_cond_signal(condition) }
    }
}
