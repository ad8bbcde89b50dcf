import BenchmarkKit
import Foundation

/// Instructions of the pure scenarios of `micro`, counted by callgrind: what the second half of twice as many operations
/// adds, so that what starting costs cancels out.
struct InstructionSource {
    let path: String

    /// Where there is no other way to count, each check is skipped.
    func measure(_ checks: [Check], _ progress: (String) -> Void) throws -> [Check: Outcome] {
        func skipAll(_ reason: String) -> [Check: Outcome] {
            Dictionary(uniqueKeysWithValues: checks.map { ($0, .skipped(reason)) })
        }
        guard let valgrind = Self.find("valgrind") else { return skipAll("valgrind is not installed") }
        guard let strip = Self.find("strip") else { return skipAll("strip is not installed (binutils)") }
        let folder = FileManager.default.temporaryDirectory.path + "/holdfast-gate-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // Valgrind gives up on debugging information that is newer than itself.
        let bare = folder + "/micro"
        guard try ChildProcess.lines(strip, ["-g", "-o", bare, path]).status == 0 else {
            return skipAll("strip cannot read \(path)")
        }
        var outcomes: [Check: Outcome] = [:]
        for check in checks {
            if let architecture = check.architecture, architecture != Self.architecture {
                outcomes[check] = .skipped("the count is of \(architecture)")
                continue
            }
            progress(check.scenario)
            let operations = 1000
            let once = try Self.count(valgrind, bare, check.scenario, operations, folder)
            let twice = try Self.count(valgrind, bare, check.scenario, 2 * operations, folder)
            outcomes[check] = .value(Double(twice - once) / Double(operations))
        }
        return outcomes
    }

    private static func count(
        _ valgrind: String, _ path: String, _ scenario: String, _ operations: Int, _ folder: String
    ) throws -> Int {
        let log = folder + "/log"
        // simdjson chooses by the processor, of which valgrind shows less than there is: the choice is made here, so that the
        // count is the same on each.
        let environment = architecture == "x86_64" ? ["SIMDJSON_FORCE_IMPLEMENTATION": "haswell"] : [:]
        let (_, status) = try ChildProcess.lines(
            valgrind,
            [
                "--tool=callgrind", "--callgrind-out-file=/dev/null", "--log-file=\(log)", path, "--instructions",
                scenario, "--count", "\(operations)",
            ], environment: environment)
        let text = try String(contentsOfFile: log, encoding: .utf8)
        let collected = text.split(separator: "\n").first { $0.contains("Collected :") }
        guard status == 0, let word = collected?.split(separator: " ").last, let count = Int(word) else {
            throw Failure("valgrind cannot run micro --instructions \"\(scenario)\": status \(status)\n\(text)")
        }
        return count
    }

    private static func find(_ program: String) -> String? {
        let folders = (ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin").split(separator: ":")
        return folders.map { "\($0)/\(program)" }.first { FileManager.default.isExecutableFile(atPath: $0) }
    }

    static var architecture: String {
        #if arch(x86_64)
            "x86_64"
        #elseif arch(arm64)
            "arm64"
        #else
            "another architecture"
        #endif
    }
}
