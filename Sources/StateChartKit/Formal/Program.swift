import Foundation

/// Why a verification could not be carried out; says what to do.
public struct VerificationFailure: Error, Hashable, CustomStringConvertible {
    public enum Cause: Hashable, Sendable {
        /// A program that is needed is not on the PATH.
        case missing
        /// A program was there and did not do what it should.
        case failed
    }

    public let cause: Cause
    public let description: String
}

/// A program on the PATH, run to its end. By posix_spawn, because Foundation's Process is unsafe from several threads.
struct Program: Sendable {
    let path: String

    struct Run {
        /// A signal that ended it is a negative status.
        let status: Int32
        /// Standard output and standard error together.
        let output: String
    }

    static func find(_ name: String) -> Program? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        let places = folders.map { "\($0)/\(name)" }
        return places.first { (place: String) in access(place, X_OK) == 0 }.map { Program(path: $0) }
    }

    /// Blocks until the program ends; the system ends it after five minutes of processor time.
    ///
    /// - Parameters:
    ///   - folder: where it runs, and where its output is kept in a file `output`.
    ///   - environment: on top of this process's.
    func run(
        _ arguments: [String], in folder: String, environment: [String: String] = [:]
    ) throws(VerificationFailure) -> Run {
        let script = #"cd "$1" && shift && ulimit -t 300 && exec "$@" >output 2>&1"#
        let words = ["/bin/sh", "-c", script, "sh", folder, path] + arguments
        let variables = ProcessInfo.processInfo.environment.merging(environment) { _, new in new }
        var argv = words.map { strdup($0) } + [nil]
        var envp = variables.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        var child = pid_t()
        let code = posix_spawn(&child, words[0], nil, nil, &argv, &envp)
        guard code == 0 else {
            throw VerificationFailure(
                cause: .failed, description: "cannot start \(path): \(String(cString: strerror(code)))")
        }
        var raw: Int32 = 0
        while waitpid(child, &raw, 0) < 0, errno == EINTR {}
        let signal = raw & 0x7F
        let output = (try? Data(contentsOf: URL(fileURLWithPath: folder + "/output"))) ?? Data()
        return Run(
            status: signal == 0 ? (raw >> 8) & 0xFF : -signal, output: String(decoding: output, as: UTF8.self))
    }
}

/// What a verification needs.
public struct SpinTools: Sendable {
    let spin, compiler: Program

    /// What is missing on the PATH, by name; empty where all is there.
    public static var missing: [String] { ["spin", "cc"].filter { Program.find($0) == nil } }

    public init() throws(VerificationFailure) {
        guard let spin = Program.find("spin"), let compiler = Program.find("cc") else {
            throw VerificationFailure(
                cause: .missing,
                description: "\(Self.missing.joined(separator: " and ")) cannot be found: run .ci/setup --all, or "
                    + "install the Debian packages spin and gcc")
        }
        self.spin = spin
        self.compiler = compiler
    }

    /// Makes a verifier named `pan` from a model, in a folder of its own.
    func translate(_ model: String, in folder: String) throws(VerificationFailure) {
        do {
            try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            try Data(model.utf8).write(to: URL(fileURLWithPath: folder + "/lifecycle.pml"))
        } catch {
            throw VerificationFailure(
                cause: .failed, description: "cannot write into \(folder): \(error.localizedDescription)")
        }
        let run = try spin.run(["-a", "lifecycle.pml"], in: folder)
        guard run.status == 0, access(folder + "/pan.c", R_OK) == 0 else {
            throw VerificationFailure(cause: .failed, description: "spin refuses the model:\n\(run.output)")
        }
    }

    func compile(_ name: String, _ options: [String], in folder: String) throws(VerificationFailure) -> Program {
        let scratch = folder + "/" + name + ".cc"
        try? FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let run = try compiler.run(
            ["-O1", "-w", "-DNOREDUCE"] + options + ["-o", folder + "/" + name, folder + "/pan.c"], in: scratch)
        guard run.status == 0 else {
            throw VerificationFailure(cause: .failed, description: "cc refuses spin's verifier:\n\(run.output)")
        }
        return Program(path: folder + "/" + name)
    }
}

/// A folder that goes when this goes.
final class TemporaryFolder: Sendable {
    let path: String

    init() throws(VerificationFailure) {
        path = FileManager.default.temporaryDirectory.appendingPathComponent("charts-verify-\(UUID().uuidString)").path
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw VerificationFailure(
                cause: .failed, description: "cannot create \(path): \(error.localizedDescription)")
        }
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    /// A folder inside it, created where it is missing.
    func folder(_ name: String) -> String {
        let inside = path + "/" + name
        try? FileManager.default.createDirectory(atPath: inside, withIntermediateDirectories: true)
        return inside
    }
}
