import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// The table "what each signal catches" of the protocol sheet, row by row, over real sockets.
@Suite(.timeLimit(.minutes(10))) struct ServiceDetectionTests {
    @Test func anAccountDisabledAndEnabledIsDeafByItsReplyAndReplaced() async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            await rig.post("before")
            try await rig.receive("before", from: &events)
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/disable")
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/enable")
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .deaf)
            #expect(verdict.check == "reply")
            #expect(verdict.detail.contains("not_authenticated"))
            try await rig.reopened(after: 1)
            await rig.post("after")
            try await rig.receive("after", from: &events)
        }
    }

    @Test func anAccountThatStaysDisabledIsTriedAgainUntilItIsEnabled() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/disable")
            #expect(try await rig.probe().outcome == .deaf)
            try await rig.log.wait("a refused attempt") { _ in
                rig.log.transitions.contains { $0.event == .attemptFailed && $0.reason.contains("refused") }
            }
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/enable")
            try await rig.reopened(after: 2)
            #expect(!rig.log.path.contains("T05"), "401 is not final")
        }
    }

    @Test func aTokenCycleWithARecheckIsDeafThoughTheRevisionDidNotMove() async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            let before = await rig.revision()
            let token = #"{"token_id":"\#(rig.fixture.botTokenID)"}"#
            await rig.admin("POST", "/users/tokens/disable", token)
            // Leaving and joining makes the server check the session again; a mere post does not.
            await rig.admin("DELETE", "/channels/\(rig.fixture.channelID)/members/\(rig.fixture.botID)")
            await rig.admin(
                "POST", "/channels/\(rig.fixture.channelID)/members", #"{"user_id":"\#(rig.fixture.botID)"}"#)
            await rig.admin("POST", "/users/tokens/enable", token)
            #expect(await rig.revision() == before)
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .deaf)
            #expect(verdict.check == "reply")
            try await rig.reopened(after: 1)
            await rig.post("after")
            try await rig.receive("after", from: &events)
        }
    }

    @Test func aTokenCycleWithoutARecheckIsFine() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            let token = #"{"token_id":"\#(rig.fixture.botTokenID)"}"#
            await rig.admin("POST", "/users/tokens/disable", token)
            await rig.admin("POST", "/users/tokens/enable", token)
            #expect(try await rig.probe().outcome == .alive)
            #expect(await rig.connection.generation == 1)
        }
    }

    @Test func aRevokedTokenIsDeafByItsReplyThoughEventsStillArrive() async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            await rig.admin("POST", "/users/tokens/revoke", #"{"token_id":"\#(rig.fixture.botTokenID)"}"#)
            await rig.post("still arrives")
            try await rig.receive("still arrives", from: &events)
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .deaf)
            #expect(verdict.detail.contains("invalid_token"))
        }
    }

    @Test func anExpiredSessionIsDeafByItsReply() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.expireSessions(userID: rig.fixture.botID)
            #expect(try await rig.probe().outcome == .deaf)
        }
    }

    @Test(arguments: ["revoke", "logout"])
    func aLoginSessionThatEndsIsDeafByItsReply(how: String) async throws {
        try await ServiceRig.run { rig in
            let login = await rig.simulator.perform(
                "POST", "/api/v4/users/login", body: #"{"login_id":"alice","password":"password"}"#)
            let token = try #require(login.headers.first { $0.name == "Token" }?.value)
            let connection = try rig.connect(token: token)
            let log = ObservationLog(connection.observations())
            await connection.start()
            try await log.wait("open") { $0.last == .open }
            if how == "logout" {
                _ = await rig.simulator.perform("POST", "/api/v4/users/logout", token: token)
            } else {
                await rig.admin("POST", "/users/\(rig.fixture.userID)/sessions/revoke/all")
            }
            await connection.probe()
            try await log.wait("stale") { $0.contains(.stale) }
            #expect(log.verdicts.last?.check == "reply")
            #expect(log.verdicts.last?.detail.contains("invalid_token") == true)
            await connection.stop()
        }
    }

    @Test func allSessionsOfAllUsersRevokedIsDeafByItsReplyAndReplaced() async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            await rig.admin("POST", "/users/sessions/revoke/all")
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .deaf)
            #expect(verdict.check == "reply")
            try await rig.reopened(after: 1)
            await rig.post("after")
            try await rig.receive("after", from: &events)
        }
    }

    /// What moves `update_at` and harms nothing. BOT stands for the bot's id.
    static let edits: [(method: String, path: String, body: String)] = [
        ("PUT", "/users/BOT/patch", #"{"username":"renamed"}"#),
        ("PUT", "/users/BOT/patch", #"{"nickname":""}"#),
        ("PUT", "/users/BOT/patch", #"{"notify_props":{"desktop":"all"}}"#),
        ("POST", "/users/BOT/image", ""), ("PUT", "/users/BOT/status/custom", #"{"emoji":"x","text":"y"}"#),
        ("PUT", "/users/BOT/roles", #"{"roles":"system_user"}"#),
        ("PUT", "/users/BOT/password", #"{"new_password":"secret"}"#), ("PUT", "/bots/BOT", #"{"description":"d"}"#),
        ("PUT", "/users/BOT/active", #"{"active":true}"#),
    ]

    @Test(arguments: edits)
    func anEditOfTheAccountIsVerifiedAndDoesNotReconnect(method: String, path: String, body: String) async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.admin(method, path.replacing("BOT", with: rig.fixture.botID), body)
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .alive)
            #expect(verdict.check == "canary")
            // The new revision is the baseline now: nothing is suspicious any more.
            #expect(try await rig.probe().check == "reply")
            #expect(await rig.connection.generation == 1)
        }
    }

    @Test func whatABotDoesAllDayIsNoSuspicion() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            let bot = rig.fixture.botID
            let channel = rig.fixture.channelID
            for (method, path, body) in [
                ("POST", "/posts", #"{"channel_id":"\#(channel)","message":"@holdfast hello"}"#),
                ("PUT", "/users/\(bot)/status", #"{"user_id":"\#(bot)","status":"away"}"#),
                ("POST", "/channels/members/me/view", #"{"channel_id":"\#(channel)"}"#),
                (
                    "PUT", "/users/me/preferences",
                    #"[{"user_id":"\#(bot)","category":"c","name":"n","value":"v"}]"#
                ), ("GET", "/users/me/teams", ""), ("GET", "/channels/\(channel)/posts", ""),
            ] {
                let response = await rig.simulator.perform(
                    method, "/api/v4" + path, token: rig.fixture.botToken, body: body)
                #expect((200...299).contains(response.status), "\(method) \(path): \(response.status)")
            }
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .alive)
            #expect(verdict.check == "reply")
            #expect(verdict.detail.contains("revision unchanged"))
        }
    }

    @Test func aRenameReconnectsWhereThePolicySaysSo() async throws {
        try await ServiceRig.run(options: { $0.onRevisionChange = .reconnect }) { rig in
            try await rig.open()
            await rig.admin("PUT", "/users/\(rig.fixture.botID)/patch", #"{"nickname":"renamed"}"#)
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .deaf)
            #expect(verdict.check == "revision")
            try await rig.reopened(after: 1)
        }
    }

    @Test func aRestThatFailsForSeveralProbesDoesNotReconnect() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.failRequests(status: 503, count: 1000)
            for _ in 0..<4 { #expect(try await rig.probe().outcome == .alive) }
            #expect(rig.log.notes.contains { $0.contains("503") })
            #expect(await rig.connection.generation == 1)
        }
    }

    @Test func aRestThatCannotBeReachedDoesNotReconnect() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.refuseConnections()
            await rig.clientLoop.run { rig.clientLoop.closeHTTPConnections() }
            for _ in 0..<3 { #expect(try await rig.probe().outcome == .alive) }
            #expect(await rig.connection.generation == 1)
        }
    }

    @Test func aRestThatHangsDoesNotMakeAGoodReplyAMiss() async throws {
        try await ServiceRig.run(timing: { $0.probeTimeout = .seconds(2) }) { rig in
            try await rig.open()
            await rig.simulator.delayAnswers(by: .seconds(600))
            let verdict = try await rig.probe()
            #expect(verdict.outcome == .alive)
            #expect(verdict.detail.contains("unanswered"))
        }
    }

    @Test func aDatabaseThatIsDownDoesNotEndAConnection() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.setDatabaseDown(true)
            for _ in 0..<3 { #expect(try await rig.probe().outcome == .alive) }
            #expect(await rig.connection.generation == 1)
        }
    }

    @Test func aFrozenServerIsReplacedWhenTheMissesAreSpent() async throws {
        try await ServiceRig.run(timing: {
            $0.probeTimeout = .milliseconds(300)
            $0.probeAgain = .milliseconds(10)
        }) { rig in
            try await rig.open()
            await rig.simulator.freeze()
            await rig.connection.probe()
            try await rig.log.wait("stale") { $0.contains(.stale) }
            #expect(rig.log.path.contains("T20"))
            await rig.simulator.thaw()
            try await rig.reopened(after: 1)
        }
    }

    @Test(arguments: [SimulatorDrop.finish, .reset])
    func aDroppedConnectionComesBack(how: SimulatorDrop) async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            await rig.simulator.drop(how)
            try await rig.reopened(after: 1)
            #expect(rig.log.path.contains("T12"))
            await rig.post("after")
            try await rig.receive("after", from: &events)
        }
    }

    @Test func aServerThatRestartsIsFoundAgain() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.restart(downFor: .milliseconds(200))
            try await rig.reopened(after: 1)
        }
    }

    @Test func theCanaryProvesThePushPathEachTimeWhereThePolicySaysSo() async throws {
        try await ServiceRig.run(options: { $0.canary = .always }) { rig in
            try await rig.open()
            for _ in 0..<3 {
                let verdict = try await rig.probe()
                #expect(verdict.outcome == .alive)
                #expect(verdict.check == "canary")
            }
        }
    }

    @Test func aCanaryThatIsTakenAndNeverPushedIsDeaf() async throws {
        // Only the canary: the reply would tell earlier.
        try await ServiceRig.run(
            timing: { $0.probeTimeout = .seconds(1) },
            options: {
                $0.replyCheck = false
                $0.revisionCheck = false
                $0.canary = .always
            }
        ) { rig in
            try await rig.open()
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/disable")
            await rig.admin("POST", "/bots/\(rig.fixture.botID)/enable")
            // A machine that stands still for longer than a probe lasts writes no canary in time, which proves nothing.
            var verdict = try await rig.probe()
            for _ in 0..<20 where verdict.check != "canary" { verdict = try await rig.probe() }
            #expect(verdict.outcome == .deaf)
            #expect(verdict.check == "canary")
        }
    }

    @Test func anAccountChangedBetweenIdentifyAndOpenIsNoticedAtTheFirstProbe() async throws {
        try await ServiceRig.run(
            world: { loop, simulator, fixture in
                let isDone = Lock(false)
                return InterceptedWorld(
                    loop,
                    after: { _ in
                        // Right after the first answered request: the identify.
                        let isFirst = isDone.withLock { isDone in
                            defer { isDone = true }
                            return !isDone
                        }
                        guard isFirst else { return }
                        _ = await simulator.perform(
                            "PUT", "/api/v4/users/\(fixture.botID)/patch", token: fixture.adminToken,
                            body: #"{"nickname":"changed meanwhile"}"#)
                    })
            }
        ) { rig in
            try await rig.open()
            let verdict = try await rig.probe()
            #expect(verdict.check == "canary")
            #expect(verdict.detail.contains("update_at"))
        }
    }
}

extension ServiceRig {
    /// The bot's `update_at`, as the server has it.
    func revision() async -> String {
        let response = await simulator.perform(
            "GET", "/api/v4/users/\(fixture.botID)", token: fixture.adminToken)
        let text = String(decoding: response.body, as: UTF8.self)
        let value = text.split(separator: "\"update_at\":").dropFirst().first?.prefix { $0.isNumber }
        return String(value ?? "")
    }
}
