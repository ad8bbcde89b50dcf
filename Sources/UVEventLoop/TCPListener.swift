import CLibuv
import WorldInterface

/// A listening `uv_tcp_t`. Loop-confined.
final class TCPListener: Listener {
    let port: UInt16
    private let handle: UnsafeMutablePointer<uv_tcp_t>
    private let loop: EventLoop
    private let accept: (TCPStream) -> (any StreamHandler)?
    private var isClosed = false

    private static let backlog: Int32 = 1024

    init(
        loop: EventLoop, endpoint: Endpoint, accept: @escaping (TCPStream) -> (any StreamHandler)?
    ) throws(NetworkError) {
        guard let address = SocketAddress(numeric: endpoint) else {
            throw NetworkError(.other, "cannot listen on \(endpoint): give a numeric address, such as 127.0.0.1")
        }
        let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uvLoop, handle)
        handle.pointee.data = nil
        let stream = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        var status = address.withPointer { uv_tcp_bind(handle, $0, 0) }
        if status == 0 {
            status = uv_listen(stream, TCPListener.backlog) { stream, status in
                guard let data = stream?.pointee.data, status == 0 else { return }
                Unmanaged<TCPListener>.fromOpaque(data).takeUnretainedValue().acceptNext()
            }
        }
        guard status == 0 else {
            TCPListener.close(handle)
            throw NetworkError(uv: status, "cannot listen on \(endpoint)")
        }
        var bound = sockaddr_storage()
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &bound) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { uv_tcp_getsockname(handle, $0, &length) }
        }
        self.loop = loop
        self.handle = handle
        self.accept = accept
        port = SocketAddress(bound).port
        // Balanced in the close callback.
        handle.pointee.data = Unmanaged.passRetained(self).toOpaque()
    }

    private func acceptNext() {
        let client = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uvLoop, client)
        client.pointee.data = nil
        let server = UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_stream_t.self)
        let accepted = UnsafeMutableRawPointer(client).assumingMemoryBound(to: uv_stream_t.self)
        guard uv_accept(server, accepted) == 0 else { return TCPListener.close(client) }
        let stream = TCPStream(loop: loop, accepted: client)
        guard let handler = accept(stream) else { return stream.close() }
        stream.begin(handler: handler)
    }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        TCPListener.close(handle)
    }

    private static func close(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            guard let handle else { return }
            if let data = handle.pointee.data { Unmanaged<TCPListener>.fromOpaque(data).release() }
            UnsafeMutableRawPointer(handle).deallocate()
        }
    }
}
