import Foundation

/// jsonschema, a validator by others: Tests/ThirdParty/json_check.py, in the environment that `.ci/setup --all` makes.
struct SchemaValidator {
    private let python: String
    private let script: String

    /// Nil where the environment is missing, or was made of another list than Tests/ThirdParty/requirements.txt.
    static let found: SchemaValidator? = {
        let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let environment = repository.appendingPathComponent(".build/charts-python")
        let scripts = repository.appendingPathComponent("Tests/ThirdParty")
        let made = try? Data(contentsOf: environment.appendingPathComponent("requirements.txt"))
        let wanted = try? Data(contentsOf: scripts.appendingPathComponent("requirements.txt"))
        let python = environment.appendingPathComponent("bin/python").path
        guard made != nil, made == wanted, FileManager.default.isExecutableFile(atPath: python) else { return nil }
        return SchemaValidator(python: python, script: scripts.appendingPathComponent("json_check.py").path)
    }()

    struct Failure: Error, CustomStringConvertible {
        var description: String
    }

    /// One for each document: `valid`, or the first thing that is wrong with it.
    func verdicts(schema: String, documents: [String]) async throws -> [Substring] {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("schema-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws -> String {
            let file = folder.appendingPathComponent(name)
            try Data(text.utf8).write(to: file)
            return file.path
        }
        var arguments = [python, script, try write("schema", schema)]
        for (number, document) in documents.enumerated() { arguments.append(try write("\(number)", document)) }
        let status = try await run(arguments, in: folder)
        let output = try String(contentsOf: folder.appendingPathComponent("output"), encoding: .utf8)
        guard status == 0 else { throw Failure(description: "jsonschema ended with \(status): \(output.suffix(1000))") }
        return output.split(separator: "\n")
    }

    /// With posix_spawn: Foundation's Process is unsafe on Linux where several tests use it at once.
    private func run(_ arguments: [String], in folder: URL) async throws -> Int32 {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(
            &actions, 1, folder.appendingPathComponent("output").path, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var variables = ProcessInfo.processInfo.environment
        variables["PYTHONDONTWRITEBYTECODE"] = "1"
        var words = arguments.map { strdup($0) } + [nil]
        var environment = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for word in words + environment { free(word) } }
        var child = pid_t()
        let code = posix_spawn(&child, python, &actions, nil, &words, &environment)
        guard code == 0 else {
            throw Failure(description: "cannot start \(python): \(String(cString: strerror(code)))")
        }
        // On a thread of its own: the tests beside it need theirs.
        let started = child
        let raw = await withCheckedContinuation { continuation in
            Thread.detachNewThread {
                var raw: Int32 = 0
                while waitpid(started, &raw, 0) < 0, errno == EINTR {}
                continuation.resume(returning: raw)
            }
        }
        return raw & 0x7F == 0 ? (raw >> 8) & 0xFF : -(raw & 0x7F)
    }
}
