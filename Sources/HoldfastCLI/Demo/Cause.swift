import MattermostSimulator

/// What goes wrong in the demo.
enum Cause: String, CaseIterable, Sendable {
    case cycle, token, restart, freeze, drop

    var title: String {
        switch self {
        case .cycle: "the bot's account is disabled and enabled again"
        case .token: "the bot's token is disabled, its session checked, the token enabled: update_at does not move"
        case .restart: "the server restarts and is away for a second"
        case .freeze: "the server freezes: TCP lives, nothing answers"
        case .drop: "the network resets the connection"
        }
    }

    /// Makes it happen. The accounts are changed through the API, as an administrator of a real server does it.
    func happen(to simulator: Simulator, _ fixture: SimulatorFixture) async throws(Complaint) {
        switch self {
        case .cycle:
            try await simulator.administer("POST", "/bots/\(fixture.botID)/disable")
            try await simulator.administer("POST", "/bots/\(fixture.botID)/enable")
        case .token:
            let token = #"{"token_id":"\#(fixture.botTokenID)"}"#
            let members = "/channels/\(fixture.channelID)/members"
            try await simulator.administer("POST", "/users/tokens/disable", token)
            // Leaving and joining a channel makes the server check the session again.
            try await simulator.administer("DELETE", "\(members)/\(fixture.botID)")
            try await simulator.administer("POST", members, #"{"user_id":"\#(fixture.botID)"}"#)
            try await simulator.administer("POST", "/users/tokens/enable", token)
        case .restart: await simulator.restart(downFor: .seconds(1))
        case .freeze: await simulator.freeze()
        case .drop: await simulator.drop(.reset, userID: fixture.botID)
        }
    }

    /// What somebody does about it once it has been noticed.
    func end(on simulator: Simulator) async {
        if self == .freeze { await simulator.thaw() }
    }
}

extension Simulator {
    fileprivate func administer(_ method: String, _ path: String, _ body: String = "") async throws(Complaint) {
        let response = perform(method, "/api/v4" + path, token: fixture.adminToken, body: body)
        guard (200...299).contains(response.status) else {
            throw Complaint("the simulator refused \(method) \(path): \(response.status)", status: .failure)
        }
    }
}
