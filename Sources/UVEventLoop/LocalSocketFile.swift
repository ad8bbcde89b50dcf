internal import CLibuv
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// The file by which a Unix socket is found.
enum LocalSocketFile {
    /// libuv cuts off what is too long.
    static func canName(_ path: String) -> Bool {
        (1...EventLoop.longestSocketPath).contains(path.utf8.count) && !path.utf8.contains(0)
    }

    /// Zero, or libuv's code.
    static func makePrivate(_ path: String) -> Int32 { chmod(path, 0o600) == 0 ? 0 : uv_translate_sys_error(errno) }

    /// Removes the file of a socket at which nobody listens any more. False where there is none.
    ///
    /// - Throws: where somebody does listen, or the file is another one.
    static func removeAbandoned(_ path: String) throws(NetworkError) -> Bool {
        var status = stat()
        guard lstat(path, &status) == 0 else { return false }
        guard status.st_mode & S_IFMT == S_IFSOCK else {
            throw NetworkError(.addressInUse, "cannot listen on \(path): a file of another kind is there")
        }
        switch knock(path) {
        case ECONNREFUSED: break
        case ENOENT: return true
        case EACCES, EPERM:
            throw NetworkError(.addressInUse, "cannot listen on \(path): a socket of another user is there")
        default: throw NetworkError(.addressInUse, "cannot listen on \(path): another process listens there")
        }
        guard unlink(path) == 0 || errno == ENOENT else {
            throw NetworkError(uv: uv_translate_sys_error(errno), "cannot replace the abandoned socket \(path)")
        }
        return true
    }

    /// What a connection attempt says; zero where somebody answers.
    private static func knock(_ path: String) -> Int32 {
        #if canImport(Darwin)
            let kind = SOCK_STREAM
        #else
            let kind = Int32(SOCK_STREAM.rawValue)
        #endif
        let socket = socket(AF_UNIX, kind, 0)
        guard socket >= 0 else { return errno }
        defer { close(socket) }
        // A full queue of a listener that is busy must not hold up this loop.
        _ = fcntl(socket, F_SETFL, O_NONBLOCK)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(socket, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return result == 0 ? 0 : errno
    }
}
