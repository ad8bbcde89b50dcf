import Foundation
import Testing

@testable import MattermostSimulator

/// The simulator beside a real server's recordings: same keys, same types, same order of messages.
@Suite struct RecordingTests {
    let world = ModelWorld()

    // MARK: The recordings themselves

    /// The folder, where it is at hand: beside the package, or where `HOLDFAST_RECORDINGS` says.
    private static let folder: String? = {
        let package = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let beside = package.deletingLastPathComponent().appending(path: "shared/recordings").path()
        let path = ProcessInfo.processInfo.environment["HOLDFAST_RECORDINGS"] ?? beside
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }()

    private static func read(_ name: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: try #require(folder) + "/" + name)))
    }

    @Test("the shapes that the other tests use are those of the recordings", .enabled(if: folder != nil))
    func shapesAreRecorded() throws {
        let lines = String(decoding: try Self.read("raw_frames_bot.jsonl"), as: UTF8.self).split(separator: "\n")
        let frames = try lines.map { line in
            Shape.of(try JSONValue(parsing: String(line))["raw"].map { try JSONValue(parsing: $0.string ?? "") } ?? nil)
        }
        #expect(frames == RecordedShapes.frames)

        let answers = try JSONValue(parsing: Self.read("rest_answers.json")).members ?? []
        let texts = answers.map { member in
            let names = member.value["headers"]?.members?.map(\.name) ?? []
            let body = member.value["body"] ?? nil
            return Self.line(
                member.name, Int(member.value["status"]?.integer ?? 0), names, body == "" ? "-" : Shape.of(body))
        }
        #expect(texts.sorted() == RecordedShapes.answers.sorted())

        let edges = try JSONValue(parsing: Self.read("ws_protocol_edges.json")).members ?? []
        let recorded = try edges.map { edge in
            var end = ""
            var frames: [String] = []
            for step in edge.value.array?.compactMap(\.array) ?? [] {
                switch step[0] {
                case "HTTP": end = "HTTP\(step[1].integer ?? 0)"
                case "closed after": end = "closed"
                case "still open after": end = "open"
                default:
                    let frame = try JSONValue(parsing: step[1].string ?? "")
                    if frame.kind != "status_change" { frames.append(Shape.of(frame)) }
                }
            }
            return ([edge.name.replacing(" ", with: "_"), end] + frames).joined(separator: " ")
        }
        #expect(recorded.sorted() == RecordedShapes.edges.sorted())

        let silencers = try JSONValue(parsing: Self.read("silencers.json")).array ?? []
        let courses = silencers.map { silencer in
            let steps = (silencer["steps"]?.array ?? []).map { step in
                let names = step.array?.lazy.compactMap(\.strings).first ?? []
                return names.isEmpty ? "-" : names.joined(separator: ",")
            }
            return ([silencer["case"]?.string?.replacing(" ", with: "_") ?? ""] + steps).joined(separator: " ")
        }
        #expect(courses == RecordedShapes.silencers)
    }

    private static func line(_ name: String, _ status: Int, _ headers: [String], _ body: String) -> String {
        let ignored: Set = ["Date", "Content-Length", "Content-Encoding"]
        let names = headers.filter { !ignored.contains($0) }.sorted().joined(separator: ",")
        return "\(name) \(status) \(names) \(body)"
    }

    // MARK: Frames

    @Test("the recorded course of events gives the recorded frames in the recorded order")
    func frames() throws {
        let connection = world.connectByChallenge()
        let (bot, admin, channel) = (world.demo.botID, world.demo.adminID, world.demo.channelID)
        let root = world.post("hello bot @holdfast")
        world.post("a reply", rootID: root)
        let reaction: JSONValue = [
            "user_id": .string(admin), "post_id": .string(root), "emoji_name": "thumbsup",
        ]
        world.asAdmin("POST", "/reactions", reaction)
        world.asAdmin("DELETE", "/users/me/posts/\(root)/reactions/thumbsup")
        world.asAdmin("PUT", "/posts/\(root)/patch", ["message": "edited"])
        let typist = try #require(world.connect(world.demo.adminToken))
        #expect(
            world.send(
                ["seq": 1, "action": "user_typing", "data": ["channel_id": .string(channel), "parent_id": ""]],
                on: typist))
        for status in ["away", "online"] {
            world.asBot("PUT", "/users/me/status", ["user_id": .string(bot), "status": .string(status)])
        }
        world.asAdmin("PUT", "/users/me/patch", ["nickname": "boss"])
        world.asBot("POST", "/channels/members/me/view", ["channel_id": .string(channel)])
        let direct = world.model.createChannel(
            teamID: "", kind: .direct, name: "\(bot)__\(admin)", displayName: "", creatorID: bot,
            members: [bot, admin])
        world.asAdmin("POST", "/posts", ["channel_id": .string(direct.id), "message": "a direct message"])
        let made = world.asAdmin(
            "POST", "/channels",
            ["team_id": .string(world.demo.teamID), "name": "tmp", "display_name": "Tmp", "type": "P"])
        let other = try #require(made.json["id"]?.string)
        world.asAdmin("POST", "/channels/\(other)/members", ["user_id": .string(bot)])
        world.asAdmin("PUT", "/channels/\(other)/patch", ["header": "new"])
        world.asAdmin("DELETE", "/channels/\(other)/members/\(bot)")
        world.asAdmin("DELETE", "/channels/\(other)")
        world.asAdmin(
            "POST", "/posts/ephemeral",
            ["user_id": .string(bot), "post": ["channel_id": .string(channel), "message": "only you"]])
        world.asBot("POST", "/posts", ["channel_id": .string(channel), "message": "own post"])
        world.asAdmin("DELETE", "/posts/\(root)")
        let frames = connection.drain()
        #expect(frames.map(Shape.of) == RecordedShapes.frames)
        #expect(frames.compactMap { $0["seq"]?.integer } == Array(0...21))
    }

    // MARK: Answers

    @Test("each recorded request gets the recorded status, headers and body", arguments: RecordedShapes.answers)
    func answer(recorded: String) throws {
        let name = try #require(recorded.split(separator: " ").first.map(String.init))
        prepare()
        let made = self.request(for: name)
        let request = try #require(made, "no request for \(name)")
        let answer = Router.respond(to: request, by: world.model)
        let body = answer.body.isEmpty ? "-" : Shape.of(try JSONValue(parsing: answer.body))
        #expect(Self.line(name, answer.status, answer.headers.map(\.name), body) == recorded)
    }

    /// The state that the recorded answers show.
    private func prepare() {
        let bot = world.demo.botID
        world.asAdmin("PUT", "/bots/\(bot)", ["description": "a bot"])
        world.asBot(
            "PUT", "/users/me/patch",
            ["notify_props": ["desktop": "all", "first_name": "false", "mention_keys": ",x"]])
        world.asBot("DELETE", "/users/me/status/custom")
        world.asBot("GET", "/users/me")
        _ = world.model.directChannel(bot, world.demo.adminID)
    }

    private func request(for name: String) -> APIRequest? {
        let (bot, channel) = (world.demo.botID, world.demo.channelID)
        let unknown = "aaaaaaaaaaaaaaaaaaaaaaaaaa"
        switch name {
        case "users_me": return get("/users/me")
        case "users_me_if_none_match":
            var request = get("/users/me")
            request.headers["if-none-match"] = world.model.users[bot]?.etag
            return request
        case "system_ping": return get("/system/ping")
        case "system_ping_full": return get("/system/ping?get_server_status=true")
        case "posts_since":
            let start = world.model.now
            let root = world.post("root")
            world.post("reply", rootID: root)
            world.asAdmin("PUT", "/posts/\(root)/patch", ["message": "edited"])
            world.asBot("POST", "/posts", ["channel_id": .string(channel), "message": "own post"])
            world.asAdmin("DELETE", "/posts/\(root)")
            return get("/channels/\(channel)/posts?since=\(start)")
        case "posts_page":
            world.post()
            world.asBot("POST", "/posts", ["channel_id": .string(channel), "message": "own post"])
            return get("/channels/\(channel)/posts?page=0&per_page=3")
        case "posts_after":
            let anchor = world.post()
            world.asBot("POST", "/posts", ["channel_id": .string(channel), "message": "own post"])
            return get("/channels/\(channel)/posts?after=\(anchor)")
        case "posts_since_future": return get("/channels/\(channel)/posts?since=\(world.model.now + 10_000)")
        case "401_no_token": return get("/users/me", token: nil)
        case "401_bad_token": return get("/users/me", token: "bad")
        case "404_unknown_post": return get("/posts/\(unknown)")
        case "404_unknown_user": return get("/users/\(unknown)")
        case "404_unknown_route": return get("/nope")
        case "400_bad_id": return get("/posts/zz")
        case "403_other_channel":
            let other = world.model.createChannel(
                teamID: world.demo.teamID, kind: .private, name: "p", displayName: "P",
                creatorID: world.demo.adminID)
            return get("/channels/\(other.id)/posts")
        case "403_forbidden": return post("/bots/\(bot)/disable", token: world.demo.botToken)
        case "bots_get": return get("/bots/\(bot)?include_deleted=true", token: world.demo.adminToken)
        case "post_create":
            return post("/posts", body: ["channel_id": .string(channel), "message": "x"])
        case "400_bad_json": return post("/posts")
        case "400_too_long":
            let long = String(repeating: "x", count: 20_000)
            return post("/posts", body: ["channel_id": .string(channel), "message": .string(long)])
        case "channel_get": return get("/channels/\(channel)")
        case "users_me_teams": return get("/users/me/teams")
        case "users_me_channels": return get("/users/me/teams/\(world.demo.teamID)/channels")
        case "config_client": return get("/config/client?format=old")
        case "user_status": return get("/users/\(bot)/status")
        case "reactions":
            let id = world.post()
            return get("/posts/\(id)/reactions")
        case "users_me_sessions": return get("/users/me/sessions")
        case "users_me_tokens": return get("/users/\(bot)/tokens")
        default: return nil
        }
    }

    private func get(_ target: String) -> APIRequest { get(target, token: world.demo.botToken) }

    private func get(_ target: String, token: String?) -> APIRequest {
        let (path, query) = APIRequest.parse(target: "/api/v4" + target) ?? ("", [])
        var request = APIRequest(method: "GET", path: path, query: query)
        if let token { request.headers["authorization"] = "Bearer \(token)" }
        return request
    }

    private func post(_ target: String, token: String? = nil, body: JSONValue? = nil) -> APIRequest {
        var request = get(target, token: token ?? world.demo.adminToken)
        request.method = "POST"
        request.body = body?.bytes ?? []
        return request
    }

    // MARK: Edges

    @Test("each recorded edge gives the recorded frames and the recorded end", arguments: RecordedShapes.edges)
    func edge(recorded: String) throws {
        let name = try #require(recorded.split(separator: " ").first.map(String.init))
        // These two never become a WebSocket: SocketTests.refusedUpgrades has them.
        guard name != "bad_Origin", name != "token_as_query_parameter" else {
            #expect(recorded == (name == "bad_Origin" ? "bad_Origin HTTP403" : "token_as_query_parameter HTTP401"))
            return
        }
        let (frames, end) = try perform(name)
        #expect(([name, end] + frames.map(Shape.of)).joined(separator: " ") == recorded)
    }

    private func perform(_ name: String) throws -> (frames: [JSONValue], end: String) {
        let hasHeader = ![
            "no_auth_at_all", "wrong_token_in_header", "challenge_seq=0", "request_before_auth",
            "request_before_auth,_then_auth", "wrong_token_by_challenge", "empty_token_by_challenge",
            "challenge_without_token",
        ].contains(name)
        let token = hasHeader ? world.demo.botToken : name == "wrong_token_in_header" ? "wrong" : nil
        let resume: ServerModel.ResumeRequest? =
            switch name {
            case "unknown_connection_id": .init(connectionID: "aaaaaaaaaaaaaaaaaaaaaaaaaa", sequenceNumber: "5")
            case "malformed_connection_id": .init(connectionID: "zz", sequenceNumber: "5")
            default: nil
            }
        guard let connection = world.model.connect(token: token, resume: resume) else { return ([], "closed") }
        var isOpen = true
        for text in try texts(of: name) where isOpen {
            // The codec, not the model, ends what is too long: SocketTests.messageTooBig has it on a socket.
            isOpen = text.utf8.count <= SimulatorServer.maximumMessageBytes && world.send(text, on: connection)
        }
        let frames = connection.drain().filter { $0.kind != "status_change" }
        return (frames, isOpen && world.model.passesAuthenticationCheck(connection) ? "open" : "closed")
    }

    private func texts(of name: String) throws -> [String] {
        func challenge(_ data: String, sequence: Int = 1) -> String {
            "{\"seq\":\(sequence),\"action\":\"authentication_challenge\",\"data\":\(data)}"
        }
        func request(_ action: String, _ data: String = "{}") -> String {
            "{\"seq\":1,\"action\":\"\(action)\",\"data\":\(data)}"
        }
        let right = "{\"token\":\"\(world.demo.botToken)\"}"
        let ping = request("ping")
        switch name {
        case "unknown_connection_id", "malformed_connection_id", "no_auth_at_all", "wrong_token_in_header": return []
        case "challenge_without_token": return [challenge("{}")]
        case "wrong_token_by_challenge": return [challenge("{\"token\":\"wrong\"}")]
        case "empty_token_by_challenge": return [challenge("{\"token\":\"\"}")]
        case "challenge_seq=0": return [challenge(right, sequence: 0)]
        case "request_before_auth": return [ping]
        case "request_before_auth,_then_auth": return [ping, challenge(right, sequence: 2)]
        case "right_header_AND_challenge_with_a_wrong_token": return [challenge("{\"token\":\"wrong\"}")]
        case "right_header_AND_challenge_with_the_same_token": return [challenge(right)]
        case "user_typing": return [request("user_typing", "{\"channel_id\":\"\(world.demo.channelID)\"}")]
        case "unknown_extra_fields": return ["{\"seq\":1,\"action\":\"ping\",\"extra\":{\"x\":1}}"]
        case "get_statuses": return [request("get_statuses")]
        case "get_statuses_by_ids":
            let ids = "[\"\(world.demo.botID)\",\"\(world.demo.userID)\"]"
            return [request("get_statuses_by_ids", "{\"user_ids\":\(ids)}")]
        case "get_statuses_by_ids_empty": return [request("get_statuses_by_ids", "{\"user_ids\":[]}")]
        case "message_8192_bytes", "message_8193_bytes":
            let head = "{\"seq\":1,\"action\":\"ping\",\"data\":{\"x\":\""
            let size = name == "message_8192_bytes" ? 8192 : 8193
            return [head + String(repeating: "x", count: size - head.utf8.count - 3) + "\"}}"]
        case "no_action": return ["{\"seq\":1}"]
        case "invalid_JSON": return ["{nonsense"]
        case "request_seq=-1": return ["{\"seq\":-1,\"action\":\"ping\"}"]
        case "request_without_seq": return ["{\"action\":\"ping\"}"]
        case "ping_action": return [ping]
        case "same_seq_twice": return [ping, ping]
        case "user_update_active_status": return [request("user_update_active_status", "{\"user_is_active\":true}")]
        case "unknown_action": return [request("nope")]
        default: throw UnknownEdge(name: name)
        }
    }

    private struct UnknownEdge: Error {
        var name: String
    }
}
