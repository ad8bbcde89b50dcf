import BenchmarkKit

/// What one scenario cost: one line of the output.
struct Figure: Encodable {
    let type = "micro"
    let scenario: String
    /// Of `median`, `min` and `max`, e.g. `ns per event`.
    let unit: String
    let median, min, max: Double
    /// The 99th of 100, where single events were timed.
    var p99: Double?
    /// Per operation, in all threads; nil where they were not counted.
    var allocations: Double?
    /// Median of the runs' ratios to `reference`, which was measured in turn with it.
    var ratio: Double?
    var reference: String?
    /// How many runs, or single events, the figures are of.
    let count: Int

    init(_ scenario: String, unit: String, _ summary: Summary) {
        self.scenario = scenario
        self.unit = unit
        median = summary.median.rounded(to: 3)
        min = summary.minimum.rounded(to: 3)
        max = summary.maximum.rounded(to: 3)
        count = summary.values.count
    }

    /// For a person.
    var line: String {
        var text = "\(scenario): \(median.rounded(to: 2)) \(unit) (\(min.rounded(to: 2))–\(max.rounded(to: 2)))"
        if let p99 { text += ", p99 \(p99.rounded(to: 1))" }
        if let allocations { text += ", \(allocations.rounded(to: 4)) allocations" }
        if let ratio, let reference { text += ", \(ratio.rounded(to: 2)) × \(reference)" }
        return text
    }
}

/// What can be measured, by the names of `--only`.
enum Group: String, CaseIterable {
    case transition, codec, json, hop, timer, latency, tls, store
}

/// How thoroughly to measure.
struct Effort {
    /// Runs per scenario; one more goes first, for warming up.
    var runs: Int
    /// How long one run of a pure scenario lasts, in nanoseconds.
    var runNanoseconds: Double
    /// Single events that are timed.
    var events: Int

    static let usual = Effort(runs: 11, runNanoseconds: 20e6, events: 3000)
    /// For a gate that has little time.
    static let short = Effort(runs: 5, runNanoseconds: 10e6, events: 1500)
}
