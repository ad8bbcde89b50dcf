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
    private static let openingAtATime = 64
    private static let redialledAtATime = 256

    let loop: EventLoop
    let watchdog = Watchdog()
    private let options: LoadClient.Options
    private(set) var connections: [Connection<MattermostService>] = []
    private var ready = 0
    private var dialling = 0
    /// Lost and not dialled again yet, by their numbers.
    private var lost: [Int] = []
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
    /// - Parameters:
    ///   - redials: whether those that are lost are dialled again at once, so many at a time. Without it, each would wait for
    ///     its own backoff, as it should where nobody knows how many others there are.
    ///   - firstProbe: of the connection with that number.
    func open(_ count: Int, redials: Bool = false, firstProbe: (Int) -> Duration) async {
        var configuration = Configuration()
        configuration.timing.probeInterval = .seconds(30)
        if redials {
            configuration.backoff.initial = .seconds(30)
            configuration.backoff.jitter = 0
        }
        // It keeps no connection alive, and lives as long as the process.
        configuration.onObservation = { [unowned self] in note($0, of: nil) }
        for number in 0..<count {
            configuration.timing.firstProbe = firstProbe(number)
            if redials { configuration.onObservation = { [unowned self] in note($0, of: number) } }
            let connection = Connection(options.service, on: loop, configuration: configuration)
            connections.append(connection)
            if options.consumes { Task(executorPreference: loop) { for await _ in connection.events {} } }
            while dialling >= Self.openingAtATime { await change() }
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

    private func note(_ observation: Observation, of number: Int?) {
        guard case .transition(let record) = observation else { return }
        switch record.event {
        case .ready:
            ready += 1
            dialling -= 1
            watchdog.note()
        case .lost:
            if sinceFirstLoss == nil { sinceFirstLoss = Stopwatch() }
            losses += 1
            problems += 1
            ready -= 1
            if let number { lost.append(number) }
        case .attemptFailed:
            watchdog.tell(observation)
            guard let number else { return }
            dialling -= 1
            lost.append(number)
        case .deaf, .inconclusive:
            problems += 1
            return
        default: return
        }
        redial()
        let waiter = waiter
        self.waiter = nil
        waiter?.resume()
    }

    private func redial() {
        while dialling < Self.redialledAtATime, let number = lost.popLast() {
            dialling += 1
            let connection = connections[number]
            Task(executorPreference: loop) { await connection.reconnect() }
        }
    }
}
