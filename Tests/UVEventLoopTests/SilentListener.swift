import Testing

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// A TCP socket on loopback whose accept queue is full: the kernel drops what further clients send, so they hear nothing
/// at all, as from a machine that is gone.
final class SilentListener {
    private var descriptors: [Int32] = []
    private(set) var port: UInt16 = 0

    /// Nil where the machine has no IPv6, or its kernel takes connections all the same.
    init?(isIPv6: Bool) {
        var address = sockaddr_storage()
        var length: socklen_t
        if isIPv6 {
            length = socklen_t(MemoryLayout<sockaddr_in6>.size)
            var loopback = sockaddr_in6()
            loopback.sin6_family = sa_family_t(AF_INET6)
            loopback.sin6_addr = in6addr_loopback
            withUnsafeMutableBytes(of: &address) { $0.storeBytes(of: loopback, as: sockaddr_in6.self) }
        } else {
            length = socklen_t(MemoryLayout<sockaddr_in>.size)
            var loopback = sockaddr_in()
            loopback.sin_family = sa_family_t(AF_INET)
            loopback.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            withUnsafeMutableBytes(of: &address) { $0.storeBytes(of: loopback, as: sockaddr_in.self) }
        }
        let family = isIPv6 ? AF_INET6 : AF_INET
        guard let server = tcpSocket(family) else { return nil }
        let listens = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(server, $0, length) == 0 && listen(server, 0) == 0 && getsockname(server, $0, &length) == 0
            }
        }
        guard listens else { return nil }
        // The port stands at the same place in both families.
        port = withUnsafeBytes(of: address) {
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
        // One more than the queue takes. Loopback answers before `connect` returns, so the last is not connected.
        var last: Int32 = -1
        for _ in 0..<4 {
            guard let filler = tcpSocket(family) else { return nil }
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { _ = connect(filler, $0, length) }
            }
            last = filler
        }
        var status = pollfd(fd: last, events: Int16(POLLOUT), revents: 0)
        guard poll(&status, 1, 50) == 0 else { return nil }
    }

    private func tcpSocket(_ family: Int32) -> Int32? {
        let descriptor = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        guard descriptor >= 0 else { return nil }
        descriptors.append(descriptor)
        return descriptor
    }

    deinit { for descriptor in descriptors { close(descriptor) } }

    /// Whether this machine can be silent so.
    static let exists = SilentListener(isIPv6: false) != nil
    static let existsOnIPv6 = SilentListener(isIPv6: true) != nil
}
