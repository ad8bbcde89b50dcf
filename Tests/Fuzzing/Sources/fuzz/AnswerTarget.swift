import HoldfastMattermost
import WorldInterface

extension FuzzTarget {
    /// The first byte chooses the request, the second the status; then a header value that ends with a zero byte, and the
    /// body. No error may show the token, wherever the server puts it.
    static let answer = FuzzTarget(
        name: "answer", summary: "answers of the REST API: users, channels, teams, posts, preferences, errors",
        maximumBytes: 4096,
        dictionary: [
            "\"id\":", "\"username\":", "\"update_at\":", "\"order\":", "\"posts\":", "\"metadata\":", "\"reactions\":",
            "\"emoji_name\":", "\"last_post_at\":", "\"category\":", "\"message\":", "\"status_code\":", secret, "[",
            "]", "{}",
            "null", "true", "9223372036854775807", "-9223372036854775808", "Sun, 06 Nov 1994 08:49:37 GMT", "<b>",
            "</b>",
        ],
        seeds: {
            let post =
                #"{"id":"p","create_at":1,"update_at":2,"user_id":"u","channel_id":"c","message":"m","#
                + #""metadata":{"reactions":[{"user_id":"u","post_id":"p","emoji_name":"e","create_at":3}]}}"#
            let user = #"{"id":"u","username":"n","update_at":5,"is_bot":true}"#
            let bodies = [
                user, "[\(user)]", #"[{"id":"c","type":"O","name":"n","last_post_at":7}]"#, post,
                #"{"order":["p"],"posts":{"p":\#(post)},"next_post_id":"","prev_post_id":"q"}"#,
                #"[{"user_id":"u","category":"c","name":"n","value":"v"}]"#, #"[{"id":"t","name":"n"}]"#,
                #"{"id":"api.context.session_expired","message":"no \#(secret)","status_code":401}"#,
                #"{"id":"\#(secret)\#u{301}","message":"<\#(secret)>\#(secret)\#u{301}","status_code":401}"#,
                "<html><body>Bad <b>Gateway</b></body></html>", "limit exceeded\n",
            ]
            let made = bodies.enumerated().flatMap { index, body in
                (0..<requestCount).map { [$0, UInt8(index % 3)] + Array("2\0".utf8) + Array(body.utf8) }
            }
            let recorded = Recordings.answers.flatMap { answer in
                (0..<requestCount).map { request in
                    [request, UInt8(statuses.firstIndex(of: answer.status) ?? 0)] + Array("1\0".utf8) + answer.body
                }
            }
            return made + recorded
        },
        run: { input in
            guard input.count >= 2 else { return }
            let number = input[0]
            let rest = input[2...]
            let value = String(decoding: rest.prefix { $0 != 0 }, as: UTF8.self)
            let body = Array(rest.drop { $0 != 0 }.dropFirst())
            let response = HTTPResponse(
                status: statuses[Int(input[1]) % statuses.count],
                headers: ["Retry-After", "Date", "Etag", "Token"].map { ($0, value) }, body: body)
            Immediately.run {
                guard let client = client(response) else { preconditionFailure("the client's settings are valid") }
                do throws(MattermostError) {
                    try await request(number, client)
                } catch {
                    let text = "\(error) \(String(reflecting: error))"
                    Violation.check(!contains(text, secret), "an error shows the token: \(text)")
                    Violation.check(text.utf8.count < 64 << 10, "an error of \(text.utf8.count) bytes")
                    if case .rateLimited(let pause) = error {
                        Violation.check((.seconds(1) ... .seconds(3600)).contains(pause), "a pause of \(pause)")
                    }
                }
            }
        })

    private static let secret = "fuzz0secret0token"
    private static let statuses = [200, 401, 429, 503, 404, 403, 400, 304, 302, 204, 201, 500]

    private static let requestCount: UInt8 = 14

    private static func request(_ number: UInt8, _ client: MattermostClient) async throws(MattermostError) {
        switch number % requestCount {
        case 0: _ = try await client.me(ifNoneMatch: "e")
        case 1: _ = try await client.account()
        case 2: _ = try await client.users(["u"])
        case 3: _ = try await client.myChannels()
        case 4: _ = try await client.channel("c")
        case 5: _ = try await client.myTeams()
        case 6: _ = try await client.post("p")
        case 7: _ = try await client.posts(channel: "c").posts.map { ToldFrame.told($0) }
        case 8: _ = try await client.preferences()
        case 9: _ = try await client.react(userID: "u", postID: "p", emoji: "e")
        case 10: _ = try await client.login(id: "u", password: secret)
        case 11: try await client.ping()
        case 12: _ = try await PageReading.read(client)
        default: _ = try await client.createPost(channelID: "c", message: "m", attempts: 1)
        }
    }

    private static func client(_ response: HTTPResponse) -> MattermostClient? {
        guard let server = try? ServerURL("http://localhost"), let token = try? Token(secret) else { return nil }
        return MattermostClient(
            server: server, token: token, now: { Instant(nanoseconds: 0) }, makeSeed: { 1 },
            pause: { _ async throws(CancellationError) in }, perform: { _ async throws(NetworkError) in response })
    }

    /// Byte for byte: a string's own search would overlook a secret whose last letter carries an accent.
    private static func contains(_ text: String, _ part: String) -> Bool {
        let (text, part) = (Array(text.utf8), Array(part.utf8))
        guard text.count >= part.count else { return false }
        return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
    }
}

/// Runs what never really waits, on this thread, to its end.
enum Immediately {
    static func run(_ body: @escaping @Sendable () async -> Void) {
        let isDone = Flag()
        Task.immediate {
            await body()
            isDone.value = true
        }
        Violation.check(isDone.value, "an answer that is there was waited for")
    }

    /// Sound: written and read by this one thread.
    private final class Flag: @unchecked Sendable {
        var value = false
    }
}
