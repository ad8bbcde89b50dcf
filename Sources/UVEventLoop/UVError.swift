internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

extension NetworkError {
    /// From a libuv (negative) code: "what was tried: what happened; what to do".
    init(uv code: Int32, _ attempt: String) {
        let kind = Kind(uv: code)
        self.init(kind, "\(attempt): \(uvDescription(code))\(Self.advice(code, kind))")
    }

    /// Of one address.
    init(connecting address: SocketAddress, _ code: Int32) {
        self.init(connecting: address.description, isIPv6: address.isIPv6, code)
    }

    /// - Parameter attempt: the address, or what was to be done there.
    init(connecting attempt: String, isIPv6: Bool, _ code: Int32) {
        switch uv_errno_t(code) {
        case UV_EADDRNOTAVAIL where isIPv6:
            // Linux says the same where IPv6 is switched off and where no port is left. The former is the rule.
            self.init(
                .unreachable,
                "\(attempt): \(uvDescription(code)); is IPv6 switched off here, or is no local port left for it?")
        case UV_EADDRNOTAVAIL, UV_EAGAIN:
            self.init(
                .portsExhausted,
                "\(attempt): \(uvDescription(code)); all local ports are in use for connections to it: make fewer, wait a "
                    + "minute, or widen net.ipv4.ip_local_port_range")
        case UV_EACCES, UV_EPERM:
            self.init(
                .accessDenied,
                "\(attempt): \(uvDescription(code)); a firewall or a policy of this machine forbids the connection")
        default: self.init(uv: code, attempt)
        }
    }

    /// Of a lookup. Without a free descriptor the system's resolver cannot ask, and says that the name is not found.
    init(lookingUp host: String, _ code: Int32) {
        var code = code
        if Kind(uv: code) == .nameNotFound, let shortage = DescriptorShortage.current { code = shortage.code }
        self.init(uv: code, "cannot look up \(host)")
    }

    /// What a person can do about a code, where the code alone tells.
    private static func advice(_ code: Int32, _ kind: Kind) -> String {
        switch kind {
        case .tooManyDescriptors where code == UV_ENFILE.rawValue:
            "; the system has no more files to open: close programs, or raise fs.file-max"
        case .tooManyDescriptors:
            "; this process may not open more files: raise its limit (ulimit -n)"
        case .outOfMemory: "; the system is short of memory for sockets"
        case .nameNotFound: "; check the spelling and the name server"
        case .refused, .unreachable, .timedOut, .reset, .tlsUntrusted, .tlsHostMismatch, .tlsFailed, .addressInUse,
            .accessDenied, .portsExhausted, .proxyAuthentication, .proxyRefused, .cancelled, .tooLarge, .malformed,
            .other:
            ""
        }
    }
}

extension NetworkError.Kind {
    init(uv code: Int32) {
        switch uv_errno_t(code) {
        case UV_ECONNREFUSED: self = .refused
        case UV_ENETUNREACH, UV_EHOSTUNREACH, UV_EADDRNOTAVAIL, UV_ENETDOWN, UV_EAFNOSUPPORT: self = .unreachable
        case UV_ETIMEDOUT: self = .timedOut
        case UV_ECONNRESET, UV_EPIPE, UV_ECONNABORTED: self = .reset
        case UV_EADDRINUSE: self = .addressInUse
        case UV_EACCES, UV_EPERM: self = .accessDenied
        case UV_EMFILE, UV_ENFILE: self = .tooManyDescriptors
        case UV_ENOBUFS, UV_ENOMEM, UV_EAI_MEMORY: self = .outOfMemory
        case UV_ECANCELED, UV_EAI_CANCELED: self = .cancelled
        case UV_EAI_NONAME, UV_EAI_NODATA, UV_EAI_AGAIN, UV_EAI_FAIL, UV_EAI_ADDRFAMILY, UV_ENOENT: self = .nameNotFound
        case UV_EINVAL: self = .malformed
        default: self = .other
        }
    }
}

/// That no descriptor can be had right now. Libraries that need one for their own ends often report something else.
enum DescriptorShortage {
    case ofProcess, ofSystem

    /// Found out by trying.
    static var current: DescriptorShortage? { opening(1) }

    /// Whether fewer than `count` can be had; found out by trying.
    static func opening(_ count: Int) -> DescriptorShortage? {
        var opened: [Int32] = []
        defer { for descriptor in opened { close(descriptor) } }
        while opened.count < count {
            let descriptor = open("/dev/null", O_RDONLY | O_CLOEXEC)
            guard descriptor < 0 else {
                opened.append(descriptor)
                continue
            }
            switch errno {
            case EINTR: continue
            case EMFILE: return .ofProcess
            case ENFILE: return .ofSystem
            default: return nil
            }
        }
        return nil
    }

    /// libuv's.
    var code: Int32 {
        switch self {
        case .ofProcess: UV_EMFILE.rawValue
        case .ofSystem: UV_ENFILE.rawValue
        }
    }
}

/// libuv's words for a code. `uv_strerror` would leak a string for each unknown code.
func uvDescription(_ code: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress else { return "error \(code)" }
        return String(cString: uv_strerror_r(code, start, 128))
    }
}
