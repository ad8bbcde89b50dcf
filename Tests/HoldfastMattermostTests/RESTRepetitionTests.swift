import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// Posts are made once, whatever happens to the answers.
@Suite(.timeLimit(.minutes(10))) struct RESTRepetitionTests {
    /// One answer of a script.
    enum Answer: Sendable, Hashable {
        case made
        case status(Int, retryAfter: String? = nil, id: String = "api.x")
        case network(NetworkError.Kind)

        var result: Result<HTTPResponse, NetworkError> {
            switch self {
            case .made: .success(HTTPResponse(status: 201, headers: [], body: Array(Fixture.post("x").utf8)))
            case .status(let status, let retryAfter, let id):
                .success(
                    HTTPResponse(
                        status: status, headers: retryAfter.map { [("Retry-After", $0)] } ?? [],
                        body: Array(#"{"id":"\#(id)","message":"m","status_code":\#(status)}"#.utf8)))
            case .network(let kind): .failure(NetworkError(kind, "scripted"))
            }
        }
    }

    /// Answers one after the other, the last one again and again.
    private func server(_ script: [Answer]) -> FakeServer {
        let left = Lock(script)
        return FakeServer { _ in
            left.withLock { left in left.count > 1 ? left.removeFirst().result : left[0].result }
        }
    }

    private func post(_ server: FakeServer, pendingPostID: String = "", attempts: Int? = nil) async throws -> Post {
        let client = try server.client()
        if let attempts {
            return try await client.createPost(
                channelID: "c", message: "x", pendingPostID: pendingPostID, attempts: attempts)
        }
        return try await client.createPost(channelID: "c", message: "x", pendingPostID: pendingPostID)
    }

    static let passing: [[Answer]] = [
        [.made],
        [.network(.reset), .made],
        [.network(.timedOut), .network(.refused), .network(.nameNotFound), .network(.other), .made],
        [.status(500, id: "api.post.deduplicate_create_post.pending"), .made],
        [.status(503), .status(502), .made],
        [.status(429, retryAfter: "3"), .network(.reset), .made],
    ]

    @Test(arguments: passing) func whatTimeHealsIsSentAgainWordForWord(script: [Answer]) async throws {
        let server = server(script)
        #expect(try await post(server).id == "p1")
        #expect(server.asked.count == script.count)
        #expect(Set(server.asked.map(\.body)).count == 1, "the same request each time")
        #expect(server.asked.allSatisfy { $0.method == "POST" && $0.url.hasSuffix("/api/v4/posts") })
    }

    static let final: [Answer] = [
        .status(400), .status(401), .status(403), .status(404), .status(413), .status(301), .status(200),
        .status(429, retryAfter: "11"), .network(.cancelled), .network(.tlsUntrusted), .network(.tlsHostMismatch),
        .network(.tooLarge), .network(.malformed),
    ]

    @Test(arguments: final) func whatTimeDoesNotHealIsThrownAtOnce(answer: Answer) async throws {
        let server = server([answer])
        await #expect(throws: MattermostError.self) { try await post(server) }
        #expect(server.asked.count == 1)
        #expect(server.waited.isEmpty)
    }

    @Test(arguments: [(nil, 5), (1, 1), (3, 3), (0, 1), (-1, 1)]) func attemptsAreBounded(attempts: Int?, sent: Int)
        async throws
    {
        let server = server([.status(503)])
        await #expect(throws: MattermostError.server(status: 503, id: "api.x", message: "m")) {
            try await post(server, attempts: attempts)
        }
        #expect(server.asked.count == sent)
    }

    @Test func pausesGrowToTheirBoundAndGoByTheServersWordWhereItHasOne() async throws {
        let unanswered = server([.network(.refused)])
        await #expect(throws: MattermostError.self) { try await post(unanswered, attempts: 8) }
        // 100 ms doubled, up to 2 s.
        #expect(unanswered.waited == [100, 200, 400, 800, 1600, 2000, 2000].map { .milliseconds($0) })
        let limited = server([.status(503), .status(429, retryAfter: "7"), .status(503), .made])
        _ = try await post(limited)
        #expect(limited.waited == [.milliseconds(100), .seconds(7), .milliseconds(200)])
    }

    @Test func afterTheServerHasForgottenTheIdNothingIsSentAgain() async throws {
        // The first attempt may have made the post; it is 0.1 + 10 + 10 s old when the fourth is sent, and would be over
        // 25 s old at the fifth.
        let doubtful = server([
            .network(.reset), .status(429, retryAfter: "10"), .status(429, retryAfter: "10"),
            .status(429, retryAfter: "10"), .made,
        ])
        await #expect(throws: MattermostError.rateLimited(retryAfter: .seconds(10))) { try await post(doubtful) }
        #expect(doubtful.asked.count == 4)
        // Where every attempt was turned away at the door there is nothing to forget.
        let certain = server(Array(repeating: .status(429, retryAfter: "10"), count: 4) + [.made])
        _ = try await post(certain)
        #expect(certain.asked.count == 5)
    }

    @Test func eachPostWithoutAnIdGetsItsOwnAndAGivenOneIsKept() async throws {
        let server = server([.made])
        _ = try await post(server)
        _ = try await post(server)
        _ = try await post(server, pendingPostID: "mine:1")
        let bodies = server.asked.map { String(decoding: $0.body, as: UTF8.self) }
        #expect(bodies[0].contains(#""pending_post_id":"holdfast:1-2""#))
        #expect(bodies[1].contains(#""pending_post_id":"holdfast:3-4""#))
        #expect(bodies[2].contains(#""pending_post_id":"mine:1""#))
    }

    @Test func aCancelEndsAPause() async throws {
        let loop = try EventLoop.start()
        let isAsked = Lock<[CheckedContinuation<Void, Never>]>([])
        let server = FakeServer { _ in
            isAsked.withLock { $0.popLast()?.resume() }
            return Answer.status(429, retryAfter: "10").result
        }
        let client = MattermostClient(
            server: try ServerURL("http://chat.test"), token: nil, now: { loop.now }, makeSeed: { 1 },
            pause: { (duration) async throws(CancellationError) in
                // An hour instead: only the cancel ends it.
                try await loop.sleep(for: .seconds(3600))
            },
            perform: { (request) async throws(NetworkError) in try server.reply(to: request) })
        var task: Task<Post, any Error>?
        await withCheckedContinuation { continuation in
            isAsked.withLock { $0.append(continuation) }
            task = Task { try await client.createPost(channelID: "c", message: "x") }
        }
        task?.cancel()
        do {
            _ = try await task?.value
            Issue.record("it was made")
        } catch let error as MattermostError {
            guard case .transport(let error) = error else { throw error }
            #expect(error.kind == .cancelled)
        }
        #expect(server.asked.count == 1)
        await loop.run {}
        try loop.stop()
    }

    // MARK: - Over real sockets

    private func withSimulator(
        _ body: @Sendable (Simulator, SimulatorFixture, MattermostClient, EventLoop) async throws -> Void
    ) async throws {
        let serverLoop = try EventLoop.start(name: "simulator")
        let clientLoop = try EventLoop.start(name: "client")
        let simulator = Simulator(world: serverLoop)
        try await simulator.start()
        let fixture = await simulator.fixture
        let client = MattermostClient(
            server: try ServerURL(fixture.url), token: try Token(fixture.userToken), world: clientLoop)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(simulator, fixture, client, clientLoop))
        } catch {
            result = .failure(error)
        }
        await simulator.stop()
        try clientLoop.stop()
        try serverLoop.stop()
        try result.get()
    }

    @Test(arguments: [true, false]) func aPostWhoseAnswerIsLostTwiceIsMadeOnce(isOnLoop: Bool) async throws {
        try await withSimulator { simulator, fixture, client, loop in
            let before = await simulator.log.createdPostIDs.count
            await simulator.loseAnswers(pathPrefix: "/api/v4/posts", count: 2)
            let post: Post
            if isOnLoop {
                post = try await loop.run {
                    try await client.createPost(channelID: fixture.channelID, message: "once")
                }
            } else {
                post = try await client.createPost(channelID: fixture.channelID, message: "once")
            }
            #expect(await Array(simulator.log.createdPostIDs.dropFirst(before)) == [post.id])
            #expect(post.message == "once")
            let next = try await client.createPost(channelID: fixture.channelID, message: "once")
            #expect(next.id != post.id, "another post with the same text is another post")
        }
    }

    @Test func aServerThatFailsTwiceMakesThePostThen() async throws {
        try await withSimulator { simulator, fixture, client, _ in
            let before = await simulator.log.createdPostIDs.count
            await simulator.failRequests(status: 503, pathPrefix: "/api/v4/posts", count: 2)
            let post = try await client.createPost(channelID: fixture.channelID, message: "at last")
            #expect(await Array(simulator.log.createdPostIDs.dropFirst(before)) == [post.id])
        }
    }

    @Test func aPostThatIsForbiddenIsAskedForOnce() async throws {
        try await withSimulator { simulator, fixture, client, _ in
            // Only the first would be refused.
            await simulator.failRequests(status: 403, pathPrefix: "/api/v4/posts", count: 1)
            await #expect(throws: MattermostError.self) {
                try await client.createPost(channelID: fixture.channelID, message: "no")
            }
            let post = try await client.createPost(channelID: fixture.channelID, message: "yes")
            #expect(post.message == "yes")
        }
    }

    @Test func aRequestThatMeetsItsOwnTwinInWorkGetsThePostOfTheTwin() async throws {
        try await withSimulator { simulator, fixture, client, _ in
            let before = await simulator.log.createdPostIDs.count
            // While the first is held back, the second is told that it is in work, and asks again.
            await simulator.delayAnswers(by: .milliseconds(150))
            async let first = client.createPost(
                channelID: fixture.channelID, message: "twin", pendingPostID: "twin:1", attempts: 10)
            async let second = client.createPost(
                channelID: fixture.channelID, message: "twin", pendingPostID: "twin:1", attempts: 10)
            let ids = try await [first.id, second.id]
            #expect(Set(ids).count == 1)
            #expect(await Array(simulator.log.createdPostIDs.dropFirst(before)) == [ids[0]])
        }
    }
}
