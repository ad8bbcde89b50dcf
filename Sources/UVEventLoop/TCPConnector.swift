import CLibuv
import WorldInterface

/// Finds the addresses of an endpoint and tries one after the other. Loop-confined; gone once there is a result.
final class TCPConnector {
    private let loop: EventLoop
    private let endpoint: Endpoint
    private var completion: ((Result<UnsafeMutablePointer<uv_tcp_t>, NetworkError>) -> Void)?
    private var addresses: ArraySlice<SocketAddress> = []
    private var failures: [NetworkError] = []
    private var lookup: UnsafeMutablePointer<uv_getaddrinfo_t>?
    private var attempt: UnsafeMutablePointer<uv_tcp_t>?

    /// As many as are tried; a name may have any number.
    private static let maximumAddresses = 16

    init(loop: EventLoop, endpoint: Endpoint) {
        self.loop = loop
        self.endpoint = endpoint
    }

    func start(_ completion: @escaping (Result<UnsafeMutablePointer<uv_tcp_t>, NetworkError>) -> Void) {
        self.completion = completion
        // On a later turn: results never come from within the call that asked for them.
        loop.onNextTurn { [self] in
            if let address = SocketAddress(numeric: endpoint) {
                addresses = [address]
                tryNext()
            } else {
                resolve()
            }
        }
    }

    /// Nothing is told afterwards.
    func cancel() {
        completion = nil
        if let lookup { uv_cancel(UnsafeMutableRawPointer(lookup).assumingMemoryBound(to: uv_req_t.self)) }
        if let attempt { close(attempt) }
        attempt = nil
    }

    private func finish(_ result: Result<UnsafeMutablePointer<uv_tcp_t>, NetworkError>) {
        let completion = completion
        self.completion = nil
        completion?(result)
    }

    // MARK: - Resolve

    private func resolve() {
        guard completion != nil else { return }
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let status = uv_getaddrinfo(
            loop.uvLoop, request,
            { request, status, list in
                guard let request, let data = request.pointee.data else { return }
                request.deallocate()
                Unmanaged<TCPConnector>.fromOpaque(data).takeRetainedValue().resolved(status, list)
            }, endpoint.host, String(endpoint.port), &hints)
        guard status == 0 else {
            Unmanaged.passUnretained(self).release()
            request.deallocate()
            return finish(.failure(NetworkError(uv: status, "cannot resolve \(endpoint.host)")))
        }
        lookup = request
    }

    private func resolved(_ status: Int32, _ list: UnsafeMutablePointer<addrinfo>?) {
        lookup = nil
        defer { if let list { uv_freeaddrinfo(list) } }
        guard status == 0 else {
            return finish(.failure(NetworkError(uv: status, "cannot resolve \(endpoint.host)")))
        }
        var found: [SocketAddress] = []
        var next = list
        while let entry = next, found.count < TCPConnector.maximumAddresses {
            if let address = entry.pointee.ai_addr {
                found.append(SocketAddress(address, length: Int(entry.pointee.ai_addrlen)))
            }
            next = entry.pointee.ai_next
        }
        addresses = found[...]
        tryNext()
    }

    // MARK: - Connect

    private func tryNext() {
        guard completion != nil else { return }
        guard let address = addresses.popFirst() else { return finish(.failure(summary)) }
        let handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(loop.uvLoop, handle)
        handle.pointee.data = nil
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        attempt = handle
        let status = address.withPointer { pointer in
            uv_tcp_connect(request, handle, pointer) { request, status in
                guard let request, let data = request.pointee.data else { return }
                request.deallocate()
                Unmanaged<TCPConnector>.fromOpaque(data).takeRetainedValue().connected(status)
            }
        }
        guard status != 0 else { return current = address }
        Unmanaged.passUnretained(self).release()
        request.deallocate()
        failed(status, address)
    }

    private var current: SocketAddress?

    private func connected(_ status: Int32) {
        guard completion != nil, let handle = attempt else { return }
        if status == 0 {
            attempt = nil
            return finish(.success(handle))
        }
        if let current { failed(status, current) }
    }

    private func failed(_ status: Int32, _ address: SocketAddress) {
        if let attempt { close(attempt) }
        attempt = nil
        failures.append(NetworkError(uv: status, "cannot connect to \(address)"))
        tryNext()
    }

    private var summary: NetworkError {
        guard let first = failures.first else {
            return NetworkError(.nameNotFound, "cannot resolve \(endpoint.host): it has no address")
        }
        guard failures.count > 1 else { return first }
        return NetworkError(first.kind, failures.map(\.message).joined(separator: "; "))
    }

    private func close(_ handle: UnsafeMutablePointer<uv_tcp_t>) {
        uv_close(UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)) { handle in
            UnsafeMutableRawPointer(handle)?.deallocate()
        }
    }
}
