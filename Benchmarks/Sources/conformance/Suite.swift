import BenchmarkKit
import Foundation
import Holdfast
import UVEventLoop

/// The protocol of the fuzzing server, spoken through the product's client.
struct Suite: Sendable {
    let peer: Peer
    let agent: String
    let loop: EventLoop
    /// For one case.
    let timeout: Duration

    private struct Info: Decodable {
        let id: String
        let description: String
    }

    private struct Status: Decodable {
        let behavior: String
    }

    /// Runs what is selected, in the suite's order, and lets the server write its report.
    func run(_ selection: CaseSelection) async throws -> [CaseResult] {
        guard let count = Int(try await ask("/getCaseCount")), count > 0 else {
            throw Failure("the fuzzing server does not say how many cases it has")
        }
        var results: [CaseResult] = []
        for number in 1...count {
            let info: Info = try await read("/getCaseInfo?case=\(number)")
            guard selection.contains(info.id) else { continue }
            Progress.show("conformance: case \(info.id) (\(number) of \(count))")
            let result = try await run(number, info)
            if !result.isConformant {
                Progress.clear()
                Progress.say("conformance: \(result.line)")
            }
            results.append(result)
        }
        Progress.clear()
        guard !results.isEmpty else { throw Failure("the fuzzing server has no such case") }
        let update = try await Exchange.run(
            .ask, "/updateReports?agent=\(agent)", with: peer, on: loop, within: timeout)
        guard update.wasOpened else { throw Failure("the fuzzing server writes no report: \(reason(update))") }
        return results
    }

    private func run(_ number: Int, _ info: Info) async throws -> CaseResult {
        let started = ContinuousClock.now
        let outcome = try await Exchange.run(
            .echo, "/runCase?case=\(number)&agent=\(agent)", with: peer, on: loop, within: timeout)
        let milliseconds = (ContinuousClock.now - started) / .milliseconds(1)
        // What never began has no verdict, and waiting for one would take all of the time.
        let status: Status? =
            outcome.wasOpened ? try await read("/getCaseStatus?case=\(number)&agent=\(agent)") : nil
        return CaseResult(
            id: info.id, description: info.description, behavior: status?.behavior, closure: reason(outcome),
            milliseconds: milliseconds.rounded(to: 1))
    }

    private func read<Value: Decodable>(_ path: String) async throws -> Value {
        try JSONDecoder().decode(Value.self, from: Data(try await ask(path).utf8))
    }

    private func ask(_ path: String) async throws -> String {
        let outcome = try await Exchange.run(.ask, path, with: peer, on: loop, within: timeout)
        guard let answer = outcome.answer else {
            throw Failure("the fuzzing server does not answer \(path): \(reason(outcome))")
        }
        return answer
    }

    private func reason(_ outcome: Exchange.Outcome) -> String {
        outcome.closure.map { "\($0)" } ?? "it did not end within \(timeout)"
    }
}
