import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// Random histories of a connection: commands, reports (true, late and contradictory), time. The scripted link checks the
/// engine's side of the contract; the walk checks the connection. A failure prints its seed and the last transitions.
@Suite struct RandomWalkTests {
    @Test(arguments: 0..<200)
    func noHistoryBreaksTheContractOrLeaks(seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        let world = ManualWorld(seed: UInt64(seed))
        let service = ScriptedService()
        var configuration = Configuration()
        configuration.seed = UInt64(seed)
        let connection = Connection(service, on: world, configuration: configuration)

        for _ in 0..<150 {
            switch Int.random(in: 0..<12, using: &random) {
            case 0: command(world, connection) { $0.start() }
            case 1: command(world, connection) { $0.reconnect() }
            case 2: command(world, connection) { $0.probe() }
            case 3, 4, 5: world.advance(by: .milliseconds(Int.random(in: 0...6_000, using: &random)))
            default:
                guard let link = service.links.randomElement(using: &random) else { continue }
                world.onLoop { link.port.report(report(for: link, &random)) }
            }
            let history = trace(world, connection)
            #expect(service.liveLinks.count <= 1, "seed \(seed): two links live\n\(history)")
            #expect(world.armedTimerCount <= 1, "seed \(seed): more than one deadline\n\(history)")
        }

        Task(executorPreference: world) { await connection.stop() }
        world.advance(by: .seconds(2))
        let history = trace(world, connection)
        #expect(history.hasSuffix("stopped"), "seed \(seed): the stop did not end\n\(history)")
        #expect(service.liveLinks.isEmpty && world.openTimerCount == 0, "seed \(seed): something leaked\n\(history)")
    }

    private func report(for link: ScriptedLink, _ random: inout SeededGenerator) -> LinkReport {
        let round = link.probe?.round ?? UInt32.random(in: 0..<5, using: &random)
        switch Int.random(in: 0..<9, using: &random) {
        case 0, 1: return .ready("walk")
        case 2:
            return .attemptFailed(
                Failure.allCases.filter { $0 != .fatal }.randomElement(using: &random) ?? .retryable, "walk")
        case 3: return .suspicion("walk")
        case 4: return .lost("walk")
        case 5: return .closed("walk")
        case 6: return .verdict(Verdict(.deaf, check: "walk", detail: ""), round: round)
        case 7: return .verdict(Verdict(.inconclusive, check: "walk", detail: ""), round: round)
        default: return .verdict(Verdict(.alive, check: "walk", detail: ""), round: round)
        }
    }

    private func command(
        _ world: ManualWorld, _ connection: Connection<ScriptedService>,
        _ body: @Sendable (isolated Connection<ScriptedService>) -> Void
    ) {
        world.onLoop { connection.assumeIsolated { body($0) } }
    }

    private func trace(_ world: ManualWorld, _ connection: Connection<ScriptedService>) -> String {
        var text = ""
        world.onLoop {
            text = connection.assumeIsolated { connection in
                let steps = connection.history.suffix(12).map { "\($0.time) \($0.generation) \($0.id) \($0.event)" }
                return (steps + ["\(connection.state)"]).joined(separator: "\n")
            }
        }
        return text
    }
}
