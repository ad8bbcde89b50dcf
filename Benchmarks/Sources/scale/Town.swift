import BenchmarkKit
import Foundation
import MattermostSimulator
import UVEventLoop
import WorldInterface

/// The accounts, ten to a channel; none is in a channel with all others, where each post would be thousands of events.
struct Town: Sendable {
    let bots: [SimulatorBot]
    /// Ids.
    let channels: [String]
    let fixture: SimulatorFixture

    init(_ simulator: Simulator, connections: Int) async throws {
        fixture = await simulator.fixture
        var channels: [String] = []
        var bots: [SimulatorBot] = []
        for index in 0..<connections {
            if Options.channel(of: index) == channels.count {
                let name = "channel-\(channels.count)"
                let body =
                    #"{"team_id":"\#(fixture.teamID)","name":"\#(name)","display_name":"\#(name)","type":"O"}"#
                let made = await simulator.perform("POST", "/api/v4/channels", token: fixture.userToken, body: body)
                let object = try JSONSerialization.jsonObject(with: Data(made.body)) as? [String: Any]
                channels.append(object?["id"] as? String ?? "")
            }
            guard let bot = await simulator.makeBot(named: "bot-\(index)", onlyIn: channels[channels.count - 1]) else {
                throw Failure("the simulator makes no bot \(index)")
            }
            bots.append(bot)
        }
        self.bots = bots
        self.channels = channels
    }

    /// Returns the status of the answer.
    func announce(_ simulator: Simulator) async -> Int {
        await simulator.perform(
            "PUT", "/api/v4/users/\(fixture.userID)/patch", token: fixture.userToken, body: #"{"nickname":"all"}"#
        ).status
    }

    /// Cycles their tokens: disabled, the session checked because somebody opens a direct channel, enabled again. (An account
    /// that is disabled and enabled is announced to everybody, twice: for 500 of 10,000 accounts ten million events.)
    func deafen(_ accounts: [Int], _ simulator: Simulator, _ loop: EventLoop) async -> [UInt64] {
        let admin = fixture.adminToken
        let (changes, continuation) = AsyncStream.makeStream(of: UInt64.self)
        await simulator.watch { change in
            if change.kind == .deaf { continuation.yield(loop.now.nanoseconds) }
        }
        for account in accounts {
            let bot = bots[account]
            let token = #"{"token_id":"\#(bot.tokenID)"}"#
            _ = await simulator.perform("POST", "/api/v4/users/tokens/disable", token: admin, body: token)
            let pair = #"["\#(fixture.adminID)","\#(bot.id)"]"#
            _ = await simulator.perform("POST", "/api/v4/channels/direct", token: admin, body: pair)
            _ = await simulator.perform("POST", "/api/v4/users/tokens/enable", token: admin, body: token)
        }
        await simulator.watch(nil)
        continuation.finish()
        return await changes.reduce(into: []) { $0.append($1) }
    }
}
