import Foundation

/// Another program, run as a child: its standard input is a pipe that closes with this object, its standard output is read line
/// by line, its errors go where this process's go, or are read as lines too.
///
/// Isolation: one thread at a time. Blocking: meant for a program that drives others and has nothing else to do.
public final class ChildProcess {
    public struct Failure: Error, CustomStringConvertible {
        public let description: String
    }

    public let identifier: pid_t
    private let input: Int32
    private let output: FileHandle
    private let errors: FileHandle?
    private var buffers: [Int32: [UInt8]] = [:]
    /// Descriptors whose end `next` has read.
    private var ended: Set<Int32> = []
    private var isReaped = false

    /// - Parameters:
    ///   - path: the executable.
    ///   - environment: on top of this process's.
    ///   - processor: where the system is asked to keep it; nil leaves it free.
    ///   - readsErrors: whether its standard error is read by `errorLine` instead of passed through.
    ///   - diesWithThread: whether the system is asked to kill it when the calling thread ends, whatever ends it. For the main
    ///     thread, which lives as long as the process.
    public init(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], processor: Int? = nil,
        readsErrors: Bool = false, diesWithThread: Bool = false
    ) throws {
        let inputPipe = try Self.makePipe()
        let outputPipe = try Self.makePipe()
        let errorPipe = readsErrors ? try Self.makePipe() : nil
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, inputPipe.read, 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe.write, 1)
        if let errorPipe { posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2) }
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        // `taskset` where there is one: a child that pins itself would have started threads before.
        let pinning = processor.flatMap { processor in
            Self.taskset.map { [$0, "-c", "\(processor)"] }
        }
        let leash = diesWithThread ? Self.setpriv.map { [$0, "--pdeathsig", "KILL"] } : nil
        let words = (leash ?? []) + (pinning ?? []) + [path] + arguments
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child = pid_t()
        let code = posix_spawn(&child, words[0], &actions, nil, &argv, &envp)
        close(inputPipe.read)
        close(outputPipe.write)
        if let errorPipe { close(errorPipe.write) }
        input = inputPipe.write
        output = FileHandle(fileDescriptor: outputPipe.read, closeOnDealloc: true)
        errors = errorPipe.map { FileHandle(fileDescriptor: $0.read, closeOnDealloc: true) }
        identifier = child
        guard code == 0 else {
            isReaped = true
            throw Failure(description: "cannot start \(path): \(String(cString: strerror(code)))")
        }
    }

    deinit {
        close(input)
        if !isReaped {
            kill(identifier, SIGKILL)
            _ = wait()
        }
    }

    /// Writes a line to its standard input; false where nobody reads that any more. The process must ignore SIGPIPE, as it does
    /// once there is an event loop.
    public func say(_ line: String) -> Bool {
        var rest = Array("\(line)\n".utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(input, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return false }
            rest = rest.dropFirst(count)
        }
        return true
    }

    /// The next line of its standard output, without its end; nil at the end of the output. Blocks.
    public func line() -> String? { nextLine(of: output) }

    /// The next line of its standard error, where that is read. Blocks.
    public func errorLine() -> String? { errors.flatMap { nextLine(of: $0) } }

    public enum Said {
        case line(String)
        case errorLine(String)
        /// Nothing, within the time.
        case nothing
        /// All that is read of it has ended.
        case end
    }

    /// The next line of its standard output, or of its standard error where that is read; waits at most so long.
    public func next(within seconds: Double) -> Said {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while true {
            let open = [output, errors].compactMap { $0?.fileDescriptor }.filter { !ended.contains($0) }
            for descriptor in [output, errors].compactMap({ $0?.fileDescriptor }) {
                guard let line = bufferedLine(of: descriptor) else { continue }
                return descriptor == output.fileDescriptor ? .line(line) : .errorLine(line)
            }
            if open.isEmpty { return .end }
            let left = max(0, (deadline - ContinuousClock.now) / .milliseconds(1))
            var polled = open.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
            let count = poll(&polled, nfds_t(polled.count), Int32(left.rounded(.up)))
            if count == 0 { return .nothing }
            for one in polled where one.revents != 0 {
                var chunk = [UInt8](repeating: 0, count: 64 << 10)
                let count = read(one.fd, &chunk, chunk.count)
                if count > 0 { buffers[one.fd, default: []] += chunk[..<count] }
                if count == 0 || count < 0 && errno != EINTR { ended.insert(one.fd) }
            }
        }
    }

    /// A line that has been read already; at the end of the output also one that has no end.
    private func bufferedLine(of descriptor: Int32) -> String? {
        guard let buffer = buffers[descriptor], !buffer.isEmpty else { return nil }
        guard let end = buffer.firstIndex(of: 0x0A) else {
            guard ended.contains(descriptor) else { return nil }
            buffers[descriptor] = nil
            return String(decoding: buffer, as: UTF8.self)
        }
        buffers[descriptor]?.removeSubrange(...end)
        return String(decoding: buffer[..<end], as: UTF8.self)
    }

    /// Only while it has not been waited for: afterwards the number may be another process's.
    public func send(_ signal: Int32) { if !isReaped { kill(identifier, signal) } }

    /// Waits for its end. A signal that ended it is a negative status.
    public func wait() -> Int32 {
        guard !isReaped else { return 0 }
        var raw: Int32 = 0
        while waitpid(identifier, &raw, 0) < 0, errno == EINTR {}
        isReaped = true
        let signal = raw & 0x7F
        return signal == 0 ? (raw >> 8) & 0xFF : -signal
    }

    /// Runs a program to its end, and returns the lines that it printed.
    public static func lines(
        _ path: String, _ arguments: [String], environment: [String: String] = [:], processor: Int? = nil
    ) throws -> (lines: [String], status: Int32) {
        let child = try ChildProcess(path, arguments, environment: environment, processor: processor)
        var lines: [String] = []
        while let line = child.line() { lines.append(line) }
        return (lines, child.wait())
    }

    private func nextLine(of handle: FileHandle) -> String? {
        let descriptor = handle.fileDescriptor
        while true {
            if let end = buffers[descriptor, default: []].firstIndex(of: 0x0A) {
                let line = String(decoding: buffers[descriptor, default: []][..<end], as: UTF8.self)
                buffers[descriptor, default: []].removeSubrange(...end)
                return line
            }
            var chunk = [UInt8](repeating: 0, count: 64 << 10)
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let rest = buffers.removeValue(forKey: descriptor) ?? []
                return rest.isEmpty ? nil : String(decoding: rest, as: UTF8.self)
            }
            buffers[descriptor, default: []] += chunk[..<count]
        }
    }

    /// A pipe whose ends no child inherits but by the spawn that names them.
    private static func makePipe() throws -> (read: Int32, write: Int32) {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { throw Failure(description: "no pipe: \(String(cString: strerror(errno)))") }
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        return (ends[0], ends[1])
    }

    private static let taskset = program("taskset")
    private static let setpriv = program("setpriv")

    private static func program(_ name: String) -> String? {
        ["/usr/bin/\(name)", "/bin/\(name)"].first { access($0, X_OK) == 0 }
    }

    /// The folder of the executable that runs now, where its neighbours lie.
    public static let folder: String = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent().path
}
