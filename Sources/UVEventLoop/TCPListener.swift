internal import CLibuv
import WorldInterface

/// A listening socket over one `uv_tcp_t`, which retains it until it is closed. Loop-confined.
///
/// Out of descriptors, libuv accepts with a spare one and closes at once: the peer is refused and the loop does not spin.
final class TCPListener: Listener {
    typealias Accept = (any ByteStream) -> (any StreamHandler)?

    /// As many as the system allows.
    private static let backlog: Int32 = 4096

    let port: UInt16
    private let loop: EventLoop
    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private var accept: Accept?

    private init(loop: EventLoop, handle: UnsafeMutablePointer<uv_tcp_t>, port: UInt16, accept: @escaping Accept) {
        self.loop = loop
        self.handle = handle
        self.port = port
        self.accept = accept
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
    }

    deinit { handle.deallocate() }

    static func listening(
        on loop: EventLoop, at endpoint: Endpoint, accept: @escaping Accept
    ) throws(NetworkError) -> TCPListener {
        guard let address = SocketAddress(numeric: endpoint) else {
            throw NetworkError(.malformed, "cannot listen on \(endpoint): not a numeric address")
        }
        let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uv, handle)
        var code = address.withPointer { uv_tcp_bind(handle, $0, 0) }
        if code == 0 {
            code = uv_listen(.init(handle), backlog) { handle, status in
                guard let handle else { return }
                UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
                    .owner(as: TCPListener.self)?.didConnect(status)
            }
        }
        guard code == 0, let bound = SocketAddress({ uv_tcp_getsockname(handle, $0, $1) }) else {
            uv_close(.init(handle)) { $0?.deallocate() }
            throw NetworkError(uv: code, "cannot listen on \(endpoint)")
        }
        return TCPListener(loop: loop, handle: handle, port: bound.port, accept: accept)
    }

    func close() {
        accept = nil
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(.init(handle)) { handle in _ = handle?.takeOwner(as: TCPListener.self) }
    }

    private func didConnect(_ status: Int32) {
        guard status == 0, let accept else { return }
        let stream = TCPStream(loop: loop, phase: .open, handler: nil)
        guard uv_accept(.init(handle), .init(stream.handle)) == 0 else { return stream.close() }
        guard let handler = accept(stream) else { return stream.close() }
        stream.begin(with: handler)
    }
}
