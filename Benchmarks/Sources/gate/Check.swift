/// One thing that must not become worse, as it stands in `thresholds.json`.
struct Check: Codable, Hashable {
    enum Measure: String, Codable {
        /// Median of the ratios to what `micro` measures in turn with the scenario.
        case ratio
        /// Per operation, in all threads.
        case allocations
        /// Per operation, counted by callgrind.
        case instructions
        /// In the scenario's own unit.
        case median, p99
        /// CPU time of `load` by that of `cpp-peer`, median of interleaved rounds.
        case cpuRatio = "cpu_ratio"
    }

    var scenario: String
    var measure: Measure
    /// As measured when it was committed.
    var value: Double
    /// How far a measurement may lie beyond it by noise alone: 0.1 is 10 %.
    var band: Double
    /// The same, absolutely, on top of it.
    var slack: Double?
    /// What must be kept whatever was measured before; then the band is around this.
    var goal: Double?
    /// Less is worse.
    var isRate: Bool?
    /// Where alone it can be judged, e.g. `x86_64`.
    var architecture: String?
    /// Why the band is as wide as it is.
    var because: String

    var name: String { "\(scenario), \(measure.rawValue)" }

    /// The worst that is accepted.
    var limit: Double {
        isRate == true ? (goal ?? value) * (1 - band) - (slack ?? 0) : (goal ?? value) * (1 + band) + (slack ?? 0)
    }

    func accepts(_ measured: Double) -> Bool { isRate == true ? measured >= limit : measured <= limit }

    /// Of `micro`: what stands before the colon.
    var group: String { String(scenario.prefix { $0 != ":" }) }
}

/// `thresholds.json`.
struct Thresholds: Codable {
    var about: String
    var checks: [Check]
}

/// What a measurement gave for one check.
enum Outcome {
    case value(Double)
    /// It could not be measured here, and why.
    case skipped(String)
}
