import BenchmarkKit
import Foundation

/// Compares what the engine costs now with what was committed.
@main
struct Gate {
    static let usage = """
        usage: gate [--only GROUP,…] [--json] [--update] [--thresholds FILE] [--bin FOLDER]

        Measures in short form what thresholds.json tells: ratios to references that are measured in the same run,
        allocations, instructions (by valgrind), and the CPU time of receiving beside the C++ client's. What is worse than
        its limit is measured again; ends with status 1 if it is worse both times. What cannot be measured here is skipped
        by name. Takes about a minute and a half.

          --only GROUPS      of the first words of the scenarios, e.g. codec, json, tls, ingest; and instructions
          --json             one JSON object per check, and one for all
          --update           writes what was measured into the file, and shows the old and the new
          --thresholds FILE  (thresholds.json of the package that this was built from)
          --bin FOLDER       where micro, load, blast and cpp-peer are (beside this one)
          --help             this text
        """

    static func main() async {
        do {
            exit(try await run() ? 0 : 1)
        } catch let complaint as Complaint {
            complaint.end("gate")
        } catch {
            Progress.say("gate: \(error)")
            exit(1)
        }
    }

    /// Whether all is well.
    private static func run() async throws -> Bool {
        let arguments = try Arguments(
            CommandLine.arguments.dropFirst(), options: ["--only", "--thresholds", "--bin"],
            switches: ["--json", "--update"], usage: usage)
        let folder = arguments.text("--bin") ?? ChildProcess.folder
        let file = arguments.text("--thresholds") ?? ChildProcess.folder + "/../../../thresholds.json"
        guard let content = FileManager.default.contents(atPath: file) else {
            throw Complaint("cannot read \(file): name it with --thresholds")
        }
        var thresholds = try JSONDecoder().decode(Thresholds.self, from: content)
        let checks = try chosen(thresholds.checks, arguments.text("--only"))
        let bench = Bench(folder: folder)
        let clock = ContinuousClock()
        let start = clock.now
        let report = Report(asJSON: arguments.has("--json"))

        let outcomes = try await bench.measure(checks)
        if arguments.has("--update") {
            for index in thresholds.checks.indices {
                guard case .value(let value)? = outcomes[thresholds.checks[index]] else { continue }
                report.update(thresholds.checks[index], to: value)
                thresholds.checks[index].value = value.rounded(to: 4)
            }
            try write(thresholds, file)
            return true
        }
        let suspects = checks.filter { check in
            guard case .value(let value)? = outcomes[check] else { return false }
            return !check.accepts(value)
        }
        if !suspects.isEmpty { Progress.say("gate: \(suspects.count) beyond their limit: measured again") }
        let again = suspects.isEmpty ? [:] : try await bench.measure(suspects)
        for check in checks { try report.tell(check, outcomes[check] ?? .skipped("not measured"), again[check]) }
        try report.end(after: start.duration(to: clock.now))
        return report.failed == 0
    }

    private static func chosen(_ checks: [Check], _ groups: String?) throws(Complaint) -> [Check] {
        guard let groups else { return checks }
        let names = Set(groups.split(separator: ",").map(String.init))
        let chosen = checks.filter { check in
            names.contains(check.measure == .instructions ? check.measure.rawValue : check.group)
        }
        if chosen.isEmpty { throw Complaint("nothing in thresholds.json is of \(groups)") }
        return chosen
    }

    private static func write(_ thresholds: Thresholds, _ file: String) throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        try (encoder.encode(thresholds) + Data("\n".utf8)).write(to: URL(fileURLWithPath: file))
    }
}
