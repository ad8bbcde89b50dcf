internal import CHoldfast
internal import ConnectionLifecycle
internal import Holdfast
internal import HoldfastMattermost
internal import Synchronization

/// A connection of the host: the engine's `Connection`, what is done with its deliveries, and its end.
///
/// Its methods may be called from any thread; what they begin runs on the loop. It is there until the host has closed it and
/// all that it began is over.
final class Session: Sendable {
    /// Only ever goes on to the next.
    private enum Phase: Comparable {
        /// Nothing is connected yet.
        case opened
        /// It has been started, or is to stop without.
        case running
        /// It is stopped; what it began is being ended.
        case ending
        /// `on_stopped` was called.
        case ended
    }

    private struct State {
        var phase = Phase.opened
        var isStarted = false
        var isStopWanted = false
        /// The host has given the handle back.
        var isClosed = false
        var failure: StoreError?
        /// Whether the store was opened, and must be closed.
        var isStoreInUse = false
        var consuming: Task<Void, Never>?
        var requests: [UInt64: Task<Void, Never>] = [:]
        var lastRequest: UInt64 = 0
    }

    static let maximumRequests = 256

    let engine: Engine
    let sightings: Sightings
    /// Nil where the host has a callback.
    let queue: PullQueue<Delivery>?
    private let connection: Connection<MattermostService>
    private let callbacks: Callbacks
    private let vault: Vault
    private let acknowledgements: Acknowledgements
    private let state = Monitor(State())

    init(_ options: Options, on engine: Engine) {
        self.engine = engine
        callbacks = options.callbacks
        let sightings = Sightings(callbacks)
        self.sightings = sightings
        queue = callbacks.onDelivery == nil ? PullQueue() : nil
        vault = Vault(path: options.storePath)
        acknowledgements = Acknowledgements(into: vault, on: engine.loop) { [loop = engine.loop] number, error in
            let message = "delivery \(number) is not acknowledged, and will come again: \(error)"
            sightings.tell(
                .log(LogEntry(at: loop.wallClockMilliseconds, generation: 0, level: .error, message: message)))
        }
        var configuration = options.configuration
        configuration.onObservation = { sightings.note($0) }
        connection = Connection(
            MattermostService(
                server: options.server, token: options.token, options: options.mattermost, store: vault,
                mailbox: options.mailbox),
            on: engine.loop, configuration: configuration)
        sightings.follow(connection)
    }

    private var handle: UInt64 { sightings.handle.load(ordering: .relaxed) }

    // MARK: - Commands

    func start() throws(Failure) {
        let begins = state.withLock { state in
            guard state.phase == .opened else { return false }
            state.phase = .running
            state.isStarted = true
            return true
        }
        guard begins else {
            throw Failure(
                Status.state, "the connection was started or stopped before; open another one to connect again")
        }
        onLoop { await $0.live() }
    }

    func stop(deadline: Duration) {
        let (begins, isUnstarted) = state.withLock { state in
            defer {
                state.isStopWanted = true
                if state.phase == .opened { state.phase = .running }
            }
            return (!state.isStopWanted && state.phase <= .running, state.phase == .opened)
        }
        guard begins else { return }
        vault.giveUp()
        onLoop { session in
            await session.connection.stop(deadline: deadline)
            if isUnstarted { await session.end() }
        }
    }

    /// The host gives the handle back, which is invalid already.
    func close(deadline: Duration) {
        let isEnded = state.withLock { state in
            state.isClosed = true
            return state.phase == .ended
        }
        queue?.close()
        if isEnded { onLoop { await $0.tearDown() } } else { stop(deadline: deadline) }
    }

    func reconnect() { onLoop { await $0.connection.reconnect() } }

    func probe() { onLoop { await $0.connection.probe() } }

    /// Blocks the thread. False when the time has passed.
    func waitUntilEnded(milliseconds: UInt32) -> Bool {
        state.wait(milliseconds: milliseconds) { $0.phase == .ended ? true : nil } ?? false
    }

    private func onLoop(_ body: @escaping @Sendable (Session) async -> Void) {
        Task(executorPreference: engine.loop) { [self] in await body(self) }
    }

    // MARK: - Life, on the loop

    private func live() async {
        do throws(StoreError) {
            try await vault.prepare()
            state.withLock { $0.isStoreInUse = true }
            let consuming = Task(executorPreference: engine.loop) { [self] in await consume() }
            state.withLock { $0.consuming = consuming }
            // A new account's deliveries begin with what comes once they are asked for: that is before it is connected.
            await vault.answered.wait()
            await connection.start()
            await sightings.stopped.wait()
            // A host that pulls takes what is left when it likes.
            if queue == nil { await consuming.value }
        } catch {
            queue?.finish(error)
            state.withLock { $0.failure = error }
            await connection.stop()
        }
        await end()
    }

    private func consume() async {
        var failure: StoreError?
        do throws(StoreError) {
            for try await delivery in connection.deliveries {
                guard !isClosed else { break }
                if let queue {
                    guard await queue.put(delivery) else { break }
                } else {
                    hand(delivery)
                    // The loop looks at its sockets and deadlines in between.
                    await Task.yield()
                }
            }
        } catch {
            // Whoever gives a connection up may open the next one on its mailbox at once: that is no failure.
            let isStopWanted = state.withLock { $0.isStopWanted }
            if error.kind != .superseded || !isStopWanted { failure = error }
        }
        queue?.finish(failure)
        guard let failure else { return }
        state.withLock { $0.failure = failure }
        // Nothing is left to be connected for.
        await connection.stop()
    }

    private func hand(_ delivery: Delivery) {
        let record = DeliveryRecord(delivery)
        sightings.deliveries.add(1, ordering: .relaxed)
        withExtendedLifetime(record) {
            withUnsafePointer(to: record.info) { callbacks.onDelivery?(handle, $0, callbacks.userData) }
        }
    }

    private var isClosed: Bool { state.withLock { $0.isClosed } }

    /// The connection is stopped.
    private func end() async {
        let requests = state.withLock { state in
            state.phase = .ending
            return state.requests.values
        }
        for request in requests { request.cancel() }
        for request in requests { await request.value }
        tellEnd()
        let isClosed = state.withLock { state in
            state.phase = .ended
            return state.isClosed
        }
        if isClosed { await tearDown() }
    }

    private func tellEnd() {
        sightings.isOver.store(true, ordering: .relaxed)
        guard let onStopped = callbacks.onStopped else { return }
        let (failure, isStopWanted) = state.withLock { ($0.failure, $0.isStopWanted) }
        let (status, reason) =
            if let failure {
                (Status.store, failure.message)
            } else if isStopWanted {
                (Status.done, "")
            } else {
                (Status.refused, sightings.stopReason)
            }
        let texts = TextBlob([reason])
        withExtendedLifetime(texts) { onStopped(handle, status, texts[0], callbacks.userData) }
    }

    /// It is ended, and the host has given the handle back. Called once.
    private func tearDown() async {
        let (consuming, isStoreInUse) = state.withLock { ($0.consuming, $0.isStoreInUse) }
        await consuming?.value
        await acknowledgements.close()
        if isStoreInUse { await vault.close() }
        engine.remove(self)
    }

    func acknowledge(_ number: Int64) throws(Failure) {
        guard state.withLock({ $0.isStarted }) else {
            throw Failure(Status.state, "the connection was never started, so it has delivered nothing")
        }
        try acknowledgements.add(number)
    }

    // MARK: - Requests

    /// Runs `operation` on the loop, and then tells the host.
    func request(
        _ answer: Answer, _ operation: @escaping @Sendable (MattermostClient) async throws(MattermostError) -> Told
    ) throws(Failure) {
        let client = connection.client
        let failure = state.withLock { state -> Failure? in
            guard state.phase <= .running, !state.isStopWanted else {
                return Failure(Status.state, "the connection has stopped, or is about to")
            }
            guard state.requests.count < Self.maximumRequests else {
                return Failure(
                    Status.busy, "\(Self.maximumRequests) requests are under way; wait for the end of some")
            }
            state.lastRequest += 1
            let number = state.lastRequest
            state.requests[number] = Task(executorPreference: engine.loop) { [self] in
                let result: Result<Told, MattermostError>
                do throws(MattermostError) {
                    result = .success(try await operation(client))
                } catch {
                    result = .failure(error)
                }
                answer.tell(result, isCancelled: Task.isCancelled, of: handle)
                self.state.withLock { $0.requests[number] = nil }
            }
            return nil
        }
        if let failure { throw failure }
    }
}
