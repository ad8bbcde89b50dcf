internal import ConnectionLifecycle
internal import Holdfast
internal import HoldfastMattermost
internal import WorldInterface

/// Keeps one account: its connection, and the handing over of what it is sent. Nothing ends it but its gateway: a connection
/// that stops by itself is begun anew, a handler that throws is called again, a store that fails is asked again, each after
/// a while and told in the status. Belongs to the account's loop.
actor AccountKeeper {
    nonisolated let name: String
    nonisolated let loop: GatewayLoop
    private(set) var account: Account
    private let store: any DeliveryStore
    private let limit: any AttemptLimit
    private let log: GatewayLog

    private var connection: Connection<MattermostService>?
    private var life: Task<Void, Never>?
    private var isEnding = false
    private var halting: Task<Void, Never>?
    /// It is not counted any more.
    private var hasLeft = false
    /// Nothing is handed over, and nothing is on its way: an end need not wait.
    private var isResting = false

    private var state = State.idle
    private var since: Int64
    private var evidence = "not started"
    private var generation: UInt32 = 0
    private var catchUp: CatchUpRecord?
    private var problems = Problems()
    private var counters = DeliveryCounters()
    /// When the connection was last proven to deliver.
    private var provenAt: Instant?
    /// When an open connection ended.
    private var lostAt: Instant?

    /// The latest one, and who waits for the next.
    private var verdict: VerdictRecord?
    private var verdictWaiters: [CheckedContinuation<VerdictRecord?, Never>] = []

    /// What is wrong apart from the connection.
    private struct Problems {
        var ended: String?
        var store: String?
        var handler: String?

        var first: String? { ended ?? store ?? handler }
    }

    nonisolated let unownedExecutor: UnownedSerialExecutor

    init(
        _ account: Account, on loop: GatewayLoop, store: any DeliveryStore, limit: any AttemptLimit,
        log: @escaping GatewayLog
    ) {
        name = account.name
        self.account = account
        self.loop = loop
        self.store = store
        self.limit = limit
        self.log = log
        since = loop.world.wallClockMilliseconds
        unownedExecutor = loop.world.executor.asUnownedSerialExecutor()
        loop.count { $0.enter(.idle) }
    }

    private nonisolated var world: any World { loop.world }

    // MARK: - Commands

    func start() async {
        await halting?.value
        guard life == nil, !hasLeft else { return }
        isEnding = false
        problems.ended = nil
        life = Task { await live() }
    }

    /// Stops the connection, hands over what it had delivered, and returns when that is done, at the latest after `deadline`:
    /// what is not acknowledged then stays in the store. For good: it is not counted any more.
    func end(deadline: Duration) async {
        await halting?.value
        await finish(deadline: deadline)
        leave()
    }

    /// The same, but it stays among the accounts, and `start` begins it again.
    func halt(deadline: Duration) async {
        if let halting { return await halting.value }
        let task = Task {
            await finish(deadline: deadline)
            problems.ended = "stopped by hand"
            halting = nil
            loop.tell(GatewayLoop.Change(account: name, transition: nil))
            tell(.info, "an account was stopped by hand")
        }
        halting = task
        await task.value
    }

    /// It does nothing until it is started.
    var isHalted: Bool { halting != nil || life == nil }

    private func finish(deadline: Duration) async {
        isEnding = true
        guard let life else { return }
        if isResting { life.cancel() }
        let patience = Task { [world] in
            try await world.sleep(for: deadline)
            life.cancel()
        }
        await connection?.stop(deadline: min(deadline, .seconds(2)))
        await life.value
        patience.cancel()
        self.life = nil
    }

    private func leave() {
        guard !hasLeft else { return }
        hasLeft = true
        loop.count { $0.leave(state) }
        loop.tell(GatewayLoop.Change(account: name, transition: nil))
    }
    /// Another handler from the next delivery on.
    func use(_ handler: any DeliveryHandler) { account.handler = handler }

    func reconnect() async { await connection?.reconnect() }

    /// Proves now that events still arrive, and returns the verdict: nil where the connection is not up, or ends meanwhile.
    func proof() async -> VerdictRecord? {
        guard state == .open || state == .probing else { return nil }
        return await withCheckedContinuation { waiter in
            guard let connection else { return waiter.resume(returning: nil) }
            verdictWaiters.append(waiter)
            // It lives on the same loop.
            connection.assumeIsolated { $0.probe() }
        }
    }

    private func tellWaiters(_ verdict: VerdictRecord?) {
        let waiters = verdictWaiters
        verdictWaiters = []
        for waiter in waiters { waiter.resume(returning: verdict) }
    }

    var status: AccountStatus {
        AccountStatus(
            name: name, server: account.server.description, loop: loop.number, state: state, since: since,
            generation: generation, evidence: evidence, verdict: verdict, problem: problems.first, catchUp: catchUp,
            counters: counters)
    }

    /// The last 64 transitions of the connection, oldest first.
    var history: [TransitionRecord] {
        get async { await connection?.history ?? [] }
    }

    /// Of the connection; nil before there is one.
    var connectionCounters: Counters? {
        get async { await connection?.counters }
    }

    // MARK: - Life

    private func live() async {
        var pause = RetryPause(from: .seconds(1), to: .seconds(60))
        while !isEnding {
            let connection = makeConnection()
            self.connection = connection
            await connection.start()
            await consume(connection)
            // Cancelled, or the stream of deliveries ended some other way: never two connections of an account.
            await connection.stop(deadline: .seconds(2))
            guard !isEnding else { return }
            counters.restarts += 1
            loop.count { $0.restarts += 1 }
            problems.ended = "the connection ended by itself: \(evidence)"
            tell(.error, "an account ended by itself and is begun anew", [("reason", evidence)])
            await rest(for: pause.take())
        }
    }

    private func makeConnection() -> Connection<MattermostService> {
        become(.idle)
        var configuration = Configuration()
        configuration.timing = account.timing
        configuration.backoff = account.backoff
        configuration.attemptLimit = limit
        configuration.onObservation = { [weak self] observation in
            self?.assumeIsolated { $0.note(observation) }
        }
        let service = MattermostService(
            server: account.server, token: account.token, options: account.options, store: store, mailbox: name)
        return Connection(service, on: world, configuration: configuration)
    }

    /// Until the connection is stopped.
    private func consume(_ connection: Connection<MattermostService>) async {
        let reference = AccountReference(name: name, server: account.server, client: connection.client)
        var pause = RetryPause(from: .milliseconds(250), to: .seconds(30))
        while !Task.isCancelled {
            do throws(StoreError) {
                for try await delivery in connection.deliveries {
                    let begun = world.now
                    let waited = Double(begun.nanoseconds(since: delivery.arrivedAt)) / 1e9
                    loop.count { $0.waiting.note(seconds: waited) }
                    guard await handOver(delivery, reference) else { return }
                    try await delivery.acknowledge()
                    handled(delivery, since: begun)
                    pause.reset()
                }
                return
            } catch {
                counters.storeFailures += 1
                loop.count { $0.storeFailures += 1 }
                problems.store = "the store failed: \(error)"
                tell(.error, "the store failed", [("reason", "\(error)")])
            }
            // A connection that is asked to end need not be asked for deliveries again.
            if isEnding { return }
            await rest(for: pause.take())
        }
    }

    private func handled(_ delivery: Delivery, since begun: Instant) {
        counters.handled += 1
        if delivery.isRepeated { counters.repeated += 1 }
        problems = Problems()
        let seconds = Double(world.now.nanoseconds(since: begun)) / 1e9
        loop.count {
            $0.handled(delivery.source)
            $0.handling.note(seconds: seconds)
        }
    }

    /// False where it was given up, because the end does not wait any longer.
    private func handOver(_ delivery: Delivery, _ reference: AccountReference) async -> Bool {
        var pause = RetryPause(from: .milliseconds(100), to: .seconds(30))
        while !Task.isCancelled {
            do {
                try await account.handler.handle(delivery, of: reference)
                return true
            } catch {
                guard !Task.isCancelled else { return false }
                counters.handlerFailures += 1
                loop.count { $0.handlerFailures += 1 }
                problems.handler = "the handler failed: \(error)"
                tell(.warning, "a handler failed and is called again", [("reason", "\(error)")])
            }
            try? await world.sleep(for: pause.take())
        }
        return false
    }

    private func rest(for duration: Duration) async {
        guard !isEnding else { return }
        isResting = true
        try? await world.sleep(for: duration)
        isResting = false
    }

    // MARK: - What can be seen

    private func note(_ observation: Observation) {
        switch observation {
        case .transition(let record): note(record)
        case .verdict(let record):
            evidence = "\(record.verdict.check): \(record.verdict.detail)"
            verdict = record
            note(record.verdict)
            tellWaiters(record)
        case .catchUp(let record): note(record)
        case .log(let entry): tell(entry.level, "a note of the connection", [("note", entry.message)])
        }
    }

    private func become(_ state: State) {
        loop.count { figures in
            figures.leave(self.state)
            figures.enter(state)
        }
        self.state = state
    }

    private func note(_ record: TransitionRecord) {
        become(record.to)
        since = record.at
        generation = record.generation
        evidence = record.reason
        if record.to != .open, record.to != .probing { tellWaiters(nil) }
        let now = world.now
        let wasUp = record.from == .open || record.from == .probing
        if wasUp, record.to != .open, record.to != .probing { lostAt = now }
        loop.count { figures in
            figures.note(record)
            if record.from == .connecting, record.to == .open, let lostAt {
                figures.recovery.note(seconds: Double(now.nanoseconds(since: lostAt)) / 1e9)
            }
        }
        if record.from == .connecting, record.to == .open {
            provenAt = now
            lostAt = nil
            problems.ended = nil
        }
        loop.tell(GatewayLoop.Change(account: name, transition: record))
        tell(
            .info, "transition",
            [
                ("id", record.id), ("from", "\(record.from)"), ("event", "\(record.event)"), ("to", "\(record.to)"),
                ("attempt", "\(record.generation)"), ("reason", record.reason),
            ])
    }

    private func note(_ record: CatchUpRecord) {
        catchUp = record
        switch record.phase {
        case .began: tell(.info, "catching up", [("reason", record.reason), ("channels", "\(record.channels)")])
        case .finished:
            tell(.info, "caught up", [("channels", "\(record.channels)"), ("deliveries", "\(record.deliveries)")])
        case .running, .waiting: break
        }
    }

    private func note(_ verdict: Verdict) {
        let now = world.now
        let unproven = provenAt.map { Double(now.nanoseconds(since: $0)) / 1e9 }
        loop.count { figures in
            figures.note(verdict)
            if verdict.outcome == .deaf, let unproven { figures.detection.note(seconds: unproven) }
        }
        if verdict.outcome == .alive { provenAt = now }
    }

    private func tell(_ level: LogLevel, _ message: String, _ fields: [(name: String, value: String)] = []) {
        log(
            GatewayLogEntry(
                at: world.wallClockMilliseconds, level: level, message: message,
                fields: [("account", name)] + fields))
    }
}
