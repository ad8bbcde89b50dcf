import Foundation

/// A program of somebody else, run to its end. By posix_spawn, because Foundation's Process is unsafe from several threads.
struct Program: Sendable {
    let path: String

    struct Run {
        /// A signal that ended it is a negative status; 127: it could not be run.
        let status: Int32
        let output: Data

        var text: String { String(decoding: output, as: UTF8.self) }
    }

    /// What becomes of standard error.
    enum Complaints: String {
        /// It is part of the output.
        case kept = "2>&1"
        case dropped = "2>/dev/null"
    }

    /// On the PATH; nil where it is not.
    static func find(_ name: String) -> Program? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = folders.map { "\($0)/\(name)" }
        return places.first { (place: String) in access(place, X_OK) == 0 }.map { Program(path: $0) }
    }

    /// Blocks until the program ends; the system ends it after five minutes of processor time.
    ///
    /// - Parameters:
    ///   - folder: where it runs.
    ///   - environment: on top of this process's.
    func run(
        _ arguments: [String], in folder: String, environment: [String: String] = [:], complaints: Complaints = .kept
    ) -> Run {
        let script = #"cd "$1" && shift && ulimit -t 300 && exec "$@" </dev/null "# + complaints.rawValue
        let words = ["/bin/sh", "-c", script, "sh", folder, path] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var ends: [Int32] = [0, 0]
        guard pipe(&ends) == 0 else { return Program.failed(errno) }
        // So that no other child holds the writing end open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        let reading = FileHandle(fileDescriptor: ends[0], closeOnDealloc: true)
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_adddup2(&actions, ends[1], 1)
        var child = pid_t()
        let code = posix_spawn(&child, words[0], &actions, nil, &argv, &envp)
        close(ends[1])
        guard code == 0 else { return Program.failed(code) }
        let output = (try? reading.readToEnd()) ?? Data()
        var raw: Int32 = 0
        while waitpid(child, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7F
        return Run(status: signal == 0 ? (raw >> 8) & 0xFF : -signal, output: output)
    }

    private static func failed(_ code: Int32) -> Run {
        Run(status: 127, output: Data(String(cString: strerror(code)).utf8))
    }
}
