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
        let run = spin.run(["-a", "lifecycle.pml"], in: folder)
        guard run.status == 0, access(folder + "/pan.c", R_OK) == 0 else {
            throw VerificationFailure(cause: .failed, description: "spin refuses the model:\n\(run.text)")
        }
    }

    func compile(_ name: String, _ options: [String], in folder: String) throws(VerificationFailure) -> Program {
        let scratch = folder + "/" + name + ".cc"
        try? FileManager.default.createDirectory(atPath: scratch, withIntermediateDirectories: true)
        let run = compiler.run(
            ["-O1", "-w", "-DNOREDUCE"] + options + ["-o", folder + "/" + name, folder + "/pan.c"], in: scratch)
        guard run.status == 0 else {
            throw VerificationFailure(cause: .failed, description: "cc refuses spin's verifier:\n\(run.text)")
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
