import CLibuv
import WorldInterface

/// A byte stream over one `uv_tcp_t`. Loop-confined.
final class TCPStream: ByteStream {
    private enum Phase {
        /// Names are resolved and addresses tried.
        case connecting(TCPConnector)
        case open
        /// Over for the user; the handle is closing.
        case ended
    }

    private let loop: EventLoop
    private var handler: (any StreamHandler)?
    private var phase = Phase.ended
    private var handle: UnsafeMutablePointer<uv_tcp_t>?
    /// What was written before the stream was open.
    private var early: [UInt8] = []
    private var isPaused = false
    private var isFinishing = false

    /// Connects.
    init(loop: EventLoop, endpoint: Endpoint, handler: any StreamHandler) {
        self.loop = loop
        self.handler = handler
        let connector = TCPConnector(loop: loop, endpoint: endpoint)
        phase = .connecting(connector)
        connector.start { [self] result in connected(result) }
    }

    /// Takes over an accepted handle; `begin` starts it.
    init(loop: EventLoop, accepted handle: UnsafeMutablePointer<uv_tcp_t>) {
        self.loop = loop
        adopt(handle)
    }

    func begin(handler: any StreamHandler) {
        self.handler = handler
        handler.streamOpened()
        if !isPaused { startReading() }
    }

    private func adopt(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
        self.handle = handle
        phase = .open
        uv_tcp_nodelay(handle, 1)
        // Balanced in the close callback.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    private func connected(_ result: Result<UnsafeMutablePointer<uv_tcp_t>, NetworkError>) {
        guard case .connecting = phase else {
            if case .success(let handle) = result { closeHandle(handle) }
            return
        }
        switch result {
        case .failure(let error): end(.failed(error))
        case .success(let handle):
            adopt(handle)
            let queued = early
            early = []
            if !queued.isEmpty { write(queued) }
            handler?.streamOpened()
            if !isPaused { startReading() }
        }
    }

    // MARK: - Reading

    private var stream: UnsafeMutablePointer<uv_stream_t>? {
        handle.map { UnsafeMutableRawPointer($0).assumingMemoryBound(to: uv_stream_t.self) }
    }

    private func startReading() {
        guard case .open = phase, let stream else { return }
        uv_read_start(
            stream,
            { handle, _, buffer in
                guard let data = handle?.pointee.data, let buffer else { return }
                let loop = Unmanaged<TCPStream>.fromOpaque(data).takeUnretainedValue().loop
                buffer.pointee.base = loop.readBuffer.assumingMemoryBound(to: CChar.self).baseAddress
                buffer.pointee.len = EventLoop.readBufferByteCount
            },
            { handle, count, _ in
                guard let data = handle?.pointee.data, count != 0 else { return }
                Unmanaged<TCPStream>.fromOpaque(data).takeUnretainedValue().read(count)
            })
    }

    private func read(_ count: Int) {
        if count > 0 {
            handler?.streamReceived(UnsafeMutableRawBufferPointer(rebasing: loop.readBuffer[..<count]))
        } else if count == Int(UV_EOF.rawValue) {
            end(.endOfStream)
        } else {
            end(.failed(NetworkError(uv: Int32(count), peerDescription)))
        }
    }

    func pauseReading() {
        isPaused = true
        if case .open = phase, let stream { uv_read_stop(stream) }
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        startReading()
    }

    // MARK: - Writing

    var queuedByteCount: Int {
        guard case .open = phase, let stream else { return early.count }
        return uv_stream_get_write_queue_size(stream)
    }

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinishing, bytes.count > 0, let base = bytes.baseAddress else { return }
        switch phase {
        case .ended: return
        case .connecting: early.append(contentsOf: bytes)
        case .open:
            guard let stream else { return }
            var taken = 0
            if uv_stream_get_write_queue_size(stream) == 0 {
                var buffer = uv_buf_init(
                    UnsafeMutableRawPointer(mutating: base).assumingMemoryBound(to: CChar.self),
                    UInt32(clamping: bytes.count))
                // An error shows itself again in `uv_write`, where it is reported.
                taken = max(0, Int(uv_try_write(stream, &buffer, 1)))
            }
            if taken < bytes.count { queue(UnsafeRawBufferPointer(rebasing: bytes[taken...]), stream) }
        }
    }

    private func queue(_ bytes: UnsafeRawBufferPointer, _ stream: UnsafeMutablePointer<uv_stream_t>) {
        // One block for the request and a copy of the bytes.
        let block = UnsafeMutableRawPointer.allocate(
            byteCount: MemoryLayout<uv_write_t>.size + bytes.count, alignment: MemoryLayout<uv_write_t>.alignment)
        let request = block.bindMemory(to: uv_write_t.self, capacity: 1)
        let copy = block + MemoryLayout<uv_write_t>.size
        if let base = bytes.baseAddress { copy.copyMemory(from: base, byteCount: bytes.count) }
        var buffer = uv_buf_init(copy.assumingMemoryBound(to: CChar.self), UInt32(clamping: bytes.count))
        let status = uv_write(request, stream, &buffer, 1) { request, status in
            guard let request, let data = request.pointee.handle.pointee.data else { return }
            UnsafeMutableRawPointer(request).deallocate()
            Unmanaged<TCPStream>.fromOpaque(data).takeUnretainedValue().written(status)
        }
        if status < 0 {
            block.deallocate()
            endSoon(.failed(NetworkError(uv: status, peerDescription)))
        }
    }

    private func written(_ status: Int32) {
        guard case .open = phase else { return }
        if status < 0 { return end(.failed(NetworkError(uv: status, peerDescription))) }
        if queuedByteCount == 0 { handler?.streamDrained() }
    }

    func finishWriting() {
        guard case .open = phase, !isFinishing, let stream else { return }
        isFinishing = true
        let request = UnsafeMutablePointer<uv_shutdown_t>.allocate(capacity: 1)
        let status = uv_shutdown(request, stream) { request, _ in request?.deallocate() }
        if status < 0 { request.deallocate() }
    }

    // MARK: - End

    func close() { endSoon(.closedLocally) }

    func reset() {
        guard case .open = phase, let handle else { return close() }
        var linger = linger(l_onoff: 1, l_linger: 0)
        var descriptor: uv_os_fd_t = -1
        uv_fileno(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self), &descriptor)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
        close()
    }

    /// Ends on a later turn than the call that caused it.
    private func endSoon(_ reason: StreamClosure) {
        guard releaseResources() else { return }
        loop.onNextTurn { [self] in tell(reason) }
    }

    private func end(_ reason: StreamClosure) {
        guard releaseResources() else { return }
        tell(reason)
    }

    private func releaseResources() -> Bool {
        switch phase {
        case .ended: return false
        case .connecting(let connector): connector.cancel()
        case .open: if let handle { closeHandle(handle) }
        }
        phase = .ended
        handle = nil
        early = []
        return true
    }

    private func tell(_ reason: StreamClosure) {
        let listener = handler
        handler = nil
        listener?.streamClosed(reason)
    }

    private func closeHandle(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle else { return }
            if let data = handle.pointee.data { Unmanaged<TCPStream>.fromOpaque(data).release() }
            UnsafeMutableRawPointer(handle).deallocate()
        }
    }

    var peerDescription: String {
        guard let handle else { return "" }
        var address = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { uv_tcp_getpeername(handle, $0, &length) }
        }
        return status == 0 ? "\(SocketAddress(address))" : "connection"
    }
}
