import Foundation
import MattermostSimulator
import Testing

/// A day in the life of a gateway: many accounts on two servers, of which some are cycled, one server restarts, the
/// configuration changes, the process is killed and starts again, and ends. Nothing is lost, and the status page tells the truth
/// after each of these.
@Suite(.timeLimit(.minutes(20))) struct DayTests {
    /// HOLDFAST_ACCOUNTS, even, from 20; the optimised run has 500.
    private static let accountCount = max(
        20, (ProcessInfo.processInfo.environment["HOLDFAST_ACCOUNTS"].flatMap { Int($0) } ?? 60) / 2 * 2)

    @Test func nothingIsLostAndTheStatusPageIsTrueAtEachStep() async throws {
        try await DayRig.run(accounts: Self.accountCount) { day in
            let cycled = day.accounts.enumerated().filter { $0.offset % 10 == 0 }.map(\.element)
            try await day.start()
            try await day.step("started")

            // Deaf, though all of their sockets live; what is posted now they can only fetch.
            for name in cycled { try await day.cycle(name) }
            try await day.post()
            try await day.areOpen(cycled, since: .attempt(2))
            try await day.step("cycled")
            let deaf = try await day.metric(#"holdfast_transitions_total{id="T16"}"#)
            #expect(deaf == cycled.count, "each is found out, and no other")
            #expect(try await day.attempts() == day.accounts.reduce(into: [:]) { $0[$1] = cycled.contains($1) ? 2 : 1 })

            await day.second.simulator.restart(downFor: .milliseconds(300))
            try await day.post()
            try await day.areOpen(day.second.accounts, since: .lostConnection)
            try await day.step("a server restarted")
            let first = try await day.attempts().filter { day.first.accounts.contains($0.key) }
            #expect(first.allSatisfy { $0.value == (cycled.contains($0.key) ? 2 : 1) }, "the other server's stay")

            let left = Array(day.accounts.prefix(5) + day.accounts.suffix(5))
            let untouched = try await day.attempts().filter { !left.contains($0.key) }
            try await day.reload(removing: left, adding: 10)
            try await day.step("reloaded")
            let after = try await day.attempts()
            #expect(untouched.allSatisfy { after[$0.key] == $0.value }, "what is unchanged stays connected")

            // While it hands over, and nobody posts less for that.
            try await day.post()
            try await day.kill()
            try await day.post()
            try await day.start()
            try await day.step("killed and started again")

            try await day.end()
        }
    }
}
