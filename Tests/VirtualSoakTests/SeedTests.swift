import Foundation
import Testing

@testable import VirtualSoak

/// A sample of what `holdfast soak --virtual` runs; `HOLDFAST_SEEDS` sets another number of scenarios.
@Suite("Scenarios from seeds")
struct SeedTests {
    static let count = ProcessInfo.processInfo.environment["HOLDFAST_SEEDS"].flatMap(UInt64.init) ?? 4

    @Test("nothing is lost, doubled, out of order, replaced without cause or left", arguments: 1...count)
    func holds(seed: UInt64) {
        let scenario = Scenario(seed: seed, hours: 0.3, gateways: 6)
        let outcome = VirtualRun.run(scenario, remembered: 40)
        #expect(outcome.isGood, Comment(rawValue: story(scenario, outcome)))
        // It was no idle hour.
        #expect(outcome.figures.deliveries > 0 && outcome.figures.connected >= 6 && outcome.figures.owed > 0)
        #expect(outcome.figures.faults == scenario.faults.count)
    }

    @Test("the same seed gives the same run, event for event; another seed another one")
    func isReproducible() {
        var digests: Set<UInt64> = []
        for seed: UInt64 in [2, 4, 6, 9] {
            let scenario = Scenario(seed: seed, hours: 0.1, gateways: 5)
            let first = VirtualRun.run(scenario, remembered: 500)
            let second = VirtualRun.run(scenario, remembered: 500)
            #expect(first == second, "seed \(seed)")
            digests.insert(first.digest)
        }
        #expect(digests.count == 4)
    }

    @Test("where only the profile is edited, no connection is ever replaced", arguments: 1...4)
    func profileEdits(seed: UInt64) {
        var scenario = Scenario(seed: seed, hours: 1, gateways: 6)
        scenario.faults = (0..<60).map { number in
            InjectedFault(
                id: number + 1, kind: .profileEdit, at: Double(number) * 58, seconds: 0,
                gateways: Array(0..<scenario.gateways), strength: 0)
        }
        let outcome = VirtualRun.run(scenario, remembered: 40)
        #expect(outcome.isGood, Comment(rawValue: story(scenario, outcome)))
        #expect(outcome.figures.faults == 60)
        #expect(outcome.figures.connected == 6 && outcome.figures.replaced == 0)
    }

    @Test("every kind of fault alone, against every kind of gateway", arguments: FaultKind.allCases)
    func alone(kind: FaultKind) {
        var scenario = Scenario(seed: 77, hours: 0.5, gateways: 6)
        // A burst is hundreds of posts.
        let count = kind == .overflow ? 2 : 8
        scenario.faults = (0..<count).map { number in
            let share = Double(number) / Double(count)
            return InjectedFault(
                id: number + 1, kind: kind, at: 30 + Double(number) * 200,
                seconds: kind.seconds.lowerBound + (kind.seconds.upperBound - kind.seconds.lowerBound) * share,
                gateways: kind.hitsServer ? [] : Array(0..<scenario.gateways), strength: share)
        }
        let outcome = VirtualRun.run(scenario, remembered: 40)
        #expect(outcome.isGood, Comment(rawValue: story(scenario, outcome)))
        #expect(outcome.figures.faults == count)
        if !kind.mayReplace { #expect(outcome.figures.replaced == 0) }
    }

    private func story(_ scenario: Scenario, _ outcome: VirtualRun.Outcome) -> String {
        let violations = outcome.violations.prefix(3).map { "\($0.kind.rawValue), gateway \($0.gateway): \($0.text)" }
        return "seed \(scenario.seed), repeat with: holdfast soak --virtual --seeds 1 --seed \(scenario.seed)"
            + " --hours 0.3 --gateways \(scenario.gateways)\n" + violations.joined(separator: "\n") + "\n"
            + outcome.timeline.map(\.line).joined(separator: "\n")
    }
}
