import BenchmarkKit
import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import UVEventLoop

/// Many connections of one process, and how many of them are ready.
///
/// Sound as Sendable: it is touched on its loop only, where observations are told and `onLoop` runs.
final class Fleet: @unchecked Sendable {
    private static let diallingAtATime = 64

    let loop: EventLoop
    let watchdog = Watchdog()
    private let options: LoadClient.Options
    private(set) var connections: [Connection<MattermostService>] = []
    private var ready = 0
    private var dialling = 0
    private(set) var greatestDialling = 0
    private var waiter: CheckedContinuation<Void, Never>?
    private var losses = 0
    /// Since the first connection was lost.
    private(set) var sinceFirstLoss: Stopwatch?
    /// Connections lost, or judged anything but alive.
    private(set) var problems = 0

    init(_ options: LoadClient.Options, on loop: EventLoop) {
        self.options = options
        self.loop = loop
    }

    /// Makes connections and waits until they are ready.
    ///
    /// - Parameter firstProbe: of the connection with that number.
    func open(_ count: Int, backoff: BackoffPolicy = BackoffPolicy(), firstProbe: (Int) -> Duration) async {
        var configuration = Configuration()
        configuration.backoff = backoff
        configuration.timing.probeInterval = .seconds(30)
        // It keeps no connection alive, and lives as long as the process.
        configuration.onObservation = { [unowned self] in note($0) }
        for number in 0..<count {
            configuration.timing.firstProbe = firstProbe(number)
            let connection = Connection(options.service, on: loop, configuration: configuration)
            connections.append(connection)
            if options.consumes { Task(executorPreference: loop) { for await _ in connection.events {} } }
            while dialling >= Self.diallingAtATime { await change() }
            dialling += 1
            await connection.start()
        }
        await allReady()
    }

    /// Waits until all are ready.
    func allReady() async { while ready < connections.count { await change() } }

    /// Waits until each has been lost and is ready again.
    func survived() async { while losses < connections.count || ready < connections.count { await change() } }

    /// Closes all, and forgets them.
    func close() async {
        let closing = connections
        connections = []
        for connection in closing { await connection.stop() }
        ready = 0
        problems = 0
    }

    /// Verdicts so far that a connection is alive.
    func alive() async -> UInt64 {
        var sum: UInt64 = 0
        for connection in connections { sum += await connection.counters.alive }
        return sum
    }

    /// Runs `body` on the loop.
    func onLoop<Value: Sendable>(_ body: @escaping @Sendable (Fleet) async throws -> Value) async throws -> Value {
        try await Task(executorPreference: loop) { [self] in try await body(self) }.value
    }

    private func change() async {
        await withCheckedContinuation { waiter = $0 }
    }

    private func note(_ observation: Observation) {
        guard case .transition(let record) = observation else { return }
        if record.from == .connecting, record.to == .open {
            ready += 1
            dialling -= 1
            watchdog.note()
        } else if record.event == .lost || record.event == .deaf || record.event == .inconclusive {
            problems += 1
            if record.event == .lost {
                if sinceFirstLoss == nil { sinceFirstLoss = Stopwatch() }
                losses += 1
                ready -= 1
            }
        } else if record.from == .backoff, record.to == .connecting, record.event == .retryDue {
            dialling += 1
            greatestDialling = max(greatestDialling, dialling)
        } else if record.event == .attemptFailed {
            dialling -= 1
            watchdog.tell(observation)
        } else {
            return
        }
        let waiter = waiter
        self.waiter = nil
        waiter?.resume()
    }
}
