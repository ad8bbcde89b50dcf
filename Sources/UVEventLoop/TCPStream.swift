internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One TCP connection over one `uv_tcp_t`. Loop-confined.
///
/// The handle retains the stream from its creation until it is closed, so each life ends in `didClose`, which alone tells
/// the handler `streamClosed`. An idle stream keeps no buffer, no request and no closure; what its end needs lies behind a
/// reference.
final class TCPStream: ByteStream {
    enum Phase {
        case connecting(ConnectAttempt)
        case open
        /// `uv_close` has been called; the reason is told when it is done.
        indirect case closing(StreamClosure)
        case closed
    }

    enum ReadSide { case flowing, paused, ended }

    enum WriteSide {
        case open
        /// `finishWriting` was called, or the peer has ended and what is queued is still to be sent.
        case finishing
        /// Nothing can be sent any more. The read side may still hold what the peer said before it went.
        indirect case failed(NetworkError)
    }

    let loop: EventLoop
    /// Another one where a race was won by another (`ConnectCandidate`).
    var handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
    var handler: (any StreamHandler)?
    var phase: Phase
    var writeSide = WriteSide.open
    var readSide = ReadSide.flowing
    /// Whether `streamDrained` is owed.
    var hasBacklog = false

    init(loop: EventLoop, phase: Phase, handler: (any StreamHandler)?) {
        self.loop = loop
        self.phase = phase
        self.handler = handler
        uv_tcp_init(loop.uv, handle)
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
    }

    deinit { handle.deallocate() }

    /// A stream that only tells its handler that it failed.
    static func failed(on loop: EventLoop, _ error: NetworkError, handler: any StreamHandler) -> TCPStream {
        let stream = TCPStream(loop: loop, phase: .open, handler: handler)
        stream.end(.failed(error))
        return stream
    }

    // MARK: Ending

    func close() { end(.closedLocally) }

    func reset() {
        if case .open = phase {
            // SO_LINGER of zero seconds makes close(2) send RST. (`uv_tcp_close_reset` refuses after a shutdown.)
            var descriptor: uv_os_fd_t = -1
            var option = linger(l_onoff: 1, l_linger: 0)
            if uv_fileno(UnsafePointer(UnsafeMutablePointer<uv_handle_t>(handle)), &descriptor) == 0 {
                setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
            }
        }
        close()
    }

    /// The only way out. The first reason counts.
    func end(_ reason: StreamClosure) {
        switch phase {
        case .connecting(let attempt): attempt.settle()
        case .open: break
        case .closing, .closed: return
        }
        phase = .closing(reason)
        closeHandle()
    }

    func closeHandle() {
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(.init(handle)) { handle in
            guard let stream = handle?.takeOwner(as: TCPStream.self) else { return }
            stream.didClose()
        }
    }

    private func didClose() {
        // In any other phase the stop of a loop has closed the handle behind our back.
        guard case .closing(let reason) = phase else { return }
        phase = .closed
        let handler = handler
        self.handler = nil
        handler?.streamClosed(reason)
    }

    // MARK: Opening

    /// For an accepted stream: its owner is known.
    func begin(with handler: any StreamHandler) {
        self.handler = handler
        if case .open = phase { open() }
    }

    /// `early` was written before the connection was there.
    func open(sending early: [UInt8] = []) {
        phase = .open
        uv_tcp_nodelay(handle, 1)
        if !early.isEmpty { early.withUnsafeBytes { send($0) } }
        if case .finishing = writeSide { shutDown() }
        if readSide == .flowing { startReading() }
        handler?.streamOpened()
        if !early.isEmpty, !hasBacklog, case .open = phase { handler?.streamDrained() }
    }

    /// After a reset the system does not know the peer any more.
    func lostConnection(_ code: Int32) -> NetworkError {
        let peer = peerDescription
        return NetworkError(uv: code, "lost the connection" + (peer.isEmpty ? "" : " to \(peer)"))
    }

    var peerDescription: String {
        guard case .open = phase else { return "" }
        return SocketAddress { uv_tcp_getpeername(handle, $0, $1) }?.description ?? ""
    }

    // MARK: Reading

    func pauseReading() {
        guard readSide == .flowing else { return }
        readSide = .paused
        if case .open = phase { uv_read_stop(.init(handle)) }
    }

    func resumeReading() {
        guard readSide == .paused else { return }
        readSide = .flowing
        if case .open = phase { startReading() }
    }

    private func startReading() {
        let code = uv_read_start(
            .init(handle),
            { handle, _, buffer in
                guard let loop = handle?.owner(as: TCPStream.self)?.loop else { return }
                buffer?.pointee = uv_buf_init(
                    loop.readBuffer.assumingMemoryBound(to: CChar.self), UInt32(EventLoop.readBufferSize))
            },
            { handle, count, _ in handle?.owningStream?.didRead(count) })
        if code != 0 { end(.failed(NetworkError(uv: code, "cannot read"))) }
    }

    private func didRead(_ count: Int) {
        guard case .open = phase else { return }
        if count > 0 {
            handler?.streamReceived(UnsafeMutableRawBufferPointer(start: loop.readBuffer, count: count))
            if count == EventLoop.readBufferSize { loop.runJobsBetweenReads() }
        } else if count < 0 {
            readingEnded(Int32(truncatingIfNeeded: count))
        }
    }

    private func readingEnded(_ code: Int32) {
        if case .failed(let error) = writeSide { return end(.failed(error)) }
        guard code == UV_EOF.rawValue else {
            return end(.failed(lostConnection(code)))
        }
        guard queuedByteCount > 0 else { return end(.endOfStream) }
        // The peer has said all but may still listen: what is queued goes first.
        readSide = .ended
        uv_read_stop(.init(handle))
        finishWriting()
    }
}

extension UnsafeMutablePointer<uv_stream_t> {
    var owningStream: TCPStream? {
        UnsafeMutableRawPointer(self).assumingMemoryBound(to: uv_handle_t.self).owner(as: TCPStream.self)
    }
}
