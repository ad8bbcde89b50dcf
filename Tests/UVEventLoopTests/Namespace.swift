#if os(Linux)
    import Glibc

    /// A network and a set of mounts that only the calling thread has, and the threads that it starts from then on: here the
    /// kernel can be set up to fail. Needs root; see `unshare(2)`.
    enum Namespace {
        /// Whether this process may have one; found out on a thread that ends at once.
        static let isAllowed: Bool = {
            var thread = pthread_t()
            var result: UnsafeMutableRawPointer?
            let code = pthread_create(
                &thread, nil, { _ in Namespace.enter() ? UnsafeMutableRawPointer(bitPattern: 1) : nil }, nil)
            return code == 0 && pthread_join(thread, &result) == 0 && result != nil
        }()

        /// Enters a new one whose only network is loopback.
        static func enter() -> Bool {
            // Hidden behind _GNU_SOURCE, which an importer of a module cannot set.
            guard let symbol = dlsym(nil, "unshare") else { return false }
            let unshare = unsafeBitCast(symbol, to: (@convention(c) (Int32) -> Int32).self)
            let newNetwork: Int32 = 0x4000_0000
            let newMounts: Int32 = 0x0002_0000
            guard unshare(newNetwork | newMounts) == 0, raiseLoopback() else { return false }
            // What is mounted here from now on stays here.
            return mount("none", "/", nil, UInt(MS_REC | MS_PRIVATE), nil) == 0
        }

        private static func raiseLoopback() -> Bool {
            let descriptor = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            guard descriptor >= 0 else { return false }
            defer { close(descriptor) }
            // struct ifreq: 16 bytes of name, then the flags.
            var request = [UInt8](repeating: 0, count: 40)
            request.replaceSubrange(0..<2, with: Array("lo".utf8))
            let flags = UInt16(IFF_UP | IFF_RUNNING)
            request[16] = UInt8(flags & 0xFF)
            request[17] = UInt8(flags >> 8)
            return ioctl(descriptor, UInt(SIOCSIFFLAGS), &request) == 0
        }

        /// How many connections to one peer there may be at once.
        static func limitLocalPorts(to range: ClosedRange<UInt16>) -> Bool {
            overwrite("/proc/sys/net/ipv4/ip_local_port_range", "\(range.lowerBound) \(range.upperBound)")
        }

        /// Has names looked up at a server that never answers, waiting `seconds` for it.
        /// - Returns: the server's socket, to close; nil where that cannot be.
        static func silenceNames(seconds: Int) -> Int32? {
            let path = "/tmp/holdfast-resolv-\(getpid()).conf"
            let file = open(path, O_CREAT | O_WRONLY | O_TRUNC, 0o644)
            guard file >= 0 else { return nil }
            close(file)
            guard overwrite(path, "nameserver 127.0.0.1\noptions timeout:\(seconds) attempts:1\n"),
                mount(path, "/etc/resolv.conf", nil, UInt(MS_BIND), nil) == 0
            else { return nil }
            unlink(path)
            let server = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_port = UInt16(53).bigEndian
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            let code = withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
                }
            }
            return code == 0 ? server : nil
        }

        private static func overwrite(_ path: String, _ text: String) -> Bool {
            let file = open(path, O_WRONLY)
            guard file >= 0 else { return false }
            defer { close(file) }
            return write(file, text, text.utf8.count) == text.utf8.count
        }
    }
#endif
