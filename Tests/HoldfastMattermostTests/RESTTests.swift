import HoldfastMattermost
import Synchronization
import Testing
import WorldInterface

/// Answers each request from a script and keeps what was asked.
final class FakeServer: Sendable {
    private let requests = Mutex<[HTTPRequest]>([])
    private let pauses = Mutex<[Duration]>([])
    private let seed = Mutex<UInt64>(0)
    private let answer: @Sendable (HTTPRequest) -> Result<HTTPResponse, NetworkError>

    init(_ answer: @escaping @Sendable (HTTPRequest) -> Result<HTTPResponse, NetworkError>) { self.answer = answer }

    convenience init(status: Int, _ headers: [(name: String, value: String)] = [], _ body: String = "") {
        self.init { _ in .success(HTTPResponse(status: status, headers: headers, body: Array(body.utf8))) }
    }

    var asked: [HTTPRequest] { requests.withLock { $0 } }
    /// What was waited between requests; the only time that passes here.
    var waited: [Duration] { pauses.withLock { $0 } }

    func reply(to request: HTTPRequest) throws(NetworkError) -> HTTPResponse {
        requests.withLock { $0.append(request) }
        return try answer(request).get()
    }

    func client(token: String? = "tokentokentokentokentokent") throws -> MattermostClient {
        MattermostClient(
            server: try ServerURL("http://chat.test/base"), token: try token.map { try Token($0) },
            now: { [self] in
                Instant(nanoseconds: pauses.withLock { $0.reduce(Duration.zero, +).wholeNanoseconds })
            },
            makeSeed: { [self] in
                seed.withLock { seed in
                    seed += 1
                    return seed
                }
            },
            pause: { [self] (duration) async throws(CancellationError) in
                pauses.withLock { $0.append(duration) }
                if Task.isCancelled { throw CancellationError() }
            },
            perform: { [self] (request) async throws(NetworkError) in
                try reply(to: request)
            })
    }
}

@Suite("REST")
struct RESTTests {
    static let user = #"{"id":"u1","update_at":7,"username":"bot","is_bot":true,"props":{"a":""},"timezone":{}}"#

    func error(_ server: FakeServer) async throws -> MattermostError? {
        let client = try server.client()
        do throws(MattermostError) {
            _ = try await client.me(ifNoneMatch: "e")
            return nil
        } catch {
            return error
        }
    }

    @Test("the account comes with its Etag, and unchanged when it is")
    func me() async throws {
        let server = FakeServer { request in
            let isKnown = request.headers.contains { $0.name == "If-None-Match" && $0.value == "tag" }
            return .success(
                HTTPResponse(
                    status: isKnown ? 304 : 200, headers: [("ETag", "tag")], body: isKnown ? [] : Array(Self.user.utf8))
            )
        }
        let client = try server.client()
        let user = User(id: "u1", username: "bot", updateAt: 7, isBot: true)
        #expect(try await client.me() == .user(user, etag: "tag"))
        #expect(try await client.me(ifNoneMatch: "tag") == .unchanged)
        #expect(try await client.me(ifNoneMatch: "a\r\nX: y") == .user(user, etag: "tag"))
        let first = try #require(server.asked.first)
        #expect(first.url == "http://chat.test/base/api/v4/users/me")
        #expect(
            first.headers.contains { $0.name == "Authorization" && $0.value == "Bearer tokentokentokentokentokent" })
        #expect(!server.asked.contains { $0.headers.contains { $0.value.contains("\r\n") } })
    }

    @Test("a 304 that was not asked for is no answer")
    func uninvited() async throws {
        let client = try FakeServer(status: 304).client()
        await #expect(throws: MattermostError.self) { _ = try await client.me() }
    }

    static let errorBody =
        #"{"id":"api.x","message":"Invalid \"x\".","detailed_error":"secret details","request_id":"r","status_code":0}"#

    static let failures: [(status: Int, error: MattermostError)] = [
        (400, .badRequest(status: 400, id: "api.x", message: #"Invalid "x"."#)),
        (401, .unauthorized(id: "api.x", message: #"Invalid "x"."#)),
        (403, .forbidden(id: "api.x", message: #"Invalid "x"."#)),
        (404, .notFound(id: "api.x", message: #"Invalid "x"."#)),
        (413, .badRequest(status: 413, id: "api.x", message: #"Invalid "x"."#)),
        (500, .server(status: 500, id: "api.x", message: #"Invalid "x"."#)),
        (503, .server(status: 503, id: "api.x", message: #"Invalid "x"."#)),
    ]

    @Test("each status is its typed error", arguments: failures.indices)
    func status(index: Int) async throws {
        let (status, expected) = Self.failures[index]
        let error = try #require(try await error(FakeServer(status: status, [], Self.errorBody)))
        #expect(error == expected)
        #expect(!error.description.contains("secret details"))
    }

    @Test(
        "a rate limit says how long to wait, within an hour",
        arguments: [("1", 1), ("30", 30), ("0", 1), ("-5", 1), ("99999999", 3600), ("Wed, 21 Oct 2026", 2), (nil, 2)])
    func rateLimit(header: String?, seconds: Int) async throws {
        var headers = [(name: "Content-Type", value: "text/plain"), (name: "X-Ratelimit-Reset", value: "2")]
        if let header { headers.append(("Retry-After", header)) }
        let server = FakeServer(status: 429, headers, "limit exceeded\n")
        #expect(try await error(server) == .rateLimited(retryAfter: .seconds(seconds)))
    }

    @Test("a proxy's page becomes one short line")
    func proxyPage() async throws {
        let page = "<html><head><title>502 Bad Gateway</title></head>\r\n<body>" + String(repeating: "x ", count: 9999)
        guard case .server(502, "", let message) = try await error(FakeServer(status: 502, [], page)) else {
            Issue.record("not a server error")
            return
        }
        #expect(message.hasPrefix("502 Bad Gateway x x"))
        #expect(message.count <= 201)
        #expect(!message.contains("\n"))
    }

    @Test("an echoed token or password is cut out of the message")
    func echo() async throws {
        let token = "tokentokentokentokentokent"
        let server = FakeServer(status: 403, [], "denied: Bearer \(token) and \(token), password hunter2")
        let error = try #require(try await error(server))
        #expect(!error.description.contains(token))
        let client = try server.client(token: nil)
        do throws(MattermostError) {
            _ = try await client.login(id: "a", password: "hunter2")
            Issue.record("logged in")
        } catch {
            #expect(!error.description.contains("hunter2"))
        }
    }

    @Test("a page instead of an answer points at the URL", arguments: ["<html></html>", "", "[]", "{}", "{\"id\":1}"])
    func notMattermost(body: String) async throws {
        guard case .unexpected(let what) = try await error(FakeServer(status: 200, [], body)) else {
            Issue.record("accepted")
            return
        }
        #expect(what.contains("server URL"))
    }

    @Test("what the transport says is passed on")
    func transport() async throws {
        let failure = NetworkError(.refused, "chat.test:80 refuses connections")
        #expect(try await error(FakeServer { _ in .failure(failure) }) == .transport(failure))
    }

    @Test("a redirect is followed on the same host, with the token")
    func redirect() async throws {
        let server = FakeServer { request in
            .success(
                request.url.hasPrefix("http:")
                    ? HTTPResponse(
                        status: 301, headers: [("location", "https://chat.test/base/api/v4/users/me")], body: [])
                    : HTTPResponse(status: 200, headers: [], body: Array(Self.user.utf8)))
        }
        _ = try await server.client().me()
        #expect(
            server.asked.map(\.url) == [
                "http://chat.test/base/api/v4/users/me", "https://chat.test/base/api/v4/users/me",
            ])
        #expect(server.asked.allSatisfy { request in request.headers.contains { $0.name == "Authorization" } })
    }

    @Test(
        "a redirect elsewhere is an error that says what to configure",
        arguments: [
            ("https://other.test/chat/api/v4/users/me?token=x", "give https://other.test/chat as the server URL"),
            ("http://chat.test:8065/base/api/v4/users/me", "give http://chat.test:8065/base as the server URL"),
            ("https://login.test/sign-in", "something in front of the server answers"), (nil, "without saying where"),
        ])
    func redirectElsewhere(location: String?, advice: String) async throws {
        let server = FakeServer(status: 302, location.map { [("Location", $0)] } ?? [])
        guard case .unexpected(let what) = try await error(server) else {
            Issue.record("accepted")
            return
        }
        #expect(what.contains("redirects (302)"))
        #expect(what.contains(advice), "\(what)")
        #expect(!what.contains("token=x"))
        #expect(server.asked.count == 1)
    }

    @Test("a request with a body is repeated only where it stays what it is", arguments: [301, 302, 303, 307, 308])
    func redirectOfPost(status: Int) async throws {
        let server = FakeServer(status: status, [("Location", "https://chat.test/base/api/v4/posts")])
        _ = try? await server.client().createPost(channelID: "c", message: "m", pendingPostID: "p")
        #expect((server.asked.count > 1) == (status > 304), "\(server.asked.map(\.url))")
    }

    @Test("login gives the token of the header")
    func login() async throws {
        let server = FakeServer(status: 200, [("Token", "abc")], Self.user)
        let token = try await server.client(token: nil).login(id: "a\"b", password: "p\\\n\u{1}")
        #expect(token.secret == "abc")
        let request = try #require(server.asked.first)
        #expect(String(decoding: request.body, as: UTF8.self) == #"{"login_id":"a\"b","password":"p\\\n\u0001"}"#)
        #expect(!request.headers.contains { $0.name == "Authorization" })
        #expect(request.headers.contains { $0.name == "Content-Type" && $0.value == "application/json" })
    }

    @Test("requests have Mattermost's methods, paths and bodies")
    func requests() async throws {
        let server = FakeServer { request in
            let body =
                request.url.contains("/channels/c%2F1/posts")
                ? #"{"order":["p2","p1"],"posts":{"p1":P1,"p2":P2,"p0":P0},"next_post_id":"n","prev_post_id":""}"#
                    .replacing("P0", with: Fixture.post("zero", id: "p0"))
                    .replacing("P1", with: Fixture.post("one", id: "p1"))
                    .replacing("P2", with: Fixture.post("two", id: "p2"))
                : request.url.hasSuffix("/reactions")
                    ? #"{"user_id":"u","post_id":"p","emoji_name":"+1","create_at":1}"#
                    : request.url.hasSuffix("/teams")
                        ? #"[{"id":"t1","name":"team","display_name":"Team","type":"O"}]"#
                        : request.url.hasSuffix("channels")
                            ? #"[{"id":"c1","name":"a","last_post_at":5},{"id":"c2","name":"b","type":"D"}]"#
                            : request.url.hasSuffix("/users/me/preferences")
                                ? #"[{"user_id":"u","category":"c","name":"n","value":"v"}]"#
                                : Fixture.post("x")
            return .success(HTTPResponse(status: 200, headers: [], body: Array(body.utf8)))
        }
        let client = try server.client()
        let preference = Preference(userID: "u", category: "c", name: "n", value: "v")
        try await client.setPreferences([preference])
        #expect(try await client.preferences() == [preference])
        #expect(
            try await client.createPost(channelID: "c", message: "é\"", rootID: "r", pendingPostID: "x", props: "{}").id
                == "p1")
        let list = try await client.posts(channel: "c/1", .after("p 0"), page: 1, perPage: 200)
        #expect(list.posts.map(\.message) == ["two", "one"])
        #expect(list.context.map(\.message) == ["zero"])
        #expect(list.nextPostID == "n")
        _ = try await client.posts(channel: "c/1", .since(12))
        _ = try await client.posts(channel: "c/1", .before("p"))
        _ = try await client.posts(channel: "c/1")
        #expect(try await client.myTeams() == [Team(id: "t1", name: "team", displayName: "Team", type: "O")])
        #expect(try await client.myChannels().map(\.lastPostAt) == [5, 0])
        #expect(try await client.myChannels(team: "t").map(\.type) == ["", "D"])
        #expect(try await client.react(userID: "u", postID: "p", emoji: "+1").emojiName == "+1")
        try await client.unreact(userID: "u", postID: "p", emoji: "+1")
        #expect(try await client.patchPost("p", message: "new").id == "p1")
        try await client.deletePost("p")
        #expect(try await client.post("p").isPinned)
        try await client.ping()
        let base = "http://chat.test/base/api/v4"
        #expect(
            server.asked.map {
                "\($0.method) \($0.url.dropFirst(base.count)) \(String(decoding: $0.body, as: UTF8.self))"
            }
                == [
                    #"PUT /users/me/preferences [{"user_id":"u","category":"c","name":"n","value":"v"}]"#,
                    "GET /users/me/preferences ",
                    #"POST /posts {"channel_id":"c","message":"é\"","root_id":"r","pending_post_id":"x","props":{}}"#,
                    "GET /channels/c%2F1/posts?after=p%200&page=1&per_page=200 ",
                    "GET /channels/c%2F1/posts?since=12 ",
                    "GET /channels/c%2F1/posts?before=p&page=0&per_page=60 ",
                    "GET /channels/c%2F1/posts?page=0&per_page=60 ",
                    "GET /users/me/teams ",
                    "GET /users/me/channels ",
                    "GET /users/me/teams/t/channels ",
                    #"POST /reactions {"user_id":"u","post_id":"p","emoji_name":"+1"}"#,
                    "DELETE /users/u/posts/p/reactions/%2B1 ",
                    #"PUT /posts/p/patch {"message":"new"}"#,
                    "DELETE /posts/p ",
                    "GET /posts/p ",
                    "GET /system/ping ",
                ])
    }

    @Test("props that are no object are refused before anything is sent", arguments: ["", "[]", "{", "{}}", "1"])
    func props(props: String) async throws {
        let server = FakeServer(status: 201, [], Fixture.post("x"))
        let client = try server.client()
        await #expect(throws: MattermostError.self) {
            _ = try await client.createPost(channelID: "c", message: "", props: props)
        }
        #expect(server.asked.isEmpty)
    }

    @Test("a list that is null is empty")
    func nullList() async throws {
        #expect(try await FakeServer(status: 200, [], "null").client().myTeams() == [])
    }
}
