/// What a fresh simulator holds: a team, a channel, an administrator, a user with a token, and a bot with one.
extension ServerModel {
    struct DemoWorld {
        var adminID, adminToken, userID, userToken, botID, botToken, botTokenID, teamID, channelID: String
    }

    static let adminName = "admin"
    static let adminPassword = "password"

    func makeDemoWorld() -> DemoWorld {
        let admin = createUser(
            username: Self.adminName, password: Self.adminPassword, roles: "system_admin system_user")
        let user = createUser(username: "alice", password: "password")
        let bot = createUser(
            username: "holdfast", password: "",
            bot: Bot(displayName: "Holdfast", description: "", ownerID: admin.id, createAt: now, updateAt: now))
        let team = createTeam(name: "demo", displayName: "Demo")
        for id in [admin.id, user.id, bot.id] { joinTeam(team.id, userID: id, by: id) }
        let channel = createChannel(
            teamID: team.id, kind: .open, name: "lounge", displayName: "Lounge", creatorID: admin.id,
            members: [admin.id, user.id, bot.id])
        let botToken = createAccessToken(for: bot.id, description: "bot token")
        return DemoWorld(
            adminID: admin.id, adminToken: createAccessToken(for: admin.id, description: "admin token").token,
            userID: user.id, userToken: createAccessToken(for: user.id, description: "user token").token,
            botID: bot.id, botToken: botToken.token, botTokenID: botToken.id, teamID: team.id, channelID: channel.id)
    }
}

extension SimulatorServer {
    var fixture: SimulatorFixture {
        SimulatorFixture(
            url: "\(scheme)://\(endpoint)", adminID: demo.adminID, adminUsername: ServerModel.adminName,
            adminPassword: ServerModel.adminPassword, adminToken: demo.adminToken, userID: demo.userID,
            userUsername: name(of: demo.userID), userToken: demo.userToken, botID: demo.botID,
            botUsername: name(of: demo.botID), botToken: demo.botToken, botTokenID: demo.botTokenID,
            teamID: demo.teamID, teamName: model.teams[demo.teamID]?.name ?? "", channelID: demo.channelID,
            channelName: model.channels[demo.channelID]?.name ?? "")
    }

    var fixtureJSON: JSONValue {
        let fixture = fixture
        return [
            "url": .string(fixture.url), "admin_id": .string(fixture.adminID),
            "admin_token": .string(fixture.adminToken), "user_id": .string(fixture.userID),
            "user_token": .string(fixture.userToken), "bot_id": .string(fixture.botID),
            "bot_token": .string(fixture.botToken), "bot_token_id": .string(fixture.botTokenID),
            "team_id": .string(fixture.teamID), "channel_id": .string(fixture.channelID),
        ]
    }

    private func name(of userID: String) -> String { model.users[userID]?.username ?? "" }

    func makeBot(named username: String) -> (id: String, token: String)? {
        guard let bot = makeBotUser(named: username) else { return nil }
        model.joinTeam(demo.teamID, userID: bot.id, by: bot.id)
        model.addMember(bot.id, to: demo.channelID, by: demo.adminID)
        return (bot.id, model.createAccessToken(for: bot.id, description: "token").token)
    }

    func makeBot(named username: String, onlyIn channelID: String) -> SimulatorBot? {
        guard model.channels[channelID] != nil, let bot = makeBotUser(named: username) else { return nil }
        model.teams[demo.teamID]?.members.append(bot.id)
        model.addMember(bot.id, to: channelID, by: demo.adminID)
        let token = model.createAccessToken(for: bot.id, description: "token")
        return SimulatorBot(id: bot.id, token: token.token, tokenID: token.id)
    }

    private func makeBotUser(named username: String) -> User? {
        guard Router.isValidName(username), model.userIDByName[username] == nil else { return nil }
        return model.createUser(
            username: username, password: "",
            bot: Bot(
                displayName: username, description: "", ownerID: demo.adminID, createAt: model.now,
                updateAt: model.now))
    }

    func perform(_ method: String, _ target: String, token: String?, body: String) -> SimulatorResponse {
        refreshTime()
        guard let (path, query) = APIRequest.parse(target: target) else {
            return SimulatorResponse(status: 400, headers: [], body: [])
        }
        var request = APIRequest(method: method, path: path, query: query, body: Array(body.utf8))
        if let token { request.headers["authorization"] = "Bearer \(token)" }
        let response = Router.respond(to: request, by: model)
        return SimulatorResponse(status: response.status, headers: response.headers, body: response.body)
    }
}
