import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import StateChartKit
import Testing
import UVEventLoop
import WorldInterface

@testable import HoldfastGateway

/// The status of a gateway, asked for over real sockets.
@Suite(.timeLimit(.minutes(10))) struct StatusServerTests {
    private struct Client: Sendable {
        let port: UInt16
        let loop: EventLoop

        func ask(
            _ path: String, method: String = "GET", host: String = "127.0.0.1", token: String? = nil,
            accept: String? = nil
        ) async throws -> RawClient.Answer {
            try await RawClient.ask(
                path, port: port, on: loop, method: method, host: host, token: token, accept: accept)
        }

        func follow() async throws -> RawClient {
            let client = RawClient(on: loop)
            await client.connect(to: port, sending: "GET /api/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            return client
        }
    }

    /// A gateway without accounts, and its status served on its first loop.
    private func run(
        token: String? = nil, _ body: @escaping @Sendable (GatewayRig, StatusServer, Client) async throws -> Void
    ) async throws {
        try await GatewayRig.run { rig in
            let status = StatusServer(
                of: rig.gateway, on: rig.gateway.loops[0].world, StatusOptions(token: token, version: "1.2.3"))
            let client = Client(port: try await status.start(), loop: try EventLoop.start(name: "client"))
            do {
                try await body(rig, status, client)
            } catch {
                Issue.record("\(error)")
            }
            await status.stop()
            #expect(throws: Never.self) { try client.loop.stop() }
        }
    }

    private func begin(_ rig: GatewayRig, _ names: [String]) async throws {
        for name in names { try await rig.gateway.add(try await rig.account(name)) }
        try await rig.wait(for: names, toBecome: .open)
    }

    private func object(_ text: String) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    }

    // MARK: - Who may ask

    @Test(arguments: [
        ("127.0.0.1:8080", true), ("127.9.9.9", true), ("localhost:1", true), ("LOCALHOST", true), ("[::1]:8080", true),
        ("192.0.2.7:80", true), ("192.0.2.8", false), ("evil.example", false), ("127.0.0.1.evil.example", false),
        ("localhost.evil.example", false), ("", false), ("127.0.0.999", false), ("127.0.0.1@evil.example", false),
    ]) func onlyTheAddressIsServedWithoutAToken(host: String, isServed: Bool) {
        let admission = Admission(token: nil, listenHost: "192.0.2.7")
        let refusal = admission.refusal(host: host, authorization: nil, isOpen: false)
        #expect(refusal == (isServed ? nil : .misdirected))
        // Open or not: a page of another site learns nothing at all.
        #expect(admission.refusal(host: host, authorization: nil, isOpen: true) == refusal)
    }

    @Test func allAddressesAreServedToWhoListensOnAllOfThem() {
        let admission = Admission(token: nil, listenHost: "0.0.0.0")
        #expect(admission.refusal(host: "192.0.2.8:80", authorization: nil, isOpen: false) == nil)
        #expect(admission.refusal(host: "[2001:db8::1]:80", authorization: nil, isOpen: false) == nil)
        #expect(admission.refusal(host: "evil.example", authorization: nil, isOpen: false) == .misdirected)
    }

    @Test(arguments: [
        ("Bearer secret", true), ("bearer secret", true), ("Bearer secreT", false), ("Bearer secret ", false),
        ("Bearer secretsecret", false), ("Bearer ", false), ("Bearer", false), ("Basic secret", false), ("", false),
        ("Bearer s", false),
    ]) func theTokenMustBeTheSame(authorization: String, isAdmitted: Bool) {
        let admission = Admission(token: "secret", listenHost: "127.0.0.1")
        let refusal = admission.refusal(host: "any.example", authorization: authorization, isOpen: false)
        #expect(refusal == (isAdmitted ? nil : .unauthorized))
    }

    @Test func withATokenOnlyThePageAndTheProbesAreOpen() async throws {
        try await run(token: "a-secret") { _, _, client in
            for path in ["/", "/healthz", "/readyz"] {
                #expect(try await client.ask(path, host: "status.example").status == 200)
            }
            for path in ["/metrics", "/api/summary", "/api/accounts", "/api/accounts/a", "/api/events", "/other"] {
                let refused = try await client.ask(path, host: "status.example")
                #expect(refused.status == 401 && refused.head.contains("WWW-Authenticate: Bearer"))
                #expect(try await client.ask(path, token: "a-secreT").status == 401)
            }
            #expect(try await client.ask("/metrics", token: "a-secret").status == 200)
            let page = try await client.ask("/")
            #expect(!page.body.contains("a-secret"))
        }
    }

    // MARK: - What is served

    @Test func thePageIsWholeAndFetchesNothing() async throws {
        try await run { _, _, client in
            let page = try await client.ask("/")
            #expect(page.status == 200)
            for field in [
                "Cache-Control: no-store", "X-Content-Type-Options: nosniff", "default-src 'none'",
                "frame-ancestors 'none'", "Referrer-Policy: no-referrer",
            ] {
                #expect(page.head.contains(field))
            }
            let nonce = try #require(page.head.firstMatch(of: /script-src 'nonce-([0-9a-z]+)'/)?.output.1)
            #expect(
                page.body.contains(#"<script nonce="\#(nonce)">"#) && page.body.contains(#"<style nonce="\#(nonce)">"#))
            #expect(try await client.ask("/").head.contains(nonce) == false, "another one each time")
            #expect(!page.body.contains("{{"))
            // The chart's namespace is the only address in it.
            #expect(page.body.matches(of: /https?:/).count == 1)
            #expect(page.body.firstMatch(of: /\ssrc=|@import|url\(|innerHTML|style="/) == nil)
            for state in State.allCases { #expect(page.body.contains(#"data-state="\#(state)""#)) }
            for row in TransitionTable.standard.rows where row.to != nil {
                #expect(page.body.contains(#"data-count="\#(row.id)""#))
            }
        }
    }

    @Test func whatIsUnknownOrForeignIsRefused() async throws {
        try await run { _, _, client in
            #expect(try await client.ask("/other").status == 404)
            #expect(try await client.ask("/api/accounts/nobody").status == 404)
            #expect(try await client.ask("/api/accounts/%zz").status == 400)
            #expect(try await client.ask("/", method: "POST").status == 405)
            #expect(try await client.ask("/", host: "evil.example").status == 421)
            #expect(try await client.ask("/healthz", host: "evil.example").status == 421)
            let head = try await client.ask("/metrics", method: "HEAD")
            #expect(head.status == 200 && head.body.isEmpty && head.head.contains("Content-Length: "))
        }
    }

    @Test func readyMeansThatAllWereTriedAndOneIsOpen() async throws {
        try await run { rig, _, client in
            #expect(try await client.ask("/readyz").status == 200, "nothing is to be done")
            #expect(try await client.ask("/healthz").body == "ok\n")
            var wrong = try await rig.account("wrong")
            wrong.token = try Token("wrongwrongwrongwrongwrong1")
            try await rig.gateway.add(wrong)
            try await rig.wait(for: ["wrong"], toBecome: .backoff)
            let unready = try await client.ask("/readyz")
            #expect(unready.status == 503 && unready.body == "not ready: none of 1 accounts is connected\n")
            try await begin(rig, ["right"])
            let ready = try await client.ask("/readyz")
            #expect(ready.status == 200 && ready.body == "ready: 1 of 2 accounts are connected\n")
        }
    }

    @Test func anAccountIsShownWithItsHistory() async throws {
        try await run { rig, _, client in
            var account = try await rig.account("plain")
            account.name = "a/b ü\"<script>"
            try await rig.gateway.add(account)
            try await rig.wait(for: [account.name], toBecome: .open)
            try await rig.post("hello")
            try await rig.received.wait("it is handled") { $0.contains { $0.message == "hello" } }
            let answer = try await client.ask("/api/accounts/a%2Fb%20%C3%BC%22%3Cscript%3E")
            #expect(answer.status == 200)
            let json = try object(answer.body)
            #expect(json["name"] as? String == account.name)
            #expect(json["state"] as? Int == Int(State.open.rawValue))
            let history = try #require(json["history"] as? [[String: Any]])
            #expect(history.map { $0["id"] as? String } == ["T01", "T03"])
            let all = try object(try await client.ask("/api/accounts").body)
            let rows = try #require(all["accounts"] as? [[Any]])
            #expect(rows.count == 1 && rows[0][0] as? String == account.name)
            let metrics = try await client.ask("/metrics")
            #expect(metrics.head.contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"))
            #expect(metrics.body.contains("holdfast_accounts{state=\"open\"} 1\n") && !metrics.body.contains("# EOF"))
            let open = try await client.ask("/metrics", accept: "application/openmetrics-text; version=1.0.0")
            #expect(open.head.contains("Content-Type: application/openmetrics-text; version=1.0.0; charset=utf-8\r\n"))
            #expect(open.body.contains("holdfast_accounts{state=\"open\"} 1\n") && open.body.hasSuffix("# EOF\n"))
        }
    }

    // MARK: - Events

    private func rows(_ text: String, _ event: String) -> [[Any]] {
        // The borders of the chunks, which are lines of their own, are left in.
        text.replacing("\r\n", with: "\n").split(separator: "\n").adjacentPairs().filter { $0.0 == "event: \(event)" }
            .flatMap { pair in
                let json = try? JSONSerialization.jsonObject(with: Data(pair.1.dropFirst("data: ".count).utf8))
                return (json as? [String: Any])?["rows"] as? [[Any]] ?? []
            }
    }

    @Test func whoLooksOnSeesAllAccountsAndThenWhatChanges() async throws {
        try await run { rig, _, client in
            try await begin(rig, ["a", "b"])
            let onlooker = try await client.follow()
            try await onlooker.wait("all accounts") { $0.contains(#""last":true"#) }
            #expect(rows(onlooker.text, "accounts").map { $0[0] as? String } == ["a", "b"])
            #expect(onlooker.text.contains(#""counts":[0,0,2,0,0,0,0,0]"#))
            // One that is new, one that is connected anew, and one that goes.
            try await begin(rig, ["c"])
            try await onlooker.wait("the new one") { text in
                text.contains(#"["c","#) && text.contains(#""counts":[0,0,3,0,0,0,0,0]"#)
            }
            try await rig.gateway.reconnect("a")
            try await onlooker.wait("the second attempt of a") {
                rows($0, "changes").contains { row in
                    row[0] as? String == "a" && row[2] as? Int == Int(State.open.rawValue) && row[4] as? Int == 2
                }
            }
            try await rig.gateway.remove("b")
            try await onlooker.wait("b is gone") { $0.contains(#""removed":["b"]"#) }
            try await onlooker.wait("it is not counted") {
                $0.contains(#""counts":[0,0,2,0,0,0,0,0],"edges":[["T01",3]"#)
            }
            await onlooker.close()
            try await onlooker.waitForEnd()
        }
    }

    @Test func afterTooManyChangesAllAccountsComeAgain() async throws {
        try await run { rig, _, client in
            try await begin(rig, ["a"])
            let onlooker = try await client.follow()
            try await onlooker.wait("all accounts") { $0.contains(#""last":true"#) }
            let loop = rig.gateway.loops[0]
            // However a turn of the feed cuts them in two, one part is too much.
            for _ in 0..<20_000 { loop.tell(GatewayLoop.Change(account: "x", transition: nil)) }
            try await onlooker.wait("all accounts again") { $0.split(separator: #""first":true"#).count == 3 }
            #expect(rows(onlooker.text, "accounts").map { $0[0] as? String } == ["a", "a"])
            await onlooker.close()
            try await onlooker.waitForEnd()
        }
    }

    @Test func nothingIsKeptWhereNobodyLooksOn() async throws {
        try await run { rig, status, client in
            let onlooker = try await client.follow()
            try await onlooker.wait("all accounts") { $0.contains(#""last":true"#) }
            await status.stop()
            try await onlooker.waitForEnd()
            try await begin(rig, ["a", "b"])
            #expect(rig.gateway.loops.allSatisfy { $0.takeChanges()?.isEmpty == true })
        }
    }

    @Test func tenThousandAccountsAreAListOfModestSize() {
        let rows = (0..<10_000).map { number in
            StatusText.row(
                AccountStatus(
                    name: "customer-\(number)", server: "https://chat.example.com", loop: 1, state: .open,
                    since: 1_795_453_381_000, generation: 12, evidence: String(repeating: "long ", count: 40),
                    counters: DeliveryCounters()))
        }
        let bytes = StatusText.json(.array(rows)).count
        #expect((500_000..<1_000_000).contains(bytes), "\(bytes) bytes")
    }
}

extension Sequence {
    fileprivate func adjacentPairs() -> Zip2Sequence<Self, DropFirstSequence<Self>> { zip(self, dropFirst()) }
}
