import BenchmarkKit
import Foundation
import UVEventLoop
import WorldInterface

/// What the engine needs to receive events, by what the C++ client needs: `load` and `cpp-peer` in turn against `blast`.
struct IngestSource {
    /// Where the executables lie.
    let folder: String
    private static let rounds = 5

    private struct Listening: Decodable { let url: String }
    private struct Result: Decodable {
        let events: Int
        let cpu_s: Double
        let checksum: Int
        let seq_gaps: Int
    }
    private struct State: Decodable {
        struct Flood: Decodable {
            let events: Int
            let checksum: Int
        }
        let connections: Int
        let proven: Int
        let flood: Flood?
    }

    func measure(_ checks: [Check], _ progress: (String) -> Void) async throws -> [Check: Outcome] {
        for name in ["load", "cpp-peer", "blast"] {
            let path = "\(folder)/\(name)"
            guard FileManager.default.isExecutableFile(atPath: path) else {
                return Dictionary(uniqueKeysWithValues: checks.map { ($0, .skipped("\(name) is not built")) })
            }
        }
        let hasTwo = ProcessInfo.processInfo.activeProcessorCount > 1
        let blast = try ChildProcess("\(folder)/blast", [], processor: hasTwo ? 0 : nil)
        guard let line = blast.line() else { throw Failure("blast does not listen") }
        let url = try JSONDecoder().decode(Listening.self, from: Data(line.utf8)).url
        let loop = try EventLoop.start(name: "gate")
        var outcomes: [Check: Outcome] = [:]
        for check in checks {
            let (byteCount, events) = try Self.size(check.scenario)
            var ratios: [Double] = []
            // The first round is for warming up.
            for round in 0...Self.rounds {
                progress("\(check.scenario), round \(round) of \(Self.rounds)")
                var costs: [Double] = []
                for client in ["load", "cpp-peer"] {
                    costs.append(try await run(client, url, byteCount, events, on: loop, hasTwo ? 1 : nil))
                }
                if round > 0 { ratios.append(costs[0] / costs[1]) }
            }
            outcomes[check] = Summary(ratios).map { .value($0.median) }
        }
        await loop.run { loop.closeHTTPConnections() }
        try? loop.stop()
        blast.send(SIGTERM)
        _ = blast.wait()
        return outcomes
    }

    /// `ingest: 700 B`
    private static func size(_ scenario: String) throws(Failure) -> (byteCount: Int, events: Int) {
        guard let byteCount = scenario.split(separator: " ").dropFirst().first.flatMap({ Int($0) }), byteCount > 0
        else {
            throw Failure("\(scenario) in thresholds.json: it must be like \"ingest: 700 B\"")
        }
        return (byteCount, 100_000_000 / byteCount)
    }

    /// CPU seconds of one client for all events.
    private func run(
        _ client: String, _ url: String, _ byteCount: Int, _ events: Int, on loop: EventLoop, _ processor: Int?
    ) async throws -> Double {
        try await until("the client before is gone", url, loop) { $0.connections == 0 }
        let child = try ChildProcess(
            "\(folder)/\(client)", ["ingest", "--server", url, "--count", "\(events)"], processor: processor)
        try await until("\(client) is connected", url, loop) { $0.proven > 0 }
        _ = try await loop.perform(
            HTTPRequest(method: "POST", url: "\(url)/blast/flood?events=\(events)&bytes=\(byteCount)&seed=1"))
        guard let line = child.line(), child.wait() == 0 else { throw Failure("\(client) ingest failed") }
        let result = try JSONDecoder().decode(Result.self, from: Data(line.utf8))
        let sent = try await state(url, loop).flood
        guard result.events == events, result.seq_gaps == 0, result.checksum == sent?.checksum else {
            throw Failure("\(client) ingest: what it received is not what blast sent: \(line)")
        }
        return result.cpu_s
    }

    private func until(
        _ what: String, _ url: String, _ loop: EventLoop, _ condition: (State) -> Bool
    ) async throws {
        for _ in 0..<1000 {
            if condition(try await state(url, loop)) { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw Failure("ingest: waited 10 s until \(what)")
    }

    private func state(_ url: String, _ loop: EventLoop) async throws -> State {
        let answer = try await loop.perform(HTTPRequest(url: "\(url)/blast/state"))
        return try JSONDecoder().decode(State.self, from: Data(answer.body))
    }
}
