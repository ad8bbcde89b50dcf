import CLibuv
public import WorldInterface

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension EventLoop {
    public func makeTimer(_ fire: @escaping () -> Void) -> any DeadlineTimer { LoopTimer(loop: self, fire: fire) }

    public func connect(
        to endpoint: Endpoint, tls: TLSClientOptions?, handler: any StreamHandler
    ) -> any ByteStream {
        guard let tls else { return TCPStream(loop: self, endpoint: endpoint, handler: handler) }
        let isNumeric = SocketAddress(numeric: endpoint) != nil
        do throws(NetworkError) {
            let engine = try TLSEngine(
                client: try clientContext(tls), serverName: endpoint.host, isNumeric: isNumeric)
            let stream = TLSStream(loop: self, engine: engine)
            stream.attach(handler: handler)
            stream.attach(
                inner: TCPStream(loop: self, endpoint: endpoint, handler: stream), handler: handler)
            return stream
        } catch {
            return FailedStream(loop: self, error: error, handler: handler)
        }
    }

    public func listen(
        on endpoint: Endpoint, tls: TLSServerOptions?, accept: @escaping (any ByteStream) -> (any StreamHandler)?
    ) throws(NetworkError) -> any Listener {
        guard let tls else {
            return try TCPListener(loop: self, endpoint: endpoint) { accept($0) }
        }
        let context = try TLSContext(server: tls)
        return try TCPListener(loop: self, endpoint: endpoint) { [unowned self] tcp in
            guard let engine = try? TLSEngine(server: context) else { return nil }
            let stream = TLSStream(loop: self, engine: engine)
            stream.attach(inner: tcp, handler: nil)
            guard let handler = accept(stream) else { return nil }
            stream.attach(handler: handler)
            return stream
        }
    }

    public nonisolated(nonsending) func perform(
        _ request: HTTPRequest
    ) async throws(NetworkError) -> HTTPResponse {
        if isIsolatingCurrentContext() == true { return try await http.perform(request) }
        return try await hop(request)
    }

    /// From elsewhere: the same on the loop.
    private func hop(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        let result: Result<HTTPResponse, NetworkError> = await withTaskExecutorPreference(self) {
            do throws(NetworkError) {
                return .success(try await self.http.perform(request))
            } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func cancelTransfer(_ key: UInt64) { http.cancel(key) }

    /// Closes pooled HTTP connections and their handles; requests in flight are cancelled.
    public func closeHTTPConnections() { http.close() }

    /// Watches a POSIX signal; `handler` runs on the loop. Close the watch to stop.
    public func onSignal(_ signal: Int32, _ handler: @escaping () -> Void) throws(NetworkError) -> SignalWatch {
        try SignalWatch(loop: self, signal: signal, handler: handler)
    }
}

/// A stream that could not even begin: tells so on the next turn. Loop-confined.
private final class FailedStream: ByteStream {
    let queuedByteCount = 0
    let peerDescription = ""

    init(loop: EventLoop, error: NetworkError, handler: any StreamHandler) {
        loop.onNextTurn { handler.streamClosed(.failed(error)) }
    }

    func write(_ bytes: UnsafeRawBufferPointer) {}
    func pauseReading() {}
    func resumeReading() {}
    func finishWriting() {}
    func close() {}
    func reset() {}
}

/// A watch over one POSIX signal. Loop-confined; does not keep a hosted loop alive.
public final class SignalWatch {
    private let handle = UnsafeMutablePointer<uv_signal_t>.allocate(capacity: 1)
    private let handler: () -> Void
    private var isClosed = false

    init(loop: EventLoop, signal: Int32, handler: @escaping () -> Void) throws(NetworkError) {
        self.handler = handler
        uv_signal_init(loop.uvLoop, handle)
        // Balanced in the close callback.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_signal_start(
            handle,
            { handle, _ in
                guard let data = handle?.pointee.data else { return }
                Unmanaged<SignalWatch>.fromOpaque(data).takeUnretainedValue().handler()
            }, signal)
        uv_unref(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self))
        guard status == 0 else {
            close()
            throw NetworkError(uv: status, "cannot watch signal \(signal)")
        }
    }

    /// Stops watching. Idempotent.
    public func close() {
        guard !isClosed else { return }
        isClosed = true
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle, let data = handle.pointee.data else { return }
            UnsafeMutableRawPointer(handle).deallocate()
            Unmanaged<SignalWatch>.fromOpaque(data).release()
        }
    }
}

/// A write to a socket whose peer is gone is an error of that write, not the end of the process.
func ignoreBrokenPipes() { _ = signal(SIGPIPE, SIG_IGN) }
