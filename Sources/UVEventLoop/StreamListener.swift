internal import CLibuv
import WorldInterface

/// A listening socket, of TCP or of the local machine, over one libuv handle, which retains it until it is closed.
/// Loop-confined.
///
/// Out of descriptors, libuv accepts with a spare one and closes at once: the peer is refused and the loop does not spin.
/// Where another thread has taken the spare one, libuv would ask for ever whether a descriptor is there, inside one
/// callback, and the loop would hang. So the socket is closed then, which refuses the peers as well, and opened again on the
/// same place as soon as that works.
final class StreamListener: Listener {
    typealias Accept = (any ByteStream) -> (any StreamHandler)?

    private enum Place {
        case address(SocketAddress)
        /// Of a Unix socket.
        case path(String)
    }

    /// As many as the system allows.
    private static let backlog: Int32 = 4096
    /// Between two attempts to open the socket again.
    private static let pause = Duration.milliseconds(100)

    /// Zero for a Unix socket.
    private(set) var port: UInt16 = 0
    private let loop: EventLoop
    private let place: Place
    /// Nil while there is no descriptor for it, and after the end.
    private var handle: UnsafeMutablePointer<uv_stream_t>?
    private var accept: Accept?
    /// Made when it is needed first.
    private var retry: LoopTimer?

    private init(loop: EventLoop, at place: Place, accept: @escaping Accept) {
        self.loop = loop
        self.place = place
        self.accept = accept
    }

    static func listening(
        on loop: EventLoop, at endpoint: Endpoint, accept: @escaping Accept
    ) throws(NetworkError) -> StreamListener {
        guard let address = SocketAddress(numeric: endpoint) else {
            throw NetworkError(.malformed, "cannot listen on \(endpoint): not a numeric address")
        }
        let listener = StreamListener(loop: loop, at: .address(address), accept: accept)
        let code = listener.open()
        guard code == 0 else { throw NetworkError(uv: code, "cannot listen on \(endpoint)") }
        return listener
    }

    static func listening(
        on loop: EventLoop, atPath path: String, accept: @escaping Accept
    ) throws(NetworkError) -> StreamListener {
        guard LocalSocketFile.canName(path) else {
            throw NetworkError(
                .malformed,
                "cannot listen on \(path): the path of a socket has 1 to \(EventLoop.longestSocketPath) bytes")
        }
        let listener = StreamListener(loop: loop, at: .path(path), accept: accept)
        var code = listener.open()
        if code == UV_EADDRINUSE.rawValue, try LocalSocketFile.removeAbandoned(path) { code = listener.open() }
        guard code == 0 else { throw NetworkError(uv: code, "cannot listen on \(path)") }
        return listener
    }

    /// Zero, or libuv's code; then there is no handle.
    private func open() -> Int32 {
        let handle = UnsafeMutablePointer<uv_any_handle>.allocate(capacity: 1)
        let stream = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        var code = bind(UnsafeMutableRawPointer(handle))
        if code == 0 {
            code = uv_listen(stream, Self.backlog) { handle, status in
                guard let handle else { return }
                UnsafeMutablePointer<uv_handle_t>(handle).owner(as: StreamListener.self)?.didConnect(status)
            }
        }
        guard code == 0 else {
            uv_close(.init(handle)) { handle in
                UnsafeMutableRawPointer(handle)?.assumingMemoryBound(to: uv_any_handle.self).deallocate()
            }
            return code
        }
        self.handle = stream
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
        return 0
    }

    /// Makes the handle, and gives it its place.
    private func bind(_ handle: UnsafeMutableRawPointer) -> Int32 {
        switch place {
        case .address(let address):
            let tcp = handle.assumingMemoryBound(to: uv_tcp_t.self)
            uv_tcp_init(loop.uv, tcp)
            // A free port that was found once stays.
            let wanted = port == 0 ? address : address.with(port: port)
            let code = wanted.withPointer { uv_tcp_bind(tcp, $0, 0) }
            if let bound = SocketAddress({ uv_tcp_getsockname(tcp, $0, $1) }) { port = bound.port }
            return code
        case .path(let path):
            let pipe = handle.assumingMemoryBound(to: uv_pipe_t.self)
            uv_pipe_init(loop.uv, pipe, 0)
            let code = uv_pipe_bind(pipe, path)
            // Until it listens, nobody can connect.
            return code == 0 ? LocalSocketFile.makePrivate(path) : code
        }
    }

    func close() {
        accept = nil
        retry?.close()
        retry = nil
        closeHandle()
    }

    private func closeHandle() {
        guard let handle else { return }
        self.handle = nil
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(.init(handle)) { handle in
            guard let handle, handle.takeOwner(as: StreamListener.self) != nil else { return }
            UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_any_handle.self).deallocate()
        }
    }

    private func didConnect(_ status: Int32) {
        guard status == 0 else { return failed(status) }
        guard let handle, let accept else { return }
        let stream = TCPStream(loop: loop, phase: .open, handler: nil)
        guard uv_accept(handle, .init(stream.handle)) == 0 else { return stream.close() }
        guard let handler = accept(stream) else { return stream.close() }
        stream.begin(with: handler)
    }

    private func failed(_ status: Int32) {
        // Anything else is about one peer.
        guard NetworkError.Kind(uv: status) == .tooManyDescriptors, handle != nil else { return }
        closeHandle()
        openAgain()
    }

    private func openAgain() {
        let retry =
            self.retry
            ?? LoopTimer(loop: loop) { [unowned self] in
                if accept != nil, open() != 0 { openAgain() }
            }
        self.retry = retry
        retry.arm(at: loop.now + Self.pause)
    }
}
