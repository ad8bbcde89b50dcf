internal import CLibuv
import WorldInterface

/// The race of RFC 8305: addresses join one after the other, each 250 ms after the one before or as soon as one fails; the
/// first that connects wins and all others are closed. How long it may take in all is the caller's to say, by `close`.
extension TCPStream {
    static func connecting(
        on loop: EventLoop, to endpoint: Endpoint, liveness: TCPLiveness = .init(), handler: any StreamHandler
    ) -> TCPStream {
        if let address = SocketAddress(numeric: endpoint) {
            return connecting(on: loop, to: endpoint, at: [address], liveness: liveness, handler: handler)
        }
        let attempt = ConnectAttempt(endpoint, liveness)
        let stream = TCPStream(loop: loop, phase: .connecting(attempt), handler: handler)
        do throws(NetworkError) {
            attempt.resolution = try loop.resolver.resolve(endpoint) { result in
                attempt.resolution = nil
                switch result {
                case .success(let addresses):
                    attempt.addresses = ConnectAttempt.interleaved(addresses)[...]
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
        on loop: EventLoop, to endpoint: Endpoint, at addresses: [SocketAddress], liveness: TCPLiveness = .init(),
        handler: any StreamHandler
    ) -> TCPStream {
        let attempt = ConnectAttempt(endpoint, liveness)
        attempt.addresses = ConnectAttempt.interleaved(addresses)[...]
        let stream = TCPStream(loop: loop, phase: .connecting(attempt), handler: handler)
        stream.connectNext(attempt)
        return stream
    }

    /// Lets the next address join, and those behind it while they fail at once.
    private func connectNext(_ attempt: ConnectAttempt) {
        // Only a stop of the loop closes a handle behind its stream's back.
        guard !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        while let address = attempt.addresses.popFirst() {
            let isFirst = attempt.candidates.isEmpty && attempt.failures.isEmpty
            let candidate = ConnectCandidate(address, for: self, isFirst: isFirst)
            let code = candidate.start()
            if code == 0 {
                attempt.candidates.append(candidate)
                if !attempt.addresses.isEmpty {
                    attempt.pace(on: loop) { [weak self] in self?.connectNext(attempt) }
                }
                return
            }
            candidate.retire()
            attempt.failures.append(NetworkError(connecting: address, code))
        }
        if attempt.candidates.isEmpty { end(.failed(attempt.verdict)) }
    }

    func answered(_ candidate: ConnectCandidate, _ status: Int32) {
        guard case .connecting(let attempt) = phase, !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else {
            return
        }
        guard status == 0 else {
            attempt.candidates.removeAll { $0 === candidate }
            candidate.retire()
            attempt.failures.append(NetworkError(connecting: candidate.address, status))
            return connectNext(attempt)
        }
        adopt(candidate)
        attempt.settle()
        if let descriptor { attempt.liveness.apply(to: descriptor) }
        open(sending: attempt.early)
    }

    /// The socket; nil where there is none yet, or none any more.
    private var descriptor: Int32? {
        var descriptor: uv_os_fd_t = -1
        let code = uv_fileno(UnsafePointer(UnsafeMutablePointer<uv_handle_t>(handle)), &descriptor)
        return code == 0 ? descriptor : nil
    }
}
