import Locking
import UVEventLoop
import WorldInterface

/// The real world, watched: what the upgrades ask for can be read and changed, and something may happen right before a
/// REST request. With probes an hour away the n-th request is the identify of the n-th attempt.
final class WatchedWorld: World {
    private struct State {
        var targets: [String] = []
        var requestCount = 0
        var events: [Int: @Sendable () async -> Void] = [:]
        var rewrite: @Sendable (String) -> String = { $0 }
    }

    private let loop: EventLoop
    private let state = Lock(State())

    init(_ loop: EventLoop) { self.loop = loop }

    /// The request target of each upgrade, as the client wrote it.
    var targets: [String] { state.withLock { $0.targets } }

    /// Runs `event` before the REST request with this number, from 1.
    func before(request number: Int, _ event: @escaping @Sendable () async -> Void) {
        state.withLock { $0.events[number] = event }
    }

    /// Changes the upgrade requests on their way.
    func rewriteUpgrades(_ rewrite: @escaping @Sendable (String) -> String) { state.withLock { $0.rewrite = rewrite } }

    fileprivate func send(_ head: String) -> String {
        let target = head.split(separator: " ").dropFirst().first
        let rewrite = state.withLock { state in
            state.targets.append(String(target ?? ""))
            return state.rewrite
        }
        return rewrite(head)
    }

    var executor: any LoopExecutor { loop.executor }
    var now: Instant { loop.now }
    var wallClockMilliseconds: Int64 { loop.wallClockMilliseconds }
    func makeSeed() -> UInt64 { loop.makeSeed() }
    func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer { loop.makeTimer(fire) }
    func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        WatchedStream(loop.connect(to: endpoint, tls: tls, transport: transport, handler: handler), self)
    }
    func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        try loop.listen(on: endpoint, tls: tls, accept: accept)
    }
    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        let event = state.withLock { state in
            state.requestCount += 1
            return state.events[state.requestCount]
        }
        await event?()
        return try await loop.perform(request)
    }
}

/// Looks into the first write, which is the upgrade.
private final class WatchedStream: ByteStream {
    private let inner: any ByteStream
    private let world: WatchedWorld
    private var isUpgraded = false

    init(_ inner: any ByteStream, _ world: WatchedWorld) {
        self.inner = inner
        self.world = world
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard !isUpgraded else { return inner.write(bytes) }
        isUpgraded = true
        inner.write(Array(world.send(String(decoding: bytes, as: UTF8.self)).utf8))
    }

    var queuedByteCount: Int { inner.queuedByteCount }
    var peerDescription: String { inner.peerDescription }
    func pauseReading() { inner.pauseReading() }
    func resumeReading() { inner.resumeReading() }
    func finishWriting() { inner.finishWriting() }
    func close() { inner.close() }
    func reset() { inner.reset() }
}
