import Testing
import UVEventLoop
import WorldInterface

@testable import MattermostSimulator

/// What only real sockets can show: handshakes, drops, freezes, restarts, the bytes of HTTP.
@Suite struct SocketTests {
    // MARK: WebSocket

    @Test("header auth: 101, hello, and a post comes as JSON inside JSON with a line feed behind it")
    func headerAuthentication() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            #expect(try await client.message().kind == "hello")
            let id = await simulator.post("hi", channelID: fixture.channelID, userID: fixture.adminID)
            let posted = try await client.message("posted")
            #expect(posted["data"]?["post"]?.nested["id"]?.string == id)
            let log = await simulator.log
            #expect(log.connections.map(\.sentPostIDs) == [[id ?? ""]] && log.createdPostIDs.last == id)
        }
    }

    @Test(
        "no token, wrong header token, challenge with seq 0: dropped at the check without a word",
        arguments: [
            (nil, nil), ("wrong", nil), (nil, "{\"seq\":0,\"action\":\"authentication_challenge\"}"),
        ] as [(String?, String?)])
    func authenticationCheck(token: String?, message: String?) async throws {
        try await withSimulator(.init(authenticationCheck: .milliseconds(50), seed: 1)) {
            (_, _, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: token) == 101)
            if let message { await client.send(message) }
            #expect(try await client.end() == .endOfStream)
            #expect(await client.receivedTexts == 0)
        }
    }

    @Test("a wrong token in the challenge is dropped at once, and so are invalid JSON and a malformed connection_id")
    func droppedAtOnce() async throws {
        try await withSimulator { (_, fixture, port, loop) async throws in
            let challenger = SocketClient(loop)
            #expect(try await challenger.openWebSocket(port: port) == 101)
            await challenger.send("{\"seq\":1,\"action\":\"authentication_challenge\",\"data\":{\"token\":\"x\"}}")
            #expect(try await challenger.end() == .endOfStream)
            let babbler = SocketClient(loop)
            #expect(try await babbler.openWebSocket(port: port, token: fixture.botToken) == 101)
            await babbler.send("{nonsense")
            #expect(try await babbler.end() == .endOfStream)
            let resumer = SocketClient(loop)
            let status = try await resumer.openWebSocket(
                port: port, token: fixture.botToken, query: "?connection_id=zz&sequence_number=1")
            #expect(status == 101)
            #expect(try await resumer.end() == .endOfStream)
        }
    }

    @Test("8,192 bytes are answered, 8,193 end with 1009")
    func messageTooBig() async throws {
        try await withSimulator { (_, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            let head = "{\"seq\":1,\"action\":\"ping\",\"data\":{\"x\":\""
            let fill = String(repeating: "x", count: 8192 - head.utf8.count - 3)
            await client.send(head + fill + "\"}}")
            #expect(try await client.message("OK")["data"]?["text"] == "pong")
            await client.send(head + fill + "x\"}}")
            #expect(try await client.closeCode() == 1009)
            #expect(try await client.end() == .endOfStream)
        }
    }

    @Test("a foreign Origin is 403, the own one is not; a token in the query is 401")
    func refusedUpgrades() async throws {
        try await withSimulator { (_, fixture, port, loop) async throws in
            let foreign = SocketClient(loop)
            #expect(
                try await foreign.openWebSocket(port: port, token: fixture.botToken, headers: ["Origin: http://evil"])
                    == 403)
            let own = SocketClient(loop)
            let origin = "Origin: http://127.0.0.1:\(port)"
            #expect(try await own.openWebSocket(port: port, token: fixture.botToken, headers: [origin]) == 101)
            let query = SocketClient(loop)
            #expect(try await query.openWebSocket(port: port, query: "?access_token=\(fixture.botToken)") == 401)
        }
    }

    @Test("the server pings at its interval")
    func pings() async throws {
        try await withSimulator(.init(pingInterval: .milliseconds(5), seed: 1)) {
            (_, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            try await client.pingCount(atLeast: 3)
        }
    }

    @Test("a client that answers no ping is dropped, whatever else it sends")
    func pongTimeout() async throws {
        let configuration = SimulatorConfiguration(pongTimeout: .milliseconds(50), seed: 1)
        try await withSimulator(configuration) { (_, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            await client.send("{\"seq\":1,\"action\":\"ping\"}")
            #expect(try await client.end() == .endOfStream)
        }
    }

    @Test("a client that closes gets its close frame back")
    func closeHandshake() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            await client.send("\u{03}\u{E8}", opcode: .ping)
            await client.send("", opcode: .close)
            #expect(try await client.closeCode() == 0)
            #expect(try await client.end() == .endOfStream)
            #expect(await simulator.webSocketCount == 0)
        }
    }

    // MARK: Faults

    @Test("drop by FIN and by RST", arguments: [SimulatorDrop.finish, .reset])
    func drop(how: SimulatorDrop) async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let bot = SocketClient(loop)
            let user = SocketClient(loop)
            #expect(try await bot.openWebSocket(port: port, token: fixture.botToken) == 101)
            #expect(try await user.openWebSocket(port: port, token: fixture.userToken) == 101)
            _ = try await bot.message("hello")
            #expect(await simulator.drop(how, userID: fixture.botID) == 1)
            #expect(try await bot.end() == (how == .finish ? .endOfStream : .reset))
            #expect(await simulator.webSocketCount == 1)
        }
    }

    @Test("restart: sockets drop, connections are refused, then the same port and the same tokens work")
    func restart() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            _ = try await client.message("hello")
            await simulator.restart(downFor: .seconds(3600))
            #expect(try await client.end() == .endOfStream)
            let refused = SocketClient(loop)
            await refused.connect(to: port)
            #expect(try await refused.end() == .refused)
            await simulator.acceptConnections()
            let again = SocketClient(loop)
            #expect(try await again.openWebSocket(port: port, token: fixture.botToken) == 101)
            #expect(try await again.message("hello")["seq"] == 0)
        }
    }

    @Test("two addresses are one server, also after a restart; attempts are counted")
    func severalAddresses() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let ports = [port, try await simulator.listen(on: Endpoint(host: "127.0.0.1", port: 0))]
            #expect(ports[0] != ports[1])
            for port in ports {
                let client = SocketClient(loop)
                #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
                _ = try await client.message("hello")
            }
            #expect(await simulator.upgradeCount == 2)
            await simulator.restart(downFor: .seconds(3600))
            for port in ports {
                let refused = SocketClient(loop)
                await refused.connect(to: port)
                #expect(try await refused.end() == .refused)
            }
            await simulator.acceptConnections()
            for port in ports {
                let again = SocketClient(loop)
                #expect(try await again.openWebSocket(port: port, token: fixture.botToken) == 101)
            }
            #expect(await simulator.upgradeCount == 4)
        }
    }

    @Test("a bot of one channel hears that and no other")
    func botOfOneChannel() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let made = await simulator.perform(
                "POST", "/api/v4/channels", token: fixture.userToken,
                body: #"{"team_id":"\#(fixture.teamID)","name":"apart","display_name":"Apart","type":"O"}"#)
            let channelID = try JSONValue(parsing: made.body)["id"]?.string ?? ""
            #expect(await simulator.makeBot(named: "guest", onlyIn: "nowhere") == nil)
            let bot = try #require(await simulator.makeBot(named: "guest", onlyIn: channelID))
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: bot.token) == 101)
            _ = try await client.message("hello")
            await simulator.post("elsewhere", channelID: fixture.channelID, userID: fixture.userID)
            let id = await simulator.post("here", channelID: channelID, userID: fixture.userID)
            #expect(try await client.message("posted")["data"]?["post"]?.nested["id"]?.string == id)
            let list = await simulator.perform("GET", "/api/v4/users/me/channels", token: bot.token)
            let ids = try JSONValue(parsing: list.body).array?.compactMap { $0["id"]?.string }
            #expect(ids == [channelID])
        }
    }

    @Test("frozen: nothing is answered; thawed: all of it is")
    func freeze() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            _ = try await client.message("hello")
            _ = try await client.message("status_change")
            await simulator.freeze()
            await client.send("{\"seq\":1,\"action\":\"ping\"}")
            await simulator.post("while frozen", channelID: fixture.channelID, userID: fixture.adminID)
            let asker = SocketClient(loop)
            await asker.connect(to: port)
            await asker.write("GET /api/v4/system/ping HTTP/1.1\r\nHost: x\r\n\r\n")
            // The control answers while all else stands still, so this orders what was sent before it.
            let log = try await SocketClient(loop).request(port: port, "GET", "/simulator/log")
            #expect(log.status == 200)
            #expect(await client.receivedTexts == 0)
            let thaw = try await SocketClient(loop).request(port: port, "POST", "/simulator/thaw")
            #expect(thaw.status == 200)
            #expect(try await client.message("posted").kind == "posted")
            #expect(try await client.message("OK")["seq_reply"] == 1)
            #expect(try await asker.head().hasPrefix("HTTP/1.1 200"))
        }
    }

    @Test("a freeze ends by itself")
    func freezeEnds() async throws {
        try await withSimulator { (simulator, _, port, loop) async throws in
            await simulator.freeze(for: .milliseconds(20))
            let answer = try await SocketClient(loop).request(port: port, "GET", "/api/v4/system/ping")
            #expect(answer.status == 200)
        }
    }

    @Test("429 is plain text with delta seconds, on the upgrade too")
    func rateLimit() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            await simulator.limitRate(perSecond: 0, burst: 1)
            let good = try await SocketClient(loop).request(port: port, "GET", "/api/v4/system/ping")
            #expect(good.status == 200 && good.head.contains("X-Ratelimit-Remaining: 0"))
            let bad = try await SocketClient(loop).request(port: port, "GET", "/api/v4/system/ping")
            #expect(bad.status == 429 && String(decoding: bad.body, as: UTF8.self) == "limit exceeded\n")
            #expect(bad.head.contains("Retry-After: 1") && bad.head.contains("Content-Type: text/plain"))
            #expect(try await SocketClient(loop).openWebSocket(port: port, token: fixture.botToken) == 429)
            await simulator.limitRate(perSecond: nil)
            #expect(try await SocketClient(loop).openWebSocket(port: port, token: fixture.botToken) == 101)
        }
    }

    @Test("ordered failures are counted down, and controls refuse nonsense")
    func failures() async throws {
        try await withSimulator { (_, _, port, loop) async throws in
            let order = "{\"status\":503,\"path_prefix\":\"/api/v4/system\",\"count\":1}"
            let ordered = try await SocketClient(loop).request(port: port, "POST", "/simulator/error", body: order)
            #expect(ordered.status == 200)
            #expect(try await SocketClient(loop).request(port: port, "GET", "/api/v4/system/ping").status == 503)
            #expect(try await SocketClient(loop).request(port: port, "GET", "/api/v4/system/ping").status == 200)
            for (path, body) in [
                ("nope", ""), ("drop", "{\"how\":\"x\"}"), ("error", "{\"status\":99}"), ("delay", "["),
            ] {
                let refused = try await SocketClient(loop).request(port: port, "POST", "/simulator/\(path)", body: body)
                #expect(refused.status == 400, "\(path)")
            }
        }
    }

    @Test("an answer that gets lost: the request is performed, the socket drops, and the next is answered")
    func lostAnswer() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let before = await simulator.log.createdPostIDs.count
            let order = "{\"path_prefix\":\"/api/v4/posts\",\"count\":1}"
            #expect(
                try await SocketClient(loop).request(port: port, "POST", "/simulator/lose", body: order).status == 200)
            let body = "{\"channel_id\":\"\(fixture.channelID)\",\"message\":\"x\",\"pending_post_id\":\"p:1\"}"
            let client = SocketClient(loop)
            await client.connect(to: port)
            await client.write(
                "POST /api/v4/posts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(fixture.botToken)\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n" + body)
            _ = try await client.end()
            #expect(await simulator.log.createdPostIDs.count == before + 1)
            let again = try await SocketClient(loop).request(
                port: port, "POST", "/api/v4/posts", token: fixture.botToken, body: body)
            #expect(again.status == 201)
            #expect(await simulator.log.createdPostIDs.count == before + 1, "the post of the first time")
        }
    }

    @Test("a creation that is held back refuses its like meanwhile")
    func pendingPost() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            await simulator.delayAnswers(by: .seconds(3600))
            let body = "{\"channel_id\":\"\(fixture.channelID)\",\"message\":\"x\",\"pending_post_id\":\"p:1\"}"
            let first = SocketClient(loop)
            await first.connect(to: port)
            await first.write(
                "POST /api/v4/posts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(fixture.botToken)\r\n"
                    + "Expect: 100-continue\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
            // The word of encouragement says that the server has it.
            #expect(try await first.head().hasPrefix("HTTP/1.1 100"))
            let second = try await SocketClient(loop).request(
                port: port, "POST", "/api/v4/posts", token: fixture.botToken, body: body)
            #expect(second.status == 500)
            #expect(String(decoding: second.body, as: UTF8.self).contains("deduplicate_create_post.pending"))
        }
    }

    @Test("a delayed answer comes, and the connection goes on")
    func delay() async throws {
        try await withSimulator { (simulator, _, port, loop) async throws in
            await simulator.delayAnswers(by: .milliseconds(5))
            let client = SocketClient(loop)
            await client.connect(to: port)
            for _ in 0..<2 {
                await client.write("GET /api/v4/system/ping HTTP/1.1\r\nHost: x\r\n\r\n")
                let head = try await client.head()
                #expect(head.hasPrefix("HTTP/1.1 200"))
                _ = try await client.body(count: contentLength(head))
            }
        }
    }

    @Test("restart, drop and refuse by HTTP; controls say what they did")
    func controlsByHTTP() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            _ = try await client.message("hello")
            let order = "{\"how\":\"rst\",\"user_id\":\"\(fixture.botID)\"}"
            let dropped = try await SocketClient(loop).request(port: port, "POST", "/simulator/drop", body: order)
            #expect(try JSONValue(parsing: dropped.body)["dropped"] == 1)
            #expect(try await client.end() == .reset)
            let restart = try await SocketClient(loop).request(
                port: port, "POST", "/simulator/restart", body: "{\"down_ms\":1}")
            #expect(restart.status == 200)
            await simulator.acceptConnections()
            let refuse = try await SocketClient(loop).request(port: port, "POST", "/simulator/refuse")
            #expect(refuse.status == 200)
            let refused = SocketClient(loop)
            await refused.connect(to: port)
            #expect(try await refused.end() == .refused)
        }
    }

    @Test("a slow reader is given up when its queue is full; what the kernel took still arrives, then the end")
    func slowReader() async throws {
        try await withSimulator { (simulator, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
            await client.pauseReading()
            // 16 KB each: the kernel's buffers of both sides hold a few hundred of them, the queue 256 more.
            let message = String(repeating: "x", count: 16_000)
            var count = 0
            while await simulator.webSocketCount == 1, count < 5000 {
                await simulator.post(message, channelID: fixture.channelID, userID: fixture.adminID)
                count += 1
            }
            #expect(count < 5000 && count > 256)
            await client.resumeReading()
            let end = try await client.end()
            #expect(end == .endOfStream || end == .reset)
            #expect(await client.receivedTexts > 0)
        }
    }

    @Test("stopping leaves no handle behind, whatever was open")
    func handles() async throws {
        let loop = try EventLoop.start()
        defer { try? loop.stop() }
        let probe = SocketClient(loop)
        let before = await probe.liveHandleCount()
        let simulator = Simulator(world: loop, configuration: .init(seed: 1))
        let port = try await simulator.start()
        let fixture = await simulator.fixture
        let client = SocketClient(loop)
        #expect(try await client.openWebSocket(port: port, token: fixture.botToken) == 101)
        let idle = SocketClient(loop)
        await idle.connect(to: port)
        await simulator.delayAnswers(by: .seconds(3600))
        await idle.write("GET /api/v4/system/ping HTTP/1.1\r\nHost: x\r\n\r\n")
        await simulator.freeze(for: .seconds(3600))
        await simulator.stop()
        #expect(try await client.end() == .endOfStream)
        _ = try await idle.end()
        // Handles close on later turns of the loop: each ask is one.
        var after = await probe.liveHandleCount()
        for _ in 0..<10_000 where after > before { after = await probe.liveHandleCount() }
        #expect(after == before)
    }

    // MARK: HTTP

    @Test("pipelined requests, chunked bodies and keep-alive are served in order")
    func pipelining() async throws {
        try await withSimulator { (_, fixture, port, loop) async throws in
            let client = SocketClient(loop)
            await client.connect(to: port)
            let body = "{\"login_id\":\"admin\",\"password\":\"password\"}"
            let middle = body.index(body.startIndex, offsetBy: 7)
            let first = String(body[..<middle])
            let second = String(body[middle...])
            await client.write(
                "POST /api/v4/users/login HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
                    + "\(String(first.utf8.count, radix: 16))\r\n\(first)\r\n"
                    + "\(String(second.utf8.count, radix: 16))\r\n\(second)\r\n0\r\n\r\n"
                    + "GET /api/v4/users/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer \(fixture.adminToken)\r\n\r\n")
            let login = try await client.head()
            #expect(login.hasPrefix("HTTP/1.1 200") && login.contains("\r\nToken: "))
            _ = try await client.body(count: contentLength(login))
            let me = try await client.head()
            #expect(me.contains("Etag: 6.6.1.\(fixture.adminID)."))
            #expect(me.contains("\r\nContent-Type: application/json\r\n"))
            #expect(try await client.body(count: contentLength(me)).contains("\"username\":\"admin\""))
        }
    }

    @Test("big answers are compressed for those who ask")
    func compression() async throws {
        try await withSimulator { (_, _, port, loop) async throws in
            let path = "/api/v4/config/client?format=old"
            let plain = try await SocketClient(loop).request(port: port, "GET", path)
            let small = try await SocketClient(loop).request(
                port: port, "GET", path, headers: ["Accept-Encoding: gzip, deflate"])
            #expect(!plain.head.contains("gzip") && small.head.contains("Content-Encoding: gzip"))
            #expect(Array(small.body.prefix(2)) == [0x1F, 0x8B] && small.body.count < plain.body.count)
        }
    }

    @Test(
        "malformed and oversized requests are refused and the connection ends",
        arguments: [
            ("nonsense\r\n\r\n", 400), ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n", 400),
            ("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\n\r\n", 413),
            ("POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
        ])
    func malformed(text: String, status: Int) async throws {
        try await withSimulator { (_, _, port, loop) async throws in
            let client = SocketClient(loop)
            await client.connect(to: port)
            await client.write(text)
            #expect(try await client.head().hasPrefix("HTTP/1.1 \(status)"))
            #expect(try await client.end() == .endOfStream)
        }
    }

    private func contentLength(_ head: String) throws -> Int {
        let line = head.split(separator: "\r\n").first { $0.hasPrefix("Content-Length: ") }
        return try #require(line.flatMap { Int($0.dropFirst("Content-Length: ".count)) })
    }
}
