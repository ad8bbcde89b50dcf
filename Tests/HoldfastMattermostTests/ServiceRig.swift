import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// A simulator and one connection to it, each on a loop of its own, over real sockets on loopback.
///
/// Probes run only when the test asks, and the server's check of new connections (which drops one instead of letting it go
/// deaf) does not come: both take an hour, so nothing depends on how fast the machine is.
final class ServiceRig: Sendable {
    let serverLoop: EventLoop
    let clientLoop: EventLoop
    let simulator: Simulator
    let fixture: SimulatorFixture
    let connection: Connection<MattermostService>
    let log: ObservationLog

    private init(
        _ serverLoop: EventLoop, _ clientLoop: EventLoop, _ simulator: Simulator, _ fixture: SimulatorFixture,
        _ connection: Connection<MattermostService>
    ) {
        self.serverLoop = serverLoop
        self.clientLoop = clientLoop
        self.simulator = simulator
        self.fixture = fixture
        self.connection = connection
        log = ObservationLog(connection.observations(capacity: 100_000))
    }

    /// Runs a test's body; afterwards stops everything and checks that no handle is left on the client's loop.
    static func run(
        token: String? = nil, world: (@Sendable (EventLoop, Simulator, SimulatorFixture) -> any World)? = nil,
        timing: (inout Timing) -> Void = { _ in }, options: (inout MattermostOptions) -> Void = { _ in },
        configuration simulated: SimulatorConfiguration = SimulatorConfiguration(authenticationCheck: .seconds(3600)),
        engine: (inout Configuration) -> Void = { _ in }, store: (any DeliveryStore)? = nil,
        _ body: @Sendable (ServiceRig) async throws -> Void
    ) async throws {
        let serverLoop = try EventLoop.start(name: "simulator")
        let clientLoop = try EventLoop.start(name: "client")
        let simulator = Simulator(world: serverLoop, configuration: simulated)
        try await simulator.start()
        let fixture = await simulator.fixture
        var service = MattermostOptions()
        options(&service)
        var configuration = Configuration()
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        configuration.timing.probeAgain = .seconds(3600)
        timing(&configuration.timing)
        engine(&configuration)
        let connection = Connection(
            MattermostService(
                server: try ServerURL(fixture.url), token: try Token(token ?? fixture.botToken), options: service,
                store: store),
            on: world?(clientLoop, simulator, fixture) ?? clientLoop, configuration: configuration)
        let rig = ServiceRig(serverLoop, clientLoop, simulator, fixture, connection)

        let result: Result<Void, any Error>
        do {
            result = .success(try await body(rig))
        } catch {
            result = .failure(error)
        }
        await connection.stop()
        await simulator.stop()
        try clientLoop.stop()
        try serverLoop.stop()
        try result.get()
    }

    /// Starts and waits for `open`.
    func open() async throws {
        await connection.start()
        try await log.wait("open") { $0.last == .open }
    }

    /// Another connection to the same server, with its own token, which the test stops.
    func connect(token: String, store: (any DeliveryStore)? = nil) throws -> Connection<MattermostService> {
        var configuration = Configuration()
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        return Connection(
            MattermostService(server: try ServerURL(fixture.url), token: try Token(token), store: store),
            on: clientLoop, configuration: configuration)
    }

    /// Asks for a probe and waits for its verdict.
    @discardableResult
    func probe() async throws -> Verdict {
        let before = log.verdicts.count
        await connection.probe()
        try await log.wait("a verdict") { _ in self.log.verdicts.count > before }
        return log.verdicts[before]
    }

    /// Waits until the connection is open again in a later generation.
    func reopened(after generation: UInt32) async throws {
        try await log.wait("open again") { _ in
            guard let last = self.log.transitions.last else { return false }
            return last.to == .open && last.generation > generation
        }
    }

    /// A request of the admin, in-process.
    @discardableResult
    func admin(_ method: String, _ path: String, _ body: String = "") async -> SimulatorResponse {
        let response = await simulator.perform(method, "/api/v4" + path, token: fixture.adminToken, body: body)
        #expect((200...299).contains(response.status), "\(method) \(path): \(response.status)")
        return response
    }

    func post(_ message: String) async {
        #expect(
            await simulator.post(message, channelID: fixture.channelID, userID: fixture.userID) != nil,
            "the post was not made")
    }

    /// Waits for the next `posted` of the channel with this text.
    func receive(_ message: String, from events: inout EventSequence<MattermostEvent>.Iterator) async throws {
        while let event = await events.next() {
            guard event.kind == .posted, case .posted(let posted) = try event.content else { continue }
            if posted.post.message == message { return }
        }
        Issue.record("the events ended before \(message) arrived")
    }
}

/// What a connection has shown so far, and a way to wait for more.
final class ObservationLog: Sendable {
    private struct Contents {
        var observations: [Observation] = []
        var waiters: [(condition: @Sendable ([State]) -> Bool, continuation: CheckedContinuation<Bool, Never>)] = []
        var isOver = false

        var states: [State] {
            observations.compactMap { if case .transition(let record) = $0 { record.to } else { nil } }
        }
    }

    private let contents = Lock(Contents())

    init(_ stream: AsyncStream<Observation>) {
        Task { [contents] in
            for await observation in stream { ObservationLog.note(observation, contents) }
            ObservationLog.note(nil, contents)
        }
    }

    var transitions: [TransitionRecord] {
        contents.withLock { contents in
            contents.observations.compactMap { if case .transition(let record) = $0 { record } else { nil } }
        }
    }

    var verdicts: [Verdict] {
        contents.withLock { contents in
            contents.observations.compactMap { if case .verdict(let record) = $0 { record.verdict } else { nil } }
        }
    }

    var catchUps: [CatchUpRecord] {
        contents.withLock { contents in
            contents.observations.compactMap { if case .catchUp(let record) = $0 { record } else { nil } }
        }
    }

    var notes: [String] {
        contents.withLock { contents in
            contents.observations.compactMap { if case .log(let entry) = $0 { entry.message } else { nil } }
        }
    }

    var path: [String] { transitions.map(\.id) }

    private static func note(_ observation: Observation?, _ contents: Lock<Contents>) {
        contents.withLock { contents in
            if let observation { contents.observations.append(observation) } else { contents.isOver = true }
        }
        // Conditions read the log, so they run out of its lock.
        recheck(contents)
    }

    /// Waits until the condition over the states so far holds.
    func wait(_ what: String, until condition: @escaping @Sendable ([State]) -> Bool) async throws {
        if condition(contents.withLock(\.states)) { return }
        let held = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                contents.withLock { $0.waiters.append((condition, continuation)) }
                // What arrived between the first look and the registration is looked at again.
                ObservationLog.recheck(contents)
                if Task.isCancelled { ObservationLog.giveUp(contents) }
            }
        } onCancel: {
            ObservationLog.giveUp(contents)
        }
        try #require(held, "the connection or the time ended before \(what); path: \(path.joined(separator: " "))")
    }

    /// The test's time is up.
    private static func giveUp(_ contents: Lock<Contents>) {
        let waiters = contents.withLock { contents in
            defer { contents.waiters = [] }
            return contents.waiters
        }
        for waiter in waiters { waiter.continuation.resume(returning: false) }
    }

    /// Conditions read the log, so they run out of its lock, and again if something arrived meanwhile.
    private static func recheck(_ contents: Lock<Contents>) {
        var seen: Int
        repeat {
            let (count, states, isOver, waiters) = contents.withLock { contents in
                defer { contents.waiters = [] }
                return (contents.observations.count, contents.states, contents.isOver, contents.waiters)
            }
            seen = count
            for waiter in waiters {
                if waiter.condition(states) {
                    waiter.continuation.resume(returning: true)
                } else if isOver {
                    waiter.continuation.resume(returning: false)
                } else {
                    contents.withLock { $0.waiters.append(waiter) }
                }
            }
        } while contents.withLock { $0.observations.count != seen || ($0.isOver && !$0.waiters.isEmpty) }
    }
}
