import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// The `holdfast` that was just built, as a process of its own: what it prints, line by line, and how it ends.
///
/// `posix_spawn` and threads rather than Foundation's `Process`, which is not safe to use from several tests at once.
final class CommandProcess: Sendable {
    let output: LineLog
    let errors: LineLog
    let identifier: pid_t
    private let ending = Ending()

    /// - Parameters:
    ///   - executable: its name, where it lies beside the test's own; else its path.
    ///   - environment: on top of this process's, without the variables that `holdfast` reads.
    init(_ arguments: [String], executable: String = "holdfast", environment: [String: String] = [:]) throws {
        var variables = ProcessInfo.processInfo.environment
        for name in ["HOLDFAST_TOKEN", "HOLDFAST_PROXY_CREDENTIALS", "NO_COLOR"] { variables[name] = nil }
        variables.merge(environment) { _, new in new }

        // One at a time, so that no child is born between the making of a pipe and its mark.
        CommandProcess.birth.lock()
        defer { CommandProcess.birth.unlock() }
        let outputPipe = try DescriptorPair()
        let errorPipe = try DescriptorPair()
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_adddup2(&actions, outputPipe.write, 1)
        posix_spawn_file_actions_adddup2(&actions, errorPipe.write, 2)
        // A child must not inherit what the test's own loops have blocked or ignored.
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        var none = sigset_t()
        sigemptyset(&none)
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))

        let path =
            executable.hasPrefix("/")
            ? executable : CommandProcess.folder.appendingPathComponent(executable).path
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var identifier = pid_t()
        let code = posix_spawn(&identifier, path, &actions, &attributes, &argv, &envp)
        close(outputPipe.write)
        close(errorPipe.write)
        try #require(code == 0, "cannot start \(path): \(String(cString: strerror(code)))")
        self.identifier = identifier
        output = LineLog(reading: outputPipe.read)
        errors = LineLog(reading: errorPipe.read)
        Thread { [ending, identifier] in ending.wait(for: identifier) }.start()
    }

    private static let birth = NSLock()

    /// Where the test's own executable is.
    private static let folder: URL = {
        #if os(Linux)
            let test = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        #else
            let test = Bundle(for: LineLog.self).bundleURL
        #endif
        return test.deletingLastPathComponent()
    }()

    func send(_ signal: Int32) { ending.signal(identifier, signal) }

    /// Waits for the end of both outputs and of the process. A signal that ended it is a negative status.
    @discardableResult
    func status() async -> Int32 {
        await output.end()
        await errors.end()
        return await ending.status()
    }

    deinit { ending.signal(identifier, SIGKILL) }
}

/// A pipe whose ends no other child inherits.
private struct DescriptorPair {
    let read: Int32
    let write: Int32

    init() throws {
        var ends: [Int32] = [-1, -1]
        try #require(pipe(&ends) == 0, "no pipe")
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        (read, write) = (ends[0], ends[1])
    }
}

/// How a process ended. A lock guards everything.
private final class Ending: @unchecked Sendable {
    private let lock = NSLock()
    private var result: Int32?
    private var waiters: [CheckedContinuation<Int32, Never>] = []

    /// Blocks its thread.
    func wait(for identifier: pid_t) {
        var raw: Int32 = 0
        while waitpid(identifier, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7F
        let status = signal == 0 ? (raw >> 8) & 0xFF : -signal
        let waiters = lock.withLock {
            result = status
            defer { self.waiters = [] }
            return self.waiters
        }
        for waiter in waiters { waiter.resume(returning: status) }
    }

    /// Only while it runs: afterwards the number may be another process's.
    func signal(_ identifier: pid_t, _ signal: Int32) {
        lock.withLock { if result == nil { kill(identifier, signal) } }
    }

    func status() async -> Int32 {
        await withCheckedContinuation { continuation in
            let known = lock.withLock {
                if result == nil { waiters.append(continuation) }
                return result
            }
            if let known { continuation.resume(returning: known) }
        }
    }
}

/// The lines of one output so far, and a way to wait for more. A lock guards everything.
final class LineLog: @unchecked Sendable {
    private let lock = NSLock()
    private var partial: [UInt8] = []
    private var lines: [String] = []
    private var isOver = false
    private var waiters: [(condition: ([String]) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []

    /// Reads to the end and closes the descriptor, on a thread of its own.
    init(reading descriptor: Int32) {
        Thread { [self] in
            var buffer = [UInt8](repeating: 0, count: 64 << 10)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                take(buffer[..<max(0, count)])
                if count <= 0 { break }
            }
            close(descriptor)
        }.start()
    }

    var all: [String] { lock.withLock { lines } }

    var count: Int { lock.withLock { lines.count } }

    /// Each line as a JSON object.
    var objects: [[String: Any]] { all.map(LineLog.object) }

    static func object(_ line: String) -> [String: Any] {
        (try? JSONSerialization.jsonObject(with: Data(line.utf8))) as? [String: Any] ?? ["not JSON": line]
    }

    /// Waits until the condition over all lines holds; fails when the output, or the test's time, ends before.
    func wait(_ what: String, until condition: @escaping ([String]) -> Bool) async throws {
        let holds = await holds(condition)
        let lines = all
        let middle = lines.count > 25 ? ["… \(lines.count - 25) lines …"] : []
        let shown = lines.prefix(20) + middle + lines.dropFirst(20).suffix(5)
        try #require(holds, "the output or the time ended before \(what):\n\(shown.joined(separator: "\n"))")
    }

    /// Waits for a line that is a JSON object with these members, from line `start` on.
    func wait(for members: [String: String], from start: Int = 0) async throws {
        try await wait("\(members)") { lines in
            lines.dropFirst(start).contains { line in
                let object = LineLog.object(line)
                return members.allSatisfy { "\(object[$0.key] ?? "")" == $0.value }
            }
        }
    }

    func end() async { _ = await holds { _ in false } }

    private func holds(_ condition: @escaping ([String]) -> Bool) async -> Bool {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = lock.withLock { () -> Bool? in
                    if condition(lines) { return true }
                    if isOver || Task.isCancelled { return false }
                    waiters.append((condition, continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiters = lock.withLock {
                defer { self.waiters = [] }
                return self.waiters
            }
            for waiter in waiters { waiter.continuation.resume(returning: false) }
        }
    }

    /// Nothing at all is the end.
    private func take(_ bytes: ArraySlice<UInt8>) {
        let answers = lock.withLock { () -> [(CheckedContinuation<Bool, Never>, Bool)] in
            partial += bytes
            while let end = partial.firstIndex(of: 0x0A) {
                lines.append(String(decoding: partial[..<end], as: UTF8.self))
                partial.removeFirst(end + 1)
            }
            if bytes.isEmpty {
                isOver = true
                if !partial.isEmpty { lines.append(String(decoding: partial, as: UTF8.self)) }
            }
            var answers: [(CheckedContinuation<Bool, Never>, Bool)] = []
            waiters.removeAll { waiter in
                let holds = waiter.condition(lines)
                if holds || isOver { answers.append((waiter.continuation, holds)) }
                return holds || isOver
            }
            return answers
        }
        for (continuation, answer) in answers { continuation.resume(returning: answer) }
    }
}
