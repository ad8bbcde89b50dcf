import ConnectionLifecycle
import Foundation
import Holdfast
import Testing
import UVEventLoop
import WorldInterface

@testable import HoldfastGateway

/// Commands through the control socket.
@Suite(.timeLimit(.minutes(10))) struct ControlServerTests {
    private struct Client: Sendable {
        let path: String
        let loop: EventLoop

        func ask(_ target: String, _ method: String = "GET") async throws -> (status: Int, text: String) {
            let response = try await loop.perform(
                HTTPRequest(method: method, url: "http://localhost\(target)", timeout: .seconds(600), socketPath: path))
            return (response.status, String(decoding: response.body, as: UTF8.self))
        }

        func object(_ target: String, _ method: String = "GET") async throws -> [String: Any] {
            let (status, text) = try await ask(target, method)
            #expect(status == 200, "\(text)")
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        func account(_ target: String, _ method: String = "GET") async throws -> [String: Any] {
            try #require(try await object(target, method)["account"] as? [String: Any])
        }
    }

    /// With the accounts `a` and `b`, both open.
    private func run(_ body: @escaping @Sendable (GatewayRig, Client) async throws -> Void) async throws {
        try await GatewayRig.run { rig in
            let path = "/tmp/holdfast-\(UInt32.random(in: 0...UInt32.max)).sock"
            let loop = try EventLoop.start(name: "control")
            let server = ControlServer(of: rig.gateway, on: loop)
            try await server.start(atPath: path)
            for name in ["a", "b"] { try await rig.gateway.add(try await rig.account(name)) }
            try await rig.areReady(["a", "b"])
            do {
                try await body(rig, Client(path: path, loop: loop))
            } catch {
                Issue.record("\(error)")
            }
            await server.stop()
            await loop.run { loop.closeHTTPConnections() }
            #expect(throws: Never.self) { try loop.stop() }
            #expect(!FileManager.default.fileExists(atPath: path))
        }
    }

    @Test func theListTellsHowAllAre() async throws {
        try await run { rig, client in
            let list = try #require(try await client.object("/accounts")["accounts"] as? [[String: Any]])
            #expect(list.map { $0["name"] as? String } == ["a", "b"])
            #expect(list.allSatisfy { $0["state"] as? String == "open" && $0["server"] as? String == rig.fixture.url })
            try await rig.gateway.halt("a")
            for (state, name) in [("open", "b"), ("stopped", "a")] {
                let some = try await client.object("/accounts?state=\(state)")["accounts"] as? [[String: Any]]
                #expect(some?.map { $0["name"] as? String } == [name])
            }
        }
    }

    @Test func oneAccountIsShownWithItsTransitions() async throws {
        try await run { rig, client in
            try await rig.post("hello")
            try await rig.received.wait("hello") { $0.contains { $0.account == "a" && $0.message == "hello" } }
            let whole = try await client.object("/accounts/a")
            let history = try #require(whole["history"] as? [[String: Any]])
            #expect(history.map { $0["id"] as? String } == ["T01", "T03"])
            #expect((whole["connection"] as? [String: Int])?["attempts"] == 1)
            let trace = try await client.ask("/accounts/a/trace").text.split(separator: "\n")
            #expect(trace.count == 3 && trace[0].hasPrefix(#"{"type":"trace""#))
            #expect(trace.dropFirst().allSatisfy { $0.contains(#""connection":"a""#) })
        }
    }

    @Test func aProbeAnswersWithItsVerdict() async throws {
        try await run { rig, client in
            let proven = try await client.object("/accounts/a/probe", "POST")
            #expect((proven["verdict"] as? [String: Any])?["verdict"] as? String == "alive")
            // Deaf, as a bot is that was disabled and enabled again.
            for isActive in [false, true] { try await rig.setActive(isActive, "b") }
            let deaf = try await client.object("/accounts/b/probe", "POST")
            #expect((deaf["verdict"] as? [String: Any])?["verdict"] as? String == "deaf", "\(deaf)")
        }
    }

    @Test func aReconnectReplacesTheConnection() async throws {
        try await run { rig, client in
            _ = try await client.account("/accounts/a/reconnect", "POST")
            try await rig.told.wait("the second attempt to be open") { entries in
                entries.contains { entry in
                    let fields = Dictionary(entry.fields.map { ($0.name, $0.value) }) { $1 }
                    return fields["account"] == "a" && fields["attempt"] == "2" && fields["to"] == "open"
                }
            }
            #expect(try await rig.gateway.status(of: "b").generation == 1)
        }
    }

    @Test func aStoppedAccountStaysSoUntilItIsStartedAndMissesNothing() async throws {
        try await run { rig, client in
            let stopped = try await client.account("/accounts/a/stop", "POST")
            #expect(stopped["state"] as? String == "stopped" && stopped["problem"] as? String == "stopped by hand")
            #expect(rig.gateway.figures().states == [.stopped: 1, .open: 1])
            for refused in ["probe", "reconnect"] {
                let (status, text) = try await client.ask("/accounts/a/\(refused)", "POST")
                #expect(status == 409 && text.contains("start it first"), "\(text)")
            }
            // Once more changes nothing, nor does a reload.
            _ = try await client.account("/accounts/a/stop", "POST")
            let accounts = try await rig.gateway.accountsForTests()
            try await rig.gateway.apply(accounts)
            #expect(try await rig.gateway.status(of: "a").state == .stopped)
            try await rig.post("meanwhile")
            let started = try await client.account("/accounts/a/start", "POST")
            #expect(started["problem"] is NSNull)
            try await rig.received.wait("what came meanwhile") {
                $0.contains { $0.account == "a" && $0.message == "meanwhile" }
            }
            #expect(rig.received.all.count { $0.account == "a" } == 1)
            _ = try await client.account("/accounts/a/start", "POST")
            #expect(try await rig.gateway.status(of: "a").generation == 1, "it runs already")
        }
    }

    @Test func aRestartBeginsItAgain() async throws {
        try await run { rig, client in
            _ = try await client.account("/accounts/a/stop", "POST")
            _ = try await client.account("/accounts/a/restart", "POST")
            try await rig.post("hello")
            try await rig.received.wait("hello") { $0.contains { $0.account == "a" && $0.message == "hello" } }
        }
    }

    @Test(arguments: [
        ("GET", "/", 404, "/accounts"), ("GET", "/accounts/c", 404, "no account c"),
        ("POST", "/accounts/c/stop", 404, "no account c"), ("GET", "/accounts/a/dance", 404, "probe, reconnect"),
        ("GET", "/accounts/a/stop", 405, "by POST"), ("POST", "/accounts", 405, "by GET"),
        ("GET", "/accounts/%FF", 400, "percent-encoded"),
        ("GET", "/accounts?state=mad", 400, "connecting, open"), ("GET", "/accounts/a/trace/x", 404, "/accounts"),
    ]) func whatCannotBeIsRefused(method: String, target: String, status: Int, reason: String) async throws {
        try await run { _, client in
            let answer = try await client.ask(target, method)
            #expect(answer.status == status && answer.text.contains(reason), "\(answer)")
        }
    }
}

extension Gateway {
    /// What it keeps.
    fileprivate func accountsForTests() async throws -> [Account] {
        var accounts: [Account] = []
        for name in accountNames { accounts.append(try await keeper(name).account) }
        return accounts
    }
}
