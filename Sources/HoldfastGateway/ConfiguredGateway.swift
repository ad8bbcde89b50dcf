internal import ConnectionLifecycle
public import Holdfast
internal import HoldfastMattermost
public import UVEventLoop
internal import WorldInterface

/// A gateway that does what a configuration says, and what another one says after a reload. Belongs to its first loop.
public actor ConfiguredGateway {
    public nonisolated let gateway: Gateway
    private let loop: EventLoop
    private let log: GatewayLog
    private let write: @Sendable ([UInt8]) -> Void
    private var configuration = GatewayConfiguration()
    private var sinks: [String: Sink] = [:]
    /// By the account's name.
    private var sinkOfAccount: [String: String] = [:]

    private struct Sink {
        var configuration: GatewayConfiguration.Sink
        var handler: any DeliveryHandler
        var command: CommandSink?
    }

    public nonisolated let unownedExecutor: UnownedSerialExecutor

    /// - Parameters:
    ///   - loops: at least one; they must outlive it.
    ///   - write: for sinks of standard output: writes whole lines, from any thread, and may block.
    ///   - log: takes what is told, from any thread.
    public init(
        on loops: [EventLoop], store: any DeliveryStore, write: @escaping @Sendable ([UInt8]) -> Void,
        log: @escaping GatewayLog
    ) {
        gateway = Gateway(on: loops, store: store, log: log)
        loop = loops[0]
        self.write = write
        self.log = log
        unownedExecutor = loops[0].asUnownedSerialExecutor()
    }

    /// Makes servers, sinks and accounts those of `configuration`, and touches no account whose connection stays the same. What
    /// only holds from the next start on, and is another one now, is told in the log.
    @discardableResult
    public func apply(_ configuration: GatewayConfiguration) async throws(GatewayError) -> GatewayChanges {
        for key in self.configuration.fixedKeys(otherThanIn: configuration) where !sinks.isEmpty {
            tell(.warning, "a change of the configuration holds from the next start on", [("key", key)])
        }
        self.configuration = configuration
        sinkOfAccount = Dictionary(configuration.accounts.map { ($0.name, $0.sink) }) { $1 }
        for server in configuration.servers.values {
            await gateway.set(
                .init(perSecond: server.attemptsPerSecond, burst: server.attemptBurst), for: server.url)
        }
        let old = sinks
        for (name, sink) in configuration.sinks where sinks[name]?.configuration != sink {
            sinks[name] = make(sink, name)
        }
        for name in sinks.keys where configuration.sinks[name] == nil { sinks[name] = nil }
        let changes = try await gateway.apply(
            configuration.accounts.compactMap(account), deadline: configuration.shutdown)
        for (name, sink) in old where sinks[name]?.configuration != sink.configuration { await sink.command?.stop() }
        tell(
            .info, "the configuration is in force",
            [
                ("added", "\(changes.added.count)"), ("removed", "\(changes.removed.count)"),
                ("changed", "\(changes.changed.count)"), ("kept", "\(changes.kept)"),
            ])
        return changes
    }

    /// Stops taking events, hands over what has come, closes all connections and ends the sinks, within the time that the
    /// configuration gives and a few seconds.
    public func stop() async {
        await gateway.stop(deadline: configuration.shutdown)
        for sink in sinks.values { await sink.command?.stop() }
    }

    /// The answer to a line that asks for a post: see `CommandSink`. Of accounts whose sink is standard output.
    public func answer(_ line: [UInt8]) async -> [UInt8] {
        let lines = Set(configuration.sinks.filter { $0.value == .standardOutput }.keys)
        return await PostExchange.answer(line) { [self] order in try await post(order) { lines.contains($0) } }
    }

    private func account(_ account: GatewayConfiguration.Account) -> Account? {
        // The reader has made sure of both.
        guard let server = configuration.servers[account.server], let sink = sinks[account.sink] else { return nil }
        let connection = server.connection
        return Account(
            name: account.name, server: server.url, token: account.token, options: server.options,
            timing: connection.timing, backoff: connection.backoff, handler: sink.handler)
    }

    private func make(_ sink: GatewayConfiguration.Sink, _ name: String) -> Sink {
        // Whoever gets an account's deliveries may post as that account, and as no other.
        let poster: Poster = { [weak self] order in
            guard let self else { throw GatewayError.stopping }
            return try await post(order) { $0 == name }
        }
        switch sink {
        case .standardOutput: return Sink(configuration: sink, handler: StandardOutputSink(write: write))
        case .webhook(let webhook):
            return Sink(configuration: sink, handler: WebhookSink(webhook, on: loop, post: poster))
        case .command(let command):
            let handler = CommandSink(command, name: name, on: loop, log: log, post: poster)
            return Sink(configuration: sink, handler: handler, command: handler)
        }
    }

    private func post(
        _ order: PostOrder, ofSink allows: @Sendable (String) -> Bool
    ) async throws -> String {
        guard let sink = sinkOfAccount[order.account], allows(sink) else { throw GatewayError.unknown(order.account) }
        return try await gateway.post(order)
    }

    private func tell(_ level: LogLevel, _ message: String, _ fields: [(name: String, value: String)]) {
        log(GatewayLogEntry(at: loop.wallClockMilliseconds, level: level, message: message, fields: fields))
    }
}

extension GatewayConfiguration {
    /// The keys of what is only read at the start, where they differ.
    fileprivate func fixedKeys(otherThanIn other: GatewayConfiguration) -> [String] {
        [
            ("store", store != other.store), ("loops", loops != other.loops), ("log", log != other.log),
            ("status", status != other.status), ("control", control != other.control),
        ].filter(\.1).map(\.0)
    }
}
