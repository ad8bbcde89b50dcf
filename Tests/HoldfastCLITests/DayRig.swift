import ConnectionLifecycle
import Foundation
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// A gateway as a process, and the two servers that its accounts are on. Whoever runs a test owns it.
final class DayRig {
    /// A simulator, and who is on it.
    final class Server {
        let simulator: Simulator
        let fixture: SimulatorFixture
        let loop: EventLoop
        var accounts: [String] = []
        /// What was posted, in order.
        var posts: [String] = []

        init(_ name: String) async throws {
            loop = try EventLoop.start(name: name)
            simulator = Simulator(
                world: loop, configuration: .init(authenticationCheck: .seconds(3600), keepsLog: false))
            try await simulator.start()
            fixture = await simulator.fixture
        }
    }

    /// Who is, or was, an account.
    private struct Member {
        var server: Server
        var botID: String
        /// Its share of the server's posts.
        var begin: Int
        var end: Int?
    }

    enum Since {
        case attempt(Int)
        /// Each has lost its connection since it was open last.
        case lostConnection
    }

    let first: Server
    let second: Server
    private let folder: URL
    private let looker: EventLoop
    private var members: [String: Member] = [:]
    private var gateway: CommandProcess?
    private var page = ""
    private var log = AccountLog()
    private let heard = DeliveryLedger()

    var accounts: [String] { first.accounts + second.accounts }

    private init(_ folder: URL) async throws {
        self.folder = folder
        first = try await Server("server-1")
        second = try await Server("server-2")
        looker = try EventLoop.start(name: "looker")
    }

    static func run(accounts: Int, _ body: (DayRig) async throws -> Void) async throws {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
            "day-\(UInt32.random(in: 0...(.max)))")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let day = try await DayRig(folder)
        let result: Result<Void, any Error>
        do {
            for number in 1...accounts { try await day.join("bot-\(number)", number % 2 == 0 ? day.second : day.first) }
            result = .success(try await body(day))
        } catch {
            result = .failure(error)
        }
        day.gateway?.send(SIGKILL)
        for server in [day.first, day.second] {
            await server.simulator.stop()
            try server.loop.stop()
        }
        await day.looker.run { [looker = day.looker] in looker.closeHTTPConnections() }
        try day.looker.stop()
        try result.get()
    }

    // MARK: - What happens

    private func join(_ name: String, _ server: Server) async throws {
        let bot = try #require(await server.simulator.makeBot(named: name))
        let token = folder.appendingPathComponent("\(name).token")
        try Data("\(bot.token)\n".utf8).write(to: token)
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: token.path)
        members[name] = Member(server: server, botID: bot.id, begin: server.posts.count)
        server.accounts.append(name)
    }

    private func configure() throws {
        let accounts = [first, second].enumerated().flatMap { number, server in
            server.accounts.map {
                ["name": $0, "server": "server-\(number + 1)", "token_file": "\($0).token", "sink": "lines"]
            }
        }
        let servers = [first, second].map { ["url": $0.fixture.url, "probe_interval_seconds": 3] as [String: Any] }
        let configuration: [String: Any] = [
            "log": ["format": "json"], "status": ["listen": "127.0.0.1:0"],
            "servers": ["server-1": servers[0], "server-2": servers[1]], "sinks": ["lines": ["type": "stdout"]],
            "accounts": accounts,
        ]
        try JSONSerialization.data(withJSONObject: configuration).write(
            to: folder.appendingPathComponent("gateway.json"))
    }

    /// Until all are open and have taken stock.
    func start() async throws {
        try configure()
        let gateway = try CommandProcess(["gateway", "--config", folder.appendingPathComponent("gateway.json").path])
        self.gateway = gateway
        log = AccountLog()
        heard.beginRun()
        try await gateway.errors.wait("the address of the page") { $0.contains { $0.contains("status page on ") } }
        page = try #require(gateway.errors.all.first { $0.contains("status page on ") }?.split(separator: " ").last)
            .description
        try await areReady(accounts)
    }

    /// Disables and enables it.
    func cycle(_ name: String) async throws {
        let member = try #require(members[name])
        for isActive in [false, true] {
            let response = await member.server.simulator.perform(
                "PUT", "/api/v4/users/\(member.botID)/active", token: member.server.fixture.adminToken,
                body: #"{"active":\#(isActive)}"#)
            #expect(response.status == 200)
        }
    }

    /// A few more on each server.
    func post() async throws {
        for server in [first, second] {
            for _ in 0..<3 {
                let message = "post \(server.posts.count)"
                let id = await server.simulator.post(
                    message, channelID: server.fixture.channelID, userID: server.fixture.userID)
                try #require(id != nil)
                server.posts.append(message)
            }
        }
    }

    /// Waits until those that go have heard all, and those that come have taken stock.
    func reload(removing gone: [String], adding count: Int) async throws {
        try await hearAll()
        for name in gone {
            guard let server = members[name]?.server else { continue }
            members[name]?.end = server.posts.count
            server.accounts.removeAll { $0 == name }
        }
        let names = (1...count).map { "new-\($0)" }
        for (number, name) in names.enumerated() { try await join(name, number % 2 == 0 ? first : second) }
        try configure()
        gateway?.send(SIGHUP)
        try await areReady(names)
        try await waitForLog("the new configuration") { log in
            log.changes == [
                "added": "\(count)", "removed": "\(gone.count)", "changed": "0", "kept": "\(log.kept ?? -1)",
            ]
        }
        #expect(log.kept == accounts.count - count)
    }

    func kill() async throws {
        gateway?.send(SIGKILL)
        #expect(await gateway?.status() == -SIGKILL)
        try await noteOutput("the last lines") { _ in true }
    }

    /// By SIGTERM; judges all that was heard.
    func end() async throws {
        gateway?.send(SIGTERM)
        let status = await gateway?.status()
        #expect(
            status == 0, "\(gateway?.errors.all.filter { !$0.hasPrefix("{") }.prefix(60).joined(separator: "\n") ?? "")"
        )
        try await noteOutput("the last lines") { _ in true }
        for server in [first, second] { #expect(await server.simulator.webSocketCount == 0) }
        #expect(heard.doubled == [], "handed over again without a word that it is repeated")
        for (name, member) in members {
            let due = member.server.posts[member.begin..<(member.end ?? member.server.posts.count)]
            #expect(heard.messages(of: name) == Array(due), "\(name)")
        }
    }

    // MARK: - What is waited for

    /// More posts are heard by all, and then the page is compared with what the servers know.
    func step(_ what: String) async throws {
        try await post()
        try await hearAll()
        let wanted = accounts.count
        // The servers learn of the end of a socket a little later than the gateway.
        var truth = "nothing was asked"
        for _ in 0..<1000 where truth != "" { truth = try await difference(wanted) }
        #expect(truth == "", "\(what)")
        print("day test: \(what); \(wanted) accounts, \(heard.count) deliveries")
    }

    /// What the page tells otherwise than it is; empty for nothing.
    private func difference(_ wanted: Int) async throws -> String {
        let sockets = await first.simulator.webSocketCount + second.simulator.webSocketCount
        guard sockets == wanted else { return "the servers have \(sockets) sockets" }
        let rows = try await rows()
        guard rows.map(\.name) == accounts.sorted() else { return "the page lists others" }
        let up = [Int(State.open.rawValue), Int(State.probing.rawValue)]
        if let row = rows.first(where: { !up.contains($0.state) || $0.hasProblem }) { return "the page shows \(row)" }
        let counted =
            try await metric(#"holdfast_accounts{state="open"}"#) + metric(#"holdfast_accounts{state="probing"}"#)
        guard counted == wanted else { return "\(counted) are counted as open" }
        let ready = try await ask("readyz")
        return ready == "ready: \(wanted) of \(wanted) accounts are connected\n" ? "" : ready
    }

    func areOpen(_ names: [String], since: Since) async throws {
        try await waitForLog("\(names.count) accounts to be open") { log in
            names.allSatisfy { name in
                guard log.states[name] == "open" || log.states[name] == "probing" else { return false }
                return switch since {
                case .attempt(let number): log.attempts[name] == number
                case .lostConnection: log.losses[name, default: 0] > 0
                }
            }
        }
    }

    private func areReady(_ names: [String]) async throws {
        try await waitForLog("\(names.count) accounts to be ready") { log in
            names.allSatisfy { log.caughtUp.contains($0) }
        }
    }

    private func hearAll() async throws {
        let due = [first, second].flatMap { server in server.accounts.map { ($0, server.posts.last ?? "") } }
        try await noteOutput("all to be heard") { heard in due.allSatisfy { heard.has($0.1, $0.0) } }
    }

    private func noteOutput(_ what: String, until isDone: @escaping (DeliveryLedger) -> Bool) async throws {
        let heard = heard
        try await gateway?.output.wait(what) { lines in
            heard.take(lines)
            return isDone(heard)
        }
    }

    private func waitForLog(_ what: String, until isDone: @escaping (AccountLog) -> Bool) async throws {
        let log = log
        try await gateway?.errors.wait(what) { lines in
            log.take(lines)
            return isDone(log)
        }
    }

    // MARK: - The page

    private func ask(_ path: String) async throws -> String {
        String(decoding: try await looker.perform(HTTPRequest(url: page + path)).body, as: UTF8.self)
    }

    private func rows() async throws -> [(name: String, state: Int, attempt: Int, hasProblem: Bool)] {
        let object = LineLog.object(try await ask("api/accounts"))
        let rows = try #require(object["accounts"] as? [[Any]])
        return try rows.map { row in
            (
                try #require(row[0] as? String), try #require(row[2] as? Int), try #require(row[4] as? Int),
                row[5] as? Int != 0
            )
        }
    }

    /// Of each account, as the page has it.
    func attempts() async throws -> [String: Int] {
        try await rows().reduce(into: [:]) { $0[$1.name] = $1.attempt }
    }

    func metric(_ name: String) async throws -> Int {
        let line = try await ask("metrics").split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return try #require(line.flatMap { Int($0.dropFirst(name.count + 1)) }, "\(name) is not among the metrics")
    }
}
