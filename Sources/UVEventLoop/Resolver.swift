internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Looks names up, each once at a time: attempts to the same host share one lookup. Loop-confined.
///
/// libuv hands a lookup to a thread of its pool, where it cannot be stopped, and gives lookups no more than half of the
/// pool's threads: two of four. When a name server is silent, a lookup takes as long as the system's resolver waits for it
/// (`resolv.conf`: usually 10 s and more). Therefore a name occupies one thread at most, however many connections dial it and
/// however often: who gives up leaves the lookup running, and who comes back joins it. Two names whose servers are silent do
/// delay a third; connections are bounded by their connect deadline all the same, files and timers are not touched, and
/// neither are HTTP requests, for which libcurl has threads of its own.
final class Resolver {
    private unowned let loop: EventLoop
    private var lookups: [String: NameLookup] = [:]

    init(loop: EventLoop) { self.loop = loop }

    /// Lookups that are queued or run.
    var lookupCount: Int { lookups.count }

    /// `completion` is called on a later turn, unless the resolution is cancelled before.
    func resolve(
        _ endpoint: Endpoint, completion: @escaping Resolution.Completion
    ) throws(NetworkError) -> Resolution {
        let host = endpoint.host
        guard !host.isEmpty, host.utf8.count <= 253, !host.utf8.contains(0) else {
            throw NetworkError(.malformed, "not a host name of 1 to 253 bytes")
        }
        let lookup: NameLookup
        if let known = lookups[host] {
            lookup = known
        } else {
            lookup = try NameLookup(host, on: loop) { [unowned self] in lookups[host] = nil }
            lookups[host] = lookup
        }
        return lookup.join(port: endpoint.port, completion: completion)
    }
}

/// One name lookup, and who waits for it. Retained by libuv until it is over.
final class NameLookup {
    private let host: String
    private let request = UnsafeMutablePointer<uv_getaddrinfo_t>.allocate(capacity: 1)
    private var waiting: [Resolution] = []
    private var wantedCount = 0
    /// Called once, when nobody can join any more.
    private var over: (() -> Void)?

    init(_ host: String, on loop: EventLoop, over: @escaping () -> Void) throws(NetworkError) {
        self.host = host
        self.over = over
        var hints = addrinfo()
        hints.ai_family = AF_UNSPEC
        hints.ai_protocol = Int32(IPPROTO_TCP)
        request.pointee.data = Unmanaged.passRetained(self).toOpaque()
        let code = uv_getaddrinfo(
            loop.uv, request,
            { request, status, found in
                defer { uv_freeaddrinfo(found) }
                guard let request, let data = request.pointee.data else { return }
                Unmanaged<NameLookup>.fromOpaque(data).takeRetainedValue().finish(status, found)
            }, host, nil, &hints)
        guard code == 0 else {
            Unmanaged.passUnretained(self).release()
            throw NetworkError(lookingUp: host, code)
        }
    }

    deinit { request.deallocate() }

    func join(port: UInt16, completion: @escaping Resolution.Completion) -> Resolution {
        let resolution = Resolution(self, port: port, completion: completion)
        // Attempts come and go while a name server is silent.
        if waiting.count > 2 * wantedCount + 16 { waiting.removeAll { !$0.isWanted } }
        waiting.append(resolution)
        wantedCount += 1
        return resolution
    }

    func interestEnded() {
        wantedCount -= 1
        // Works only while it waits for a thread; then there is nothing to join.
        guard wantedCount == 0,
            uv_cancel(UnsafeMutableRawPointer(request).assumingMemoryBound(to: uv_req_t.self)) == 0
        else { return }
        end()
    }

    private func end() {
        over?()
        over = nil
    }

    private func finish(_ status: Int32, _ found: UnsafeMutablePointer<addrinfo>?) {
        end()
        let result: Result<[SocketAddress], NetworkError>
        if status == 0 {
            var addresses: [SocketAddress] = []
            var entry = found
            while let current = entry?.pointee {
                if let address = current.ai_addr.flatMap({ SocketAddress($0, port: 0) }) { addresses.append(address) }
                entry = current.ai_next
            }
            result = .success(addresses)
        } else {
            result = .failure(NetworkError(lookingUp: host, status))
        }
        let waiting = waiting
        self.waiting = []
        for resolution in waiting { resolution.finish(result) }
    }
}
