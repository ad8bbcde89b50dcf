import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Jobs from other threads, and the descriptor that wakes the loop for them.
///
/// An eventfd watched by the loop: its round trip is a fifth of `uv_async_send`'s in libuv 1.44. A pipe elsewhere.
final class Inbox: @unchecked Sendable {
    // Sound as Sendable: `jobs` and `isSignalled` are only touched between lock and unlock.
    let readDescriptor: Int32
    private let writeDescriptor: Int32
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private var jobs: [UnownedJob] = []
    private var isSignalled = false

    init() throws(NetworkError) {
        #if os(Linux)
            readDescriptor = holdfast_eventfd()
            writeDescriptor = readDescriptor
        #else
            var ends: [Int32] = [-1, -1]
            _ = pipe(&ends)
            for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
            (readDescriptor, writeDescriptor) = (ends[0], ends[1])
        #endif
        guard readDescriptor >= 0 else {
            throw NetworkError(.tooManyDescriptors, "cannot create a descriptor for the event loop: raise `ulimit -n`")
        }
        pthread_mutex_init(mutex, nil)
    }

    deinit {
        close(readDescriptor)
        if writeDescriptor != readDescriptor { close(writeDescriptor) }
        pthread_mutex_destroy(mutex)
        mutex.deallocate()
    }

    /// From any thread.
    func add(_ job: UnownedJob) {
        pthread_mutex_lock(mutex)
        jobs.append(job)
        let mustSignal = !isSignalled
        isSignalled = true
        pthread_mutex_unlock(mutex)
        guard mustSignal else { return }
        var one: UInt64 = 1
        _ = write(writeDescriptor, &one, MemoryLayout<UInt64>.size)
    }

    /// On the loop, when the descriptor is readable: clears the flag first, so that whatever is added from now on signals again.
    func acknowledge() {
        var count: UInt64 = 0
        while read(readDescriptor, &count, MemoryLayout<UInt64>.size) > 0 {}
        pthread_mutex_lock(mutex)
        isSignalled = false
        pthread_mutex_unlock(mutex)
    }

    /// On the loop.
    func take(into ready: inout [UnownedJob]) {
        pthread_mutex_lock(mutex)
        ready.append(contentsOf: jobs)
        jobs.removeAll(keepingCapacity: true)
        pthread_mutex_unlock(mutex)
    }
}
