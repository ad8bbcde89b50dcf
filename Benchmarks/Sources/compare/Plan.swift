import BenchmarkKit

enum Kind: String, CaseIterable, Codable {
    case ingest, idle, storm, transition
}

/// One thing that is asked of every client.
struct Scenario {
    var kind: Kind
    var name: String
    /// Of a frame; ingest only.
    var frameBytes = 0
    var clients: [Client]

    /// Each once, in another order each round, so that nobody always runs behind the same neighbour.
    func clients(inRound round: Int) -> [Client] {
        guard !clients.isEmpty else { return [] }
        let start = round % clients.count
        return Array(clients[start...] + clients[..<start])
    }

    /// To whose figures the others' are set in relation.
    var reference: String { kind == .transition ? Client.machineCeiling : Client.ceiling }
}

/// How much is asked.
struct Plan {
    var scenarios: [Scenario] = []
    let rounds: Int
    /// Seconds that idle connections are held.
    let hold: Int
    let idleConnections: Int
    let stormConnections: Int
    /// Processor seconds that a run of events or transitions is to take.
    let runSeconds: Double

    init(_ options: Options, clients: [Client]) {
        rounds = options.rounds
        hold = options.isQuick ? 5 : 10
        idleConnections = options.isQuick ? 1000 : 5000
        stormConnections = options.isQuick ? 300 : 1000
        runSeconds = options.isQuick ? 0.4 : 1.2
        func add(_ kind: Kind, _ name: String, frameBytes: Int = 0) {
            guard options.kinds.contains(kind) else { return }
            let able = clients.filter { $0.kinds.contains(kind) }
            guard !able.isEmpty else { return }
            scenarios.append(Scenario(kind: kind, name: name, frameBytes: frameBytes, clients: able))
        }
        for bytes in [700, 1200, 4096] { add(.ingest, "ingest-\(bytes)", frameBytes: bytes) }
        add(.idle, "idle")
        add(.storm, "storm")
        add(.transition, "transition")
    }

    /// How many to ask for: of connections the same for all, of the rest less where a client is slow.
    ///
    /// - Parameter cost: what one event or transition was seen to cost this client, in nanoseconds; nil before that.
    func count(_ scenario: Scenario, cost: Double?) -> Int {
        switch scenario.kind {
        case .idle: return idleConnections
        case .storm: return stormConnections
        case .ingest:
            guard let cost else { return 10_000 }
            return min(max(Int(runSeconds * 1e9 / cost), 2_000), 5_000_000)
        case .transition:
            guard let cost else { return 20_000 }
            return min(max(Int(runSeconds * 1e9 / cost), 1_000), 500_000_000)
        }
    }
}
