import BenchmarkKit

/// What a scenario's rounds yielded.
struct RoundTable {
    let scenario: Scenario
    /// By the name of what was measured, the client and the round; round 0, the warm-up, is not in it.
    private(set) var values: [String: [String: [Int: Double]]] = [:]
    private var costs: [String: Double] = [:]
    private var failures: [String: Int] = [:]

    init(scenario: Scenario) { self.scenario = scenario }

    mutating func record(_ figures: Figures, of client: Client, round: Int) {
        costs[client.name] = figures.cost
        guard round > 0 else { return }
        for (name, value) in figures.values { values[name, default: [:]][client.name, default: [:]][round] = value }
    }

    /// How many to ask for: once it is known what one costs, so many that a run is long enough to be measured.
    func count(for client: Client, plan: Plan) -> Int { plan.count(scenario, cost: costs[client.name]) }

    mutating func failed(_ client: Client) { failures[client.name, default: 0] += 1 }

    /// Who fails again and again only costs time.
    func isGivenUp(_ client: Client) -> Bool { failures[client.name, default: 0] >= 2 }

    /// The ratio to another client, of each round in which both were measured.
    func ratios(of client: String, to other: String, in name: String) -> [Double] {
        guard let own = values[name]?[client], let others = values[name]?[other] else { return [] }
        return own.keys.sorted().compactMap { round in
            guard let value = own[round], let reference = others[round], reference > 0 else { return nil }
            return value / reference
        }
    }
}
