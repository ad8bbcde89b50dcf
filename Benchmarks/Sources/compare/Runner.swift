import BenchmarkKit
import Foundation

/// What a run yielded, by the name of the scenario it counts for, in the scenario's unit.
struct Figures {
    var values: [String: Double]
    /// Nanoseconds of processor time per event or transition, to know how many to ask for next time.
    var cost: Double?
}

/// Runs one client once, and believes it only where the server agrees.
struct Runner {
    private let controller: LoadServer.Controller
    private let placement: Placement
    private let interruption: Interruption
    /// Seconds after which a client is given up.
    private static let patience = 240.0

    init(_ controller: LoadServer.Controller, placement: Placement, interruption: Interruption) {
        self.controller = controller
        self.placement = placement
        self.interruption = interruption
    }

    func run(_ scenario: Scenario, _ client: Client, count: Int, hold: Int) throws -> Figures {
        if scenario.kind == .transition { return try walk(client, count) }
        let server = try LoadServer(on: placement.server, controller)
        let mode = client.name == Client.floor ? "read" : scenario.kind.rawValue
        let output = try perform(
            client,
            [mode, "--server", server.url, "--count", "\(count)"] + (mode == "idle" ? ["--hold", "\(hold)"] : []),
            trigger: { said in try trigger(scenario, server, count, said) })
        let state = try server.state()
        switch scenario.kind {
        case .ingest: return try ingest(scenario, output, state, count, isFloor: client.name == Client.floor)
        case .idle: return try idle(output, state, count, hold)
        case .storm: return try storm(output, state, count)
        case .transition: return Figures(values: [:])
        }
    }

    // MARK: - What the server is told, and when

    private func trigger(_ scenario: Scenario, _ server: LoadServer, _ count: Int, _ said: String?) throws -> Bool {
        switch scenario.kind {
        case .ingest:
            guard try server.state().proven > 0 else { return false }
            try server.flood(events: count, bytes: scenario.frameBytes)
            return true
        case .storm:
            guard said == "ready" else { return false }
            try server.drop()
            return true
        case .idle, .transition: return true
        }
    }

    // MARK: - What must agree

    private func ingest(
        _ scenario: Scenario, _ output: ClientOutput, _ state: LoadServer.State, _ count: Int, isFloor: Bool
    ) throws -> Figures {
        try expect(state.flood.done && state.flood.events == count, "the server sent \(state.flood.events) of \(count)")
        try expect(output.events == count, "it tells of \(output.events ?? 0) events, the server sent \(count)")
        let sum = isFloor ? state.flood.bytes : state.flood.checksum
        try expect(output.checksum == sum, "its checksum is \(output.checksum ?? 0), the server's \(sum)")
        try expect(output.seqGaps == 0, "it tells of \(output.seqGaps ?? 0) gaps")
        let cost = try positive(output.cpuS, "cpu_s") * 1e9 / Double(count)
        return Figures(values: [scenario.name: cost], cost: cost)
    }

    private func idle(_ output: ClientOutput, _ state: LoadServer.State, _ count: Int, _ hold: Int) throws -> Figures {
        try expect(output.conns == count, "it tells of \(output.conns ?? 0) connections instead of \(count)")
        let pings = output.pings ?? 0
        let due = Double(count * hold) / 30
        try expect(
            Double(pings) > due * 0.7 && Double(pings) < due * 1.4,
            "\(pings) pings in the hold, about \(Int(due)) are due")
        try expect(state.pings >= count + pings, "it tells of \(pings) pings, the server of \(state.pings) in all")
        let (before, after) = (output.rssBefore ?? 0, output.rssAfter ?? 0)
        try expect(before > 0 && after > before, "it tells of \(before) bytes before and \(after) after")
        return Figures(values: [
            "idle-memory": Double(after - before) / Double(count),
            "idle-cpu": try positive(output.cpuHoldS, "cpu_hold_s"),
        ])
    }

    private func storm(_ output: ClientOutput, _ state: LoadServer.State, _ count: Int) throws -> Figures {
        try expect(output.conns == count, "it tells of \(output.conns ?? 0) connections instead of \(count)")
        try expect(state.pings >= 2 * count, "the server answered \(state.pings) pings, \(2 * count) are due")
        return Figures(values: ["storm": try positive(output.cpuS, "cpu_s")])
    }

    private func walk(_ client: Client, _ count: Int) throws -> Figures {
        let mode = client.name == Client.engine ? ["transition"] : []
        let output = try perform(client, mode + ["--count", "\(count)"]) { _ in true }
        let transitions = output.transitions ?? 0
        try expect(transitions >= count, "it tells of \(transitions) transitions instead of \(count)")
        let cost = try positive(output.cpuS, "cpu_s") * 1e9 / Double(transitions)
        return Figures(values: ["transition": cost], cost: cost)
    }

    private func expect(_ condition: Bool, _ otherwise: String) throws {
        if !condition { throw ChildFailure(otherwise) }
    }

    private func positive(_ value: Double?, _ name: String) throws -> Double {
        guard let value, value > 0 else { throw ChildFailure("it does not tell \(name)") }
        return value
    }

    // MARK: - The client

    /// Runs it to its end.
    ///
    /// - Parameter trigger: called with each line of its standard error, and at times with nil, until it returns true.
    private func perform(
        _ client: Client, _ arguments: [String], trigger: (String?) throws -> Bool
    ) throws -> ClientOutput {
        let child = try ChildProcess(
            client.path, client.leadingArguments + arguments, processor: placement.client, readsErrors: true,
            diesWithThread: true)
        interruption.watch(child.identifier)
        // Before it is waited for: afterwards its number may be another's.
        defer { interruption.unwatch(child.identifier) }
        let deadline = ContinuousClock.now + .seconds(Self.patience)
        var isTriggered = false
        var (last, lastError): (String?, String?) = (nil, nil)
        reading: while true {
            if ContinuousClock.now > deadline {
                child.send(SIGKILL)
                _ = child.wait()
                throw ChildFailure("it did not end within \(Int(Self.patience)) s")
            }
            switch child.next(within: isTriggered ? 1 : 0.02) {
            case .line(let line): last = line
            case .errorLine(let line):
                lastError = line
                if !isTriggered { isTriggered = try trigger(line) }
            case .nothing: if !isTriggered { isTriggered = try trigger(nil) }
            case .end: break reading
            }
        }
        interruption.unwatch(child.identifier)
        let status = child.wait()
        if interruption.isSet { throw ChildFailure("interrupted") }
        guard status == 0, let last else {
            throw ChildFailure("it ended with status \(status): \(lastError ?? "no word of why")")
        }
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        guard let output = try? decoder.decode(ClientOutput.self, from: Data(last.utf8)) else {
            throw ChildFailure("its output is not what it should be: \(last.prefix(200))")
        }
        return output
    }
}

/// The line that a client ends with; each mode has some of it.
private struct ClientOutput: Decodable {
    var events, checksum, seqGaps, conns, rssBefore, rssAfter, pings, transitions: Int?
    var cpuS, cpuHoldS: Double?
}
