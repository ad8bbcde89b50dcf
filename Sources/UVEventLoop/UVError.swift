internal import CLibuv
import WorldInterface

extension NetworkError {
    /// From a libuv (negative) code: "what was tried: what happened".
    init(uv code: Int32, _ attempt: String) {
        self.init(Kind(uv: code), "\(attempt): \(uvDescription(code))")
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
        case UV_ECANCELED, UV_EAI_CANCELED: self = .cancelled
        case UV_EAI_NONAME, UV_EAI_NODATA, UV_EAI_AGAIN, UV_EAI_FAIL, UV_EAI_ADDRFAMILY, UV_ENOENT: self = .nameNotFound
        case UV_EINVAL: self = .malformed
        default: self = .other
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
