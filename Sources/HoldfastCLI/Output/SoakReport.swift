import Foundation
import Holdfast
import VirtualSoak

/// What `holdfast soak` tells: results on standard output, progress on standard error.
final class SoakReport {
    private let isJSON: Bool
    private let isTerminal = isatty(STDERR_FILENO) == 1
    private var total = Figures()
    private var seconds = 0.0
    private var shownAt = 0.0

    init(isJSON: Bool) { self.isJSON = isJSON }

    /// Of this process.
    var processorSeconds: Double { Double(clock()) / Double(CLOCKS_PER_SEC) }

    func begins(_ index: Int, of count: Int, _ scenario: Scenario) {
        progress("scenario \(index + 1) of \(count): seed \(scenario.seed), \(scenario.faults.count) faults")
    }

    func ended(_ scenario: Scenario, _ outcome: VirtualRun.Outcome, seconds: Double) {
        total += outcome.figures
        self.seconds += seconds
        if isJSON {
            let figures = outcome.figures
            StandardOutput.write(
                JSONWriter.line([
                    "type": .string("scenario"), "seed": .string(String(scenario.seed)),
                    "digest": .string(String(outcome.digest, radix: 16)),
                    "connection_hours": .raw(decimal(figures.connectionHours)), "processor_s": .raw(decimal(seconds)),
                    "faults": .integer(Int64(figures.faults)), "deliveries": .integer(Int64(figures.deliveries)),
                    "replaced": .integer(Int64(figures.replaced)), "crashes": .integer(Int64(figures.crashes)),
                    "violations": .array(outcome.violations.map(record)),
                ]))
        } else if let violation = outcome.violations.first {
            StandardOutput.write(
                "seed \(scenario.seed): \(violation.kind.rawValue), gateway \(violation.gateway): \(violation.text)\n")
        }
    }

    private func decimal(_ value: Double) -> String { "\((value * 1000).rounded() / 1000)" }

    private func record(_ violation: Violation) -> JSONWriter.Value {
        .object([
            "kind": .string(violation.kind.rawValue), "at_s": .raw(decimal(violation.at)),
            "gateway": .integer(Int64(violation.gateway)), "text": .string(violation.text),
        ])
    }

    func shrinks(_ attempts: Int, _ scenario: Scenario) {
        progress("looking for a smaller scenario: attempt \(attempts), \(scenario.faults.count) faults left")
    }

    /// The failure as a story.
    func explain(_ scenario: Scenario, _ outcome: VirtualRun.Outcome) {
        let lines = outcome.timeline.map { "  \($0.line)\n" }.joined()
        let text = """
            The smallest scenario that was found: \(scenario.faults.count) faults, \(scenario.gateways) gateways, \
            \(scenario.postsPerHour.formatted()) posts an hour in each channel, seed \(scenario.seed).

            \(lines)
            """
        if isJSON { StandardError.write(text) } else { StandardOutput.write(text + "\n") }
    }

    #if CLASSIC_BUGS
        func hunted(_ hunt: BugHunt) {
            let kinds = hunt.kinds.sorted { $0.value > $1.value }.map { "\($0.key.rawValue) \($0.value)" }
            let first = hunt.firstSeed.map { ", first by seed \($0)" } ?? ""
            StandardOutput.write(
                "\(hunt.bug.rawValue): found in \(hunt.found) of \(hunt.scenarios) scenarios\(first)"
                    + (kinds.isEmpty ? "\n" : " (\(kinds.joined(separator: ", ")))\n"))
        }
    #endif

    func conclude(scenarios: Int, failures: Int) {
        let rate = seconds > 0 ? total.connectionHours / seconds : 0
        if isJSON {
            return StandardOutput.write(
                JSONWriter.line([
                    "type": .string("total"), "scenarios": .integer(Int64(scenarios)),
                    "failures": .integer(Int64(failures)), "connection_hours": .raw(decimal(total.connectionHours)),
                    "processor_s": .raw(decimal(seconds)), "connection_hours_per_processor_s": .raw(decimal(rate)),
                    "faults": .integer(Int64(total.faults)), "posts": .integer(Int64(total.posts)),
                    "deliveries": .integer(Int64(total.deliveries)), "replaced": .integer(Int64(total.replaced)),
                    "resumed": .integer(Int64(total.resumed)), "crashes": .integer(Int64(total.crashes)),
                    "transitions": .integer(Int64(total.transitions)), "steps": .integer(Int64(total.steps)),
                ]))
        }
        StandardOutput.write(
            """
            \(scenarios) scenarios, \(failures == 0 ? "no failure" : "\(failures) failed")
              simulated      \(total.connectionHours.formatted(.number.precision(.fractionLength(1)))) connection-hours in \
            \(seconds.formatted(.number.precision(.fractionLength(1)))) s of processor, \(Int(rate)) in each
              faults         \(total.faults.formatted()), \(total.crashes.formatted()) of them crashes of a gateway
              connections    \(total.connected.formatted()) times ready, \(total.resumed.formatted()) of them resumed; \
            \(total.replaced.formatted()) replaced
              deliveries     \(total.deliveries.formatted()), of \(total.posts.formatted()) posts and what became of them

            """)
    }

    /// Overwritten by the next, at most ten times a second.
    private func progress(_ text: String) {
        let now = Date.timeIntervalSinceReferenceDate
        guard now - shownAt > (isTerminal ? 0.1 : 10) else { return }
        shownAt = now
        if isTerminal {
            FileHandle.standardError.write(Data("\r\u{1B}[K\(text)".utf8))
        } else {
            StandardError.write("holdfast soak: \(text)")
        }
    }
}
