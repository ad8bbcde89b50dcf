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
        // Each masking key is one: on the loop they are fetched from the system many at a time, and each is forgotten as it
        // is handed out.
        guard isOnLoop else { return generator.next() }
        if seeds.isEmpty {
            seeds = [UInt64](unsafeUninitializedCapacity: 32) { buffer, count in
                let bytes = UnsafeMutableRawBufferPointer(buffer)
                count = uv_random(nil, nil, bytes.baseAddress, bytes.count, 0, nil) == 0 ? buffer.count : 0
            }
        }
        return seeds.popLast() ?? generator.next()
    }

    public func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer {
        preconditionIsolated()
        return LoopTimer(loop: self, fire: fire)
    }

    /// The addresses of a name race (RFC 8305); through a proxy, those of the proxy's name do.
    public func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        preconditionIsolated()
        guard let tls else { return dial(endpoint, nil, transport, handler: handler) }
        do throws(NetworkError) {
            let engine = try TLSEngine(
                client: try clientContext(tls), to: endpoint, isNumeric: SocketAddress(numeric: endpoint) != nil)
            let stream = TLSStream(loop: self, engine: engine, handler: handler)
            stream.attach(inner: dial(endpoint, tls, transport, handler: stream))
            return stream
        } catch {
            return TCPStream.failed(on: self, error, handler: handler)
        }
    }

    /// A stream to the endpoint below its TLS: direct, or through a tunnel.
    private func dial(
        _ endpoint: Endpoint, _ tls: TLSClientOptions?, _ transport: TransportOptions, handler: any StreamHandler
    ) -> any ByteStream {
        do throws(NetworkError) {
            guard let proxy = try transport.proxy.server(for: endpoint, isSecure: tls != nil) else {
                return TCPStream.connecting(
                    on: self, to: endpoint, liveness: transport.liveness, handler: handler)
            }
            return ProxyTunnel.connecting(
                on: self, to: endpoint, through: proxy, tls: tls, liveness: transport.liveness, handler: handler)
        } catch {
            return TCPStream.failed(on: self, error, handler: handler)
        }
    }

    public func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        preconditionIsolated()
        guard let tls else { return try StreamListener.listening(on: self, at: endpoint, accept: accept) }
        let context = try TLSContext(server: tls)
        return try StreamListener.listening(on: self, at: endpoint) { [unowned self] tcp in
            guard let engine = try? TLSEngine(server: context) else { return nil }
            let stream = TLSStream(loop: self, engine: engine, handler: nil)
            stream.attach(inner: tcp)
            guard let handler = accept(stream) else { return nil }
            stream.attach(handler: handler)
            return stream
        }
    }

    /// Listens on a Unix socket that only this process's user can connect to. What a process that was killed has left there
    /// is replaced; the file is removed at the end.
    ///
    /// - Parameter path: 1 to `longestSocketPath` bytes.
    /// - Throws: where another process listens there, or something else lies there.
    public func listen(
        atPath path: String, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        preconditionIsolated()
        return try StreamListener.listening(on: self, atPath: path, accept: accept)
    }

    /// Of a Unix socket, in bytes; what every system takes.
    public static let longestSocketPath = 103

    /// May be called from anywhere. Also an actor of the loop may be called by a task that does not prefer it, which would leave
    /// the loop on the way to libcurl.
    nonisolated(nonsending) public func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        try await run { () async throws(NetworkError) in try await self.http.perform(request) }
    }

    func cancelTransfer(_ key: UInt64) { http.cancel(key) }

    /// Closes the pooled HTTP connections and their handles; requests in flight are cancelled. The loop does it at its end.
    public func closeHTTPConnections() {
        preconditionIsolated()
        http.close()
    }

    /// Calls `handler` on the loop whenever the process gets `signal` (SIGINT, SIGTERM, …), which then no longer has
    /// its default effect. A watch does not keep a host's `uv_run` from returning. Close it before the loop ends.
    public func onSignal(_ signal: Int32, _ handler: @escaping () -> Void) throws(NetworkError) -> SignalWatch {
        preconditionIsolated()
        return try SignalWatch(loop: self, signal: signal, handler: handler)
    }
}
