/// Makes a failing scenario small: as few faults, gateways and seconds as still fail in the same way, by leaving out ever
/// smaller parts (Zeller and Hildebrandt's ddmin), and then by making what is left milder.
public struct Shrinker {
    /// What is tried at most.
    public static let limit = 400

    public private(set) var scenario: Scenario
    public private(set) var violation: Violation
    public private(set) var attempts = 0
    private let progress: (Int, Scenario) -> Void

    /// - Parameters:
    ///   - violation: what `scenario` fails by.
    ///   - progress: is told after each attempt how many there were, and the smallest scenario so far.
    public init(
        _ scenario: Scenario, _ violation: Violation, progress: @escaping (Int, Scenario) -> Void = { _, _ in }
    ) {
        self.scenario = scenario
        self.violation = violation
        self.progress = progress
    }

    /// The smallest that was found.
    public mutating func run() -> Scenario {
        cutOff()
        reduceFaults()
        reduceGateways()
        calm()
        reduceFaults()
        cutOff()
        return scenario
    }

    /// Whether it fails in the same way; then it is the best so far.
    private mutating func tries(_ candidate: Scenario) -> Bool {
        guard candidate != scenario, attempts < Shrinker.limit else { return false }
        attempts += 1
        let outcome = VirtualRun.run(candidate)
        let same = outcome.violations.first { $0.kind == violation.kind }
        if let same {
            scenario = candidate
            violation = same
        }
        progress(attempts, scenario)
        return same != nil
    }

    /// What comes after the violation has no part in it. What is found at the end only needs its time to recover.
    private mutating func cutOff() {
        var candidate = scenario
        candidate.faults.removeAll { $0.at > violation.at }
        switch violation.kind {
        case .notRecovered, .lost, .notStopped:
            candidate.seconds = (candidate.faults.map(\.end).max() ?? 0) + Scenario.recoverySeconds
        case .doubled, .outOfOrder, .unknown, .acknowledgedAgain, .twoSockets, .timers, .withoutCause, .unnoticed,
            .wrongResume, .hammering, .lateVerdict, .tooFewMisses, .incoherent, .gaveUp, .unbounded:
            candidate.seconds = violation.at + 1
        }
        if candidate.seconds < scenario.seconds { _ = tries(candidate) }
    }

    private mutating func reduceFaults() {
        var parts = 2
        while scenario.faults.count > 1 {
            let size = max(1, scenario.faults.count / parts)
            var hasShrunk = false
            var start = 0
            while start < scenario.faults.count {
                var candidate = scenario
                candidate.faults.removeSubrange(start..<min(start + size, scenario.faults.count))
                if tries(candidate) { hasShrunk = true } else { start += size }
                if attempts >= Shrinker.limit { return }
            }
            if size == 1, !hasShrunk { return }
            parts = hasShrunk ? max(2, parts - 1) : min(parts * 2, scenario.faults.count)
        }
        if scenario.faults.count == 1 {
            var candidate = scenario
            candidate.faults = []
            _ = tries(candidate)
        }
    }

    /// The last gateways, and fewer for each fault.
    private mutating func reduceGateways() {
        while scenario.gateways > 1 {
            var candidate = scenario
            candidate.gateways -= 1
            for index in candidate.faults.indices {
                candidate.faults[index].gateways.removeAll { $0 >= candidate.gateways }
            }
            candidate.faults.removeAll { !$0.kind.hitsServer && $0.gateways.isEmpty }
            guard tries(candidate) else { break }
        }
        for index in scenario.faults.indices where scenario.faults[index].gateways.count > 1 {
            for gateway in scenario.faults[index].gateways where scenario.faults[index].gateways.count > 1 {
                var candidate = scenario
                candidate.faults[index].gateways.removeAll { $0 == gateway }
                _ = tries(candidate)
            }
        }
    }

    /// Less traffic, shorter and milder faults.
    private mutating func calm() {
        for factor in [0.1, 0.3] {
            var candidate = scenario
            candidate.postsPerHour = (scenario.postsPerHour * factor).rounded()
            if candidate.postsPerHour >= 1, tries(candidate) { break }
        }
        for index in scenario.faults.indices {
            var candidate = scenario
            candidate.faults[index].seconds = (scenario.faults[index].seconds / 4 * 10).rounded() / 10
            _ = tries(candidate)
        }
    }
}
