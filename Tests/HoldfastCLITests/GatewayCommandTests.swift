import Foundation
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// `holdfast gateway` as a process, with a simulator of two bots beside it.
@Suite(.timeLimit(.minutes(10))) struct GatewayCommandTests {
    @Test func itHandsOverEachAccountsDeliveriesOnStandardOutput() async throws {
        try await GatewayProcess.run { rig in
            let gateway = try rig.start()
            try await rig.isOpen("one", gateway)
            try await rig.isOpen("two", gateway)
            await rig.post("hello")
            for account in ["one", "two"] { try await rig.hears("hello", account, gateway) }
            gateway.send(SIGTERM)
            #expect(await gateway.status() == 0)
        }
    }

    @Test func whatComesWhileItDoesNotRunIsFetched() async throws {
        try await GatewayProcess.run { rig in
            let first = try rig.start()
            try await rig.isOpen("one", first)
            try await rig.isOpen("two", first)
            await rig.post("before")
            try await rig.hears("before", "one", first)
            first.send(SIGKILL)
            _ = await first.status()
            await rig.post("meanwhile")
            let second = try rig.start()
            for account in ["one", "two"] { try await rig.hears("meanwhile", account, second) }
            second.send(SIGTERM)
            #expect(await second.status() == 0)
        }
    }

    @Test func aCommandGetsLinesAndWhatItFailsComesAgain() async throws {
        // Fails each delivery the first time it runs, is killed by itself then, and does each one the next time.
        let script = """
            if [ -e "$MARK" ]; then
                sed -u -e 's/^{"account":"[^"]*","id":\\([0-9]*\\).*/{"done":\\1}/'
            else
                touch "$MARK"; head -n 1 | sed -e 's/^{"account":"[^"]*","id":\\([0-9]*\\).*/{"failed":\\1,"reason":"not today"}/'
            fi
            """
        try await GatewayProcess.run { rig in
            let mark = rig.folder.appendingPathComponent("mark").path
            let gateway = try rig.start(sink: [
                "type": "command", "command": ["/bin/sh", "-c", script], "environment": ["MARK": mark],
            ])
            try await rig.isOpen("one", gateway)
            await rig.post("hello")
            try await gateway.errors.wait("the failure") { $0.contains { $0.contains("not today") } }
            try await gateway.errors.wait("the end of the command") {
                $0.contains { $0.contains("a command of a sink ended") }
            }
            // All is acknowledged in the end: nothing is repeated by another gateway.
            try await gateway.errors.wait("it was started again") {
                $0.count { $0.contains("a command of a sink was started") } >= 2
            }
            await rig.post("bye")
            gateway.send(SIGTERM)
            #expect(await gateway.status() == 0)
            let next = try rig.start()
            try await rig.isOpen("one", next)
            try await rig.isOpen("two", next)
            await rig.post("last")
            for account in ["one", "two"] { try await rig.hears("last", account, next) }
            #expect(!next.output.objects.contains { $0["repeated"] as? Bool == true && rig.message(of: $0) == "hello" })
            next.send(SIGTERM)
            #expect(await next.status() == 0)
        }
    }

    @Test func theStatusPageTellsWhatIsSo() async throws {
        try await GatewayProcess.run { rig in
            try rig.configure(accounts: ["one", "two"], status: ["listen": "127.0.0.1:0"])
            let gateway = try CommandProcess(["gateway", "--config", rig.file.path])
            for account in ["one", "two"] { try await rig.isOpen(account, gateway) }
            try await gateway.errors.wait("the address") { $0.contains { $0.contains("status page on ") } }
            let line = try #require(gateway.errors.all.first { $0.contains("status page on ") })
            let address = try #require(line.split(separator: " ").last.map(String.init))
            let loop = try EventLoop.start(name: "looker")
            func text(_ path: String) async throws -> (status: Int, body: String) {
                let response = try await loop.perform(HTTPRequest(url: address + path))
                return (response.status, String(decoding: response.body, as: UTF8.self))
            }
            #expect(try await text("readyz").status == 200)
            #expect(try await text("").body.contains("<svg"))
            let metrics = try await text("metrics").body
            #expect(metrics.contains(#"holdfast_accounts{state="open"} 2"#) && metrics.hasSuffix("} 1\n"), "\(metrics)")
            await loop.run { loop.closeHTTPConnections() }
            try? loop.stop()
            gateway.send(SIGTERM)
            #expect(await gateway.status() == 0)
        }
    }

    @Test func itTakesCommandsThroughItsSocket() async throws {
        try await GatewayProcess.run { rig in
            let gateway = try rig.start()
            for account in ["one", "two"] { try await rig.isOpen(account, gateway) }
            func ctl(_ arguments: String...) async throws -> (status: Int32, text: String) {
                let command = try CommandProcess(["ctl"] + arguments + ["--config", rig.file.path])
                return (await command.status(), (command.output.all + command.errors.all).joined(separator: "\n"))
            }
            let list = try await ctl("list")
            #expect(list.status == 0 && list.text.contains("2 accounts, "), "\(list.text)")
            let proof = try await ctl("probe", "one", "three", "two")
            #expect(proof.status == 1 && proof.text.contains("there is no account three"), "\(proof.text)")
            #expect(proof.text.contains("one: alive") && proof.text.contains("two: alive"), "\(proof.text)")
            #expect(try await ctl("stop", "one").text == "one: stopped")
            #expect(try await ctl("list", "--state", "stopped").text.contains("! stopped by hand"))
            await rig.post("hello")
            #expect(try await ctl("start", "one").status == 0)
            for account in ["one", "two"] { try await rig.hears("hello", account, gateway) }
            let shown = try await ctl("show", "one")
            #expect(shown.text.contains("idle → connecting") && shown.text.contains("T01"), "\(shown.text)")
            let trace = try await ctl("trace", "one")
            #expect(trace.text.hasPrefix(#"{"type":"trace""#) && !trace.text.contains("127.0.0.1"), "\(trace.text)")
            #expect(LineLog.object(try await ctl("show", "one", "--json").text)["history"] is [Any])
            // Killed, it leaves its socket; the next one takes its place.
            gateway.send(SIGKILL)
            _ = await gateway.status()
            let nobody = try await ctl("list")
            #expect(nobody.status == 69 && nobody.text.contains("has ended"), "\(nobody.text)")
            let second = try rig.start()
            for account in ["one", "two"] { try await rig.isOpen(account, second) }
            #expect(try await ctl("list").status == 0)
            second.send(SIGTERM)
            #expect(await second.status() == 0)
            let none = try await ctl("list")
            #expect(none.status == 69 && none.text.contains("is the gateway running"), "\(none.text)")
        }
    }

    @Test(arguments: [
        ([], "tell what to do"), (["dance"], "list, show, trace"), (["show"], "the name of one account"),
        (["probe"], "or several"), (["list", "one"], "show ACCOUNT"), (["list", "--state", "mad"], "connecting"),
        (["list", "--config", "none.json"], "none.json: cannot be read"),
        (["list", "--socket", "none.sock"], "there is no none.sock"),
    ]) func whatCtlDoesNotUnderstandIsSaid(arguments: [String], reason: String) async throws {
        let command = try CommandProcess(["ctl"] + arguments)
        #expect([64, 69].contains(await command.status()))
        #expect(command.errors.all.count == 1 && command.errors.all[0].contains(reason), "\(command.errors.all)")
    }

    @Test func aReloadTouchesOnlyWhatIsChanged() async throws {
        try await GatewayProcess.run { rig in
            let gateway = try rig.start(accounts: ["one"])
            try await rig.isOpen("one", gateway)
            try rig.configure(accounts: ["one", "two"])
            gateway.send(SIGHUP)
            try await rig.isOpen("two", gateway)
            try Data("{\"accounts\": [,]}".utf8).write(to: rig.file)
            gateway.send(SIGHUP)
            try await gateway.errors.wait("the refusal") {
                $0.contains { $0.contains("the new configuration is not used") && $0.contains(":1:15:") }
            }
            await rig.post("hello")
            for account in ["one", "two"] { try await rig.hears("hello", account, gateway) }
            #expect(gateway.errors.all.count { $0.contains("account=one") && $0.contains("id=T01") } == 1)
            gateway.send(SIGTERM)
            #expect(await gateway.status() == 0)
        }
    }

    @Test func whatIsWrongIsSaidByLineAndColumn() async throws {
        try await GatewayProcess.run { rig in
            try Data("{\n  \"servres\": {}\n}\n".utf8).write(to: rig.file)
            for options in [["--check"], []] {
                let gateway = try CommandProcess(["gateway", "--config", rig.file.path] + options)
                #expect(await gateway.status() == 64)
                #expect(gateway.errors.all.contains { $0.contains("\(rig.file.path):2:3:") && $0.contains("servers") })
            }
            try rig.configure(accounts: ["one", "two"])
            let check = try CommandProcess(["gateway", "--config", rig.file.path, "--check"])
            #expect(await check.status() == 0)
            #expect(check.errors.all.contains { $0.contains("is right: 2 accounts, 1 servers, 1 sinks") })
        }
    }

    @Test(arguments: ["--schema", "--sample"]) func whatItPrintsIsJSON(option: String) async throws {
        let gateway = try CommandProcess(["gateway", option])
        #expect(await gateway.status() == 0)
        let text = gateway.output.all.joined(separator: "\n")
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8)) is [String: Any])
    }
}

/// A folder with a configuration, and a simulator with the bots `one` and `two`.
struct GatewayProcess {
    let folder: URL
    let simulator: Simulator
    let fixture: SimulatorFixture

    var file: URL { folder.appendingPathComponent("gateway.json") }

    static func run(_ body: (GatewayProcess) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(world: loop, configuration: .init(authenticationCheck: .seconds(3600)))
        try await simulator.start()
        let rig = GatewayProcess(folder: folder, simulator: simulator, fixture: await simulator.fixture)
        for name in ["one", "two"] {
            let bot = try #require(await simulator.makeBot(named: name))
            let token = folder.appendingPathComponent("\(name).token")
            try Data("\(bot.token)\n".utf8).write(to: token)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: token.path)
        }
        let result: Result<Void, any Error>
        do { result = .success(try await body(rig)) } catch { result = .failure(error) }
        await simulator.stop()
        try loop.stop()
        try result.get()
    }

    func configure(
        accounts: [String], sink: [String: Any] = ["type": "stdout"], status: [String: Any]? = nil
    ) throws {
        var configuration: [String: Any] = [
            "loops": 2, "servers": ["main": ["url": fixture.url]], "sinks": ["the": sink],
            "accounts": accounts.map { ["name": $0, "server": "main", "token_file": "\($0).token", "sink": "the"] },
        ]
        configuration["status"] = status
        try JSONSerialization.data(withJSONObject: configuration).write(to: file)
    }

    func start(accounts: [String] = ["one", "two"], sink: [String: Any] = ["type": "stdout"]) throws -> CommandProcess {
        try configure(accounts: accounts, sink: sink)
        return try CommandProcess(["gateway", "--config", file.path])
    }

    /// Open, and its channels are taken stock of.
    func isOpen(_ account: String, _ gateway: CommandProcess) async throws {
        try await gateway.errors.wait("\(account) to be open") { lines in
            lines.contains { $0.contains(" caught up account=\(account) ") }
        }
    }

    func post(_ message: String) async {
        #expect(await simulator.post(message, channelID: fixture.channelID, userID: fixture.userID) != nil)
    }

    func message(of object: [String: Any]) -> String? {
        guard object["event"] as? String == "posted", let data = object["data"] as? [String: Any],
            let post = data["post"] as? String
        else { return nil }
        return LineLog.object(post)["message"] as? String
    }

    func hears(_ message: String, _ account: String, _ gateway: CommandProcess) async throws {
        try await gateway.output.wait("\(message) for \(account)") { lines in
            lines.contains { line in
                let object = LineLog.object(line)
                return object["account"] as? String == account && self.message(of: object) == message
            }
        }
    }
}
