import MattermostSimulator
import SoakKit
import UVEventLoop
import WorldInterface

/// Makes faults happen on the simulator, and prints when each takes effect and when it is over.
actor FaultPerformer {
    private let simulator: Simulator
    private let town: Town
    private let loop: EventLoop

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ simulator: Simulator, _ town: Town, _ loop: EventLoop) {
        self.simulator = simulator
        self.town = town
        self.loop = loop
    }

    func perform(_ fault: Fault) async {
        let bots = fault.targets(of: town.bots.count).map { town.bots[$0] }
        let length = Duration.seconds(fault.seconds)
        switch fault.cause {
        case .accountCycle:
            for bot in bots { await administer("POST", "/bots/\(bot.id)/disable") }
            await last(fault)
            for bot in bots { await administer("POST", "/bots/\(bot.id)/enable") }
        case .tokenCycle:
            for bot in bots {
                await administer("POST", "/users/tokens/disable", #"{"token_id":"\#(bot.tokenID)"}"#)
                // Leaving and joining a channel makes the server check the session again.
                await administer("DELETE", "/channels/\(bot.roomID)/members/\(bot.id)", mayBeDone: true)
                await administer("POST", "/channels/\(bot.roomID)/members", #"{"user_id":"\#(bot.id)"}"#)
            }
            await last(fault)
            for bot in bots { await administer("POST", "/users/tokens/enable", #"{"token_id":"\#(bot.tokenID)"}"#) }
        case .restart:
            await simulator.restart(downFor: length)
            await last(fault)
        case .freeze:
            await simulator.freeze(for: length)
            await last(fault)
        case .dropByFIN: await drop(.finish, fault, bots)
        case .dropByRST: await drop(.reset, fault, bots)
        case .slowServer:
            await simulator.delayAnswers(by: .seconds(0.2 + 1.3 * fault.strength))
            await last(fault)
            await simulator.delayAnswers(by: nil)
        case .rateLimit:
            await simulator.limitRate(perSecond: 20)
            await last(fault)
            await simulator.limitRate(perSecond: nil)
        case .profileEdit:
            for bot in bots {
                await administer("PUT", "/bots/\(bot.id)", #"{"description":"edited by fault \#(fault.id)"}"#)
            }
            await last(fault)
        case .refuse:
            await simulator.refuseConnections(for: length)
            await last(fault)
        case .databaseDown:
            await simulator.setDatabaseDown(true)
            await last(fault)
            await simulator.setDatabaseDown(false)
        case .lostAnswers:
            await simulator.loseAnswers(count: 1 + Int(fault.strength * 10))
            await last(fault)
        case .consumerStall: return  // The soak's own process does that.
        }
        ServerLine.ended(fault: fault.id, at: loop.now.nanoseconds).print()
    }

    private func drop(_ how: SimulatorDrop, _ fault: Fault, _ bots: [Town.Bot]) async {
        if fault.connections.isEmpty {
            await simulator.drop(how)
        } else {
            for bot in bots { await simulator.drop(how, userID: bot.id) }
        }
        await last(fault)
    }

    /// It has taken effect, and lasts.
    private func last(_ fault: Fault) async {
        ServerLine.began(fault: fault.id, at: loop.now.nanoseconds).print()
        if fault.seconds > 0 { try? await loop.sleep(for: .seconds(fault.seconds)) }
    }

    /// An administrator's request, repeated while the database is down.
    private func administer(_ method: String, _ path: String, _ body: String = "", mayBeDone: Bool = false) async {
        for _ in 0..<300 {
            let status = await simulator.perform(
                method, "/api/v4\(path)", token: town.fixture.adminToken, body: body
            ).status
            if (200...299).contains(status) || (mayBeDone && status == 404) { return }
            try? await loop.sleep(for: .milliseconds(100))
        }
        ServerLine.complaint("the simulator refuses \(method) \(path)").print()
    }
}
