import Testing

@testable import MattermostSimulator

/// "What each signal catches": each row, on the model.
@Suite struct SilencerTests {
    let world = ModelWorld()

    /// What a connection of the bot shows after something was done: events, ping action, `/users/me`, `update_at`, canary.
    private struct Signals: Equatable {
        var hearsPosts: Bool
        var ping: String
        var me: Int
        var updateAtMoved: Bool
        var canaryArrives: Bool
    }

    private func signals(after cause: (ModelWorld) -> Void) throws -> Signals {
        try signals(token: world.demo.botToken, after: cause)
    }

    private func signals(token: String, after cause: (ModelWorld) -> Void) throws -> Signals {
        let connection = try #require(world.connect(token))
        let userID = connection.userID
        let before = world.model.users[userID]?.updateAt
        #expect(connection.drain().first?.kind == "hello")
        world.pass()
        cause(world)
        world.pass()
        _ = connection.drain()
        world.post()
        let hearsPosts = connection.drainNames().contains("posted")
        #expect(world.send(["seq": 9, "action": "ping"], on: connection))
        let reply = try #require(connection.drain().last)
        let me = world.call("GET", "/users/me", token).status
        _ = world.call(
            "PUT", "/users/me/preferences", token,
            [["user_id": .string(userID), "category": "holdfast", "name": "probe", "value": "nonce"]])
        let arrives = connection.drainNames().contains("preferences_changed")
        return Signals(
            hearsPosts: hearsPosts, ping: reply["error"]?["id"]?.string ?? reply.kind, me: me,
            updateAtMoved: world.model.users[userID]?.updateAt != before, canaryArrives: arrives)
    }

    private let deaf = "api.web_socket_router.not_authenticated.app_error"
    private let invalidToken = "api.context.invalid_token.error"

    @Test("account disabled, then enabled: deaf, FAIL, 200 again, update_at changes, canary silent")
    func cycle() throws {
        let seen = try signals {
            #expect($0.asAdmin("POST", "/bots/\($0.demo.botID)/disable").status == 200)
            #expect($0.asBot("GET", "/users/me").errorID == "api.context.session_expired.app_error")
            #expect($0.asAdmin("POST", "/bots/\($0.demo.botID)/enable").status == 200)
        }
        #expect(
            seen == Signals(hearsPosts: false, ping: deaf, me: 200, updateAtMoved: true, canaryArrives: false))
    }

    @Test("a user's login session never comes back after a cycle")
    func cycleOfLogin() throws {
        let login = world.call("POST", "/users/login", nil, ["login_id": "alice", "password": "password"])
        let token = try #require(login.response.header("Token"))
        let seen = try signals(token: token) {
            $0.asAdmin("PUT", "/users/\($0.demo.userID)/active", ["active": false])
            $0.asAdmin("PUT", "/users/\($0.demo.userID)/active", ["active": true])
        }
        #expect(
            seen == Signals(hearsPosts: false, ping: deaf, me: 401, updateAtMoved: true, canaryArrives: false))
    }

    @Test("account still disabled: deaf, FAIL, 401")
    func disabled() throws {
        let seen = try signals { $0.asAdmin("PUT", "/users/\($0.demo.botID)/active", ["active": false]) }
        #expect(!seen.hearsPosts && seen.ping == deaf && seen.me == 401 && !seen.canaryArrives)
    }

    @Test("token disabled, session re-checked, token enabled: deaf though update_at stands still")
    func tokenCycleWithCheck() throws {
        let seen = try signals {
            let token: JSONValue = ["token_id": .string($0.demo.botTokenID)]
            #expect($0.asAdmin("POST", "/users/tokens/disable", token).status == 200)
            #expect($0.asBot("GET", "/users/me").status == 401)
            // Being added to a channel makes the connection check its session.
            let channel = $0.model.createChannel(
                teamID: $0.demo.teamID, kind: .open, name: "other", displayName: "Other",
                creatorID: $0.demo.adminID, members: [$0.demo.adminID])
            let added = $0.asAdmin(
                "POST", "/channels/\(channel.id)/members", ["user_id": .string($0.demo.botID)])
            #expect(added.status == 201)
            #expect($0.asAdmin("POST", "/users/tokens/enable", token).status == 200)
        }
        #expect(
            seen == Signals(hearsPosts: false, ping: deaf, me: 200, updateAtMoved: false, canaryArrives: false))
    }

    @Test("token disabled and enabled with no check between: nothing happens")
    func tokenCycleWithoutCheck() throws {
        let seen = try signals {
            let token: JSONValue = ["token_id": .string($0.demo.botTokenID)]
            $0.asAdmin("POST", "/users/tokens/disable", token)
            $0.post()
            $0.asAdmin("POST", "/users/tokens/enable", token)
        }
        #expect(seen == Signals(hearsPosts: true, ping: "OK", me: 200, updateAtMoved: false, canaryArrives: true))
    }

    @Test("token revoked: events still arrive, the ping action fails")
    func tokenRevoked() throws {
        let seen = try signals {
            $0.asAdmin("POST", "/users/tokens/revoke", ["token_id": .string($0.demo.botTokenID)])
        }
        #expect(
            seen == Signals(hearsPosts: true, ping: invalidToken, me: 401, updateAtMoved: false, canaryArrives: false))
    }

    @Test("session revoked, and logout: events still arrive, the ping action fails", arguments: ["revoke", "logout"])
    func sessionEnds(how: String) throws {
        let login = world.call("POST", "/users/login", nil, ["login_id": "alice", "password": "password"])
        let token = try #require(login.response.header("Token"))
        let seen = try signals(token: token) {
            if how == "logout" {
                $0.call("POST", "/users/logout", token)
            } else {
                let session = $0.model.sessions[token]?.id ?? ""
                $0.asAdmin(
                    "POST", "/users/\($0.demo.userID)/sessions/revoke", ["session_id": .string(session)])
            }
        }
        #expect(
            seen == Signals(hearsPosts: true, ping: invalidToken, me: 401, updateAtMoved: false, canaryArrives: false))
    }

    @Test("login session expired: deaf, FAIL, 401")
    func sessionExpired() throws {
        let login = world.call("POST", "/users/login", nil, ["login_id": "alice", "password": "password"])
        let token = try #require(login.response.header("Token"))
        let seen = try signals(token: token) { $0.model.expireSessions(of: $0.demo.userID, at: $0.model.now) }
        #expect(
            seen == Signals(hearsPosts: false, ping: deaf, me: 401, updateAtMoved: false, canaryArrives: false))
    }

    @Test("all sessions of all users revoked: deaf, FAIL, 200")
    func allSessionsRevoked() throws {
        let seen = try signals { $0.asAdmin("POST", "/users/sessions/revoke/all") }
        #expect(
            seen == Signals(hearsPosts: false, ping: deaf, me: 200, updateAtMoved: false, canaryArrives: false))
    }

    @Test("sessions of one bot revoked: its token makes a new one, nothing is lost")
    func sessionsOfBotRevoked() throws {
        let seen = try signals { $0.asAdmin("POST", "/users/\($0.demo.botID)/sessions/revoke/all") }
        #expect(seen == Signals(hearsPosts: true, ping: "OK", me: 200, updateAtMoved: false, canaryArrives: true))
    }

    @Test("database down: the socket survives, 500, and 401 for a token that is not cached")
    func databaseDown() throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        world.model.isDatabaseDown = true
        #expect(world.send(["seq": 1, "action": "ping"], on: connection))
        #expect(connection.drainNames() == ["OK"])
        #expect(world.asBot("GET", "/users/me").status == 500)
        let uncached = world.call("GET", "/users/me", world.demo.userToken)
        #expect(uncached.status == 401 && uncached.errorID == "api.context.session_expired.app_error")
        #expect(world.call("GET", "/system/ping", nil).status == 200)
        #expect(world.call("GET", "/system/ping?get_server_status=true", nil).status == 500)
        world.model.isDatabaseDown = false
        world.post()
        #expect(connection.drainNames() == ["posted"])
    }

    @Test("changes of the profile move update_at and harm nothing", arguments: [
        ("PUT", "/users/ID/patch", "{\"username\":\"renamed\"}"),
        ("PUT", "/users/ID/patch", "{\"nickname\":\"n\"}"),
        ("PUT", "/users/ID/patch", "{\"nickname\":\"\"}"),
        ("PUT", "/users/ID/patch", "{\"notify_props\":{\"desktop\":\"all\"}}"),
        ("POST", "/users/ID/image", ""), ("DELETE", "/users/ID/image", ""),
        ("PUT", "/users/ID/status/custom", "{\"emoji\":\"x\",\"text\":\"y\"}"),
        ("DELETE", "/users/ID/status/custom", ""),
        ("PUT", "/users/ID/roles", "{\"roles\":\"system_user\"}"),
        ("PUT", "/users/ID/password", "{\"new_password\":\"secret\"}"),
        ("PUT", "/bots/ID", "{\"description\":\"d\"}"), ("PUT", "/users/ID/active", "{\"active\":true}"),
    ])
    func falsePositives(method: String, path: String, body: String) throws {
        let seen = try signals {
            let target = path.replacing("ID", with: $0.demo.botID)
            #expect($0.asAdmin(method, target, try? JSONValue(parsing: body)).status == 200)
        }
        #expect(seen == Signals(hearsPosts: true, ping: "OK", me: 200, updateAtMoved: true, canaryArrives: true))
    }

    @Test("leaving and rejoining the team moves update_at")
    func rejoin() throws {
        let seen = try signals {
            $0.asAdmin("DELETE", "/teams/\($0.demo.teamID)/members/\($0.demo.botID)")
            let user: JSONValue = ["user_id": .string($0.demo.botID)]
            #expect($0.asAdmin("POST", "/teams/\($0.demo.teamID)/members", user).status == 201)
            #expect($0.asAdmin("POST", "/channels/\($0.demo.channelID)/members", user).status == 201)
        }
        #expect(seen == Signals(hearsPosts: true, ping: "OK", me: 200, updateAtMoved: true, canaryArrives: true))
    }

    @Test("everyday life leaves update_at alone")
    func everydayLife() throws {
        let seen = try signals {
            let channel: JSONValue = ["channel_id": .string($0.demo.channelID), "message": "own"]
            #expect($0.asBot("POST", "/posts", channel).status == 201)
            $0.post("hello @holdfast")
            for status in ["away", "dnd", "offline", "online"] {
                let body: JSONValue = ["user_id": .string($0.demo.botID), "status": .string(status)]
                #expect($0.asBot("PUT", "/users/me/status", body).status == 200)
            }
            #expect($0.asBot("POST", "/channels/members/me/view", channel).status == 200)
            let member: JSONValue = ["user_id": .string($0.demo.botID)]
            $0.asAdmin("DELETE", "/channels/\($0.demo.channelID)/members/\($0.demo.botID)")
            $0.asAdmin("POST", "/channels/\($0.demo.channelID)/members", member)
            $0.asAdmin("POST", "/users/\($0.demo.botID)/tokens", ["description": "another"])
            $0.asAdmin("PUT", "/bots/\($0.demo.botID)", ["description": ""])
            $0.asAdmin("POST", "/bots/\($0.demo.botID)/assign/\($0.demo.userID)")
            if let other = $0.connect() { $0.disconnect(other) }
        }
        #expect(seen == Signals(hearsPosts: true, ping: "OK", me: 200, updateAtMoved: false, canaryArrives: true))
    }

    @Test("the last thing before the silence is the account's own offline status")
    func lastFrame() throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        world.asAdmin("PUT", "/users/\(world.demo.botID)/active", ["active": false])
        let frames = connection.drain()
        #expect(frames.map(\.kind) == ["status_change"])
        #expect(frames.last?["data"]?["status"] == "offline")
        #expect(!world.model.passesAuthenticationCheck(connection))
    }

    @Test("events lost while deaf get no number")
    func noGap() throws {
        let connection = try #require(world.connect())
        let last = try #require(connection.drain().last?["seq"]?.integer)
        world.asAdmin("POST", "/bots/\(world.demo.botID)/disable")
        world.asAdmin("POST", "/bots/\(world.demo.botID)/enable")
        for _ in 0..<3 { world.post() }
        _ = world.send(
            ["seq": 2, "action": "authentication_challenge", "data": ["token": .string(world.demo.botToken)]],
            on: connection)
        // The offline status took one number; hello follows without a gap.
        let frames = connection.drain()
        #expect(frames.map(\.kind) == ["status_change", "hello", "OK", "status_change", "status_change"])
        #expect(frames.compactMap { $0["seq"]?.integer } == [last + 1, last + 2, last + 3, last + 4])
    }

    @Test("a challenge on a deaf socket registers it twice: own events arrive twice, posts once")
    func doubleRegistration() throws {
        let connection = try #require(world.connect())
        world.model.revokeAllSessions()
        _ = connection.drain()
        _ = world.send(
            ["seq": 2, "action": "authentication_challenge", "data": ["token": .string(world.demo.botToken)]],
            on: connection)
        _ = connection.drain()
        world.post()
        #expect(connection.drainNames() == ["posted"])
        world.asBot("PUT", "/users/me/status", ["user_id": .string(world.demo.botID), "status": "away"])
        #expect(connection.drainNames() == ["status_change", "status_change"])
    }
}
