import CLibuv
import WorldInterface

/// Throws a `NetworkError` for a negative libuv status.
func check(_ status: Int32, _ what: String) throws(NetworkError) {
    guard status >= 0 else { throw NetworkError(uv: status, what) }
}

extension NetworkError {
    /// What a libuv status means to a user.
    init(uv status: Int32, _ what: String) {
        let kind: Kind
        var advice = ""
        switch uv_errno_t(rawValue: status) {
        case UV_ECONNREFUSED: (kind, advice) = (.refused, "; is the server running, and is the port right?")
        case UV_ECONNRESET, UV_EPIPE, UV_ECONNABORTED: kind = .reset
        case UV_ETIMEDOUT: kind = .timedOut
        case UV_EHOSTUNREACH, UV_ENETUNREACH, UV_EADDRNOTAVAIL:
            (kind, advice) = (.unreachable, "; check the network and the address")
        case UV_EAI_NONAME, UV_EAI_NODATA, UV_EAI_FAIL, UV_EAI_AGAIN:
            (kind, advice) = (.nameNotFound, "; check the spelling and the name server")
        case UV_EADDRINUSE: (kind, advice) = (.addressInUse, "; choose another port")
        case UV_EACCES, UV_EPERM: (kind, advice) = (.accessDenied, "; ports below 1024 need privileges")
        case UV_EMFILE, UV_ENFILE: (kind, advice) = (.tooManyDescriptors, "; raise `ulimit -n`")
        case UV_ECANCELED: kind = .cancelled
        default: kind = .other
        }
        self.init(kind, "\(what): \(String(cString: uv_strerror(status)))\(advice)")
    }
}
