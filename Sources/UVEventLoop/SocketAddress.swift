internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// An IPv4 or IPv6 address with its port.
struct SocketAddress: CustomStringConvertible {
    private var storage = sockaddr_storage()

    /// Nil when the host is a name.
    init?(numeric endpoint: Endpoint) {
        let isNumeric = withUnsafeMutablePointer(to: &storage) { storage in
            let raw = UnsafeMutableRawPointer(storage)
            let port = Int32(endpoint.port)
            return uv_ip4_addr(endpoint.host, port, raw.assumingMemoryBound(to: sockaddr_in.self)) == 0
                || uv_ip6_addr(endpoint.host, port, raw.assumingMemoryBound(to: sockaddr_in6.self)) == 0
        }
        guard isNumeric else { return nil }
    }

    /// A copy of what the resolver found, with `port`; nil for other families.
    init?(_ address: UnsafePointer<sockaddr>, port: UInt16) {
        let family = Int32(address.pointee.sa_family)
        let source = UnsafeRawPointer(address)
        withUnsafeMutableBytes(of: &storage) { target in
            switch family {
            case AF_INET:
                var copy = source.loadUnaligned(as: sockaddr_in.self)
                copy.sin_port = port.bigEndian
                target.storeBytes(of: copy, as: sockaddr_in.self)
            case AF_INET6:
                var copy = source.loadUnaligned(as: sockaddr_in6.self)
                copy.sin6_port = port.bigEndian
                target.storeBytes(of: copy, as: sockaddr_in6.self)
            // The guard below refuses every other family.
            default: break
            }
        }
        guard family == AF_INET || family == AF_INET6 else { return nil }
    }

    /// What `fill` (getpeername, getsockname) writes; nil when it fails.
    init?(_ fill: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<Int32>) -> Int32) {
        var length = Int32(MemoryLayout<sockaddr_storage>.size)
        let code = withUnsafeMutablePointer(to: &storage) {
            fill(UnsafeMutableRawPointer($0).assumingMemoryBound(to: sockaddr.self), &length)
        }
        guard code == 0 else { return nil }
    }

    /// The same address with another port.
    func with(port: UInt16) -> SocketAddress {
        var copy = self
        // The port stands at the same place in both families.
        withUnsafeMutableBytes(of: &copy.storage) {
            $0.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
        }
        return copy
    }

    func withPointer<Value>(_ body: (UnsafePointer<sockaddr>) -> Value) -> Value {
        withUnsafePointer(to: storage) { body(UnsafeRawPointer($0).assumingMemoryBound(to: sockaddr.self)) }
    }

    var isIPv6: Bool { withPointer { Int32($0.pointee.sa_family) == AF_INET6 } }

    /// Without the port: 4 or 16 bytes, as on the wire.
    var addressBytes: [UInt8] {
        withUnsafeBytes(of: storage) { isIPv6 ? Array($0[8..<24]) : Array($0[4..<8]) }
    }

    var port: UInt16 {
        withUnsafeBytes(of: storage) {
            // The port stands at the same place in both families.
            UInt16(bigEndian: $0.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        }
    }

    /// `127.0.0.1:8065`, `[::1]:8065`.
    var description: String {
        let host = withPointer { address in
            withUnsafeTemporaryAllocation(of: CChar.self, capacity: 64) { text in
                guard let start = text.baseAddress else { return "?" }
                let raw = UnsafeRawPointer(address)
                let code =
                    Int32(address.pointee.sa_family) == AF_INET6
                    ? uv_ip6_name(raw.assumingMemoryBound(to: sockaddr_in6.self), start, 64)
                    : uv_ip4_name(raw.assumingMemoryBound(to: sockaddr_in.self), start, 64)
                return code == 0 ? String(cString: start) : "?"
            }
        }
        return Endpoint(host: host, port: port).description
    }
}
