internal import CLibuv
import Synchronization
import WorldInterface

/// A libuv loop as the executor of Swift actors: the real `World`.
///
/// Either it runs on a thread of its own (`start`, ended by `stop`), or on a loop that the host owns and runs
/// (`init(adopting:)`, ended by `close`). This module knows sockets, timers, names, TLS and HTTP; it must never know
/// WebSockets, chat servers or the lifecycle.
///
/// Isolation: `now`, `wallClockMilliseconds`, `makeSeed`, `executor`, `isOnLoop`, `run` and `stop` may be used from
/// any thread; all else belongs to the loop's thread: call it from an actor pinned to this executor, from a task that
/// prefers it, or inside `run`.
///
/// Sound to share: what other threads touch is behind the inbox's lock or atomic; the rest is confined to the loop's
/// thread, and starting and joining that thread order what comes before and after.
public final class EventLoop: World, LoopExecutor, @unchecked Sendable {
    /// The most jobs that run before the loop looks at its sockets again.
    static let jobsPerTurn = 256
    /// One read buffer for all streams: it is only in use during a read callback.
    static let readBufferSize = 64 << 10

    /// A poll, two pipes for signals, two wake-ups, and one in reserve.
    private static let descriptorsOfALoop = 8

    let uv: UnsafeMutablePointer<uv_loop_t>
    let readBuffer: UnsafeMutableRawPointer
    let inbox: Inbox
    var jobs = JobQueue()
    /// What waits for the next turn; see `onNextTurn`.
    var deferred: [() -> Void] = []
    var isRunningJobs = false
    /// The empty array that takes the place of the inbox's, so that neither is allocated anew each time.
    var spareJobs: [UnownedJob] = []
    let handles: LoopHandles
    let timers: TimerQueue
    /// Unpredictable numbers that nobody has had yet.
    var seeds: [UInt64] = []
    private let ownsLoop: Bool
    private let threadIdentity = Atomic<UInt>(0)
    private var thread = uv_thread_t()
    /// Run on the loop before it ends: what parts of this module keep for the loop's whole life is closed here.
    private var endings: [() -> Void] = []
    /// Made by the first request.
    private(set) lazy var http: HTTPClient = {
        atEnd { [unowned self] in http.close() }
        return HTTPClient(loop: self)
    }()
    private(set) lazy var resolver = Resolver(loop: self)
    /// Made by the first TLS stream.
    private(set) lazy var plaintextBuffer = PlaintextBuffer()
    private lazy var clientContexts = TLSClientContexts()

    // MARK: Life

    /// Starts a loop on a thread of its own. It runs until `stop`.
    /// - Parameter name: the thread's name in debuggers; the system cuts it at 15 bytes.
    public static func start(name: String = "holdfast") throws(NetworkError) -> EventLoop {
        // libuv aborts the process where it cannot open the descriptors of its first loop.
        if let shortage = DescriptorShortage.opening(descriptorsOfALoop) {
            throw NetworkError(uv: shortage.code, "cannot create an event loop")
        }
        let wakeUp = try WakeUp()
        let uv = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        let code = uv_loop_init(uv)
        guard code == 0 else {
            wakeUp.close()
            uv.deallocate()
            throw NetworkError(uv: code, "cannot create an event loop")
        }
        clibuv_keep_arena_memory()
        let loop = try EventLoop(uv, wakeUp, ownsLoop: true)
        let start = ThreadStart(loop: loop, name: name)
        let argument = Unmanaged.passRetained(start)
        let threadCode = uv_thread_create(
            &loop.thread,
            { argument in
                guard let argument else { return }
                let start = Unmanaged<ThreadStart>.fromOpaque(argument).takeRetainedValue()
                clibuv_name_thread(start.name)
                start.loop.runUntilStopped()
            }, argument.toOpaque())
        guard threadCode == 0 else {
            argument.release()
            _ = loop.inbox.requestStop()
            loop.runUntilStopped()
            throw NetworkError(uv: threadCode, "cannot start a thread")
        }
        return loop
    }

    /// Lives on a loop that the host owns and runs with `uv_run`. Call it on the thread that runs that loop. The loop's
    /// own handles are unreferenced: they alone do not keep `uv_run` from returning; jobs, timers and streams do.
    /// A host whose only work may come from other threads sets `keepsHostRunning`.
    /// - Parameter host: a `uv_loop_t *`. It must outlive this object until `close` and a further `uv_run`.
    public convenience init(adopting host: UnsafeMutableRawPointer) throws(NetworkError) {
        try self.init(host.assumingMemoryBound(to: uv_loop_t.self), try WakeUp(), ownsLoop: false)
        threadIdentity.store(clibuv_current_thread(), ordering: .relaxed)
    }

    private init(_ uv: UnsafeMutablePointer<uv_loop_t>, _ wakeUp: WakeUp, ownsLoop: Bool) throws(NetworkError) {
        clibuv_ignore_broken_pipe()
        inbox = Inbox(wakeUp: wakeUp)
        self.uv = uv
        self.ownsLoop = ownsLoop
        timers = TimerQueue(uv)
        readBuffer = .allocate(byteCount: Self.readBufferSize + streamBufferPadding, alignment: 64)
        readBuffer.initializeMemory(as: UInt8.self, repeating: 0, count: Self.readBufferSize + streamBufferPadding)
        handles = LoopHandles()
        do throws(NetworkError) {
            try handles.open(on: self, keepLoopAlive: ownsLoop)
        } catch {
            // Nothing is open on it; the memory goes with `self`.
            if ownsLoop { uv_loop_close(uv) }
            throw error
        }
    }

    deinit {
        readBuffer.deallocate()
        if ownsLoop { uv.deallocate() }
    }

    /// Ends a loop that has its own thread: runs the jobs that are ready, closes the loop's own handles, joins the
    /// thread. Call it from another thread, after everything that lives on the loop has been closed and awaited; jobs that
    /// arrive later never run. Waits for name lookups under way. The second call does nothing.
    /// - Throws: what was still open. It has been closed then, and must not be touched any more.
    public func stop() throws(LeakedHandles) {
        precondition(ownsLoop, "a loop of the host is ended by close()")
        precondition(!isOnLoop, "a loop cannot join its own thread")
        guard inbox.requestStop() else { return }
        inbox.wakeUp.signal()
        uv_thread_join(&thread)
        if !leaked.isEmpty { throw LeakedHandles(types: leaked) }
    }

    /// Leaves the host's loop: closes the loop's own handles; the host's next `uv_run` completes it. Call it on the loop,
    /// after everything that lives on it has been closed; jobs that arrive later never run.
    public func close() {
        precondition(!ownsLoop, "a loop with its own thread is ended by stop()")
        preconditionIsolated()
        runEndings()
        handles.close()
    }

    private var leaked: [String] = []

    private func runUntilStopped() {
        threadIdentity.store(clibuv_current_thread(), ordering: .relaxed)
        uv_run(uv, UV_RUN_DEFAULT)
        runEndings()
        // What was closed just now still has something to say, and its owners may answer with jobs.
        repeat { uv_run(uv, UV_RUN_NOWAIT) } while hasWork
        leaked = openHandles().map(\.typeName) + Array(repeating: "timer", count: timers.openCount)
        for handle in openHandles() { uv_close(handle, nil) }
        handles.close()
        uv_run(uv, UV_RUN_DEFAULT)
        if uv_loop_close(uv) != 0 { leaked.append("loop") }
        threadIdentity.store(0, ordering: .relaxed)
    }

    /// Trust is read from disk once for each kind of options. Loop-confined.
    func clientContext(_ options: TLSClientOptions) throws(NetworkError) -> TLSContext {
        try clientContexts.context(for: options)
    }

    /// `ending` runs on the loop when it is about to end.
    func atEnd(_ ending: @escaping () -> Void) { endings.append(ending) }

    private func runEndings() {
        let endings = endings
        self.endings = []
        for ending in endings { ending() }
    }

    // MARK: The loop

    /// The `uv_loop_t *`, to embed other libuv code. Loop-confined.
    public var rawLoop: UnsafeMutableRawPointer { UnsafeMutableRawPointer(uv) }

    /// Whether the caller is on the loop's thread.
    public var isOnLoop: Bool { threadIdentity.load(ordering: .relaxed) == clibuv_current_thread() }

    /// On a host's loop: whether `uv_run` goes on while nothing but this object is there, so that jobs of other threads
    /// are taken. False at first. Loop-confined.
    public var keepsHostRunning = false {
        didSet { handles.keepLoopAlive(keepsHostRunning || ownsLoop) }
    }

    /// Runs `body` on the loop's thread, where loop-confined objects may be used. An await on the same loop stays there.
    public func run<Value: Sendable, Failure: Error>(
        _ body: @Sendable () async throws(Failure) -> Value
    ) async throws(Failure) -> Value {
        try await withTaskExecutorPreference(self) { () async throws(Failure) in try await body() }
    }

    /// Handles on the loop, closing ones included, and timers, without the loop's own. On a host's loop the host's count too. A test
    /// that nothing leaks compares it before and after. Loop-confined.
    public var liveHandleCount: Int { walk { _ in true }.count + liveTimerCount }

    /// Timers that have not been closed, armed or not. Loop-confined.
    public var liveTimerCount: Int { timers.openCount }

    /// Requests under way: connects, name lookups, writes. Loop-confined.
    public var activeRequestCount: Int { Int(uv.pointee.active_reqs.count) }

    private func openHandles() -> [UnsafeMutablePointer<uv_handle_t>] { walk { !$0.isClosing } }

    private func walk(
        where isWanted: (UnsafeMutablePointer<uv_handle_t>) -> Bool
    ) -> [UnsafeMutablePointer<uv_handle_t>] {
        preconditionIsolated()
        var found: [UnsafeMutablePointer<uv_handle_t>] = []
        withUnsafeMutablePointer(to: &found) { found in
            uv_walk(
                uv,
                { handle, found in
                    guard let handle, let found else { return }
                    found.assumingMemoryBound(to: [UnsafeMutablePointer<uv_handle_t>].self).pointee.append(handle)
                }, found)
        }
        return found.filter { isWanted($0) && !handles.contains($0) }
    }
}

/// What was still open when a loop was stopped.
public struct LeakedHandles: Error, Hashable, CustomStringConvertible {
    /// libuv's type names: "tcp", "timer" and so on.
    public var types: [String]

    public var description: String { "the loop was stopped with open handles: \(types.joined(separator: ", "))" }
}

private final class ThreadStart {
    let loop: EventLoop
    let name: String

    init(loop: EventLoop, name: String) {
        self.loop = loop
        self.name = name
    }
}
