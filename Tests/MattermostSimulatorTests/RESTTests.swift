import HTTPServing
import Testing

@testable import MattermostSimulator

/// The API's manners: permissions, errors, ETag, canary.
@Suite struct RESTTests {
    let world = ModelWorld()

    @Test("users/me: an Etag with update_at in it, 304 for it, another after a change")
    func etag() throws {
        let first = world.asBot("GET", "/users/me")
        let etag = try #require(first.response.header("Etag"))
        let updateAt = try #require(first.json["update_at"]?.integer)
        #expect(etag.contains(".\(updateAt).") && first.response.header("Content-Type") == "application/json")
        var request = APIRequest(method: "GET", path: "/api/v4/users/me")
        request.headers = ["authorization": "bearer \(world.demo.botToken)", "if-none-match": etag]
        let same = Router.respond(to: request, by: world.model)
        #expect(same.status == 304 && same.body.isEmpty && same.header("Etag") == etag)
        world.asBot("PUT", "/users/me/patch", ["nickname": "n"])
        #expect(Router.respond(to: request, by: world.model).status == 200)
    }

    @Test("canary: sidebar first, then the preferences with the nonce, to the own sockets only")
    func canary() throws {
        let own = try #require(world.connect())
        let other = try #require(world.connect(world.demo.adminToken))
        _ = (own.drain(), other.drain())
        let saved = world.asBot(
            "PUT", "/users/me/preferences",
            [["user_id": .string(world.demo.botID), "category": "holdfast", "name": "probe", "value": "n1"]])
        #expect(saved.status == 200 && saved.json == ["status": "OK"])
        let events = own.drain()
        #expect(events.map(\.kind) == ["sidebar_category_updated", "preferences_changed"])
        #expect(events[0]["data"] == .object([]))
        #expect(events[1]["data"]?["preferences"]?.nested.array?.first?["value"] == "n1")
        #expect(other.drain().isEmpty)
        #expect(world.asBot("GET", "/users/me/preferences").json.array?.count == 1)
    }

    @Test(
        "refusals carry the recorded error",
        arguments: [
            ("GET", "/users/me", nil, 401, "api.context.session_expired.app_error"),
            ("GET", "/users/me", "x", 401, "api.context.session_expired.app_error"),
            ("GET", "/posts/aaaaaaaaaaaaaaaaaaaaaaaaaa", "bot", 404, "app.post.get.app_error"),
            ("GET", "/users/aaaaaaaaaaaaaaaaaaaaaaaaaa", "bot", 404, "app.user.missing_account.const"),
            ("GET", "/posts/zz", "bot", 400, "api.context.invalid_url_param.app_error"),
            ("GET", "/nope", "bot", 404, "api.context.404.app_error"),
            ("POST", "/posts", "bot", 400, "api.context.invalid_body_param.app_error"),
            ("POST", "/bots/BOT/disable", "bot", 404, "store.sql_bot.get.missing.app_error"),
            ("POST", "/caches/invalidate", "bot", 403, "api.context.permissions.app_error"),
            ("GET", "/users/ADMIN/sessions", "bot", 403, "api.context.permissions.app_error"),
            ("GET", "/users/me?access_token=BOTTOKEN", nil, 401, "api.context.token_provided.app_error"),
        ] as [(String, String, String?, Int, String)])
    func refusals(method: String, path: String, who: String?, status: Int, id: String) {
        let target = path.replacing("BOTTOKEN", with: world.demo.botToken).replacing("BOT", with: world.demo.botID)
            .replacing("ADMIN", with: world.demo.adminID)
        let reply = world.call(method, target, who == "bot" ? world.demo.botToken : who)
        #expect(reply.status == status && reply.errorID == id)
        #expect(reply.json["status_code"]?.integer == Int64(status))
    }

    @Test("who is not a member neither reads nor writes a channel")
    func membership() throws {
        let channel = world.model.createChannel(
            teamID: world.demo.teamID, kind: .private, name: "p", displayName: "P", creatorID: world.demo.adminID,
            members: [world.demo.adminID])
        #expect(world.asBot("GET", "/channels/\(channel.id)/posts").status == 403)
        #expect(world.asBot("GET", "/channels/\(channel.id)").status == 403)
        let body: JSONValue = ["channel_id": .string(channel.id), "message": "x"]
        #expect(world.asBot("POST", "/posts", body).status == 403)
        let mine = world.post()
        #expect(world.asBot("PUT", "/posts/\(mine)/patch", ["message": "x"]).status == 403)
        #expect(world.asBot("DELETE", "/posts/\(mine)").status == 403)
    }

    @Test("a message over 16,383 characters is refused")
    func tooLong() {
        let body: JSONValue = [
            "channel_id": .string(world.demo.channelID), "message": .string(String(repeating: "x", count: 16384)),
        ]
        #expect(world.asBot("POST", "/posts", body).errorID == "model.post.is_valid.msg.app_error")
    }

    @Test("direct and group channels are made once")
    func directChannels() throws {
        let ids: JSONValue = [.string(world.demo.botID), .string(world.demo.adminID)]
        let first = world.asBot("POST", "/channels/direct", ids)
        #expect(first.status == 201 && first.json["type"] == "D" && first.json["shared"] == false)
        #expect(world.asAdmin("POST", "/channels/direct", ids).json["id"] == first.json["id"])
        let group = world.asAdmin("POST", "/channels/group", [.string(world.demo.botID), .string(world.demo.userID)])
        #expect(group.status == 201 && group.json["type"] == "G")
    }

    @Test("a wrong password is refused, a bot cannot log in, a disabled account neither")
    func login() {
        func logIn(_ name: String, _ password: String) -> Int {
            world.call("POST", "/users/login", nil, ["login_id": .string(name), "password": .string(password)]).status
        }
        #expect(logIn("admin", "password") == 200 && logIn("admin", "x") == 401 && logIn("holdfast", "") == 401)
        world.asAdmin("PUT", "/users/\(world.demo.userID)/active", ["active": false])
        #expect(logIn("alice", "password") == 401)
    }

    @Test("JSON: Go's escapes out, strict and bounded in")
    func json() throws {
        let value: JSONValue = ["a": "<é\"\n\u{1}>", "b": [1, nil, true], "c": .double(1.5)]
        let text = #"{"a":"\u003cé\"\n\u0001\u003e","b":[1,null,true],"c":1.5}"#
        #expect(value.text == text)
        #expect(try JSONValue(parsing: text) == value)
        #expect(try JSONValue(parsing: #" "\ud83d\ude00\ud800" "#) == "😀\u{FFFD}")
        for bad in ["", "01", "1.", "[1,]", "{\"a\"}", "\"\u{1}\"", "tru", "1 2", String(repeating: "[", count: 100)] {
            #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: bad) }
        }
        #expect(throws: JSONSyntaxError.self) { try JSONValue(parsing: [0x22, 0xFF, 0x22]) }
    }

    @Test("dates are HTTP's")
    func dates() {
        #expect(httpDate(milliseconds: 1_795_453_381_000) == "Mon, 23 Nov 2026 17:03:01 GMT")
        #expect(httpDate(milliseconds: 1_709_164_800_000) == "Thu, 29 Feb 2024 00:00:00 GMT")
    }
}
