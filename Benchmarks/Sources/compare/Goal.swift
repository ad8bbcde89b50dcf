import BenchmarkKit

/// A goal of the engine, and how it was met.
struct Goal: Encodable {
    var text: String
    var bound: String
    var value: Double
    var textValue: String
    var ok: Bool
    let isMeasured: Bool

    private enum CodingKeys: CodingKey {
        case text, bound, value, textValue, ok
    }

    /// Where the bound is one on the ratio to the scenario's reference.
    static func ofScenario(_ name: String) -> Document.ScenarioGoal? {
        guard let bound = ratioBounds[name] else { return nil }
        return Document.ScenarioGoal(
            text: "at most \(bound) × the C++ client", client: Client.engine, atMost: bound)
    }

    private static let ratioBounds = [
        "ingest-700": 1.3, "ingest-1200": 1.3, "ingest-4096": 1.3, "idle-cpu": 1.5, "storm": 1.5,
    ]
    private static let titles = [
        "idle-cpu": "CPU of idle connections, against C++", "storm": "CPU of a storm, against C++",
    ]

    /// The goals that a scenario's rounds tell about; a figure that is missing is a goal that is not met, unless the engine or
    /// the reference was not asked for.
    static func judge(_ table: RoundTable, clients: [Client]) -> [Goal] {
        let names = clients.map(\.name)
        guard names.contains(Client.engine) else { return [] }
        switch table.scenario.kind {
        case .ingest:
            let name = table.scenario.name
            let title = "CPU per event of \(table.scenario.frameBytes) B"
            return [
                againstReference(table, name, "\(title), against C++", names), againstOthers(table, title, clients),
            ]
            .compactMap(\.self)
        case .idle:
            return [
                absolute(
                    table, "idle-memory", "Memory per idle connection", "at most 2048 bytes", " bytes", digits: 0
                ) { $0 <= 2048 },
                againstReference(table, "idle-cpu", titles["idle-cpu"] ?? "", names),
            ].compactMap(\.self)
        case .storm:
            return [againstReference(table, "storm", titles["storm"] ?? "", names)].compactMap(\.self)
        case .transition:
            return [
                absolute(table, "transition", "A transition", "under 10 ns", " ns", digits: 2) { $0 < 10 }
            ].compactMap(\.self)
        }
    }

    private static func againstReference(
        _ table: RoundTable, _ name: String, _ text: String, _ names: [String]
    ) -> Goal? {
        guard names.contains(table.scenario.reference), let bound = ratioBounds[name] else { return nil }
        let ratios = Summary(table.ratios(of: Client.engine, to: table.scenario.reference, in: name))
        return Goal(text, bound: "at most \(bound)", ratios) { $0 <= bound }
    }

    /// How many times the engine is below the best of those that are neither it nor a bar.
    private static func againstOthers(_ table: RoundTable, _ title: String, _ clients: [Client]) -> Goal? {
        let name = table.scenario.name
        let others = clients.filter(\.isOther).compactMap { client in
            (table.values[name]?[client.name]).flatMap { Summary(Array($0.values)) }.map { (client.name, $0.median) }
        }
        guard let best = others.min(by: { $0.1 < $1.1 }) else { return nil }
        let ratios = Summary(table.ratios(of: best.0, to: Client.engine, in: name))
        return Goal("\(title), times below the best of the others (\(best.0))", bound: "at least 4.0", ratios) {
            $0 >= 4
        }
    }

    private static func absolute(
        _ table: RoundTable, _ name: String, _ text: String, _ bound: String, _ unit: String, digits: Int,
        _ isMet: (Double) -> Bool
    ) -> Goal? {
        let summary = table.values[name]?[Client.engine].flatMap { Summary(Array($0.values)) }
        return Goal(text, bound: bound, summary, unit: unit, digits: digits, isMet)
    }

    private init(
        _ text: String, bound: String, _ summary: Summary?, unit: String = "", digits: Int = 2,
        _ isMet: (Double) -> Bool
    ) {
        self.text = text
        self.bound = bound
        isMeasured = summary != nil
        value = summary?.median.rounded(to: 4) ?? 0
        ok = summary.map { isMet($0.median) } ?? false
        textValue =
            summary.map {
                "\(fixed($0.median, digits))\(unit) (\(fixed($0.minimum, digits))–\(fixed($0.maximum, digits)))"
            } ?? "not measured"
    }
}
