#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// A value behind a mutex, and threads that wait for it to become something: for hosts, which have no tasks.
final class Monitor<Value>: @unchecked Sendable {
    // Sound as Sendable: the value is only touched between lock and unlock.

    private var value: Value
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let changed = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

    init(_ value: sending Value) {
        self.value = value
        pthread_mutex_init(mutex, nil)
        #if canImport(Darwin)
            pthread_cond_init(changed, nil)
        #else
            var attributes = pthread_condattr_t()
            pthread_condattr_init(&attributes)
            pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
            pthread_cond_init(changed, &attributes)
            pthread_condattr_destroy(&attributes)
        #endif
    }

    deinit {
        pthread_cond_destroy(changed)
        pthread_mutex_destroy(mutex)
        changed.deallocate()
        mutex.deallocate()
    }

    /// Reads or changes the value; whoever waits looks again.
    func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer {
            pthread_cond_broadcast(changed)
            pthread_mutex_unlock(mutex)
        }
        return body(&value)
    }

    /// Blocks the thread until `body` finds what it looks for, or `milliseconds` have passed. `UInt32.max` is without end, 0 is
    /// one look.
    func wait<Result>(milliseconds: UInt32, _ body: (inout Value) -> Result?) -> Result? {
        let end = MonotonicTime.now.adding(milliseconds: milliseconds)
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        while true {
            if let found = body(&value) {
                pthread_cond_broadcast(changed)
                return found
            }
            guard milliseconds > 0 else { return nil }
            if milliseconds == .max {
                pthread_cond_wait(changed, mutex)
            } else if !sleep(until: end) {
                return body(&value)
            }
        }
    }

    /// False when the time has passed.
    private func sleep(until end: MonotonicTime) -> Bool {
        #if canImport(Darwin)
            let left = end.nanoseconds - MonotonicTime.now.nanoseconds
            guard left > 0 else { return false }
            var time = MonotonicTime(nanoseconds: left).time
            return pthread_cond_timedwait_relative_np(changed, mutex, &time) != ETIMEDOUT
        #else
            var time = end.time
            return pthread_cond_timedwait(changed, mutex, &time) != ETIMEDOUT
        #endif
    }
}

/// CLOCK_MONOTONIC.
private struct MonotonicTime {
    var nanoseconds: Int64

    static var now: MonotonicTime {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return MonotonicTime(nanoseconds: Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec))
    }

    func adding(milliseconds: UInt32) -> MonotonicTime {
        MonotonicTime(nanoseconds: nanoseconds + Int64(milliseconds) * 1_000_000)
    }

    var time: timespec {
        timespec(tv_sec: Int(nanoseconds / 1_000_000_000), tv_nsec: Int(nanoseconds % 1_000_000_000))
    }
}
