import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct SimulateTests {
    @Test func theFirstLineTellsWhereAndWho() async throws {
        let simulator = try CommandProcess(["simulate", "--port", "0"])
        try await simulator.output.wait("a line") { !$0.isEmpty }
        let line = try #require(simulator.output.objects.first)
        for name in [
            "url", "bot_id", "bot_token", "admin_id", "admin_token", "user_id", "user_token", "team_id", "channel_id",
        ] { #expect((line[name] as? String)?.isEmpty == false, "\(name) is missing") }

        // It is a server: its own watch opens on it.
        let watch = try CommandProcess(
            ["watch", "--server", line["url"] as? String ?? ""],
            environment: ["HOLDFAST_TOKEN": line["bot_token"] as? String ?? ""])
        try await watch.output.wait(for: ["to": "open"])

        // A second one cannot have the same port.
        let port = (line["url"] as? String)?.split(separator: ":").last.map(String.init) ?? ""
        let second = try CommandProcess(["simulate", "--port", port])
        #expect(await second.status() == 69)
        #expect(second.errors.all.count == 1)
        #expect(second.errors.all.first?.contains("choose another port") == true)

        watch.send(SIGINT)
        #expect(await watch.status() == 0)
        simulator.send(SIGTERM)
        #expect(await simulator.status() == 0)
        #expect(simulator.output.all.count == 1)
    }

    @Test func aSeedFixesTheTokens() async throws {
        var lines: [[String: Any]] = []
        for _ in 0..<2 {
            let simulator = try CommandProcess(["simulate", "--port", "0", "--seed", "7", "--duration", "0s"])
            #expect(await simulator.status() == 0)
            lines += simulator.output.objects
        }
        #expect(lines.count == 2)
        #expect(lines.first?["bot_token"] as? String == lines.last?["bot_token"] as? String)
        #expect(lines.first?["bot_token"] is String)
    }
}
