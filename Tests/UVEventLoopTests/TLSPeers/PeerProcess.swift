import Foundation
import Testing

#if canImport(Glibc)
    import Glibc
#endif

/// A server of somebody else, as a process of its own: what it prints, and what is said to it. It ends with this object.
///
/// By posix_spawn, because Foundation's Process is unsafe from several threads. A lock guards everything.
final class PeerProcess: @unchecked Sendable {
    private let lock = NSLock()
    private let identifier: pid_t
    private let input: Int32
    private var output: [UInt8] = []
    private var isOver = false
    private var isKilled = false
    private var waiters: [(condition: (String) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []

    /// The path of a program on the PATH; nil where it is not.
    static func find(_ name: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map(String.init)
        return (folders + ["/usr/sbin", "/usr/local/sbin"]).map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    init(_ path: String, _ arguments: [String]) throws {
        // One at a time, so that no child is born between the making of a pipe and its mark.
        PeerProcess.birth.lock()
        defer { PeerProcess.birth.unlock() }
        var (heard, said): ([Int32], [Int32]) = ([0, 0], [0, 0])
        try #require(pipe(&heard) == 0 && pipe(&said) == 0, "no pipe")
        for end in heard + said { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, heard[0], 0)
        posix_spawn_file_actions_adddup2(&actions, said[1], 1)
        posix_spawn_file_actions_adddup2(&actions, said[1], 2)
        var argv = ([path] + arguments).map { strdup($0) } + [nil]
        defer { for text in argv { free(text) } }
        var child = pid_t()
        let code = posix_spawn(&child, path, &actions, nil, &argv, environ)
        close(heard[0])
        close(said[1])
        try #require(code == 0, "cannot start \(path): \(String(cString: strerror(code)))")
        identifier = child
        input = heard[1]
        let source = said[0]
        Thread { [weak self, child] in
            var buffer = [UInt8](repeating: 0, count: 16 << 10)
            while true {
                let count = read(source, &buffer, buffer.count)
                if count < 0, errno == EINTR { continue }
                self?.take(buffer[..<max(0, count)])
                if count <= 0 { break }
            }
            close(source)
            var status: Int32 = 0
            while waitpid(child, &status, 0) < 0, errno == EINTR {}
        }.start()
    }

    private static let birth = NSLock()

    var text: String { lock.withLock { String(decoding: output, as: UTF8.self) } }

    /// Says something to the program and waits until it has read that.
    func say(_ words: String) async {
        _ = words.withCString { write(input, $0, strlen($0)) }
        var left: Int32 = 1
        // For as long as the program lives; a dead one's pipe is full for ever.
        while ioctl(input, UInt(FIONREAD), &left) == 0, left > 0, !lock.withLock({ isOver }) { usleep(500) }
    }

    /// Waits until what was printed satisfies `condition`; false when the program ended before.
    func until(_ condition: @escaping (String) -> Bool) async -> Bool {
        await withCheckedContinuation { continuation in
            let answer = lock.withLock { () -> Bool? in
                if condition(String(decoding: output, as: UTF8.self)) { return true }
                if isOver { return false }
                waiters.append((condition, continuation))
                return nil
            }
            if let answer { continuation.resume(returning: answer) }
        }
    }

    /// Nothing at all is the end.
    private func take(_ bytes: ArraySlice<UInt8>) {
        let answers = lock.withLock { () -> [(CheckedContinuation<Bool, Never>, Bool)] in
            output += bytes
            if bytes.isEmpty { isOver = true }
            let text = String(decoding: output, as: UTF8.self)
            var answers: [(CheckedContinuation<Bool, Never>, Bool)] = []
            waiters.removeAll { waiter in
                let holds = waiter.condition(text)
                if holds || isOver { answers.append((waiter.continuation, holds)) }
                return holds || isOver
            }
            return answers
        }
        for (continuation, answer) in answers { continuation.resume(returning: answer) }
    }

    /// At once, without a word to its peers. Its number is not another's: whoever waits for it still holds the output.
    func kill() {
        lock.withLock {
            guard !isOver, !isKilled else { return }
            isKilled = true
            _ = Glibc.kill(identifier, SIGKILL)
        }
    }

    deinit {
        kill()
        close(input)
    }
}
