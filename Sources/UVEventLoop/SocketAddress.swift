import CLibuv
import WorldInterface

/// A resolved address with its port.
struct SocketAddress: CustomStringConvertible {
    private var storage: sockaddr_storage

    init(_ storage: sockaddr_storage) { self.storage = storage }

    init(_ pointer: UnsafePointer<sockaddr>, length: Int) {
        storage = sockaddr_storage()
        withUnsafeMutableBytes(of: &storage) {
            $0.copyMemory(from: UnsafeRawBufferPointer(start: pointer, count: min(length, $0.count)))
        }
    }

    /// A numeric IPv4 or IPv6 address; nil for names.
    init?(numeric endpoint: Endpoint) {
        storage = sockaddr_storage()
        let isNumeric = withUnsafeMutablePointer(to: &storage) { pointer in
            pointer.withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                uv_ip4_addr(endpoint.host, Int32(endpoint.port), $0) == 0
            }
                || pointer.withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    uv_ip6_addr(endpoint.host, Int32(endpoint.port), $0) == 0
                }
        }
        guard isNumeric else { return nil }
    }

    func withPointer<Result>(_ body: (UnsafePointer<sockaddr>) -> Result) -> Result {
        withUnsafePointer(to: storage) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0) }
        }
    }

    var port: UInt16 {
        withUnsafePointer(to: storage) {
            // The port stands at the same place in both families.
            $0.withMemoryRebound(to: sockaddr_in.self, capacity: 1) { UInt16(bigEndian: $0.pointee.sin_port) }
        }
    }

    var description: String {
        var name = [CChar](repeating: 0, count: 64)
        withPointer { pointer in
            if Int32(pointer.pointee.sa_family) == AF_INET6 {
                UnsafeRawPointer(pointer).withMemoryRebound(to: sockaddr_in6.self, capacity: 1) {
                    _ = uv_ip6_name($0, &name, name.count)
                }
            } else {
                UnsafeRawPointer(pointer).withMemoryRebound(to: sockaddr_in.self, capacity: 1) {
                    _ = uv_ip4_name($0, &name, name.count)
                }
            }
        }
        let host = name.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        return "\(Endpoint(host: host, port: port))"
    }
}
