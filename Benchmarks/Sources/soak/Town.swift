import BenchmarkKit
import Foundation
import MattermostSimulator

/// Accounts and channels of a soak: a bot for each connection, in three channels with about fourteen others, and in a room of
/// its own, which is left and entered again where the server is to check the bot's session.
struct Town: Sendable {
    struct Bot: Codable, Sendable {
        var id: String
        var token: String
        var tokenID: String
        var roomID: String
    }

    struct Channel: Codable, Sendable {
        var id: String
        /// Indices of bots.
        var members: [Int]
    }

    /// What the soak's own process has to know.
    struct Directory: Codable, Sendable {
        var url: String
        var bots: [Bot]
        var channels: [Channel]
    }

    let bots: [Bot]
    let channels: [Channel]
    let fixture: SimulatorFixture
    var directory: Directory { Directory(url: fixture.url, bots: bots, channels: channels) }

    /// Which channels the bot of that index is in.
    static func channels(of bot: Int, of total: Int) -> Set<Int> {
        let count = max(1, total / 5)
        return [bot % count, (bot + 1 + bot / count) % count, (bot * 7 + 3) % count]
    }

    init(_ simulator: Simulator, connections: Int) async throws {
        let fixture = await simulator.fixture
        self.fixture = fixture
        let call = { (method: String, path: String, body: String, isAdmin: Bool) async throws -> Any in
            let response = await simulator.perform(
                method, "/api/v4\(path)", token: isAdmin ? fixture.adminToken : fixture.userToken, body: body)
            guard (200...299).contains(response.status) else {
                throw Failure("the simulator answers \(response.status) to \(method) \(path)")
            }
            return try JSONSerialization.jsonObject(with: Data(response.body))
        }
        let makeChannel = { (name: String, isAdmin: Bool) async throws -> String in
            let body = #"{"team_id":"\#(fixture.teamID)","name":"\#(name)","display_name":"\#(name)","type":"O"}"#
            let object = try await call("POST", "/channels", body, isAdmin) as? [String: Any]
            return object?["id"] as? String ?? ""
        }
        var bots: [Bot] = []
        var members: [Int: [Int]] = [:]
        for index in 0..<connections {
            guard let bot = await simulator.makeBot(named: "bot-\(index)") else {
                throw Failure("the simulator makes no bot \(index)")
            }
            let tokens = try await call("GET", "/users/\(bot.id)/tokens", "", true) as? [[String: Any]]
            let roomID = try await makeChannel("room-\(index)", true)
            _ = try await call("POST", "/channels/\(roomID)/members", #"{"user_id":"\#(bot.id)"}"#, true)
            bots.append(
                Bot(id: bot.id, token: bot.token, tokenID: tokens?.first?["id"] as? String ?? "", roomID: roomID))
            for channel in Town.channels(of: index, of: connections) { members[channel, default: []].append(index) }
        }
        var channels: [Channel] = []
        for index in members.keys.sorted() {
            let channel = Channel(id: try await makeChannel("channel-\(index)", false), members: members[index] ?? [])
            for bot in channel.members {
                _ = try await call(
                    "POST", "/channels/\(channel.id)/members", #"{"user_id":"\#(bots[bot].id)"}"#, true)
            }
            channels.append(channel)
        }
        self.bots = bots
        self.channels = channels
    }
}
