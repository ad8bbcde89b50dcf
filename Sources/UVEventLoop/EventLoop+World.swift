internal import CLibuv
import WorldInterface

extension EventLoop {
    /// CLOCK_MONOTONIC, the clock that libuv's timers follow.
    public var now: Instant { Instant(nanoseconds: uv_hrtime()) }

    public var wallClockMilliseconds: Int64 {
        var time = uv_timeval64_t()
        uv_gettimeofday(&time)
        return time.tv_sec * 1000 + Int64(time.tv_usec) / 1000
    }

    public func makeSeed() -> UInt64 {
        var generator = SystemRandomNumberGenerator()
        return generator.next()
    }

    public func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer {
        preconditionIsolated()
        return LoopTimer(loop: self, fire: fire)
    }

    /// Addresses are tried one after the other, each for at most `TCPStream.patience` while others are left.
    public func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, handler: any StreamHandler
    ) -> any ByteStream {
        preconditionIsolated()
        guard let tls else { return TCPStream.connecting(on: self, to: endpoint, handler: handler) }
        // TLS JOINT (client): return makeTLSClient(…), and TCPStream.failed when it throws.
        _ = tls
        return TCPStream.failed(on: self, .init(.tlsFailed, "TLS is not built in"), handler: handler)
    }

    public func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        preconditionIsolated()
        guard let tls else { return try TCPListener.listening(on: self, at: endpoint, accept: accept) }
        // TLS JOINT (server): a TLSServerContext here, and an `accept` that wraps each stream by makeTLSServer.
        _ = tls
        throw NetworkError(.tlsFailed, "TLS is not built in")
    }

    nonisolated(nonsending) public func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        // HTTP JOINT: HTTPClient of this loop, made at first use and closed by `atEnd`.
        throw NetworkError(.other, "HTTP is not built in")
    }

    /// Calls `handler` on the loop whenever the process gets `signal` (SIGINT, SIGTERM, …), which then no longer has
    /// its default effect. A watch does not keep a host's `uv_run` from returning. Close it before the loop ends.
    public func onSignal(_ signal: Int32, _ handler: @escaping () -> Void) throws(NetworkError) -> SignalWatch {
        preconditionIsolated()
        return try SignalWatch(loop: self, signal: signal, handler: handler)
    }
}
