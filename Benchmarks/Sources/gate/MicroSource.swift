import BenchmarkKit
import Foundation

/// Figures of the executable `micro`, in its short form.
struct MicroSource {
    private struct Line: Decodable {
        let scenario: String
        let median: Double
        let p99: Double?
        let allocations: Double?
        let ratio: Double?
    }

    let path: String
    /// Why times that depend on a quiet machine cannot be judged; nil where they can.
    let busy: String?

    func measure(_ checks: [Check]) throws -> [Check: Outcome] {
        let groups = Set(checks.map(\.group)).sorted()
        let (lines, status) = try ChildProcess.lines(
            path, ["--json", "--short", "--only", groups.joined(separator: ",")])
        guard status == 0 else { throw Failure("micro ended with status \(status)") }
        var figures: [String: Line] = [:]
        for text in lines {
            let line = try JSONDecoder().decode(Line.self, from: Data(text.utf8))
            figures[line.scenario] = line
        }
        return Dictionary(uniqueKeysWithValues: checks.map { ($0, outcome(of: $0, in: figures[$0.scenario])) })
    }

    private func outcome(of check: Check, in line: Line?) -> Outcome {
        guard let line else { return .skipped("micro does not measure it here") }
        let value: Double?
        switch check.measure {
        case .ratio: value = line.ratio
        case .allocations: value = line.allocations
        case .median: value = line.median
        case .p99:
            if let busy { return .skipped(busy) }
            value = line.p99
        case .instructions, .cpuRatio: value = nil
        }
        return value.map { .value($0) } ?? .skipped("micro does not measure it here")
    }
}
