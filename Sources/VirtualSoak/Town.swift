import Foundation
import MattermostSimulator

/// Accounts and channels: a bot for each gateway, in two of three channels, and in a room of its own, which is left and
/// entered again where the server is to check the bot's session.
struct Town: Sendable {
    struct Bot: Sendable {
        var id: String
        var token: String
        var tokenID: String
        var roomID: String
    }

    struct Channel: Sendable {
        var id: String
        /// Indices of bots.
        var members: [Int]
    }

    static let channelCount = 3

    let fixture: SimulatorFixture
    let bots: [Bot]
    let channels: [Channel]

    struct Failure: Error { var text: String }

    init(_ simulator: Simulator, bots count: Int) async throws {
        let fixture = await simulator.fixture
        self.fixture = fixture
        func call(_ method: String, _ path: String, _ body: String = "") async throws -> Any {
            let response = await simulator.perform(method, "/api/v4\(path)", token: fixture.adminToken, body: body)
            guard (200...299).contains(response.status) else {
                throw Failure(text: "the simulator answers \(response.status) to \(method) \(path)")
            }
            return try JSONSerialization.jsonObject(with: Data(response.body))
        }
        func makeChannel(_ name: String) async throws -> String {
            let body = #"{"team_id":"\#(fixture.teamID)","name":"\#(name)","display_name":"\#(name)","type":"O"}"#
            return (try await call("POST", "/channels", body) as? [String: Any])?["id"] as? String ?? ""
        }
        var bots: [Bot] = []
        for index in 0..<count {
            guard let bot = await simulator.makeBot(named: "bot-\(index)") else {
                throw Failure(text: "the simulator makes no bot \(index)")
            }
            let tokens = try await call("GET", "/users/\(bot.id)/tokens") as? [[String: Any]]
            let roomID = try await makeChannel("room-\(index)")
            _ = try await call("POST", "/channels/\(roomID)/members", #"{"user_id":"\#(bot.id)"}"#)
            bots.append(
                Bot(id: bot.id, token: bot.token, tokenID: tokens?.first?["id"] as? String ?? "", roomID: roomID))
        }
        var channels: [Channel] = []
        for index in 0..<Town.channelCount {
            let id = try await makeChannel("channel-\(index)")
            let members = (0..<count).filter { $0 % Town.channelCount != index }
            for member in members + [-1] {
                let userID = member < 0 ? fixture.userID : bots[member].id
                _ = try await call("POST", "/channels/\(id)/members", #"{"user_id":"\#(userID)"}"#)
            }
            channels.append(Channel(id: id, members: members))
        }
        self.bots = bots
        self.channels = channels
    }
}
