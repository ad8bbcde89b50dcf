import MattermostSimulator
import Testing
import WorldInterface

@testable import Holdfast
@testable import SimulatedWorld

@Suite("Simulated hosts")
struct HostTests {
    @Test("timers fire in the order of their times, and when armed again, only then")
    func timers() {
        let simulation = Simulation(seed: 1)
        let host = simulation.makeHost("host")
        var fired: [(String, UInt64)] = []
        let start = simulation.now
        func timer(_ name: String) -> any DeadlineTimer {
            host.makeTimer { fired.append((name, (simulation.now - start) / 1_000_000)) }
        }
        let late = timer("late")
        let early = timer("early")
        let moved = timer("moved")
        let disarmed = timer("disarmed")
        late.arm(at: host.now + .milliseconds(30))
        early.arm(at: host.now + .milliseconds(10))
        moved.arm(at: host.now + .milliseconds(5))
        moved.arm(at: host.now + .milliseconds(20))
        disarmed.arm(at: host.now + .milliseconds(1))
        disarmed.disarm()
        simulation.run(until: start + 1_000_000_000)
        #expect(fired.map(\.0) == ["early", "moved", "late"])
        #expect(fired.map(\.1) == [10, 20, 30])
        moved.arm(at: host.now + .milliseconds(50))
        moved.arm(at: host.now + .milliseconds(1))
        simulation.run(until: simulation.now + 1_000_000_000)
        #expect(fired.last?.1 == 1001)
        for timer in [late, early, moved, disarmed] { timer.close() }
        #expect(host.openTimerCount == 0 && simulation.misuse.isEmpty)
        moved.arm(at: host.now)
        #expect(simulation.misuse.count == 1)
    }

    @Test("a sleep of a task takes virtual time and no real one")
    func sleep() {
        let simulation = Simulation(seed: 1)
        let host = simulation.makeHost("host")
        let ended = Noted<UInt64>()
        host.run {
            try? await host.sleep(for: .seconds(86_400))
            ended.value = host.now.nanoseconds
        }
        let start = simulation.now
        simulation.run(until: start + 86_400_000_000_000)
        #expect(ended.value == start + 86_400_000_000_000)
    }

    @Test("while a host is suspended nothing runs there; afterwards all does, in order")
    func suspend() throws {
        let pair = try Pair()
        var fired = 0
        let timer = pair.server.makeTimer { fired += 1 }
        timer.arm(at: pair.server.now + .seconds(1))
        pair.server.suspend()
        pair.near.stream?.write([1])
        pair.near.stream?.write([2])
        pair.advance(10)
        #expect(fired == 0 && pair.far.received.isEmpty)
        pair.server.resume()
        pair.advance(1)
        #expect(fired == 1 && pair.far.received == [1, 2])
        timer.close()
    }

    @Test(
        "a crash ends all that ran there, and its peers hear of it or not", arguments: SimulatedHost.Farewell.allCases)
    func crash(farewell: SimulatedHost.Farewell) throws {
        let pair = try Pair()
        let woken = Noted<Bool>()
        let server = pair.server
        server.run {
            try? await server.sleep(for: .seconds(5))
            woken.value = true
        }
        pair.advance(1)
        server.crash(farewell)
        pair.advance(30)
        #expect(woken.value == nil, "nothing of a process that is gone runs on")
        switch farewell {
        case .finish: #expect(pair.near.hasEnded)
        case .reset: #expect(pair.near.failure == .reset)
        case .silence: #expect(pair.near.closure == nil)
        }
        let later = Recorder(pair.client)
        _ = pair.client.connect(to: Endpoint(host: "server", port: 80), tls: nil, handler: later)
        pair.advance(1)
        #expect(later.failure == .refused)
    }

    @Test("HTTP: answers, a connection kept and used again, one that ended meanwhile, a timeout, a cancellation")
    func http() throws {
        let simulation = Simulation(seed: 1)
        let server = simulation.makeHost("chat")
        let client = simulation.makeHost("client")
        let simulator = Simulator(world: server, configuration: SimulatorConfiguration(seed: 1))
        let statuses = Noted<[String]>()
        statuses.value = []
        server.run { _ = try? await simulator.start(on: Endpoint(host: "chat", port: 80)) }
        simulation.run(until: simulation.now + 1_000_000)
        @Sendable func ask(_ timeout: Duration = .seconds(5)) async {
            do throws(NetworkError) {
                let request = HTTPRequest(url: "http://chat/api/v4/system/ping", timeout: timeout)
                let answer = try await client.perform(request)
                statuses.value?.append("\(answer.status) \(answer.body.isEmpty)")
            } catch {
                statuses.value?.append("\(error.kind)")
            }
        }
        client.run {
            await ask()
            await ask()
            client.severStreams(answersReset: true)
            await ask()
            await simulator.freeze(for: .seconds(3))
            await ask(.seconds(1))
            let task = Task(executorPreference: client) { await ask() }
            try? await client.sleep(for: .milliseconds(100))
            task.cancel()
            await task.value
            try? await client.sleep(for: .seconds(5))
            await ask()
        }
        simulation.run(until: simulation.now + 60_000_000_000)
        #expect(statuses.value == ["200 false", "200 false", "200 false", "timedOut", "cancelled", "200 false"])
    }
}

/// A value that a task of the simulation leaves for the test.
final class Noted<Value>: @unchecked Sendable {
    // Sound as Sendable: simulation and test run on one thread.
    var value: Value?
}
