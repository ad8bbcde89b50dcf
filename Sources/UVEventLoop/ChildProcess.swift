internal import CLibuv
public import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A program that runs as a child of this process. Its standard input and output are the two directions of one stream; its
/// standard error is this process's. Loop-confined; kept by the loop until the child has ended.
public final class ChildProcess {
    /// How a child ended.
    public enum Ending: Hashable, Sendable {
        case status(Int64)
        case signal(Int32)
    }

    /// What is written to it, and what it writes. Closing it is the end of the child's input.
    public private(set) var stream: (any ByteStream)?
    private let handle = UnsafeMutablePointer<uv_process_t>.allocate(capacity: 1)
    private var onExit: ((Ending) -> Void)?

    /// Starts a program.
    ///
    /// - Parameters:
    ///   - program: a path, or a name to be searched in `PATH`.
    ///   - environment: on top of this process's.
    ///   - handler: of the stream; hears `streamOpened` at once.
    ///   - onExit: called once, on the loop; the stream may still hold what the child said before.
    public init(
        on loop: EventLoop, _ program: String, _ arguments: [String], environment: [String: String] = [:],
        handler: any StreamHandler, onExit: @escaping (Ending) -> Void
    ) throws(NetworkError) {
        loop.preconditionIsolated()
        // No other child inherits either end.
        var ends: [uv_os_sock_t] = [-1, -1]
        let paired = clibuv_stream_pair(&ends)
        guard paired == 0 else {
            handle.deallocate()
            throw NetworkError(uv: paired, "cannot start \(program)")
        }
        let own = ends[0]
        let childs = ends[1]
        let code = Self.spawn(loop, handle, program, arguments, environment, childs)
        close(childs)
        let process = UnsafeMutablePointer<uv_handle_t>(handle)
        guard code == 0 else {
            close(own)
            // libuv wants the handle closed even so.
            uv_close(process) { handle in
                guard let handle else { return }
                UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_process_t.self).deallocate()
            }
            throw NetworkError(uv: code, "cannot start \(program)")
        }
        self.onExit = onExit
        process.own(self)
        // A child alone does not keep a host's loop running; its stream does.
        uv_unref(process)
        let stream = TCPStream(loop: loop, phase: .open, handler: nil)
        if uv_tcp_open(stream.handle, own) != 0 { close(own) }
        self.stream = stream
        stream.begin(with: handler)
    }

    /// libuv's code.
    private static func spawn(
        _ loop: EventLoop, _ handle: UnsafeMutablePointer<uv_process_t>, _ program: String, _ arguments: [String],
        _ environment: [String: String], _ descriptor: Int32
    ) -> Int32 {
        var variables: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { variables[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        variables.merge(environment) { _, new in new }
        var argv = ([program] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var streams = [uv_stdio_container_t(), uv_stdio_container_t(), uv_stdio_container_t()]
        for (index, inherited) in [descriptor, descriptor, STDERR_FILENO].enumerated() {
            streams[index].flags = UV_INHERIT_FD
            streams[index].data.fd = inherited
        }
        return argv.withUnsafeMutableBufferPointer { argv in
            envp.withUnsafeMutableBufferPointer { envp in
                streams.withUnsafeMutableBufferPointer { streams in
                    var options = uv_process_options_t()
                    options.file = UnsafePointer(argv[0])
                    options.args = argv.baseAddress
                    options.env = envp.baseAddress
                    options.stdio = streams.baseAddress
                    options.stdio_count = 3
                    options.exit_cb = { handle, status, signal in
                        guard let handle else { return }
                        UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_handle_t.self)
                            .owner(as: ChildProcess.self)?.didExit(signal == 0 ? .status(status) : .signal(signal))
                    }
                    return uv_spawn(loop.uv, handle, &options)
                }
            }
        }
    }

    /// Sends a signal; nothing happens once it has ended.
    public func signal(_ number: Int32) {
        if onExit != nil { uv_process_kill(handle, number) }
    }

    private func didExit(_ ending: Ending) {
        let onExit = onExit
        self.onExit = nil
        uv_close(UnsafeMutablePointer<uv_handle_t>(handle)) { handle in
            guard let handle, handle.takeOwner(as: ChildProcess.self) != nil else { return }
            UnsafeMutableRawPointer(handle).assumingMemoryBound(to: uv_process_t.self).deallocate()
        }
        onExit?(ending)
    }
}
