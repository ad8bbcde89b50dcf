import Foundation
import HoldfastMattermost
import Testing

/// What a real server of version 6.6.1 sent, where the recordings are at hand: `HOLDFAST_RECORDINGS`, or
/// `shared/recordings` beside the package. The fixtures of the other tests have the same shapes.
enum Recordings {
    static let folder: URL = {
        if let path = ProcessInfo.processInfo.environment["HOLDFAST_RECORDINGS"] { return URL(filePath: path) }
        return URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/recordings")
    }()

    static var isPresent: Bool {
        FileManager.default.fileExists(atPath: folder.appending(path: "event_hello.json").path)
    }

    static func read(_ name: String) throws -> Data { try Data(contentsOf: folder.appending(path: name)) }

    static var eventFiles: [String] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        return names.filter { $0.hasPrefix("event_") }.sorted()
    }

    /// The JSON texts of an array.
    static func elements(_ name: String) throws -> [String] {
        let array = try #require(try JSONSerialization.jsonObject(with: read(name)) as? [Any])
        return try array.map { String(decoding: try JSONSerialization.data(withJSONObject: $0), as: UTF8.self) }
    }
}

@Suite("Recordings of a real server", .enabled(if: Recordings.isPresent))
struct DecodingRecordingTests {
    @Test("each recorded kind is decoded, and known")
    func kinds() throws {
        var kinds: Set<MattermostEvent.Kind> = []
        for file in Recordings.eventFiles where file != "event_reply.json" {
            for text in try Recordings.elements(file) {
                let event = try Fixture.event(text)
                #expect("event_\(event.name).json" == file)
                #expect(event.kind != .other)
                #expect(try event.content != .other)
                kinds.insert(event.kind)
            }
        }
        #expect(kinds == Set(MattermostEvent.Kind.allCases).subtracting([.other, .preferencesChanged]))
    }

    @Test("raw frames are decoded in the order of their numbers")
    func rawFrames() throws {
        var next: Int64 = 0
        var replies = 0
        for line in String(decoding: try Recordings.read("raw_frames_bot.jsonl"), as: UTF8.self).split(separator: "\n")
        {
            let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
            let raw = try #require(object["raw"] as? String)
            switch try Fixture.decode(raw) {
            case .event(let event):
                #expect(event.sequence == next)
                #expect(event.text + "\n" == raw)
                _ = try event.content
                next += 1
            case .reply(let reply):
                #expect(reply.isOK)
                replies += 1
            }
        }
        #expect(next > 5)
        #expect(replies > 0)
    }

    @Test("every frame in the other recordings is decoded")
    func embeddedFrames() throws {
        var decoded = 0
        func visit(_ value: Any) throws {
            switch value {
            case let text as String where text.hasPrefix("{\"event\"") || text.hasPrefix("{\"status\""):
                if case .event(let event) = try Fixture.decode(text) { _ = try event.content }
                decoded += 1
            case let array as [Any]: for element in array { try visit(element) }
            case let object as [String: Any]: for element in object.values { try visit(element) }
            default: break
            }
        }
        for file in [
            "ws_protocol_edges.json", "cycle_disable_enable.json", "silencers.json", "blind_spots_and_resume.json",
        ] {
            try visit(try JSONSerialization.jsonObject(with: Recordings.read(file)))
        }
        #expect(decoded > 20)
    }

    @Test("recorded REST answers are read")
    func answers() async throws {
        let answers = try #require(
            try JSONSerialization.jsonObject(with: Recordings.read("rest_answers.json")) as? [String: [String: Any]])
        func client(_ name: String) throws -> MattermostClient {
            let answer = try #require(answers[name])
            let body = try JSONSerialization.data(
                withJSONObject: try #require(answer["body"]), options: .fragmentsAllowed)
            let headers = (answer["headers"] as? [String: String] ?? [:]).map { (name: $0.key, value: $0.value) }
            return try FakeServer(
                status: try #require(answer["status"] as? Int), headers, String(decoding: body, as: UTF8.self)
            ).client()
        }
        guard case .user(let user, let etag?) = try await client("users_me").me() else {
            Issue.record("no Etag")
            return
        }
        #expect(user.isBot)
        #expect(etag.contains("\(user.updateAt)"))
        #expect(try await client("users_me_if_none_match").me(ifNoneMatch: etag) == .unchanged)
        let since = try await client("posts_since").posts(channel: "c", .since(1))
        #expect(since.posts.contains { $0.deleteAt > 0 })
        #expect(since.posts.contains { !$0.originalID.isEmpty })
        #expect(try await client("posts_page").posts(channel: "c").posts.count == 3)
        #expect(try await client("posts_since_future").posts(channel: "c") == PostList())
        #expect(try await client("post_create").createPost(channelID: "c", message: "x").message == "x")
        #expect(try await client("channel_get").channel("c").name == "testchan")
        #expect(try await client("users_me_teams").myTeams().map(\.name) == ["testteam"])
        #expect(try await client("users_me_channels").myChannels().contains { $0.type == "D" })
        for (name, answer) in answers where (answer["status"] as? Int ?? 0) >= 400 {
            let client = try client(name)
            await #expect(throws: MattermostError.self, "\(name)") { try await client.ping() }
        }
    }
}
