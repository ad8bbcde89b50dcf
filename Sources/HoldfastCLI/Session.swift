import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import UVEventLoop
import WorldInterface

/// A command that keeps one connection until a signal or the end of its time.
enum Session {
    /// - Parameters:
    ///   - begin: once everything is ready to connect.
    ///   - show: each observation, in order.
    ///   - consume: takes what the connection hands over, until that ends.
    static func run(
        _ name: String, _ options: ConnectionOptions, begin: () -> Void,
        show: @escaping @Sendable (Observation) -> Void,
        consume: @escaping @Sendable (Connection<MattermostService>, EventLoop) async throws -> Void
    ) async throws(Complaint) -> ExitStatus {
        let store = try await options.openStore()
        let loop = try EventLoop.started(name)
        let connection = Connection(
            options.service(store ?? MemoryStore()), on: loop, configuration: options.configuration)
        let ending = Ending(on: loop)
        do throws(NetworkError) {
            try await ending.begin(duration: options.duration)
        } catch {
            throw Complaint(error.message, status: .unavailable)
        }
        begin()

        // Neither task lives on the loop: an output that blocks must not hold up the probes.
        let observations = connection.observations(capacity: 10_000)
        let seeing = Task {
            var diagnostics = Diagnostics(server: options.server)
            for await observation in observations {
                diagnostics.note(observation)
                show(observation)
            }
            await ending.finish()
            return diagnostics.wasOpen
        }
        let consuming = Task { () -> Complaint? in
            do {
                try await consume(connection, loop)
                return nil
            } catch {
                await ending.finish()
                return Complaint("\(error)", status: .inputOutput)
            }
        }
        await connection.start()
        let reason = await ending.wait()
        await connection.stop(deadline: .seconds(2))
        let wasOpen = await seeing.value
        let complaint = await consuming.value
        await store?.close()
        await ending.close()
        loop.finish()
        if let complaint { throw complaint }
        guard wasOpen || reason == .signal else {
            StandardError.complain("holdfast \(name)", "the server was never reached; see the lines above")
            return .unavailable
        }
        return .success
    }
}
