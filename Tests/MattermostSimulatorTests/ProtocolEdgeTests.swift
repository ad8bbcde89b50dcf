import Testing

@testable import MattermostSimulator

/// The WebSocket's table of cases, on the model.
@Suite struct ProtocolEdgeTests {
    let world = ModelWorld()

    @Test("challenge: hello, then the reply, then the own status; seq counts events only")
    func challengeOrder() {
        let frames = world.connectByChallenge().drain()
        #expect(frames.map(\.kind) == ["hello", "OK", "status_change"])
        #expect(frames[0]["seq"] == 0 && frames[1]["seq_reply"] == 1 && frames[1]["seq"] == nil && frames[2]["seq"] == 1)
    }

    @Test("header: hello and status, no reply")
    func headerOrder() throws {
        #expect(try #require(world.connect()).drainNames() == ["hello", "status_change"])
    }

    @Test("a wrong header token gets neither hello nor a drop before the check")
    func wrongHeaderToken() throws {
        let connection = try #require(world.connect("wrong"))
        #expect(connection.drain().isEmpty && !world.model.passesAuthenticationCheck(connection))
    }

    @Test("wrong, empty or missing token in the challenge: dropped at once", arguments: [
        "{\"token\":\"wrong\"}", "{\"token\":\"\"}", "{}",
    ])
    func badChallenge(data: String) throws {
        let connection = try #require(world.model.connect(token: nil, resume: nil))
        #expect(
            !world.send("{\"seq\":1,\"action\":\"authentication_challenge\",\"data\":\(data)}", on: connection))
        #expect(connection.drain().isEmpty)
    }

    @Test("challenge with seq 0, or requests before auth: no reply", arguments: [
        "{\"seq\":0,\"action\":\"authentication_challenge\",\"data\":{\"token\":\"TOKEN\"}}",
        "{\"seq\":1,\"action\":\"ping\"}", "{\"seq\":1}",
    ])
    func beforeAuthentication(text: String) throws {
        let connection = try #require(world.model.connect(token: nil, resume: nil))
        #expect(world.send(text.replacing("TOKEN", with: world.demo.botToken), on: connection))
        #expect(connection.drain().isEmpty && !world.model.passesAuthenticationCheck(connection))
    }

    @Test("a challenge on an authenticated socket is ignored, even with a wrong token")
    func secondChallenge() throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        #expect(
            world.send("{\"seq\":1,\"action\":\"authentication_challenge\",\"data\":{\"token\":\"x\"}}", on: connection))
        #expect(connection.drain().isEmpty)
    }

    @Test("invalid JSON is dropped at once", arguments: ["{", "nonsense", "", "[]", "{\"seq\":\"1\"}", "{\"action\":5}"])
    func invalidJSON(text: String) throws {
        let connection = try #require(world.connect())
        #expect(!world.send(text, on: connection))
    }

    @Test("bad requests fail with their error", arguments: [
        ("{\"seq\":1,\"action\":\"nope\"}", "api.web_socket_router.bad_action.app_error", 500, 1),
        ("{\"action\":\"ping\"}", "api.web_socket_router.bad_seq.app_error", 400, nil),
        ("{\"seq\":-1,\"action\":\"ping\"}", "api.web_socket_router.bad_seq.app_error", 400, -1),
        ("{\"seq\":1}", "api.web_socket_router.no_action.app_error", 400, 1),
        ("{\"seq\":1,\"action\":\"get_statuses_by_ids\",\"data\":{\"user_ids\":[]}}",
            "api.websocket_handler.invalid_param.app_error", 400, 1),
    ] as [(String, String, Int64, Int64?)])
    func failures(text: String, id: String, status: Int64, sequence: Int64?) throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        #expect(world.send(text, on: connection))
        let reply = try #require(connection.drain().first)
        #expect(reply["status"] == "FAIL" && reply["error"]?["id"]?.string == id)
        #expect(reply["error"]?["status_code"]?.integer == status && reply["seq_reply"]?.integer == sequence)
    }

    @Test("the same seq twice is answered twice")
    func sameSequence() throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        for _ in 0..<2 { #expect(world.send(["seq": 7, "action": "ping"], on: connection)) }
        #expect(connection.drain().map { $0["seq_reply"] } == [7, 7])
    }

    @Test("presence is answered OK even on a deaf socket")
    func presence() throws {
        let connection = try #require(world.connect())
        world.model.revokeAllSessions()
        _ = connection.drain()
        #expect(world.send(["seq": 3, "action": "presence", "data": ["channel_id": ""]], on: connection))
        #expect(world.send(["seq": 4, "action": "get_statuses"], on: connection))
        #expect(connection.drainNames() == ["OK", "FAIL"])
    }

    @Test("typing reaches the others of the channel and not the sender")
    func typing() throws {
        let bot = try #require(world.connect())
        let admin = try #require(world.connect(world.demo.adminToken))
        _ = (bot.drain(), admin.drain())
        let data: JSONValue = ["channel_id": .string(world.demo.channelID), "parent_id": ""]
        #expect(world.send(["seq": 1, "action": "user_typing", "data": data], on: admin))
        #expect(admin.drainNames() == ["OK"])
        let event = try #require(bot.drain().first)
        #expect(event["broadcast"]?["omit_users"]?[world.demo.adminID] == true && event.kind == "typing")
    }

    @Test("a full queue removes the connection; from half full on typing and status are not queued")
    func fullQueue() throws {
        let connection = try #require(world.connect())
        _ = connection.drain()
        for _ in 0..<128 { world.post() }
        #expect(connection.queue.count == 128)
        world.asBot("PUT", "/users/me/status", ["user_id": .string(world.demo.botID), "status": "away"])
        #expect(connection.queue.count == 128)
        for _ in 0..<128 { world.post() }
        #expect(connection.queue.count == 256 && !connection.isRemoved)
        world.post()
        #expect(connection.isRemoved && world.model.hub.connections(of: world.demo.botID).isEmpty)
    }

    // MARK: Resume

    /// A connection that heard hello, status and `count` posts, and lost its socket; another keeps the bot online.
    private func interrupted(afterPosts count: Int) throws -> (id: String, next: String) {
        _ = try #require(world.connect())
        let connection = try #require(world.connect())
        for _ in 0..<count { world.post() }
        let last = connection.drain().compactMap { $0["seq"]?.integer }.last
        world.disconnect(connection)
        return (connection.id, String((last ?? -1) + 1))
    }

    @Test("resume in the ring: what was missed comes, and no hello")
    func resume() throws {
        let old = try interrupted(afterPosts: 1)
        world.post("while away")
        let resumed = try #require(world.connect(connectionID: old.id, sequence: old.next))
        world.post("after")
        let frames = resumed.drain()
        #expect(frames.map(\.kind) == ["posted", "posted"] && resumed.id == old.id)
        #expect(frames.compactMap { $0["seq"]?.integer } == [2, 3])
    }

    @Test("resume from an earlier number replays from the ring")
    func replay() throws {
        let old = try interrupted(afterPosts: 3)
        let resumed = try #require(world.connect(connectionID: old.id, sequence: "2"))
        let frames = resumed.drain()
        #expect(frames.map(\.kind) == ["posted", "posted"])
        #expect(frames.compactMap { $0["seq"]?.integer } == [2, 3])
    }

    @Test("a number that has left the ring: new id and hello")
    func beyondRing() throws {
        let old = try interrupted(afterPosts: 130)
        let resumed = try #require(world.connect(connectionID: old.id, sequence: "1"))
        #expect(resumed.id != old.id && resumed.drainNames() == ["hello"])
    }

    @Test("an unknown id: new id and hello")
    func unknownID() throws {
        let found = world.connect(connectionID: "aaaaaaaaaaaaaaaaaaaaaaaaaa", sequence: "3")
        let resumed = try #require(found)
        #expect(resumed.id != "aaaaaaaaaaaaaaaaaaaaaaaaaa" && resumed.drain().first?.kind == "hello")
    }

    @Test("a malformed id is dropped; with challenge auth it is ignored")
    func malformedID() throws {
        #expect(world.connect(connectionID: "zz", sequence: "1") == nil)
        #expect(world.model.connect(token: nil, resume: .init(connectionID: "zz")) != nil)
    }

    @Test("an id with sequence 0 gets neither replay nor hello")
    func sequenceZero() throws {
        let old = try interrupted(afterPosts: 2)
        let resumed = try #require(world.connect(connectionID: old.id, sequence: "0"))
        #expect(resumed.drain().isEmpty)
    }

    @Test("events lost while deaf cannot be resumed")
    func deafResume() throws {
        let connection = try #require(world.connect())
        world.asAdmin("POST", "/bots/\(world.demo.botID)/disable")
        world.asAdmin("POST", "/bots/\(world.demo.botID)/enable")
        world.post("lost")
        let numbers = connection.drain().compactMap { $0["seq"]?.integer }
        let last = try #require(numbers.last)
        world.disconnect(connection)
        let resumed = try #require(world.connect(connectionID: connection.id, sequence: String(last + 1)))
        #expect(resumed.drainNames() == ["status_change"])
    }

    @Test("two ids of equal seeds are equal, and look like the server's")
    func identifiers() {
        var first = IdentifierSource(seed: 1)
        var second = IdentifierSource(seed: 1)
        let id = first.next()
        #expect(id == second.next() && id != first.next() && IdentifierSource.isValid(id))
    }
}
