import Foundation
import VirtualSoak
enum SoakCommand {
    static let command = Command(
        syntax: Syntax(name: "soak", summary: "x", options: [
        .init("--virtual", "v"), .init("--seeds","N","n"), .init("--seed","N","n"), .init("--hours","H","h"), .init("--gateways","N","n"), .init("--timeline", "x")]),
        run: run)
    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let first = try arguments.seed("--seed") ?? 1
        let count = UInt64(arguments.text("--seeds") ?? "1") ?? 1
        let hours = Double(arguments.text("--hours") ?? "1") ?? 1
        let gateways = Int(arguments.text("--gateways") ?? "4") ?? 4
        var total = Figures()
        let begin = clock()
        for seed in first..<(first + count) {
            let scenario = Scenario(seed: seed, hours: hours, gateways: gateways)
            let outcome = VirtualRun.run(scenario, remembered: arguments.has("--timeline") ? 60 : 0)
            total += outcome.figures
            print("seed \(seed): \(outcome.figures.faults) of \(scenario.faults.count) faults, digest \(outcome.digest)")
            for v in outcome.violations.prefix(3) { print("  ", v) }
            for e in outcome.timeline { print("    ", e.line) }
        }
        let seconds = Double(clock() - begin) / 1e6
        print(total, "\(seconds) s, \(total.connectionHours / seconds) connection-hours/s")
        return .success
    }
}
