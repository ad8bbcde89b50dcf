import BenchmarkKit
import Foundation

/// What runs now, and how long all of it may still take.
struct Schedule {
    private let plan: Plan
    private var left: [String: Int] = [:]
    private var seconds: [String: [Double]] = [:]

    init(plan: Plan) {
        self.plan = plan
        for scenario in plan.scenarios {
            for client in scenario.clients { left[key(scenario, client)] = plan.rounds + 1 }
        }
    }

    func announce(_ scenario: Scenario, _ client: Client, round: Int, of rounds: Int) {
        let name = round == 0 ? "warm-up" : "round \(round) of \(rounds)"
        Progress.show("\(scenario.name), \(name): \(client.name) … \(remaining)")
    }

    func tell(_ scenario: Scenario, _ client: Client, _ figures: Figures) {
        let text = figures.values.sorted { $0.key < $1.key }.map { "\($0.key) \(figure($0.value))" }
        Progress.clear()
        Progress.say("\(client.name): \(text.joined(separator: ", ")); \(remaining)")
    }

    mutating func finished(_ scenario: Scenario, _ client: Client, took duration: Double) {
        left[key(scenario, client), default: 1] -= 1
        seconds[key(scenario, client), default: []].append(duration)
    }

    private func key(_ scenario: Scenario, _ client: Client) -> String { "\(scenario.name)/\(client.name)" }

    private var remaining: String {
        var sum = 0.0
        for scenario in plan.scenarios {
            for client in scenario.clients {
                let key = key(scenario, client)
                let known = seconds[key]?.last ?? guess(scenario)
                sum += Double(max(0, left[key] ?? 0)) * known
            }
        }
        return sum > 90 ? "about \(Int((sum / 60).rounded(.up))) min left" : "about \(Int(sum)) s left"
    }

    /// Seconds, before it was seen.
    private func guess(_ scenario: Scenario) -> Double {
        switch scenario.kind {
        case .ingest: plan.runSeconds * 2 + 0.5
        case .idle: Double(plan.hold) + Double(plan.idleConnections) / 1500
        case .storm: Double(plan.stormConnections) / 400
        case .transition: plan.runSeconds + 0.3
        }
    }
}
