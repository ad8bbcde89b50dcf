public import Holdfast
public import HoldfastMattermost
public import WorldInterface

/// Many accounts on several servers, spread over loops, that share a budget of attempts for each server. Accounts come and go
/// while it runs; each one's failure is its own.
///
/// Isolation: pinned to the first of its worlds; all methods may be called from anywhere.
public actor Gateway {
    nonisolated let loops: [GatewayLoop]
    private let store: any DeliveryStore
    private let log: GatewayLog
    private let lagWatches: [LagWatch]
    private var keepers: [String: AccountKeeper] = [:]
    /// Names whose keeper ends just now, with what it takes to wait for that.
    private var leaving: [String: Task<Void, Never>] = [:]
    private var budgets: [ServerURL: AttemptBudget] = [:]
    private var accountsOfLoop: [Int]
    private var isStopping = false

    public nonisolated let unownedExecutor: UnownedSerialExecutor

    /// - Parameters:
    ///   - worlds: the loops, at least one; they must outlive the gateway.
    ///   - store: keeps what is delivered until it is acknowledged; each account has a mailbox of its name in it.
    ///   - log: takes what the gateway tells, from any thread.
    public init(on worlds: [any World], store: any DeliveryStore, log: @escaping GatewayLog = { _ in }) {
        precondition(!worlds.isEmpty, "a gateway needs a loop to live on")
        loops = worlds.enumerated().map { GatewayLoop(number: $0.offset, world: $0.element) }
        lagWatches = loops.map { LagWatch($0) }
        accountsOfLoop = loops.map { _ in 0 }
        self.store = store
        self.log = log
        unownedExecutor = worlds[0].executor.asUnownedSerialExecutor()
    }

    // MARK: - Accounts

    /// Begins to keep an account, on the loop that has the fewest.
    ///
    /// - Throws: `GatewayError` where there is one of that name, or the gateway stops.
    public func add(_ account: Account) async throws(GatewayError) {
        guard !account.name.isEmpty, account.name.utf8.count <= 200 else { throw .badName }
        // Its mailbox belongs to the one that ends.
        while let task = leaving[account.name] { await task.value }
        guard !isStopping else { throw .stopping }
        guard keepers[account.name] == nil else { throw .exists(account.name) }
        let loop = loops[accountsOfLoop.indices.min { accountsOfLoop[$0] < accountsOfLoop[$1] } ?? 0]
        accountsOfLoop[loop.number] += 1
        let keeper = AccountKeeper(account, on: loop, store: store, limit: budget(of: account.server), log: log)
        keepers[account.name] = keeper
        await lagWatches[loop.number].begin()
        await keeper.start()
    }

    /// Stops an account and forgets it; what it has not handled stays in the store.
    ///
    /// - Parameter deadline: for what is being handed over.
    public func remove(_ name: String, deadline: Duration = .seconds(5)) async throws(GatewayError) {
        guard keepers[name] != nil else { throw .unknown(name) }
        await leave(name, deadline: deadline).value
    }

    /// Stops an account and begins it anew.
    public func restart(_ name: String, deadline: Duration = .seconds(5)) async throws(GatewayError) {
        guard let keeper = keepers[name] else { throw .unknown(name) }
        let account = await keeper.account
        try await remove(name, deadline: deadline)
        try await add(account)
    }

    /// Makes the accounts those that are given: what is not among them goes, what is new comes, what is changed begins anew.
    /// An account whose handler alone is another one stays connected and goes on with that.
    ///
    /// - Parameters:
    ///   - accounts: of different names; the last one counts.
    ///   - deadline: for what is being handed over by those that go.
    @discardableResult
    public func apply(
        _ accounts: [Account], deadline: Duration = .seconds(5)
    ) async throws(GatewayError) -> GatewayChanges {
        var wanted: [String: Account] = [:]
        for account in accounts { wanted[account.name] = account }
        var changes = GatewayChanges()
        var ending: [Task<Void, Never>] = []
        for (name, keeper) in keepers {
            guard let account = wanted[name] else {
                changes.removed.append(name)
                ending.append(leave(name, deadline: deadline))
                continue
            }
            if await keeper.account.hasSameConnection(as: account) {
                await keeper.use(account.handler)
                changes.kept += 1
                wanted[name] = nil
            } else {
                changes.changed.append(name)
                ending.append(leave(name, deadline: deadline))
            }
        }
        for task in ending { await task.value }
        for (name, account) in wanted.sorted(by: { $0.key < $1.key }) {
            try await add(account)
            if !changes.changed.contains(name) { changes.added.append(name) }
        }
        changes.removed.sort()
        changes.changed.sort()
        return changes
    }

    /// Takes it out of the gateway at once, and ends it.
    private func leave(_ name: String, deadline: Duration) -> Task<Void, Never> {
        guard let keeper = keepers.removeValue(forKey: name) else { return leaving[name] ?? Task {} }
        accountsOfLoop[keeper.loop.number] -= 1
        let task = Task {
            await keeper.end(deadline: deadline)
            leaving[name] = nil
        }
        leaving[name] = task
        return task
    }

    /// How many attempts to a server may begin. From now on, for all of its accounts.
    public func set(_ rate: AttemptBudget.Rate, for server: ServerURL) { budget(of: server).rate = rate }

    private func budget(of server: ServerURL) -> AttemptBudget {
        if let budget = budgets[server] { return budget }
        let budget = AttemptBudget(seed: loops[0].world.makeSeed())
        budgets[server] = budget
        return budget
    }

    /// Stops an account, which stays among the others and does nothing until `start`, a change of it by `apply`, or the end of
    /// the gateway.
    ///
    /// - Parameter deadline: for what is being handed over.
    public func halt(_ name: String, deadline: Duration = .seconds(5)) async throws(GatewayError) {
        try await keeper(name).halt(deadline: deadline)
    }

    /// Begins an account again that was stopped by `halt`. Ignored where it runs.
    public func start(_ name: String) async throws(GatewayError) {
        guard !isStopping else { throw .stopping }
        try await keeper(name).start()
    }

    /// Replaces the connection of an account by a new one.
    public func reconnect(_ name: String) async throws(GatewayError) { try await running(name).reconnect() }

    /// Proves now that events of an account still arrive.
    ///
    /// - Returns: the verdict; nil where the connection is not up, or ends meanwhile.
    @discardableResult
    public func probe(_ name: String) async throws(GatewayError) -> VerdictRecord? {
        try await running(name).proof()
    }

    /// Posts as an account. Returns the post's id.
    func post(_ order: PostOrder) async throws -> String {
        let account = try await keeper(order.account).account
        let client = MattermostClient(
            server: account.server, token: account.token, tls: account.options.tls,
            transport: account.options.transport,
            world: loops[0].world)
        let post = try await client.createPost(
            channelID: order.channelID, message: order.message, rootID: order.rootID, pendingPostID: order.pendingID)
        return post.id
    }

    func keeper(_ name: String) throws(GatewayError) -> AccountKeeper {
        guard let keeper = keepers[name] else { throw .unknown(name) }
        return keeper
    }

    private func running(_ name: String) async throws(GatewayError) -> AccountKeeper {
        let keeper = try keeper(name)
        guard await !keeper.isHalted else { throw .stopped(name) }
        return keeper
    }

    // MARK: - Life

    /// Takes no more events, hands over what has come, closes all connections, and returns when that is done: at the latest
    /// some two seconds after `deadline`. What is not acknowledged then stays in the store. May be called again.
    public func stop(deadline: Duration = .seconds(10)) async {
        isStopping = true
        for name in Array(keepers.keys) { _ = leave(name, deadline: deadline) }
        while let task = leaving.values.first { await task.value }
        for watch in lagWatches { await watch.end() }
    }

    // MARK: - What can be seen

    public var accountNames: [String] { keepers.keys.sorted() }

    /// How all accounts are, by name.
    public func statuses() async -> [AccountStatus] { await statuses(of: Array(keepers.values)) }

    /// How these accounts are, by name. Those that are not here are left out.
    func statuses(of names: Set<String>) async -> [AccountStatus] {
        await statuses(of: names.compactMap { keepers[$0] })
    }

    private func statuses(of keepers: [AccountKeeper]) async -> [AccountStatus] {
        await withTaskGroup(of: [AccountStatus].self) { group in
            for loop in loops {
                let own = keepers.filter { $0.loop === loop }
                guard !own.isEmpty else { continue }
                group.addTask(executorPreference: loop.world.executor) {
                    await inTurns(own, on: loop.world) { $0.status }
                }
            }
            var all: [AccountStatus] = []
            for await statuses in group { all += statuses }
            return all.sorted { $0.name < $1.name }
        }
    }

    public func status(of name: String) async throws(GatewayError) -> AccountStatus { try await keeper(name).status }

    /// The last 64 transitions of an account's connection, oldest first, and its counters.
    public func history(of name: String) async throws(GatewayError) -> (
        transitions: [TransitionRecord], counters: Counters?
    ) {
        let keeper = try keeper(name)
        return (await keeper.history, await keeper.connectionCounters)
    }

    /// What all loops counted.
    public nonisolated func figures() -> GatewayFigures {
        loops.reduce(into: GatewayFigures()) { $0.add($1.figures) }
    }

    /// What each loop counted, in the order of the worlds.
    public nonisolated var figuresByLoop: [GatewayFigures] { loops.map(\.figures) }

    /// Attempts that wait for their turn, by server.
    public var waitingAttempts: [ServerURL: Int] {
        let now = loops[0].world.now
        return budgets.mapValues { $0.waiting(at: now) }
    }
}

/// How many are asked before the loop does what else waits.
private let askedInOneTurn = 500

/// Asks actors of the loop on which it runs, one after another, without a hop for each.
@concurrent private func inTurns<Value: Sendable>(
    _ keepers: [AccountKeeper], on world: any World, _ body: @Sendable (isolated AccountKeeper) -> Value
) async -> [Value] {
    var values: [Value] = []
    values.reserveCapacity(keepers.count)
    for start in stride(from: 0, to: keepers.count, by: askedInOneTurn) {
        if start > 0 { try? await world.sleep(for: .milliseconds(1)) }
        let some = keepers[start..<min(start + askedInOneTurn, keepers.count)]
        values += some.map { keeper in keeper.assumeIsolated { body($0) } }
    }
    return values
}
