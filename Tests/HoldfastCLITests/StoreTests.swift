import Foundation
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// `--store`, and the echo bot, as processes against a simulator in this one.
@Suite(.timeLimit(.minutes(10))) struct StoreTests {
    @Test func aWatchGoesOnWhereItLeftOff() async throws {
        try await StoreRig.run { rig in
            let first = try rig.start("watch")
            try await first.output.wait(for: ["type": "catch_up", "phase": "finished"])
            try await rig.post("first")
            try await first.output.wait("the post") { $0.contains { $0.contains("first") } }
            // What follows is noted only after it is printed, so the signal cannot come too early.
            first.send(SIGTERM)
            #expect(await first.status() == 0, "\(first.errors.all)")
            try await rig.post("while nobody watched")
            let second = try rig.start("watch")
            try await second.output.wait("the post") { $0.contains { $0.contains("while nobody watched") } }
            try await rig.post("third")
            try await second.output.wait("the post") { $0.contains { $0.contains("third") } }
            second.send(SIGTERM)
            #expect(await second.status() == 0)

            let deliveries = (first.output.objects + second.output.objects).filter {
                $0["type"] as? String == "delivery"
            }
            let members: Set<String> = [
                "type", "number", "source", "reason", "repeated", "event", "data", "broadcast",
            ]
            for delivery in deliveries { #expect(Set(delivery.keys) == members, "\(delivery)") }
            let posts = deliveries.filter { $0["event"] as? String == "posted" }
            #expect(posts.map { $0["source"] as? String } == ["live", "caught up", "live"])
            #expect(posts.allSatisfy { $0["repeated"] as? Bool == false })
            let numbers = deliveries.compactMap { $0["number"] as? Int }
            #expect(numbers == numbers.sorted() && Set(numbers).count == numbers.count)
            #expect(!rig.contents().contains(rig.fixture.botToken), "no secret in the file")
        }
    }

    @Test func aSecondProcessOnTheSameFileIsToldSo() async throws {
        try await StoreRig.run { rig in
            let first = try rig.start("watch")
            try await first.output.wait(for: ["type": "catch_up", "phase": "finished"])
            let second = try rig.start("watch")
            #expect(await second.status() == 74)
            #expect(
                second.errors.all.contains { $0.contains("--store") && $0.contains("in use") && $0.contains(rig.path) })
            try await rig.post("goes on")
            try await first.output.wait("the post") { $0.contains { $0.contains("goes on") } }
            // A process that is killed leaves the file to the next one.
            first.send(SIGKILL)
            _ = await first.status()
            let third = try rig.start("watch")
            try await third.output.wait(for: ["type": "catch_up", "phase": "finished"])
            third.send(SIGTERM)
            #expect(await third.status() == 0)
        }
    }

    @Test func aFileThatIsNoStoreStaysAsItIs() async throws {
        try await StoreRig.run { rig in
            let text = String(repeating: "not a store\n", count: 1000)
            try text.write(toFile: rig.path, atomically: true, encoding: .utf8)
            let watch = try rig.start("watch")
            #expect(await watch.status() == 74)
            #expect(watch.errors.all.contains { $0.contains("--store") && $0.contains(rig.path) })
            #expect(try String(contentsOfFile: rig.path, encoding: .utf8) == text)
            let folder = try rig.start("watch", path: rig.path + "/missing/file")
            #expect(await folder.status() == 74)
        }
    }

    @Test func theStoreOfAnotherAccountIsRefused() async throws {
        try await StoreRig.run { rig in
            let first = try rig.start("watch")
            try await first.output.wait(for: ["type": "catch_up", "phase": "finished"])
            first.send(SIGTERM)
            #expect(await first.status() == 0)
            let other = try rig.start("watch", token: rig.fixture.userToken)
            #expect(await other.status() == 74)
            #expect(other.errors.all.contains { $0.contains("belongs to the account \(rig.fixture.botID)") })
        }
    }

    @Test func theEchoBotAnswersOnceAlsoWhatCameWhileItDidNotRun() async throws {
        try await StoreRig.run { rig in
            let first = try rig.start("echo", ["--json"])
            // It prints answers only: the first one tells that it has begun.
            var greetings = 0
            while first.output.count == 0 {
                greetings += 1
                try await rig.post("hello \(greetings)")
                for _ in 0..<10_000 where first.output.count == 0 { await Task.yield() }
            }
            try await rig.answered("hello \(greetings)")
            try await first.output.wait("the answer") { $0.contains { $0.contains("answer_id") } }
            first.send(SIGKILL)
            _ = await first.status()
            try await rig.post("are you there?")
            let second = try rig.start("echo", ["--json"])
            try await second.output.wait("the answer") { lines in
                lines.contains { LineLog.object($0)["source"] as? String == "caught up" }
            }
            second.send(SIGTERM)
            #expect(await second.status() == 0, "\(second.errors.all)")
            let answers = await rig.messages().filter {
                $0.message == "are you there?" && $0.userID == rig.fixture.botID
            }
            #expect(answers.count == 1)
            #expect(answers.first?.rootID.isEmpty == false, "in the thread")
            let hellos = await rig.messages().filter { $0.userID == rig.fixture.botID && $0.message.hasPrefix("hello") }
            #expect(Set(hellos.map(\.message)).count == hellos.count, "none twice")
        }
    }
}

/// A simulator, and a file for a store.
private final class StoreRig: Sendable {
    struct Message: Sendable {
        var userID: String
        var message: String
        var rootID: String
    }

    let simulator: Simulator
    let fixture: SimulatorFixture
    let path: String

    private init(_ simulator: Simulator, _ fixture: SimulatorFixture, _ path: String) {
        self.simulator = simulator
        self.fixture = fixture
        self.path = path
    }

    static func run(_ body: (StoreRig) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(world: loop, configuration: .init(authenticationCheck: .seconds(3600)))
        try await simulator.start()
        let rig = StoreRig(
            simulator, await simulator.fixture, folder.appendingPathComponent("watch.holdfast").path)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(rig))
        } catch {
            result = .failure(error)
        }
        await simulator.stop()
        try loop.stop()
        try result.get()
    }

    func start(
        _ command: String, _ options: [String] = [], path: String? = nil, token: String? = nil
    ) throws -> CommandProcess {
        try CommandProcess(
            [command, "--server", fixture.url, "--store", path ?? self.path] + options,
            environment: ["HOLDFAST_TOKEN": token ?? fixture.botToken])
    }

    func post(_ message: String) async throws {
        _ = try #require(await simulator.post(message, channelID: fixture.channelID, userID: fixture.userID))
    }

    /// Waits until the bot has said the same, which it does before it prints.
    func answered(_ message: String) async throws {
        while !(await messages().contains { $0.userID == fixture.botID && $0.message == message }) {
            try Task.checkCancellation()
            await Task.yield()
        }
    }

    /// Of the channel, newest first.
    func messages() async -> [Message] {
        let response = await simulator.perform(
            "GET", "/api/v4/channels/\(fixture.channelID)/posts?per_page=200", token: fixture.adminToken)
        let object = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        let posts = object?["posts"] as? [String: [String: Any]] ?? [:]
        return (object?["order"] as? [String] ?? []).compactMap { posts[$0] }.map { post in
            Message(
                userID: post["user_id"] as? String ?? "", message: post["message"] as? String ?? "",
                rootID: post["root_id"] as? String ?? "")
        }
    }

    /// Of the file and what lies beside it.
    func contents() -> String {
        ["", "-wal", "-done"].map {
            String(decoding: (try? Data(contentsOf: URL(fileURLWithPath: path + $0))) ?? Data(), as: UTF8.self)
        }
        .joined()
    }
}
