import Foundation

/// A program by others that reads an export. Started with posix_spawn: Foundation's Process is unsafe on Linux where
/// several tests use it at once.
struct OtherProgram {
    let path: String

    /// The folder of this repository.
    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The scripts that load what others wrote in Python.
    static func script(_ name: String) -> String {
        repository.appendingPathComponent("Tests/ThirdParty/\(name)").path
    }

    /// On the PATH; nil where it is not.
    static func named(_ name: String) -> OtherProgram? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let paths = folders.map { "\($0)/\(name)" }
        return paths.first { FileManager.default.isExecutableFile(atPath: $0) }.map { OtherProgram(path: $0) }
    }

    static let dot = named("dot")
    static let plantUML = named("plantuml")
    static let xmllint = named("xmllint")
    private static let nice = named("nice")

    /// With what Tests/ThirdParty/requirements.txt names; nil where `.ci/setup --all` has not made it of this list.
    static let python: OtherProgram? = {
        let folder = repository.appendingPathComponent(".build/charts-python")
        let made = try? Data(contentsOf: folder.appendingPathComponent("requirements.txt"))
        let wanted = try? Data(contentsOf: URL(fileURLWithPath: script("requirements.txt")))
        let path = folder.appendingPathComponent("bin/python").path
        return made != nil && made == wanted && FileManager.default.isExecutableFile(atPath: path)
            ? OtherProgram(path: path) : nil
    }()

    struct Run {
        var status: Int32
        var output: String
        var complaint: String

        var lines: [String] { output.split(separator: "\n").map(String.init) }
    }

    /// Runs it to its end, at most so long. Blocks no thread, and stands back for other processes: tests that talk to
    /// each other over real sockets run at the same time.
    func run(_ arguments: [String], seconds: Double = 600) async throws -> Run {
        try await ScratchFolder.with { folder in
            var actions = posix_spawn_file_actions_t()
            posix_spawn_file_actions_init(&actions)
            defer { posix_spawn_file_actions_destroy(&actions) }
            posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
            for (descriptor, name) in [(Int32(1), "output"), (2, "complaint")] {
                posix_spawn_file_actions_addopen(
                    &actions, descriptor, folder.path(name), O_WRONLY | O_CREAT | O_TRUNC, 0o600)
            }
            let command = (OtherProgram.nice.map { [$0.path, "-n", "10"] } ?? []) + [path] + arguments
            var words = command.map { strdup($0) } + [nil]
            var variables = ProcessInfo.processInfo.environment
            // No window for PlantUML, and nothing left beside the scripts.
            variables["JAVA_TOOL_OPTIONS"] = "-Djava.awt.headless=true"
            variables["PYTHONDONTWRITEBYTECODE"] = "1"
            var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
            defer { for word in words + environment { free(word) } }
            var child = pid_t()
            let code = posix_spawn(&child, command[0], &actions, nil, &words, &environment)
            guard code == 0 else { throw Unreadable("cannot start \(path): \(String(cString: strerror(code)))") }
            let status = try await wait(child, seconds: seconds)
            return Run(status: status, output: try folder.read("output"), complaint: try folder.read("complaint"))
        }
    }

    private func wait(_ child: pid_t, seconds: Double) async throws -> Int32 {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var raw: Int32 = 0
        while true {
            let ended = waitpid(child, &raw, WNOHANG)
            if ended == child { break }
            if ended < 0, errno != EINTR { throw Unreadable("nobody to wait for: \(path)") }
            if ContinuousClock.now > deadline {
                kill(child, SIGKILL)
                waitpid(child, &raw, 0)
                throw Unreadable("\(path) took longer than \(seconds) s")
            }
            try await Task.sleep(for: .milliseconds(10))
        }
        let signal = raw & 0x7f
        return signal == 0 ? (raw >> 8) & 0xff : -signal
    }
}

/// A folder for the length of one call.
struct ScratchFolder {
    let url: URL

    static func with<Result>(_ body: (ScratchFolder) async throws -> Result) async throws -> Result {
        let url = FileManager.default.temporaryDirectory.appendingPathComponent("charts-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: url) }
        return try await body(ScratchFolder(url: url))
    }

    func path(_ name: String) -> String { url.appendingPathComponent(name).path }

    /// Writes a file and returns its path.
    @discardableResult
    func write(_ name: String, _ contents: String) throws -> String {
        try Data(contents.utf8).write(to: url.appendingPathComponent(name))
        return path(name)
    }

    func read(_ name: String) throws -> String {
        String(decoding: try Data(contentsOf: url.appendingPathComponent(name)), as: UTF8.self)
    }
}
