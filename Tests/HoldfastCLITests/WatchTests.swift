import Foundation
import MattermostSimulator
import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// `holdfast watch` as a process, against a simulator in this one.
@Suite(.timeLimit(.minutes(10))) struct WatchTests {
    @Test(arguments: ["cycle", "token"])
    func aDeafConnectionIsNoticedReplacedAndDelivers(cause: String) async throws {
        try await WatchRig.run(["--probe-interval", "1s"]) { rig in
            try await rig.opened()
            await rig.post("before")
            try await rig.hears("before")
            if cause == "cycle" {
                await rig.admin("POST", "/bots/\(rig.fixture.botID)/disable")
                await rig.admin("POST", "/bots/\(rig.fixture.botID)/enable")
            } else {
                let token = #"{"token_id":"\#(rig.fixture.botTokenID)"}"#
                let members = "/channels/\(rig.fixture.channelID)/members"
                await rig.admin("POST", "/users/tokens/disable", token)
                await rig.admin("DELETE", "\(members)/\(rig.fixture.botID)")
                await rig.admin("POST", members, #"{"user_id":"\#(rig.fixture.botID)"}"#)
                await rig.admin("POST", "/users/tokens/enable", token)
            }
            // By the reply, as a rule; by the canary where the account is cycled between a probe's reply and its next question.
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "deaf"])
            // The first attempt may come while the account or the token is still disabled.
            try await rig.watch.output.wait("it is open again") { lines in
                lines.count { LineLog.object($0)["event"] as? String == "ready" } >= 2
            }
            await rig.post("after")
            try await rig.hears("after")
        }
    }

    @Test func everyLineIsAnObjectWithItsMembersAndNoneHoldsTheToken() async throws {
        try await WatchRig.run { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            await rig.post("line\nbreak, \u{1F600} and \"quotes\"")
            try await rig.hears("line\nbreak, \u{1F600} and \"quotes\"")
            let members: [String: Set<String>] = [
                "transition": ["type", "at", "generation", "id", "from", "event", "to", "reason"],
                "verdict": ["type", "at", "generation", "verdict", "check", "detail"],
                "event": ["type", "event", "seq", "data", "broadcast"],
            ]
            var types: Set<String> = []
            for object in rig.watch.output.objects {
                let type = object["type"] as? String ?? ""
                types.insert(type)
                #expect(Set(object.keys) == members[type], "\(object)")
            }
            #expect(types == ["transition", "verdict", "event"])
            #expect(!rig.watch.output.all.joined().contains(rig.fixture.botToken))
            #expect(!rig.watch.errors.all.joined().contains(rig.fixture.botToken))
        }
    }

    @Test func aRenameDoesNotReconnect() async throws {
        try await WatchRig.run(["--probe-interval", "500ms"]) { rig in
            try await rig.opened()
            await rig.admin("PUT", "/users/\(rig.fixture.botID)/patch", #"{"nickname":"renamed"}"#)
            try await rig.watch.output.wait(for: ["type": "verdict", "check": "canary", "verdict": "alive"])
            let lines = rig.watch.output.all.count
            try await rig.watch.output.wait(
                for: ["type": "verdict", "check": "reply", "verdict": "alive"], from: lines)
            #expect(rig.attempts == 1)
        }
    }

    @Test func aRenameReconnectsWhereThePolicySaysSo() async throws {
        try await WatchRig.run(["--probe-interval", "500ms", "--on-revision-change", "reconnect"]) { rig in
            try await rig.opened()
            await rig.admin("PUT", "/users/\(rig.fixture.botID)/patch", #"{"nickname":"renamed"}"#)
            try await rig.watch.output.wait(for: ["type": "verdict", "check": "revision", "verdict": "deaf"])
            try await rig.watch.output.wait(for: ["type": "transition", "to": "open", "generation": "2"])
        }
    }

    @Test func aRestThatCannotBeReachedDoesNotReconnect() async throws {
        try await WatchRig.run(["--probe-interval", "300ms"]) { rig in
            try await rig.opened()
            await rig.simulator.failRequests(status: 503, count: 100_000)
            let lines = rig.watch.output.all.count
            try await rig.watch.output.wait("five verdicts") { all in
                all.dropFirst(lines).count { LineLog.object($0)["verdict"] as? String == "alive" } >= 5
            }
            #expect(rig.attempts == 1)
            #expect(rig.watch.errors.all.contains { $0.contains("503") })
        }
    }

    @Test func theCanaryAndTheChallengeCanBeChosen() async throws {
        try await WatchRig.run(["--canary", "always", "--auth", "challenge"]) { rig in
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "check": "canary", "verdict": "alive"])
        }
    }

    @Test func aWrongTokenIsReportedAndTriedAgain() async throws {
        try await WatchRig.run(token: "wrongwrongwrongwrongwrong1") { rig in
            try await rig.watch.output.wait("a second attempt") { lines in
                lines.count { LineLog.object($0)["to"] as? String == "connecting" } >= 2
            }
            let failure = try #require(rig.watch.output.objects.first { $0["event"] as? String == "attemptFailed" })
            #expect((failure["reason"] as? String)?.contains("token was refused") == true)
            #expect(failure["to"] as? String == "backoff")
            try await rig.watch.errors.wait("a diagnostic") { $0.contains { $0.contains("check the token") } }
            #expect(!(rig.watch.output.all + rig.watch.errors.all).joined().contains("wrongwrong"))
        }
    }

    @Test func anUnreachableServerGetsOneLineThatSaysWhatToDo() async throws {
        // Nobody listens on port 1 of the loopback address.
        let watch = try CommandProcess(
            ["watch", "--server", "http://127.0.0.1:1"], environment: ["HOLDFAST_TOKEN": "t"])
        try await watch.output.wait("a third attempt") { lines in
            lines.count { LineLog.object($0)["to"] as? String == "connecting" } >= 3
        }
        #expect(watch.errors.all.count == 1, "\(watch.errors.all)")
        #expect(watch.errors.all.first?.contains("connection refused") == true)
        #expect(watch.errors.all.first?.contains("check the URL") == true)
        watch.send(SIGTERM)
        #expect(await watch.status() == 0)
    }

    @Test func tlsIsTrustedByTheFileThatIsGiven() async throws {
        let certificates = TestCertificates()
        try await WatchRig.run(["--ca-file", certificates.authorityFile], tls: certificates.server) { rig in
            #expect(rig.fixture.url.hasPrefix("https://"))
            try await rig.opened()
            try await rig.watch.output.wait(for: ["type": "verdict", "verdict": "alive"])
            await rig.post("over TLS")
            try await rig.hears("over TLS")
        }
    }

    @Test func aCertificateThatNobodyTrustsIsNamedWithWhatToDo() async throws {
        let certificates = TestCertificates()
        try await WatchRig.run(tls: certificates.server) { rig in
            try await rig.watch.errors.wait("a diagnostic") { !$0.isEmpty }
            let line = rig.watch.errors.all[0]
            #expect(line.contains("the certificate of "))
            #expect(line.contains("--ca-file"))
        }
    }

    @Test func aWatchThatNeverReachedItsServerSaysSoAtTheEnd() async throws {
        let watch = try CommandProcess(
            ["watch", "--server", "http://127.0.0.1:1", "--duration", "200ms"], environment: ["HOLDFAST_TOKEN": "t"])
        #expect(await watch.status() == 69)
        #expect(watch.errors.all.last?.contains("never reached") == true)
    }

    @Test func transitionsOnlyPrintsNothingElse() async throws {
        try await WatchRig.run(["--transitions-only", "--probe-interval", "300ms"]) { rig in
            try await rig.watch.output.wait("three probes") { lines in
                lines.count { LineLog.object($0)["event"] as? String == "alive" } >= 3
            }
            #expect(rig.watch.output.objects.allSatisfy { $0["type"] as? String == "transition" })
        }
    }

    @Test(arguments: [SIGINT, SIGTERM])
    func aSignalClosesProperlyAndEndsWithZero(signal: Int32) async throws {
        try await WatchRig.run(signal: signal) { rig in try await rig.opened() }
    }

    @Test func aSignalEndsAnAttemptThatHangs() async throws {
        try await WatchRig.run { rig in
            await rig.simulator.freeze()
            try await rig.watch.output.wait(for: ["to": "connecting"])
        }
    }

    @Test func theDurationEndsIt() async throws {
        try await WatchRig.run(["--duration", "1500ms"], signal: nil) { rig in
            let status = await rig.watch.status()
            let wasOpen = rig.watch.output.objects.contains { $0["to"] as? String == "open" }
            // A machine too busy to connect in that time says so.
            #expect(status == (wasOpen ? 0 : 69))
        }
    }
}

/// A simulator, and a `holdfast watch` on it that takes its token from a file.
final class WatchRig: Sendable {
    let simulator: Simulator
    let fixture: SimulatorFixture
    let watch: CommandProcess

    private init(_ simulator: Simulator, _ fixture: SimulatorFixture, _ watch: CommandProcess) {
        self.simulator = simulator
        self.fixture = fixture
        self.watch = watch
    }

    /// Runs a test's body, then ends the watch by a signal and checks that it ended as it should.
    static func run(
        _ options: [String] = [], token: String? = nil, tls: TLSServerOptions? = nil, signal: Int32? = SIGTERM,
        front: (Endpoint) async throws -> Front = { _ in Front() }, _ body: (WatchRig) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "simulator")
        // A busy machine must not run into the server's check of new connections, which drops instead of going deaf.
        let simulator = Simulator(world: loop, configuration: .init(authenticationCheck: .seconds(3600), tls: tls))
        let port = try await simulator.start()
        let fixture = await simulator.fixture
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try Data("\(token ?? fixture.botToken)\n".utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let front = try await front(Endpoint(host: "127.0.0.1", port: port))
        let watch = try CommandProcess(
            ["watch", "--server", front.server ?? fixture.url, "--token-file", file.path] + front.options + options,
            environment: front.environment)
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(WatchRig(simulator, fixture, watch)))
        } catch {
            result = .failure(error)
        }
        if let signal {
            watch.send(signal)
            let status = await watch.status()
            #expect(status == 0)
            #expect(watch.output.objects.last { $0["type"] as? String == "transition" }?["to"] as? String == "stopped")
        }
        await simulator.stop()
        try loop.stop()
        try result.get()
    }

    /// What stands between the command and the simulator.
    struct Front {
        var server: String?
        var options: [String] = []
        var environment: [String: String] = [:]
    }

    func opened() async throws {
        try await watch.output.wait(for: ["type": "transition", "to": "open", "event": "ready"])
    }

    var attempts: Int { watch.output.objects.count { $0["to"] as? String == "connecting" } }

    func admin(_ method: String, _ path: String, _ body: String = "") async {
        let response = await simulator.perform(method, "/api/v4" + path, token: fixture.adminToken, body: body)
        #expect((200...299).contains(response.status), "\(method) \(path): \(response.status)")
    }

    func post(_ message: String) async {
        #expect(await simulator.post(message, channelID: fixture.channelID, userID: fixture.userID) != nil)
    }

    /// Waits for the `posted` event with this text.
    func hears(_ message: String) async throws {
        try await watch.output.wait("a post") { lines in
            lines.contains { line in
                let object = LineLog.object(line)
                guard object["event"] as? String == "posted", let data = object["data"] as? [String: Any],
                    let post = data["post"] as? String
                else { return false }
                return LineLog.object(post)["message"] as? String == message
            }
        }
    }
}
