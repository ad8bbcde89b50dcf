import BenchmarkKit
import Foundation

/// `comparison.json`: what was run, what it yielded, and what that means for the goals.
struct Document: Encodable {
    struct ClientEntry: Encodable {
        var name: String
        var text: String
        var version: String
        /// Runs that were not counted: they failed, or did not agree with the server.
        var failed: Int
    }

    struct Problem: Encodable {
        var client: String
        var scenario: String
        /// 0 is the warm-up.
        var round: Int
        var text: String
    }

    struct Result: Encodable {
        /// One per round, in their order.
        var values: [Double]
        var median, min, max: Double
        /// Of the ratios of each round.
        var ratio, ratioMin, ratioMax: Double?
    }

    struct ScenarioGoal: Encodable {
        var text: String
        var client: String
        var atMost: Double
    }

    struct ScenarioEntry: Encodable {
        var id: String
        var kind: Kind
        var text: String
        var unit: String
        var reference: String
        var results: [String: Result]
        var goal: ScenarioGoal?

        enum CodingKeys: CodingKey {
            case id, kind, text, unit, reference, results, goal
        }

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(id, forKey: .id)
            try container.encode(kind, forKey: .kind)
            try container.encode(text, forKey: .text)
            try container.encode(unit, forKey: .unit)
            try container.encode(reference, forKey: .reference)
            try container.encode(results, forKey: .results)
            // Null, where there is none.
            try container.encode(goal, forKey: .goal)
        }
    }

    var schema = 1
    var startedAt = Date().formatted(.iso8601)
    var machine = Machine()
    var versions: [String: String]
    var rounds: Int
    var quick: Bool
    var isInterrupted = false
    var clients: [ClientEntry]
    var skipped: [Client.Skipped]
    var scenarios: [ScenarioEntry] = []
    var goals: [Goal] = []
    var problems: [Problem] = []

    private enum CodingKeys: String, CodingKey {
        case schema, startedAt, machine, versions, rounds, quick, isInterrupted = "interrupted", clients, skipped,
            scenarios
        case goals, problems
    }

    private let plan: Plan

    init(_ options: Options, clients: [Client], skipped: [Client.Skipped]) {
        plan = Plan(options, clients: clients)
        versions = Machine.versions(beside: options.peers)
        rounds = options.rounds
        quick = options.isQuick
        let commit = versions["holdfast"] ?? "unknown"
        self.clients = clients.map {
            ClientEntry(
                name: $0.name, text: $0.text, version: $0.name == Client.engine ? commit : $0.version, failed: 0)
        }
        self.skipped = skipped
    }

    mutating func note(problem: String, _ client: Client, _ scenario: Scenario, _ round: Int) {
        problems.append(Problem(client: client.name, scenario: scenario.name, round: round, text: problem))
        if let index = clients.firstIndex(where: { $0.name == client.name }) { clients[index].failed += 1 }
    }

    /// - Parameter isComplete: all of it was run, so that what is missing is missed.
    mutating func add(_ table: RoundTable, isComplete: Bool) {
        let scenario = table.scenario
        for (name, byClient) in table.values.sorted(by: { $0.key < $1.key }) {
            var results: [String: Result] = [:]
            for (client, rounds) in byClient {
                let values = rounds.sorted { $0.key < $1.key }.map(\.value)
                guard let summary = Summary(values) else { continue }
                let ratios = Summary(table.ratios(of: client, to: scenario.reference, in: name))
                results[client] = Result(
                    values: values.map { $0.rounded(to: 6) }, median: summary.median.rounded(to: 6),
                    min: summary.minimum.rounded(to: 6), max: summary.maximum.rounded(to: 6),
                    ratio: ratios?.median.rounded(to: 4), ratioMin: ratios?.minimum.rounded(to: 4),
                    ratioMax: ratios?.maximum.rounded(to: 4))
            }
            let words = words(for: name, scenario)
            scenarios.append(
                ScenarioEntry(
                    id: name, kind: scenario.kind, text: words.text, unit: words.unit, reference: scenario.reference,
                    results: results, goal: Goal.ofScenario(name)))
        }
        goals += Goal.judge(table, clients: scenario.clients).filter { isComplete || $0.isMeasured }
    }

    private func words(for name: String, _ scenario: Scenario) -> (text: String, unit: String) {
        switch name {
        case "idle-memory":
            (
                "Resident memory of \(plan.idleConnections) idle connections, each of which pings every 30 s.",
                "bytes per connection"
            )
        case "idle-cpu":
            ("Processor time of \(plan.idleConnections) idle connections in \(plan.hold) s.", "s CPU")
        case "storm":
            (
                "\(plan.stormConnections) connections are dropped at once, and reconnected until each is ready again.",
                "s CPU"
            )
        case "transition": ("A step of the connection's lifecycle as a machine of states.", "ns per transition")
        default:
            (
                "Posts of about \(scenario.frameBytes) B each over one connection, both levels of JSON read, four fields "
                    + "handed to a handler.", "ns CPU per event"
            )
        }
    }

    func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        encoder.keyEncodingStrategy = .custom { path in Snake(path[path.count - 1].stringValue) }
        return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
    }

    func write(to folder: String) throws {
        try Data(try json().utf8).write(to: URL(fileURLWithPath: folder + "/comparison.json"), options: .atomic)
    }
}

/// A property's name as the document's readers expect it. (The encoder's own strategy would do, were it not for the names of
/// clients, which are keys too and must stay as they are.)
private struct Snake: CodingKey {
    let stringValue: String
    let intValue: Int? = nil

    init(_ name: String) {
        stringValue = name.reduce(into: "") { text, character in
            text += character.isUppercase ? "_" + character.lowercased() : String(character)
        }
    }

    init?(stringValue: String) { self.init(stringValue) }

    init?(intValue: Int) { nil }
}
