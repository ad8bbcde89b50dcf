import BenchmarkKit
import Foundation
import SoakKit

/// Prints how a soak stands, for a person.
enum StateReport {
    /// What lies in the folder, also while it is being written.
    static func print(_ folder: RunFolder, isJSON: Bool) throws {
        let run = try folder.read("run.json", as: RunRecord.self)
        var summary = try folder.read("summary.json", as: SummaryRecord.self)
        if summary.state == "running" { summary.checks = Judge.checks(summary).filter { $0.name != "outstanding" } }
        try print(summary, Options(resuming: run, folder, isJSON: isJSON))
    }

    static func print(_ summary: SummaryRecord, _ options: Options) throws {
        if options.isJSON { return try JSONLine.print(summary) }
        var lines = [
            "soak, seed \(options.seed), \(options.connections) connections, \(options.minutes) minutes: \(summary.state), "
                + "\(summary.verdict)",
            "\(ProgressLine.time(summary.elapsedS)) elapsed in \(max(1, summary.parts.count)) part(s), \(summary.faults) faults, "
                + "\(summary.posted) posts, \(summary.delivered) of \(summary.expected) delivered, \(summary.coalesced) told "
                + "together with another",
            "CPU: engine \(summary.cpu.engineS.rounded(to: 1)) s (\(Int(summary.cpu.enginePercent)) % of a core), simulator "
                + "\(summary.cpu.simulatorS.rounded(to: 1)) s (\(Int(summary.cpu.simulatorPercent)) %)",
            "",
        ]
        for check in summary.checks {
            lines.append("\(check.ok ? "ok  " : "FAIL") \(check.name): \(check.value) (\(check.bound))")
        }
        lines += ["", "cause             faults affected recovered  detection p50/p99/max s   total p50/p99/max s"]
        for (name, line) in summary.perCause.sorted(by: { $0.key < $1.key }) {
            lines.append(
                name.padding(toLength: 17, withPad: " ", startingAt: 0)
                    + [line.faults, line.affected, line.recovered].map { String(format: "%8d", $0) }.joined(
                        separator: " ")
                    + "  " + text(line.detectionS) + "   " + text(line.totalS))
        }
        for problem in summary.problems.prefix(20) {
            lines.append("\(problem.t) s, connection \(problem.connection), \(problem.kind): \(problem.text)")
        }
        if summary.problems.count > 20 { lines.append("… and more in summary.json") }
        Swift.print(lines.joined(separator: "\n"))
    }

    private static func text(_ times: Distribution?) -> String {
        guard let times else { return "–".padding(toLength: 22, withPad: " ", startingAt: 0) }
        return String(format: "%6.2f /%6.2f /%6.2f", times.p50, times.p99, times.max)
    }
}
