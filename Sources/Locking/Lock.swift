#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A mutex around a value, for what several threads share. A pthread mutex rather than `Synchronization.Mutex`, because the
/// thread sanitizer understands it; it is taken once per read, batch or wake-up, so that its 17 ns do not matter.
package struct Lock<Value>: @unchecked Sendable {
    // Sound as Sendable: the value is only touched between lock and unlock, and `withLock` lets only Sendable results out.

    /// Value and mutex, in one allocation.
    private final class Storage: ManagedBuffer<Value, pthread_mutex_t> {
        deinit {
            _ = withUnsafeMutablePointerToElements { mutex in pthread_mutex_destroy(mutex) }
        }
    }

    private let storage: ManagedBuffer<Value, pthread_mutex_t>

    package init(_ value: sending Value) {
        storage = Storage.create(minimumCapacity: 1) { _ in value }
        storage.withUnsafeMutablePointerToElements { mutex in
            mutex.initialize(to: pthread_mutex_t())
            pthread_mutex_init(mutex, nil)
        }
    }

    package func withLock<Result>(_ body: (inout Value) -> Result) -> Result {
        storage.withUnsafeMutablePointers { value, mutex in
            pthread_mutex_lock(mutex)
            defer { pthread_mutex_unlock(mutex) }
            return body(&value.pointee)
        }
    }
}
