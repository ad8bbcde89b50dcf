import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import UVEventLoop
import WorldInterface

/// `holdfast watch`
enum WatchCommand {
    static let command = Command(syntax: syntax, run: run)

    private static let syntax = WatchOptions.syntax

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let options = try WatchOptions(arguments)
        if !options.service.server.isSecure, !options.service.server.isLoopback {
            StandardError.complain(
                "holdfast", "the token travels unencrypted over http; use https if the server has it")
        }
        let loop = try EventLoop.started("watch")
        let connection = Connection(options.service, on: loop, configuration: options.configuration)
        let ending = Ending(on: loop)
        do throws(NetworkError) {
            try await ending.begin(duration: options.duration)
        } catch {
            throw Complaint(error.message, status: .unavailable)
        }
        let printer: any WatchPrinter =
            options.isPretty
            ? TextPrinter(style: .standardOutput) : JSONPrinter()
        printer.begin(options.service.server)

        // Neither task lives on the loop: an output that blocks must not hold up the probes.
        let observations = connection.observations(capacity: 10_000)
        let seeing = Task {
            var diagnostics = Diagnostics(server: options.service.server)
            for await observation in observations {
                diagnostics.note(observation)
                if !options.transitionsOnly || observation.isTransition { printer.show(observation) }
            }
            await ending.finish()
            return diagnostics.wasOpen
        }
        let hearing = Task {
            for await event in connection.events where !options.transitionsOnly { printer.show(event) }
        }
        await connection.start()
        let reason = await ending.wait()
        await connection.stop(deadline: .seconds(2))
        let wasOpen = await seeing.value
        await hearing.value
        await ending.close()
        loop.finish()
        guard wasOpen || reason == .signal else {
            StandardError.complain("holdfast watch", "the server was never reached; see the lines above")
            return .unavailable
        }
        return .success
    }
}

extension Observation {
    fileprivate var isTransition: Bool {
        if case .transition = self { true } else { false }
    }
}

extension ServerURL {
    /// Whether what is sent there stays on this machine.
    fileprivate var isLoopback: Bool { host == "localhost" || host == "::1" || host.hasPrefix("127.") }
}
