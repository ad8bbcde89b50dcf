internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// One name lookup. Retained by libuv until it is over, which after `cancel` may be much later: a lookup that has begun
/// cannot be stopped, only its answer dropped.
final class Resolution {
    typealias Completion = (Result<[SocketAddress], NetworkError>) -> Void

    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private let endpoint: Endpoint
    private var completion: Completion?

    /// `completion` is called on a later turn, unless `cancel` is called before.
    init(_ endpoint: Endpoint, on loop: EventLoop, completion: @escaping Completion) throws(NetworkError) {
        self.endpoint = endpoint
        self.completion = completion
        guard !endpoint.host.isEmpty, endpoint.host.utf8.count <= 253, !endpoint.host.utf8.contains(0) else {
            throw NetworkError(.malformed, "not a host name of 1 to 253 bytes")
        }
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_protocol = Int32(IPPROTO_TCP)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = uv_getaddrinfo(
            loop.uv, request,
            { request, status, found in
                defer { uv_freeaddrinfo(found) }
                guard let request, let data = request.pointee.data else { return }
                Unmanaged<Resolution>.fromOpaque(data).takeRetainedValue().finish(status, found)
            }, endpoint.host, nil, &hints)
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            throw NetworkError(uv: code, "cannot look up \(endpoint.host)")
        }
    }

    deinit { request.deallocate() }

    func cancel() {
        completion = nil
        uv_cancel(UnsafeMutableRawPointer(request).assumingMemoryBound(to: uv_req_t.self))
    }

    private func finish(_ status: Int32, _ found: UnsafeMutablePointer<addrinfo>?) {
        guard let completion else { return }
        self.completion = nil
        guard status == 0 else {
            return completion(.failure(NetworkError(uv: status, "cannot look up \(endpoint.host)")))
        }
        var addresses: [SocketAddress] = []
        var entry = found
        while let current = entry?.pointee {
            if let address = current.ai_addr.flatMap({ SocketAddress($0, port: endpoint.port) }) {
                addresses.append(address)
            }
            entry = current.ai_next
        }
        completion(.success(addresses))
    }
}
