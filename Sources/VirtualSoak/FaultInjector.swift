import ConnectionLifecycle
import Holdfast
import MattermostSimulator
import SimulatedWorld
import WorldInterface

/// Makes the faults of a scenario happen. Where the same fault overlaps itself, the later end counts.
final class FaultInjector: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    private let simulation: Simulation
    private let server: SimulatedHost
    private let simulator: Simulator
    private let town: Town
    private let gateways: [Gateway]
    private let judge: Judge
    /// How many of a kind are going on, for each of what they hit.
    private var active: [String: Int] = [:]
    /// What the administrator has still to do.
    private var orders: [@Sendable (@Sendable (String, String, String) async -> Void) async -> Void] = []

    init(
        _ simulation: Simulation, server: SimulatedHost, simulator: Simulator, town: Town, gateways: [Gateway],
        judge: Judge
    ) {
        self.simulation = simulation
        self.server = server
        self.simulator = simulator
        self.town = town
        self.gateways = gateways
        self.judge = judge
    }

    func schedule(_ faults: [InjectedFault], from start: UInt64) {
        for fault in faults {
            simulation.at(start + UInt64(fault.at * 1e9)) { [self] in begin(fault) }
        }
    }

    private func begin(_ fault: InjectedFault) {
        judge.faultBegins(fault)
        if fault.kind.hitsServer {
            beginOnServer(fault)
        } else {
            for index in fault.gateways where gateways.indices.contains(index) { begin(fault, on: gateways[index]) }
        }
    }

    /// Begins something that lasts, and ends it when no other of its kind goes on.
    private func last(_ fault: InjectedFault, on gateway: Int = -1, end: @escaping () -> Void) {
        let key = "\(fault.kind.rawValue) \(gateway)"
        active[key, default: 0] += 1
        simulation.at(simulation.now + UInt64(fault.seconds * 1e9)) { [self] in
            active[key, default: 1] -= 1
            guard active[key] == 0 else { return }
            judge.remember(gateway, "\(fault.kind.rawValue) is over")
            end()
        }
    }

    // MARK: - The server

    private func beginOnServer(_ fault: InjectedFault) {
        let length = Duration.seconds(fault.seconds)
        let order = { [server, simulator] (body: @escaping @Sendable (Simulator) async -> Void) in
            server.run { await body(simulator) }
        }
        let strength = fault.strength
        switch fault.kind {
        case .restart: order { await $0.restart(downFor: length) }
        case .freeze: order { await $0.freeze(for: length) }
        case .refuse: order { await $0.refuseConnections(for: length) }
        case .slowAnswers:
            order { await $0.delayAnswers(by: .seconds(0.2 + 3.8 * strength)) }
            last(fault) { order { await $0.delayAnswers(by: nil) } }
        case .rateLimit:
            order { await $0.limitRate(perSecond: 1 + Int(strength * 5)) }
            last(fault) { order { await $0.limitRate(perSecond: nil) } }
        case .serverErrors: fail(503, fault, order)
        case .unauthorized: fail(401, fault, order)
        case .databaseDown:
            order { await $0.setDatabaseDown(true) }
            last(fault) { order { await $0.setDatabaseDown(false) } }
        case .lostAnswers:
            order { await $0.loseAnswers(count: 1 + Int(strength * 20)) }
            last(fault) { order { await $0.stopFailing() } }
        case .lostUpgrades:
            order { await $0.loseAnswers(pathPrefix: "/api/v4/websocket", count: 1000) }
            last(fault) { order { await $0.stopFailing() } }
        case .namesFail:
            simulation.resolvesNames = false
            last(fault) { [simulation] in simulation.resolvesNames = true }
        case .repeatedReplies:
            order { await $0.repeatReplies(true) }
            last(fault) { order { await $0.repeatReplies(false) } }
        case .lateReplies:
            order { await $0.delayReplies(by: .seconds(1 + 11 * strength)) }
            last(fault) { order { await $0.delayReplies(by: nil) } }
        case .accountCycle, .cycleAfterHello, .tokenCycle, .profileEdit, .dropByFIN, .dropByRST, .latency, .pieces,
            .partition, .halfOpen, .suspend, .clockJump, .overflow, .consumerStall, .crash, .storeCrash, .slowStore,
            .storeFailure:
            break
        }
    }

    /// Requests and upgrades are answered so, until they are used up or the time is over.
    private func fail(
        _ status: Int, _ fault: InjectedFault,
        _ order: @escaping (@escaping @Sendable (Simulator) async -> Void) -> Void
    ) {
        order { await $0.failRequests(status: status, count: 1000) }
        last(fault) { order { await $0.stopFailing() } }
    }

    // MARK: - A gateway

    private func begin(_ fault: InjectedFault, on gateway: Gateway) {
        let index = gateway.index
        let bot = town.bots[index]
        switch fault.kind {
        case .accountCycle:
            administer { await $0("POST", "/bots/\(bot.id)/disable", "") }
            last(fault, on: index) { [self] in administer { await $0("POST", "/bots/\(bot.id)/enable", "") } }
        case .cycleAfterHello:
            // The server looks five seconds after an upgrade whether the session holds: it is later than that.
            judge.onReady[index] = { [self, simulation] in
                judge.excuse(index, until: judge.time + 300)
                simulation.at(simulation.now + UInt64((6 + fault.strength * 14) * 1e9)) { [self] in
                    administer {
                        await $0("POST", "/bots/\(bot.id)/disable", "")
                        await $0("POST", "/bots/\(bot.id)/enable", "")
                    }
                }
            }
            server.run { [simulator] in
                await simulator.failRequests(status: 503, pathPrefix: "/api/v4/users/me", count: 1000)
                await simulator.drop(.finish, userID: bot.id)
            }
            last(fault, on: index) { [server, simulator] in server.run { await simulator.stopFailing() } }
        // Where neither replies nor canaries are asked for, this cannot be seen: what such a gateway accepts.
        case .tokenCycle where Gateway.reliesOnREST(index): break
        case .tokenCycle:
            administer {
                await $0("POST", "/users/tokens/disable", #"{"token_id":"\#(bot.tokenID)"}"#)
                // Leaving and joining a channel makes the server check the session again.
                await $0("DELETE", "/channels/\(bot.roomID)/members/\(bot.id)", "")
                await $0("POST", "/channels/\(bot.roomID)/members", #"{"user_id":"\#(bot.id)"}"#)
            }
            last(fault, on: index) { [self] in
                administer { await $0("POST", "/users/tokens/enable", #"{"token_id":"\#(bot.tokenID)"}"#) }
            }
        case .profileEdit:
            administer { await $0("PUT", "/bots/\(bot.id)", #"{"description":"edited by fault \#(fault.id)"}"#) }
        case .dropByFIN: server.run { [simulator] in await simulator.drop(.finish, userID: bot.id) }
        case .dropByRST: server.run { [simulator] in await simulator.drop(.reset, userID: bot.id) }
        case .latency:
            gateway.link.latency = 100_000_000...UInt64(100_000_000 + 1_400_000_000 * fault.strength)
            last(fault, on: index) { gateway.link.latency = SimulatedLink.usualLatency }
        case .pieces:
            gateway.link.maximumPiece = 1 + Int(fault.strength * fault.strength * 200)
            last(fault, on: index) { gateway.link.maximumPiece = nil }
        case .partition:
            gateway.link.goDown()
            last(fault, on: index) { gateway.link.comeUp() }
        case .halfOpen: gateway.host.severStreams(answersReset: fault.strength < 0.5)
        case .suspend:
            gateway.host.suspend()
            // It may be another process by then.
            last(fault, on: index) { gateway.host.resume() }
        case .clockJump: gateway.host.wallClockOffset += Int64((fault.strength - 0.5) * 172_800_000)
        case .consumerStall: stall(gateway, fault)
        case .overflow:
            stall(gateway, fault)
            // One burst for all that it hits, in a channel that the first of them is in.
            guard index == fault.gateways.first else { break }
            let channel = (index + 1) % Town.channelCount
            server.run { [simulator, town, server] in
                await Traffic.burst(300 + Int(fault.strength * 300), simulator, town, channel: channel, on: server)
            }
        case .crash:
            let farewells = SimulatedHost.Farewell.allCases
            gateway.crash(
                farewells[Int(fault.strength * 1000) % farewells.count], downFor: 0.1 + 10 * fault.strength)
        case .storeCrash:
            gateway.disk.stepsUntilCrash = Int(fault.strength * 20)
            gateway.disk.crashesAfterEffect = fault.id.isMultiple(of: 2)
        case .slowStore:
            gateway.disk.latency = .milliseconds(5 + Int(fault.strength * 500))
            last(fault, on: index) { gateway.disk.latency = .microseconds(80) }
        case .storeFailure: gateway.disk.failures += 1 + Int(fault.strength * 2)
        case .restart, .freeze, .refuse, .slowAnswers, .rateLimit, .serverErrors, .unauthorized, .databaseDown,
            .lostAnswers, .lostUpgrades, .namesFail, .repeatedReplies, .lateReplies:
            break
        }
    }

    private func stall(_ gateway: Gateway, _ fault: InjectedFault) {
        gateway.stalledUntil = max(gateway.stalledUntil, simulation.now + UInt64(fault.seconds * 1e9))
    }

    /// An administrator's requests, one after the other, each repeated while the database is down.
    private func administer(
        _ body: @escaping @Sendable (@Sendable (String, String, String) async -> Void) async -> Void
    ) {
        orders.append(body)
        guard orders.count == 1 else { return }
        server.run { [self] in
            while let first = orders.first {
                await first(request)
                orders.removeFirst()
            }
        }
    }

    private func request(_ method: String, _ path: String, _ text: String) async {
        while true {
            let status = await simulator.perform(
                method, "/api/v4\(path)", token: town.fixture.adminToken, body: text
            ).status
            if (200...299).contains(status) || status == 404 { return }
            try? await server.sleep(for: .milliseconds(200))
        }
    }
}
