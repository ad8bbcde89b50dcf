import ConnectionLifecycle
import Foundation
import Holdfast
import VirtualSoak

/// `holdfast soak`
enum SoakCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = Syntax(
        name: "soak", summary: "Run the engine for simulated hours under faults, from seeds, and judge it.",
        options: [
            .init("--virtual", "in virtual time: a simulated network, server and clock (required)"),
            .init("--seeds", "N", "how many scenarios, each from a seed of its own (default: 20)"),
            .init("--seed", "N", "the first seed (default: 1)"),
            .init("--hours", "H", "simulated hours of each (default: 1)"),
            .init("--gateways", "N", "gateways in each, 1 to 60 (default: 4)"),
            .init("--scenario", "FILE", "run this scenario instead, as written after a failure"),
            .init("--output", "FILE", "where to write the scenario of a failure (default: not at all)"),
            .init("--no-shrink", "tell of a failure as it is, without looking for a smaller one"),
            .init("--json", "one JSON object for each scenario, and one at the end"),
        ] + testOptions,
        notes: """
            Each seed chooses which of \(FaultKind.allCases.count) kinds of faults happen, how often and when, to gateways of several
            configurations. The connections, probes, catch-ups and deliveries are the real ones; only time, network, server and
            disk are simulated, so the same seed gives the same run, event for event. Judged is, after each event: that nothing
            is lost, doubled or out of order; that no connection is replaced without cause, and a deaf one soon; that
            sockets, timers and attempts are bounded; and at the end that all are well again, and stop without a trace.

            A failure is made smaller and told as a timeline; the status is then 1. Processes that are killed in it leave about
            0.3 MB each until the end: a thousand scenarios want 3 GB or are better run in parts (--seed, --seeds). In real
            time, with real sockets and memory watched, the soak of the Benchmarks package does the same.
            """)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        guard arguments.has("--virtual") else {
            throw Complaint(
                "only the virtual soak is here: holdfast soak --virtual; in real time: "
                    + "swift run -c release --package-path Benchmarks soak")
        }
        let report = SoakReport(isJSON: arguments.has("--json"))
        let scenarios = try scenarios(arguments)
        #if CLASSIC_BUGS
            if let name = arguments.text("--bug") { return hunt(name, scenarios, report) }
        #endif
        var failures = 0
        for (index, scenario) in scenarios.enumerated() {
            report.begins(index, of: scenarios.count, scenario)
            let begun = report.processorSeconds
            let outcome = VirtualRun.run(scenario)
            report.ended(scenario, outcome, seconds: report.processorSeconds - begun)
            guard let violation = outcome.violations.first else { continue }
            failures += 1
            guard failures == 1 else { continue }
            var small = scenario
            if !arguments.has("--no-shrink") {
                var shrinker = Shrinker(scenario, violation, progress: report.shrinks)
                small = shrinker.run()
            }
            report.explain(small, VirtualRun.run(small, remembered: 80))
            if let path = arguments.text("--output") { try write(small, to: path) }
        }
        report.conclude(scenarios: scenarios.count, failures: failures)
        return failures == 0 ? .success : .failure
    }

    #if CLASSIC_BUGS
        private static let testOptions = [
            Syntax.Option("--bug", "NAME", "put a classic bug back into the engine, or each of all: who finds it?")
        ]

        private static func hunt(_ name: String, _ scenarios: [Scenario], _ report: SoakReport) -> ExitStatus {
            var isMissed = false
            for bug in ClassicBug.allCases where name == "all" || name == bug.rawValue {
                var hunt = BugHunt(bug)
                for (index, scenario) in scenarios.enumerated() {
                    report.begins(index, of: scenarios.count, scenario)
                    hunt.run(scenario)
                }
                report.hunted(hunt)
                if hunt.found == 0 { isMissed = true }
            }
            return isMissed ? .failure : .success
        }
    #else
        private static let testOptions: [Syntax.Option] = []
    #endif

    private static func scenarios(_ arguments: Arguments) throws(Complaint) -> [Scenario] {
        if let path = arguments.text("--scenario") { return [try read(path)] }
        let first = try arguments.seed("--seed") ?? 1
        let count = try number(arguments, "--seeds", in: 1...1_000_000) ?? 20
        let hours = try number(arguments, "--hours", in: 0.01...1000) ?? 1
        let gateways = try number(arguments, "--gateways", in: 1...60) ?? 4
        return (0..<UInt64(count)).map { Scenario(seed: first &+ $0, hours: hours, gateways: Int(gateways)) }
    }

    private static func number(
        _ arguments: Arguments, _ name: String, in range: ClosedRange<Double>
    ) throws(Complaint) -> Double? {
        guard let text = arguments.text(name) else { return nil }
        guard let value = Double(text), range.contains(value) else {
            throw Complaint(
                "\(name) is a number from \(range.lowerBound.formatted()) to \(range.upperBound.formatted())")
        }
        return value
    }

    private static func read(_ path: String) throws(Complaint) -> Scenario {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Complaint("--scenario: cannot read \(path)", status: .inputOutput)
        }
        do {
            return try JSONDecoder().decode(Scenario.self, from: data)
        } catch {
            throw Complaint("--scenario: \(path) is not a scenario as this command writes it with --output")
        }
    }

    private static func write(_ scenario: Scenario, to path: String) throws(Complaint) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do {
            try encoder.encode(scenario).write(to: URL(fileURLWithPath: path))
        } catch {
            throw Complaint("--output: cannot write \(path): \(error.localizedDescription)", status: .inputOutput)
        }
    }
}
