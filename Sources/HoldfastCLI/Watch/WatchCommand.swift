import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import UVEventLoop

/// `holdfast watch`
enum WatchCommand {
    static let command = Command(syntax: WatchOptions.syntax, run: run)

    private static func run(_ arguments: Arguments) async throws(Complaint) -> ExitStatus {
        let options = try WatchOptions(arguments)
        let printer: any WatchPrinter = options.isPretty ? TextPrinter(style: .standardOutput) : JSONPrinter()
        let trace = try TraceFile.of(
            arguments, hiding: [options.connection.server.host, options.connection.token.secret])
        return try await Session.run("watch", options.connection) {
            printer.begin(options.connection.server)
        } show: { observation in
            trace?.write(observation)
            if !options.transitionsOnly || observation.isTransition { printer.show(observation) }
        } consume: { connection, _ in
            guard options.connection.storePath != nil else {
                for await event in connection.events {
                    trace?.write(event: event.name, sequence: event.sequence)
                    if !options.transitionsOnly { printer.show(event) }
                }
                return
            }
            for try await delivery in connection.deliveries {
                trace?.write(event: delivery.event.name, sequence: delivery.event.sequence)
                printer.show(delivery)
                try await delivery.acknowledge()
            }
        }
    }
}

extension Observation {
    fileprivate var isTransition: Bool {
        if case .transition = self { true } else { false }
    }
}
