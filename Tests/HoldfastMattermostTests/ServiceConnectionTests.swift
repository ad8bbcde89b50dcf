import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

@Suite(.timeLimit(.minutes(10))) struct ServiceConnectionTests {
    @Test(arguments: Authentication.allCases)
    func eitherAuthenticationOpensAndDelivers(authentication: Authentication) async throws {
        try await ServiceRig.run(options: { $0.authentication = authentication }) { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            let first = await events.next()
            #expect(first?.kind == .hello)
            #expect(first?.sequence == 0)
            await rig.post("hello")
            try await rig.receive("hello", from: &events)
        }
    }

    @Test func aWrongTokenIsReportedAndRetriedInTheSlowLane() async throws {
        try await ServiceRig.run(token: "wrongwrongwrongwrongwrong1") { rig in
            await rig.connection.start()
            try await rig.log.wait("a second attempt") { states in states.count { $0 == .connecting } >= 2 }
            let failure = try #require(rig.log.transitions.first { $0.event == .attemptFailed })
            #expect(failure.id == "T04")
            #expect(failure.reason.contains("token was refused"))
            #expect(!failure.reason.contains("wrongwrong"), "a secret in a reason")
        }
    }

    @Test(arguments: Authentication.allCases)
    func aWrongTokenIsReportedEvenWhenRestCannotTell(authentication: Authentication) async throws {
        var simulated = SimulatorConfiguration()
        simulated.authenticationCheck = .milliseconds(4_500)
        try await ServiceRig.run(
            token: "wrongwrongwrongwrongwrong1", options: { $0.authentication = authentication },
            configuration: simulated
        ) { rig in
            await rig.simulator.failRequests(status: 503, pathPrefix: "/api/v4/users/me", count: 1)
            await rig.connection.start()
            try await rig.log.wait("a failed attempt") { $0.contains(.backoff) }
            let failure = try #require(rig.log.transitions.first { $0.event == .attemptFailed })
            #expect(failure.reason.contains("token was refused"))
        }
    }

    @Test func aRateLimitedAttemptWaitsAsLongAsTheServerAsks() async throws {
        try await ServiceRig.run { rig in
            await rig.simulator.limitRate(perSecond: 0, burst: 1)
            // Uses up the only request that is allowed.
            _ = try? await rig.clientLoop.perform(HTTPRequest(url: rig.fixture.url + "/api/v4/users/me"))
            await rig.connection.start()
            try await rig.log.wait("a rate limited attempt") { $0.contains(.backoff) }
            let failure = try #require(rig.log.transitions.first { $0.event == .attemptFailed })
            #expect(failure.reason.contains("rate limited"))
            await rig.simulator.limitRate(perSecond: nil)
            try await rig.log.wait("open") { $0.last == .open }
        }
    }

    @Test(arguments: [(429, "rate limited"), (401, "token was refused"), (502, "is this a Mattermost server")])
    func anUpgradeThatIsRefusedSaysWhatToDo(status: Int, words: String) async throws {
        try await ServiceRig.run { rig in
            await rig.simulator.failRequests(status: status, pathPrefix: "/api/v4/websocket")
            await rig.connection.start()
            try await rig.log.wait("open") { $0.last == .open }
            let failure = try #require(rig.log.transitions.first { $0.event == .attemptFailed })
            #expect(failure.reason.contains("\(status)"))
            #expect(failure.reason.contains(words))
        }
    }

    @Test func aServerThatIsNotThereIsReportedAndTriedAgain() async throws {
        try await ServiceRig.run { rig in
            await rig.simulator.refuseConnections()
            await rig.connection.start()
            try await rig.log.wait("a failed attempt") { $0.contains(.backoff) }
            let failure = try #require(rig.log.transitions.first { $0.event == .attemptFailed })
            #expect(failure.reason.contains("refused"))
            await rig.simulator.acceptConnections()
            try await rig.log.wait("open") { $0.last == .open }
        }
    }

    @Test func stopWhileTheIdentifyRequestIsInFlightLeavesNothing() async throws {
        try await ServiceRig.run { rig in
            await rig.simulator.delayAnswers(by: .seconds(600))
            await rig.connection.start()
            try await rig.log.wait("connecting") { $0.last == .connecting }
            await rig.connection.stop()
            #expect(await rig.connection.state == .stopped)
            await rig.expectNoHandle()
        }
    }

    @Test func aSocketThatClosesWhileTheRevisionRequestIsInFlightLeavesNothing() async throws {
        try await ServiceRig.run { rig in
            try await rig.open()
            await rig.simulator.delayAnswers(by: .seconds(600))
            await rig.connection.probe()
            try await rig.log.wait("probing") { $0.last == .probing }
            await rig.simulator.drop(.reset)
            try await rig.log.wait("backoff") { $0.contains(.backoff) }
            await rig.connection.stop()
            await rig.expectNoHandle()
        }
    }

    @Test(arguments: [State.idle, .connecting, .open, .probing, .stale, .terminating, .backoff])
    func stopEndsInStoppedFromEveryState(state: State) async throws {
        try await ServiceRig.run(timing: { $0.drain = .seconds(3600) }) { rig in
            try await rig.reach(state)
            await rig.connection.stop()
            #expect(await rig.connection.state == .stopped)
            await rig.expectNoHandle()
        }
    }

    @Test func everyKindOfEventArrivesTypedAndUnknownOnesUntouched() async throws {
        try await ServiceRig.run { rig in
            var events = rig.connection.events.makeAsyncIterator()
            try await rig.open()
            let id = try #require(
                await rig.simulator.post("one", channelID: rig.fixture.channelID, userID: rig.fixture.adminID))
            await rig.admin("PUT", "/posts/\(id)/patch", #"{"message":"two"}"#)
            await rig.admin(
                "POST", "/reactions",
                #"{"user_id":"\#(rig.fixture.adminID)","post_id":"\#(id)","emoji_name":"thumbsup"}"#)
            await rig.admin("DELETE", "/users/\(rig.fixture.adminID)/posts/\(id)/reactions/thumbsup")
            await rig.admin("DELETE", "/posts/\(id)")
            await rig.admin("POST", "/caches/invalidate")
            var seen: [String] = []
            var last: Int64 = -1
            while let event = await events.next() {
                #expect(event.sequence == last + 1, "no gap")
                last = event.sequence
                switch try event.content {
                case .posted(let posted): seen.append("posted \(posted.post.message)")
                case .postEdited(let post): seen.append("edited \(post.message)")
                case .postDeleted(let post): seen.append("deleted \(post.id == id)")
                case .reactionAdded(let reaction): seen.append("added \(reaction.emojiName)")
                case .reactionRemoved(let reaction): seen.append("removed \(reaction.emojiName)")
                case .other: seen.append("other \(event.name)")
                default: break
                }
                if event.name == "license_changed" { break }
            }
            #expect(
                seen == [
                    "posted one", "edited two", "added thumbsup", "removed thumbsup", "deleted true",
                    "other license_changed",
                ])
        }
    }
}

extension ServiceRig {
    /// Leads the connection to a state; the drain lasts an hour.
    func reach(_ state: State) async throws {
        switch state {
        case .idle, .stopped: return
        case .connecting:
            await simulator.delayAnswers(by: .seconds(600))
            await connection.start()
        case .open: try await open()
        case .probing:
            try await open()
            await simulator.freeze()
            await connection.probe()
        case .stale:
            try await open()
            await admin("POST", "/bots/\(fixture.botID)/disable")
            await connection.probe()
        case .terminating:
            try await open()
            await simulator.freeze()
            await connection.reconnect()
        case .backoff:
            await simulator.refuseConnections()
            await connection.start()
        }
        try await log.wait("\(state)") { $0.contains(state) }
    }

    /// That nothing of the connection is left on its loop once pooled HTTP connections are closed.
    func expectNoHandle() async {
        let loop = clientLoop
        for _ in 0..<1000 {
            let count = await loop.run { () async in
                loop.closeHTTPConnections()
                return loop.liveHandleCount
            }
            if count == 0 { return }
        }
        Issue.record("handles were left open")
    }
}
