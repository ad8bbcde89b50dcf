internal import CLibuv
import WorldInterface

/// What a stream needs only until it is open.
final class ConnectAttempt {
    let endpoint: Endpoint
    /// Not yet tried.
    var addresses: ArraySlice<SocketAddress> = []
    /// Being tried.
    var current: SocketAddress?
    var failures: [NetworkError] = []
    /// Written before the stream was open.
    var early: [UInt8] = []
    var resolution: Resolution?
    var patience: LoopTimer?

    init(_ endpoint: Endpoint) { self.endpoint = endpoint }

    /// Ends what is under way, other than the socket.
    func settle() {
        resolution?.cancel()
        resolution = nil
        patience?.close()
        patience = nil
    }

    /// All failures in one line; an address that answered tells more than one that has no route.
    var verdict: NetworkError {
        let kind = failures.first { $0.kind != .unreachable }?.kind ?? .unreachable
        let details = failures.map(\.message).joined(separator: "; ")
        return NetworkError(kind, "cannot connect to \(endpoint)" + (details.isEmpty ? "" : " (\(details))"))
    }
}

extension TCPStream {
    /// How long an address may take while others are left: long enough for one lost SYN, short enough that a dead first
    /// address does not use up the caller's whole time.
    static let patience = Duration.seconds(2)

    static func connecting(on loop: EventLoop, to endpoint: Endpoint, handler: any StreamHandler) -> TCPStream {
        if let address = SocketAddress(numeric: endpoint) {
            return connecting(on: loop, to: endpoint, at: [address], handler: handler)
        }
        let attempt = ConnectAttempt(endpoint)
        let stream = TCPStream(loop: loop, phase: .connecting(attempt), handler: handler)
        do throws(NetworkError) {
            attempt.resolution = try Resolution(endpoint, on: loop) { result in
                attempt.resolution = nil
                switch result {
                case .success(let addresses):
                    attempt.addresses = addresses[...]
                    stream.connectNext(attempt)
                case .failure(let error): stream.end(.failed(error))
                }
            }
        } catch {
            stream.end(.failed(error))
        }
        return stream
    }

    static func connecting(
        on loop: EventLoop, to endpoint: Endpoint, at addresses: [SocketAddress], handler: any StreamHandler
    ) -> TCPStream {
        let attempt = ConnectAttempt(endpoint)
        attempt.addresses = addresses[...]
        let stream = TCPStream(loop: loop, phase: .connecting(attempt), handler: handler)
        stream.connectNext(attempt)
        return stream
    }

    /// Tries the next address on a fresh handle.
    func connectNext(_ attempt: ConnectAttempt) {
        // Only a stop of the loop closes a handle behind its stream's back.
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        guard let address = attempt.addresses.popFirst() else { return end(.failed(attempt.verdict)) }
        let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
        let code = address.withPointer { pointer in
            uv_tcp_connect(request, handle, pointer) { request, status in
                guard let request else { return }
                let stream = request.pointee.handle.owningStream
                request.deallocate()
                stream?.didConnect(status)
            }
        }
        guard code == 0 else {
            request.deallocate()
            return failed(attempt, code, at: address)
        }
        attempt.current = address
        guard !attempt.addresses.isEmpty else { return }
        let patience = LoopTimer(loop: loop) { [weak self] in
            self?.failed(attempt, UV_ETIMEDOUT.rawValue, at: address)
        }
        patience.arm(at: loop.now + Self.patience)
        attempt.patience = patience
    }

    private func didConnect(_ status: Int32) {
        // After `failed` or `end` the handle is closing, and this is only the echo.
        guard case .connecting(let attempt) = phase, !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else {
            return
        }
        guard status == 0 else {
            if let address = attempt.current { failed(attempt, status, at: address) }
            return
        }
        attempt.settle()
        open(sending: attempt.early)
    }

    private func failed(_ attempt: ConnectAttempt, _ code: Int32, at address: SocketAddress) {
        attempt.settle()
        attempt.failures.append(NetworkError(uv: code, address.description))
        if attempt.addresses.isEmpty {
            end(.failed(attempt.verdict))
        } else {
            closeHandle()
        }
    }
}
