internal import CLibuv
import WorldInterface

/// What a stream needs only until it is open.
final class ConnectAttempt {
    /// The Connection Attempt Delay (RFC 8305 §5): how long an address has the field for itself before the next one
    /// joins.
    static let delay = Duration.milliseconds(250)
    /// More addresses of a name are not tried, so that its owner cannot make us open any number of sockets.
    static let maximumAddresses = 16

    let endpoint: Endpoint
    let liveness: TCPLiveness
    /// Not yet tried.
    var addresses: ArraySlice<SocketAddress> = []
    /// Being tried, oldest first.
    var candidates: [ConnectCandidate] = []
    var failures: [NetworkError] = []
    /// Written before the stream was open.
    var early: [UInt8] = []
    var resolution: Resolution?
    private var pace: LoopTimer?

    init(_ endpoint: Endpoint, _ liveness: TCPLiveness) {
        self.endpoint = endpoint
        self.liveness = liveness
    }

    /// The order of RFC 8305 §4: the resolver's (RFC 6724), but that the families take turns, beginning with that of the
    /// first. So the second address that is tried does not depend on what the first one depends on.
    static func interleaved(_ addresses: [SocketAddress]) -> [SocketAddress] {
        guard let first = addresses.first else { return [] }
        let one = addresses.filter { $0.isIPv6 == first.isIPv6 }
        let other = addresses.filter { $0.isIPv6 != first.isIPv6 }
        var order: [SocketAddress] = []
        for place in 0..<max(one.count, other.count) {
            if place < one.count { order.append(one[place]) }
            if place < other.count { order.append(other[place]) }
        }
        return Array(order.prefix(maximumAddresses))
    }

    /// Calls `join` after the delay, unless it is paced anew or settled before.
    func pace(on loop: EventLoop, _ join: @escaping () -> Void) {
        let pace = self.pace ?? LoopTimer(loop: loop, fire: join)
        self.pace = pace
        pace.arm(at: loop.now + Self.delay)
    }

    /// Ends what is under way.
    func settle() {
        resolution?.cancel()
        resolution = nil
        pace?.close()
        pace = nil
        for candidate in candidates { candidate.retire() }
        candidates = []
    }

    /// All failures in one line. First comes what this machine lacks, whatever a peer said; last that there is no route.
    var verdict: NetworkError {
        let kinds = failures.map(\.kind)
        let kind =
            kinds.first { $0 == .tooManyDescriptors || $0 == .outOfMemory }
            ?? kinds.first { $0 != .unreachable && $0 != .portsExhausted }
            ?? kinds.first { $0 == .portsExhausted } ?? .unreachable
        let details = failures.map(\.message).joined(separator: "; ")
        return NetworkError(kind, "cannot connect to \(endpoint)" + (details.isEmpty ? "" : " (\(details))"))
    }
}

/// One address in the race. libuv's request retains it until it is answered, its own handle until that is closed.
final class ConnectCandidate {
    let address: SocketAddress
    /// The stream's own, for the first address: where there is but one, nothing else is needed. Swapped with the
    /// stream's if this one wins.
    fileprivate(set) var handle: UnsafeMutablePointer<uv_tcp_t>
    fileprivate let ownsHandle: Bool
    private let request = UnsafeMutablePointer<uv_connect_t>.allocate(capacity: 1)
    /// Nil once its answer does not count any more.
    private var stream: TCPStream?

    init(_ address: SocketAddress, for stream: TCPStream, isFirst: Bool) {
        self.address = address
        self.stream = stream
        ownsHandle = !isFirst
        guard !isFirst else {
            handle = stream.handle
            return
        }
        handle = UnsafeMutablePointer<uv_tcp_t>.allocate(capacity: 1)
        uv_tcp_init(stream.loop.uv, handle)
        UnsafeMutablePointer<uv_handle_t>(handle).own(self)
    }

    deinit {
        request.deallocate()
        if ownsHandle { handle.deallocate() }
    }

    /// Zero, and `TCPStream.answered` will be called; or a libuv code.
    func start() -> Int32 {
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = address.withPointer { address in
            uv_tcp_connect(request, handle, address) { request, status in
                guard let data = request?.pointee.data else { return }
                let candidate = Unmanaged<ConnectCandidate>.fromOpaque(data).takeRetainedValue()
                candidate.stream?.answered(candidate, status)
            }
        }
        if code != 0 { Unmanaged.passUnretained(self).release() }
        return code
    }

    /// Gives up; a socket of its own is closed.
    func retire() {
        stream = nil
        guard ownsHandle, !UnsafeMutablePointer<uv_handle_t>(handle).isClosing else { return }
        uv_close(.init(handle)) { handle in _ = handle?.takeOwner(as: ConnectCandidate.self) }
    }
}

extension TCPStream {
    /// Takes the winner's socket; the winner gets the stream's handle, to close it.
    func adopt(_ winner: ConnectCandidate) {
        guard winner.ownsHandle else { return }
        // Each handle is retained by the owner that stands in it, once, so owners can be swapped without counting.
        swap(&handle.pointee.data, &winner.handle.pointee.data)
        swap(&handle, &winner.handle)
    }
}
