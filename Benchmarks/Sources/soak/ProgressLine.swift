import BenchmarkKit
import Foundation
import SoakKit

/// How a soak stands, while it runs: one line that is rewritten on a terminal, a line a minute elsewhere.
struct ProgressLine {
    private var lastShown = -Double.infinity

    mutating func show(
        _ sample: SampleRecord, _ summary: SummaryRecord, of seconds: Double, lastVerdict: String
    ) {
        let states = sample.states.filter { $0.value > 0 }.sorted { $0.key < $1.key }
            .map { "\($0.key) \($0.value)" }.joined(separator: ", ")
        let wrong = summary.lost + summary.doubled + summary.outOfOrder + summary.unknown
        let line =
            "\(ProgressLine.time(sample.t)) of \(ProgressLine.time(seconds)) | \(states) | \(sample.faults) faults | "
            + "\(sample.delivered) of \(sample.expected) delivered, \(wrong) wrong | "
            + "\(summary.falseReconnects) false reconnects | \(sample.engine.residentBytes / 1_048_576) MB"
            + (lastVerdict.isEmpty ? "" : " | last: \(lastVerdict)")
        if isatty(2) == 1 {
            Progress.show(line)
        } else if sample.t - lastShown >= 59 {
            lastShown = sample.t
            Progress.say(line)
        }
    }

    func end() { Progress.clear() }

    static func time(_ seconds: Double) -> String {
        let whole = Int(seconds)
        let (hours, minutes, rest) = (whole / 3600, whole / 60 % 60, whole % 60)
        return String(format: "%d:%02d:%02d", hours, minutes, rest)
    }
}
