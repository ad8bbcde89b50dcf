internal import CLibuv
import WorldInterface

/// A listening socket over one `uv_tcp_t`, which retains it until it is closed. Loop-confined.
///
/// Out of descriptors, libuv accepts with a spare one and closes at once: the peer is refused and the loop does not spin.
/// Where another thread has taken the spare one, libuv would ask for ever whether a descriptor is there, inside one
/// callback, and the loop would hang. So the socket is closed then, which refuses the peers as well, and opened again on the
/// same port as soon as that works.
final class TCPListener: Listener {
    typealias Accept = (any ByteStream) -> (any StreamHandler)?

    /// As many as the system allows.
    private static let backlog: Int32 = 4096
    /// Between two attempts to open the socket again.
    private static let pause = Duration.milliseconds(100)

    private(set) var port: UInt16
    private let loop: EventLoop
    private let address: SocketAddress
    /// Nil while there is no descriptor for it, and after the end.
    private var handle: UnsafeMutablePointer<uv_tcp_t>?
    private var accept: Accept?
    /// Made when it is needed first.
    private var retry: LoopTimer?

    private init(loop: EventLoop, address: SocketAddress, accept: @escaping Accept) {
        self.loop = loop
        self.address = address
        self.accept = accept
        port = address.port
    }

    static func listening(
        on loop: EventLoop, at endpoint: Endpoint, accept: @escaping Accept
    ) throws(NetworkError) -> TCPListener {
        guard let address = SocketAddress(numeric: endpoint) else {
            throw NetworkError(.malformed, "cannot listen on \(endpoint): not a numeric address")
        }
        let listener = TCPListener(loop: loop, address: address, accept: accept)
        let code = listener.open()
        guard code == 0 else { throw NetworkError(uv: code, "cannot listen on \(endpoint)") }
        return listener
    }

    /// Zero, or libuv's code; then there is no handle.
    private func open() -> Int32 {
        let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uv, handle)
        var code = address.with(port: port).withPointer { uv_tcp_bind(handle, $0, 0) }
        if code == 0 {
            code = uv_listen(.init(handle), Self.backlog) { handle, status in
                guard let handle else { return }
                UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
                    .owner(as: TCPListener.self)?.didConnect(status)
            }
        }
        guard code == 0, let bound = SocketAddress({ uv_tcp_getsockname(handle, $0, $1) }) else {
            uv_close(.init(handle)) { $0?.deallocate() }
            return code
        }
        port = bound.port
        self.handle = handle
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
        return 0
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
            guard let handle, handle.takeOwner(as: TCPListener.self) != nil else { return }
            UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_tcp_t.self).deallocate()
        }
    }

    private func didConnect(_ status: Int32) {
        guard status == 0 else { return failed(status) }
        guard let handle, let accept else { return }
        let stream = TCPStream(loop: loop, phase: .open, handler: nil)
        guard uv_accept(.init(handle), .init(stream.handle)) == 0 else { return stream.close() }
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
