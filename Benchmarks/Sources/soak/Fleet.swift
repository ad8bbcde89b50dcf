import Holdfast
import HoldfastMattermost
import HoldfastStore
import SoakKit
import Synchronization
import UVEventLoop
import WorldInterface

/// The connections, and for each a consumer that takes its deliveries and acknowledges them.
struct Fleet: Sendable {
    static let probeInterval = 10.0
    /// A consumer may still have a stall to sleep off.
    private static let patience = Duration.seconds(60)

    let connections: [Connection<MattermostService>]
    private let consumers: Running
    private let store: SQLiteStore

    /// Every second connection uses the durable store, in one file; every fifth signs in by challenge, which cannot resume; every
    /// fourth proves the push path at every probe. 64 events may wait for a consumer, so that a stall stops the reading.
    ///
    /// - Parameter path: of the store's file.
    init(
        _ directory: Town.Directory, _ oracle: Oracle, on loop: EventLoop, seed: UInt64, path: String
    ) async throws {
        let server = try ServerURL(directory.url)
        let store = try await SQLiteStore(path: path)
        self.store = store
        let memory = MemoryStore()
        var connections: [Connection<MattermostService>] = []
        for (index, bot) in directory.bots.enumerated() {
            var configuration = Configuration()
            configuration.seed = seed &+ UInt64(index)
            configuration.timing.probeInterval = .seconds(Fleet.probeInterval)
            configuration.timing.probeTimeout = .seconds(3)
            configuration.timing.probeAgain = .milliseconds(500)
            configuration.backoff.cap = .seconds(5)
            configuration.backoff.slowCap = .seconds(5)
            configuration.maximumBufferedEvents = 64
            configuration.onObservation = { oracle.see($0, on: index) }
            var options = MattermostOptions()
            if index % 5 == 4 { options.authentication = .challenge }
            if index % 4 == 3 { options.canary = .always }
            let isDurable = index.isMultiple(of: 2)
            let service = MattermostService(
                server: server, token: try Token(bot.token), options: options, store: isDurable ? store : memory,
                mailbox: "bot-\(index)")
            connections.append(Connection(service, on: loop, configuration: configuration))
        }
        self.connections = connections
        let consumers = Running(connections.count)
        self.consumers = consumers
        for (index, connection) in connections.enumerated() {
            Task(executorPreference: loop) {
                await Fleet.consume(connection, index, oracle, loop)
                consumers.end(index)
            }
        }
    }

    func start() async { for connection in connections { await connection.start() } }

    private static func consume(
        _ connection: Connection<MattermostService>, _ index: Int, _ oracle: Oracle, _ loop: EventLoop
    ) async {
        do {
            for try await delivery in connection.deliveries {
                while case let pause = oracle.stall(of: index), pause > 0 { try await loop.sleep(for: .seconds(pause)) }
                oracle.hear(delivery, on: index)
                try await delivery.acknowledge()
            }
        } catch {
            oracle.fail("deliveries ended: \(error)", on: index)
        }
    }

    /// Stops the connections and waits for them and their consumers.
    ///
    /// - Returns: those of which one or the other has not ended after `patience`.
    func stop(on loop: EventLoop) async throws -> [Int] {
        let stopping = Running(connections.count)
        for (index, connection) in connections.enumerated() {
            Task {
                await connection.stop()
                stopping.end(index)
            }
        }
        let end = loop.now + Fleet.patience
        while !(stopping.indices.isEmpty && consumers.indices.isEmpty), loop.now < end {
            try await loop.sleep(for: .milliseconds(50))
        }
        let unfinished = stopping.indices.union(consumers.indices).sorted()
        if unfinished.isEmpty { await store.close() }
        return unfinished
    }
}

/// Who has not ended yet.
private final class Running: Sendable {
    private let contents: Mutex<Set<Int>>

    init(_ count: Int) { contents = Mutex(Set(0..<count)) }

    var indices: Set<Int> { contents.withLock { $0 } }

    func end(_ index: Int) { contents.withLock { _ = $0.remove(index) } }
}
