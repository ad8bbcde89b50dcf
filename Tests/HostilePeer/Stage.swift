import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import Locking
import UVEventLoop
import WorldInterface

/// A connection, or a client of the REST API, against a hostile server.
final class Stage: Sendable {
    let server: HostileServer
    let loop: EventLoop
    let service: MattermostService
    private let lines = Lock<[String]>([])
    private let connections = Lock<[Connection<MattermostService>]>([])

    init(
        _ script: HostileScript, isSecure: Bool = false, options: (inout MattermostOptions) -> Void = { _ in }
    ) async throws {
        server = try await HostileServer(script)
        loop = try EventLoop.start(name: "gateway")
        var settings = MattermostOptions()
        settings.revisionCheck = false
        settings.canary = .never
        options(&settings)
        service = MattermostService(
            server: try ServerURL("\(isSecure ? "https" : "http")://127.0.0.1:\(server.port)"),
            token: try Token("token"),
            options: settings, store: MemoryStore())
    }

    /// A connection that starts; probes come only where asked for.
    func connect(_ change: (inout Configuration) -> Void = { _ in }) async -> Connection<MattermostService> {
        var configuration = Configuration()
        configuration.timing.firstProbe = .seconds(3600)
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.connectTimeout = .seconds(2)
        configuration.backoff.initial = .seconds(30)
        configuration.backoff.cap = .seconds(30)
        configuration.onObservation = { [lines] observation in
            lines.withLock { if $0.count < 10_000 { $0.append("\(observation)") } }
        }
        change(&configuration)
        let connection = Connection(service, on: loop, configuration: configuration)
        connections.withLock { $0.append(connection) }
        return connection
    }

    var seen: [String] { lines.withLock { $0 } }

    /// Waits for an observation with these words; it is returned.
    func line(_ words: String..., within seconds: Double = 60) async throws -> String {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if let line = seen.first(where: { line in words.allSatisfy { line.contains($0) } }) { return line }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Unmet("no \(words) in \(seconds) s; there were: \(seen.suffix(40).map { $0.prefix(300) })")
    }

    /// Waits until that is so.
    func until(_ what: String, within seconds: Double = 60, _ holds: @Sendable () async -> Bool) async throws {
        let end = Date().addingTimeInterval(seconds)
        while Date() < end {
            if await holds() { return }
            try await Task.sleep(for: .milliseconds(5))
        }
        throw Unmet("\(what) did not come in \(seconds) s; there were: \(seen.suffix(40).map { $0.prefix(300) })")
    }

    /// Waits until the server gets rid of nothing any more.
    func standstill() async throws {
        try await until("the server's standstill") { [server] in
            let before = server.written
            try? await Task.sleep(for: .milliseconds(500))
            return before == server.written
        }
    }

    /// The error of a request, in one line.
    func refusal(
        _ request: @Sendable @escaping (MattermostClient) async throws(MattermostError) -> Void
    ) async throws -> String {
        let client = service.client(on: loop, timeout: .seconds(3))
        let result = await loop.run { () async -> MattermostError? in
            do throws(MattermostError) {
                try await request(client)
                return nil
            } catch {
                return error
            }
        }
        guard let result else { throw Unmet("the answer was accepted") }
        return "\(result)"
    }

    func stop() async {
        for connection in connections.withLock({ $0 }) { await connection.stop() }
    }
}

struct Unmet: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}

func require(_ holds: Bool, _ what: @autoclosure () -> String) throws {
    if !holds { throw Unmet(what()) }
}
