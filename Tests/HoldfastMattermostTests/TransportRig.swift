import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import TestProxy
import Testing
import UVEventLoop
import WorldInterface

/// A simulator, something that stands in front of it, and a connection through that.
struct TransportRig: Sendable {
    let simulator: Simulator
    let fixture: SimulatorFixture
    let front: ProxyHost
    let connection: Connection<MattermostService>
    let log: ObservationLog

    /// - Parameters:
    ///   - host: where the simulator listens.
    ///   - start: starts the front, given the simulator's address; returns the server URL to give to the connection.
    static func run(
        host: String = "127.0.0.1", tls: TLSServerOptions? = nil,
        start: @Sendable (ProxyHost, Endpoint, inout MattermostOptions) async throws -> String,
        _ body: @Sendable (TransportRig) async throws -> Void
    ) async throws {
        let serverLoop = try EventLoop.start(name: "simulator")
        let clientLoop = try EventLoop.start(name: "client")
        let simulator = Simulator(
            world: serverLoop, configuration: .init(authenticationCheck: .seconds(3600), tls: tls))
        let port = try await simulator.start(on: Endpoint(host: host, port: 0))
        let fixture = await simulator.fixture
        let front = ProxyHost(serverLoop)
        var options = MattermostOptions()
        options.canary = .always
        let url = try await start(front, Endpoint(host: host, port: port), &options)
        var configuration = Configuration()
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        configuration.timing.probeAgain = .seconds(3600)
        let service = MattermostService(
            server: try ServerURL(url), token: try Token(fixture.botToken), options: options)
        let connection = Connection(service, on: clientLoop, configuration: configuration)
        let rig = TransportRig(
            simulator: simulator, fixture: fixture, front: front, connection: connection,
            log: ObservationLog(connection.observations(capacity: 100_000)))
        let result: Result<Void, any Error>
        do {
            result = .success(try await body(rig))
        } catch {
            result = .failure(error)
        }
        await connection.stop()
        await clientLoop.run { clientLoop.closeHTTPConnections() }
        await front.stop()
        await simulator.stop()
        try clientLoop.stop()
        try serverLoop.stop()
        try result.get()
    }

    /// Opens, and proves WebSocket and REST: the canary is written by one and comes back by the other.
    func proveBothPlanes() async throws {
        await connection.start()
        try await log.wait("open") { $0.last == .open }
        await connection.probe()
        try await log.wait("a verdict") { _ in !log.verdicts.isEmpty }
        #expect(log.verdicts.last?.outcome == .alive, "\(log.verdicts)")
        let me = try await connection.client.account()
        #expect(me.id == fixture.botID)
    }

    /// Waits for the first attempt to fail, and returns why.
    func failure() async throws -> String {
        await connection.start()
        try await log.wait("a failed attempt") { _ in
            log.transitions.contains { $0.event == .attemptFailed }
        }
        return log.transitions.first { $0.event == .attemptFailed }?.reason ?? ""
    }
}
