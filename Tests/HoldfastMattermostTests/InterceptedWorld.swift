import UVEventLoop
import WorldInterface

/// A real loop, but that a test may step in before and after each HTTP request.
final class InterceptedWorld: World {
    private let loop: EventLoop
    private let before: @Sendable (HTTPRequest) async -> Void
    private let after: @Sendable (HTTPRequest) async -> Void

    init(
        _ loop: EventLoop, before: @escaping @Sendable (HTTPRequest) async -> Void = { _ in },
        after: @escaping @Sendable (HTTPRequest) async -> Void = { _ in }
    ) {
        self.loop = loop
        self.before = before
        self.after = after
    }

    var executor: any LoopExecutor { loop.executor }
    var now: Instant { loop.now }
    var wallClockMilliseconds: Int64 { loop.wallClockMilliseconds }
    func makeSeed() -> UInt64 { loop.makeSeed() }
    func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer { loop.makeTimer(fire) }
    func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        loop.connect(to: endpoint, tls: tls, transport: transport, handler: handler)
    }
    func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        try loop.listen(on: endpoint, tls: tls, accept: accept)
    }
    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        await before(request)
        let response = try await loop.perform(request)
        await after(request)
        return response
    }
}
