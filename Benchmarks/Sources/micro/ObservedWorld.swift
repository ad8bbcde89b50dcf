import Synchronization
import UVEventLoop
import WorldInterface

/// The real world, observed from outside the engine: when each read reaches it, how many there are, and which jobs it
/// enqueues. The engine runs unchanged; it only finds this world where it expects one.
final class ObservedWorld: World {
    private let loop: EventLoop
    let jobs: CountingExecutor
    /// Reads that reached the engine.
    let reads = Atomic<Int>(0)
    /// When the last of them did, in nanoseconds of `now`.
    let lastRead = Atomic<UInt64>(0)

    init(_ loop: EventLoop) {
        self.loop = loop
        jobs = CountingExecutor(loop)
    }

    fileprivate func noteRead() {
        lastRead.store(loop.now.nanoseconds, ordering: .relaxed)
        reads.wrappingAdd(1, ordering: .relaxed)
    }

    var executor: any LoopExecutor { jobs }
    var now: Instant { loop.now }
    var wallClockMilliseconds: Int64 { loop.wallClockMilliseconds }
    func makeSeed() -> UInt64 { loop.makeSeed() }
    func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer { loop.makeTimer(fire) }
    func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        loop.connect(to: endpoint, tls: tls, transport: transport, handler: ObservedHandler(handler, self))
    }
    func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        try loop.listen(on: endpoint, tls: tls, accept: accept)
    }
    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        try await loop.perform(request)
    }
}

/// Stands between a stream and the engine, and notes the moment of each read.
private final class ObservedHandler: StreamHandler {
    private let inner: any StreamHandler
    private let world: ObservedWorld

    init(_ inner: any StreamHandler, _ world: ObservedWorld) {
        self.inner = inner
        self.world = world
    }

    func streamOpened() { inner.streamOpened() }
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        world.noteRead()
        inner.streamReceived(bytes)
    }
    func streamDrained() { inner.streamDrained() }
    func streamClosed(_ reason: StreamClosure) { inner.streamClosed(reason) }
}

/// Counts jobs and passes them on to a loop, which runs them as its own: a task that hops from here to here is counted
/// too, so the count is an upper bound.
final class CountingExecutor: LoopExecutor {
    private let loop: EventLoop
    let count = Atomic<Int>(0)

    init(_ loop: EventLoop) { self.loop = loop }

    func enqueue(_ job: consuming ExecutorJob) {
        count.wrappingAdd(1, ordering: .relaxed)
        loop.enqueue(job)
    }

    func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }
    func checkIsolated() { loop.checkIsolated() }
    func isIsolatingCurrentContext() -> Bool? { loop.isIsolatingCurrentContext() }
}
