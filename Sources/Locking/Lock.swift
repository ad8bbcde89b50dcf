#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A mutex around a value, for what several threads share. A pthread mutex rather than `Synchronization.Mutex`, because the
/// thread sanitizer understands it; it is taken once per read, batch or wake-up, so that its 17 ns do not matter.
package final class Lock<Value>: @unchecked Sendable {
    // Sound as Sendable: `value` is only touched between lock and unlock, and `withLock` lets only Sendable results out.
    private let mutex: UnsafeMutablePointer<pthread_mutex_t>
    private var value: Value

    package init(_ value: sending Value) {
        self.value = value
        mutex = .allocate(capacity: 1)
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return body(&value)
    }
}
