import Holdfast
import HoldfastMattermost
import Synchronization
import UVEventLoop

/// One connection of the engine over a real loopback socket to an `EventServer` on another loop of this process.
final class EngineRig: Sendable {
    let loop: EventLoop
    let world: ObservedWorld
    let server: EventServer
    let connection: Connection<MattermostService>
    private let serverLoop: EventLoop

    /// Ready to receive.
    init() async throws {
        loop = try EventLoop.start(name: "client")
        serverLoop = try EventLoop.start(name: "server")
        world = ObservedWorld(loop)
        server = EventServer(on: serverLoop)
        var configuration = Configuration()
        // A probe would be a read of its own.
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        let service = MattermostService(
            server: try ServerURL("http://127.0.0.1:\(try await server.listen())"), token: try Token("bench"))
        connection = Connection(service, on: world, configuration: configuration)
        let transitions = connection.transitions()
        await connection.start()
        for await record in transitions where record.to == .open { break }
    }

    func onServer(_ body: @Sendable @escaping () async -> Void) async {
        await Task(executorPreference: serverLoop, operation: body).value
    }

    var serverNow: UInt64 { serverLoop.now.nanoseconds }

    func close() async throws {
        await connection.stop()
        await server.close()
        // What was closed just now is gone after a few turns.
        try await Task.sleep(for: .milliseconds(50))
        try? loop.stop()
        try? serverLoop.stop()
    }
}
