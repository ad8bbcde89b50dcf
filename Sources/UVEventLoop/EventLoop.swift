import CLibuv
public import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// A libuv loop as the executor of actors, and as the real world behind the `World` seam.
///
/// It runs on a thread of its own (`start`) or on a `uv_loop_t` that the host owns and runs (`init(adopting:)`). Actors
/// that live on it return it from `unownedExecutor`; tasks prefer it with `Task(executorPreference:)`. Then an await
/// on the same loop stays on it.
///
/// Isolation: `enqueue`, `now`, `wallClockMilliseconds`, `makeSeed` and `stop` may be called from any thread, everything
/// else only on the loop.
public final class EventLoop: World, LoopExecutor, @unchecked Sendable {
    // Sound as Sendable: all mutable state is confined to the loop's thread, except the inbox, which has a lock.

    let uvLoop: UnsafeMutablePointer<uv_loop_t>
    /// One for the whole loop; a read callback consumes it before the next one can run.
    let readBuffer: UnsafeMutableRawBufferPointer
    private let inbox: Inbox
    private var thread: pthread_t
    private var ready: [UnownedJob] = []
    private var draining: [UnownedJob] = []
    private var deferred: [() -> Void] = []
    private var housekeeping: Housekeeping?
    private(set) lazy var http = HTTPClient(loop: self)
    /// Where TLS decrypts to: one for the loop, like the read buffer; made by the first TLS stream.
    private(set) lazy var plaintextBuffer: UnsafeMutableRawBufferPointer = {
        plaintextIsMade = true
        let buffer = UnsafeMutableRawBufferPointer.allocate(
            byteCount: EventLoop.plaintextByteCount + streamBufferPadding, alignment: 64)
        buffer.initializeMemory(as: UInt8.self, repeating: 0)
        return buffer
    }()
    private var plaintextIsMade = false
    private var clientContexts: [TLSClientOptions: TLSContext] = [:]

    /// Jobs run per turn, so that sockets and timers get theirs.
    private static let jobsPerTurn = 4096
    static let readBufferByteCount = 64 << 10
    /// One TLS record (RFC 8446 §5.1).
    private static let plaintextByteCount = 16 << 10

    /// A loop on a thread of its own. It runs until `stop`.
    /// - Throws: `NetworkError` when the system refuses a descriptor or a thread.
    public static func start() throws(NetworkError) -> EventLoop {
        let uvLoop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        try check(uv_loop_init(uvLoop), "create an event loop")
        let loop = try EventLoop(uvLoop)
        try loop.runOnOwnThread()
        return loop
    }

    /// A loop that the host owns: it must be initialised, and the host calls `uv_run`, on this thread.
    /// Its own handles do not keep `uv_run` alive. Call `stop` before the host closes its loop.
    ///
    /// - Parameter loop: a `uv_loop_t *`.
    public convenience init(adopting loop: UnsafeMutableRawPointer) throws(NetworkError) {
        try self.init(loop.assumingMemoryBound(to: uv_loop_t.self))
        housekeeping?.doNotKeepAlive()
    }

    private init(_ uvLoop: UnsafeMutablePointer<uv_loop_t>) throws(NetworkError) {
        ignoreBrokenPipes()
        self.uvLoop = uvLoop
        thread = pthread_self()
        inbox = try Inbox()
        readBuffer = .allocate(
            byteCount: EventLoop.readBufferByteCount + streamBufferPadding, alignment: 64)
        readBuffer.initializeMemory(as: UInt8.self, repeating: 0)
        housekeeping = try Housekeeping(loop: self, inbox: inbox)
    }

    deinit {
        readBuffer.deallocate()
        if plaintextIsMade { plaintextBuffer.deallocate() }
    }

    /// Trust is read from disk once for each kind of options.
    func clientContext(_ options: TLSClientOptions) throws(NetworkError) -> TLSContext {
        if let known = clientContexts[options] { return known }
        let context = try TLSContext(client: options)
        clientContexts[options] = context
        return context
    }

    /// The `uv_loop_t *`, for code that brings its own libuv handles.
    public var rawLoop: UnsafeMutableRawPointer { UnsafeMutableRawPointer(uvLoop) }

    // MARK: - Clock and randomness

    public var now: Instant { Instant(nanoseconds: uv_hrtime()) }

    public var wallClockMilliseconds: Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
    }

    public func makeSeed() -> UInt64 {
        var system = SystemRandomNumberGenerator()
        return system.next()
    }

    // MARK: - Executor

    public var executor: any LoopExecutor { self }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        if isOnLoop { ready.append(job) } else { inbox.add(job) }
    }

    public func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    public func asUnownedTaskExecutor() -> UnownedTaskExecutor { UnownedTaskExecutor(ordinary: self) }
    public func checkIsolated() { precondition(isOnLoop, "not on the event loop's thread") }
    public func isIsolatingCurrentContext() -> Bool? { isOnLoop }

    private var isOnLoop: Bool { pthread_equal(pthread_self(), thread) != 0 }

    /// Runs `body` on the next turn, after the callbacks of this one.
    func onNextTurn(_ body: @escaping () -> Void) {
        deferred.append(body)
        housekeeping?.keepTurning()
    }

    /// Runs what is waiting; called before and after the loop polls.
    func drain() {
        let now = deferred
        deferred = []
        for body in now { body() }
        inbox.take(into: &ready)
        var budget = EventLoop.jobsPerTurn
        let (serial, task) = (asUnownedSerialExecutor(), asUnownedTaskExecutor())
        while !ready.isEmpty, budget > 0 {
            swap(&ready, &draining)
            for job in draining { job.runSynchronously(isolatedTo: serial, taskExecutor: task) }
            budget -= draining.count
            draining.removeAll(keepingCapacity: draining.count < 1024)
        }
        if ready.isEmpty, deferred.isEmpty { housekeeping?.rest() } else { housekeeping?.keepTurning() }
    }

    // MARK: - Life

    /// Ends the loop: its own handles are closed and, on a thread of its own, the thread ends. Streams and timers that
    /// are still open are closed too, without being told. Idempotent; from any thread; does not wait.
    public func stop() {
        Task(executorPreference: self) { [self] in
            http.close()
            housekeeping?.close()
            housekeeping = nil
        }
    }

    /// Handles that are not closed, without the loop's own. For tests: equal before and after means that nothing leaked.
    public var liveHandleCount: Int {
        var count = 0
        uv_walk(
            uvLoop,
            { handle, context in
                guard let handle, let context, uv_is_closing(handle) == 0 else { return }
                context.assumingMemoryBound(to: Int.self).pointee += 1
            }, &count)
        return count - Housekeeping.handleCount
    }

    private func runOnOwnThread() throws(NetworkError) {
        // The thread owns a reference to the loop for as long as it runs.
        let context = Unmanaged.passRetained(self).toOpaque()
        let started = ThreadStart(loop: self)
        let status = started.spawn(context)
        guard status == 0 else {
            Unmanaged<EventLoop>.fromOpaque(context).release()
            throw NetworkError(.other, "cannot start a thread for the event loop (error \(status))")
        }
    }

    fileprivate func runThread() {
        // Bursts of small allocations must not give their memory back to the system each time.
        holdfast_keep_freed_memory()
        uv_run(uvLoop, UV_RUN_DEFAULT)
        uv_loop_close(uvLoop)
        uvLoop.deallocate()
    }

    fileprivate func adoptCurrentThread() { thread = pthread_self() }
}

/// Starts the thread of a loop and waits until it knows its own thread.
private struct ThreadStart {
    let loop: EventLoop

    func spawn(_ context: UnsafeMutableRawPointer) -> Int32 {
        let gate = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
        sem_init(gate, 0, 0)
        let arguments = UnsafeMutablePointer<(UnsafeMutableRawPointer, UnsafeMutablePointer<sem_t>)>.allocate(
            capacity: 1)
        arguments.initialize(to: (context, gate))
        var thread = pthread_t()
        let status = pthread_create(
            &thread, nil,
            { raw in
                guard let raw else { return nil }
                let arguments = raw.assumingMemoryBound(
                    to: (UnsafeMutableRawPointer, UnsafeMutablePointer<sem_t>).self)
                let (context, gate) = arguments.move()
                arguments.deallocate()
                let loop = Unmanaged<EventLoop>.fromOpaque(context).takeRetainedValue()
                loop.adoptCurrentThread()
                sem_post(gate)
                loop.runThread()
                return nil
            }, arguments)
        if status == 0 {
            sem_wait(gate)
            pthread_detach(thread)
        } else {
            arguments.deallocate()
        }
        sem_destroy(gate)
        gate.deallocate()
        return status
    }
}
