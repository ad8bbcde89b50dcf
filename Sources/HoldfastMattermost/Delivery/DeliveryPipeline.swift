import ConnectionLifecycle
import Holdfast
import WorldInterface

/// Turns the events of a connection into deliveries: each happening once, stored before it is handed over, and what was not
/// heard fetched. Belongs to the loop.
///
/// It reads the connection's events in the order in which the server sent them; all that it must know about the connection's
/// fate stands in that order: a `hello` is a new connection, which lost its place; events of a later attempt without one
/// are a resumed connection; a jump of `seq` is a loss. Then the channels are caught up (`DeliveryPipeline+CatchUp`), and
/// the live events of each wait behind that. Where it does not keep up it does not read, so that the connection pauses.
actor DeliveryPipeline {
    let world: any World
    let client: MattermostClient
    let output: EventBuffer<Delivery>
    /// Only the consumer of this pipeline reads it.
    let outputClaim: UInt64
    private let events: EventBuffer<MattermostEvent>
    private let eventsClaim: UInt64
    private let mailbox: any Mailbox
    private let observe: @Sendable (Observation) -> Void
    private let maximumHeldBytes: Int

    // What is known.
    private(set) var userID: String
    var ledgers: [String: ChannelLedger] = [:]
    /// The latest time of the server at which everything was being heard.
    var heardAt: Int64
    var isNew: Bool
    /// The server's clock, cut to the second, when it listed the channels.
    var listed: (clock: Int64, at: Instant)?
    private var nextNumber: Int64
    private var attempt: UInt32 = 0
    /// Events of attempts up to this one belong to whoever iterated before.
    private var past: UInt32 = 0
    private var nextSequence: Int64?

    // What is added and not handed over yet.
    var batch = MailboxBatch()
    private var unsettled: [Delivery] = []
    private var unsettledBytes = 0
    private var added: UInt64 = 0
    private var settled: UInt64 = 0
    private var isCommitting = false
    private var isFull = false
    private var hasTooManyChannels = false
    private var waiters: [CheckedContinuation<Void, Never>] = []

    // What waits behind a catch-up.
    var isListing = false
    var behind: Set<String> = []
    private var held: [String: [MattermostEvent]] = [:]
    private var heldBytes = 0

    /// Channels that were caught up, and of which older events may still arrive: until one was made later than `expectedUntil`.
    private var expecting: Set<String> = []
    private var expectedUntil: Int64 = 0

    // The catch-up that runs.
    var pass: Task<Void, Never>?
    var passNumber = 0
    var queue: [Channel] = []
    /// Channels that are not listed any more and whose posts are refused.
    var closed: Set<String> = []
    var notBefore = Instant(nanoseconds: 0)
    var senders: [String: String] = [:]
    var progress = CatchUpRecord()
    /// When the latest pass asked for the channels.
    var listedAt: Instant?
    /// Requests for pages in a row, by channel, of which nothing came.
    var fruitless: [String: Int] = [:]

    private var pump: Task<Void, Never>?
    private var isOver = false
    private(set) var failure: StoreError?

    nonisolated let unownedExecutor: UnownedSerialExecutor

    init(
        events: EventBuffer<MattermostEvent>, client: MattermostClient, mailbox: any Mailbox, world: any World,
        maximumCount: Int, maximumBytes: Int, observe: @escaping @Sendable (Observation) -> Void
    ) {
        self.events = events
        eventsClaim = events.claim()
        self.client = client
        self.mailbox = mailbox
        self.world = world
        self.observe = observe
        maximumHeldBytes = maximumBytes
        unownedExecutor = world.executor.asUnownedSerialExecutor()
        output = EventBuffer(maximumCount: maximumCount, maximumBytes: maximumBytes)
        outputClaim = output.claim()
        let state = mailbox.state
        userID = state.account
        isNew = state.account.isEmpty && state.channels.isEmpty
        nextNumber = state.nextNumber
        heardAt = state.heardAt
        for (channel, position) in state.channels {
            ledgers[channel] = ChannelLedger(
                channelID: channel, position: position, known: state.known[channel] ?? [])
        }
        output.onDrained { [weak self, executor = world.executor] in
            guard let self else { return }
            Task(executorPreference: executor) { await self.drained() }
        }
    }

    // MARK: - Life

    /// - Parameters:
    ///   - isConnected: there is a connection already, whose `hello` may have gone to somebody else.
    ///   - attempt: which it is; or where there is none, the last one that was, whose events do not count any more.
    func begin(isConnected: Bool, attempt: UInt32) {
        self.attempt = attempt
        if !isConnected { past = attempt }
        pump = Task(executorPreference: world.executor) { await self.run(isConnected: isConnected) }
    }

    private func run(isConnected: Bool) async {
        do {
            // First of all, for what is fetched comes behind it.
            try await repeatUnacknowledged()
            if isConnected { beginCatchUp("deliveries were asked for after the connection was started") }
            try await read()
        } catch {
            // Ended, or failed: whoever made it so has noted it.
        }
        finish()
    }

    /// Nobody takes deliveries any more. What is stored stays stored.
    func end() {
        isOver = true
        finish()
    }

    private func finish() {
        pump?.cancel()
        pass?.cancel()
        pass = nil
        // Nobody reads: the connection must not wait for it.
        events.release(eventsClaim)
        output.finish()
        wake()
    }

    func fail(_ error: StoreError) {
        guard failure == nil, !isOver else { return }
        failure = error
        note(.error, "deliveries end: \(error)")
        finish()
    }

    func check() throws(CancellationError) {
        if isOver || failure != nil || Task.isCancelled { throw CancellationError() }
    }

    /// Whether the mailbox is this account's.
    func identify(_ account: String) -> Bool {
        let owner = mailbox.state.account
        guard !account.isEmpty else { return true }
        guard owner.isEmpty || owner == account else {
            fail(
                StoreError(
                    .otherAccount,
                    "the store belongs to the account \(owner), and this is \(account); give each account its own mailbox or file"
                ))
            return false
        }
        userID = account
        return true
    }

    // MARK: - What was stored before

    private func repeatUnacknowledged() async throws {
        var last: Int64 = 0
        let end = nextNumber
        while true {
            let stored: [StoredDelivery]
            do throws(StoreError) {
                stored = try await mailbox.unacknowledged(after: last, limit: 256)
            } catch {
                fail(error)
                throw error
            }
            let old = stored.prefix { $0.number < end }
            guard let newest = old.last else { return }
            last = newest.number
            handOver(old.compactMap(restore), byteCount: old.reduce(0) { $0 + $1.text.count })
            try await settle()
        }
    }

    private func restore(_ stored: StoredDelivery) -> Delivery? {
        guard let event = event(stored.text) else {
            note(.error, "delivery \(stored.number) of the store cannot be read; it is left there")
            return nil
        }
        return Delivery(
            number: stored.number, source: stored.source, reason: stored.reason, isRepeated: true, event: event,
            arrivedAt: world.now, mailbox: mailbox)
    }

    private func event(_ text: [UInt8]) -> MattermostEvent? {
        guard case .event(let event)? = try? FrameDecoder().decode(String(decoding: text, as: UTF8.self)) else {
            return nil
        }
        return event
    }

    // MARK: - Live events

    private func read() async throws {
        while let arrived = await events.nextBatch(eventsClaim) {
            try check()
            for event in arrived { take(event) }
            try await settle()
            try await wait { heldBytes > maximumHeldBytes }
        }
        pass?.cancel()
        try await settle()
    }

    private func take(_ event: MattermostEvent) {
        let isContinued = nextSequence == event.sequence
        guard event.attempt > past else { return }
        // Without a `hello`.
        let isLater = attempt > 0 && attempt != event.attempt
        let expected = nextSequence
        attempt = event.attempt
        nextSequence = event.sequence &+ 1
        if event.kind == .hello {
            guard identify(event.broadcast.userID) else { return }
            return beginCatchUp("a new connection (attempt \(attempt))")
        }
        if let expected, !isContinued {
            beginCatchUp("a gap: event \(expected) was expected, \(event.sequence) came")
        } else if isLater {
            // The server replays what it sent. What it would have sent to a connection that was deaf before it dropped has no
            // number, and only the channels tell.
            beginCatchUp("the connection was resumed (attempt \(attempt))")
        }
        if event.isCanary { return }
        if !expecting.isEmpty { arrived(event) }
        let channel = event.broadcast.channelID
        var waits = !channel.isEmpty && (isListing || behind.contains(channel))
        #if CLASSIC_BUGS
            if ClassicBug.active == .racingCatchUp { waits = false }
        #endif
        if waits {
            held[channel, default: []].append(event)
            if let happening = event.happening(by: serverTime) { ledgers[channel]?.hold(happening.key) }
            heldBytes += event.byteCount
        } else {
            admit(event, channel: channel, hasWaited: false)
        }
    }

    /// The channel is caught up.
    func expectEvents(of channel: String) {
        expecting.insert(channel)
        expectedUntil = max(expectedUntil, serverTime)
    }

    /// A connection's events arrive in order, of whatever channel: one that is new enough proves that none older is to come.
    private func arrived(_ event: MattermostEvent) {
        guard let happening = event.happening(by: 0), happening.createdAt > expectedUntil else { return }
        for channel in expecting.sorted() { ledgers[channel]?.endPushing(in: &batch) }
        expecting = []
    }

    /// Whether live events of the channel wait.
    func isAwaited(_ channel: String) -> Bool { held[channel] != nil }

    /// Tells the ledger what waits; when it began to wait there may have been none.
    func announceHeld(_ channel: String) {
        for event in held[channel] ?? [] {
            if let happening = event.happening(by: serverTime) { ledgers[channel]?.hold(happening.key) }
        }
    }

    /// The new posts of a channel that wait as the server pushed them, in the order of their creation.
    func heldPosts(_ channel: String) -> [(made: Happening, event: MattermostEvent)] {
        let posts = (held[channel] ?? []).filter { $0.kind == .posted }.compactMap { event in
            event.happening(by: serverTime).map { (made: $0, event: event) }
        }
        return posts.sorted { $0.made.createdAt < $1.made.createdAt }
    }

    /// The channels whose events wait without need any more.
    func release(_ isReady: (String) -> Bool) {
        for channel in held.keys.filter(isReady).sorted() {
            for event in held.removeValue(forKey: channel) ?? [] {
                heldBytes -= event.byteCount
                admit(event, channel: channel, hasWaited: true)
            }
            ledgers[channel]?.endHolding(in: &batch)
        }
        wake()
    }

    private func admit(_ event: MattermostEvent, channel: String, hasWaited: Bool) {
        if remembers(channel), let happening = event.happening(by: serverTime) {
            // Changed in its place: a copy would cost as much as all that the ledger remembers. A channel that is new to us:
            // what it had before was not for us.
            let isDue = ledgers[channel, default: .joined(channel, at: max(0, happening.createdAt - 1))].take(
                happening, in: &batch)
            guard isDue else { return }
            heard(at: max(happening.createdAt, happening.editedAt))
        }
        add(pushed: event, hasWaited: hasWaited)
    }

    /// The most channels of which it is known what was delivered. An account has fewer; a server can make up any number.
    static let maximumChannels = 100_000

    /// Whether what comes from that channel is told apart from what came. If not, it is handed over as it is pushed.
    private func remembers(_ channel: String) -> Bool {
        guard channel.isKeepable else { return false }
        guard ledgers.count >= DeliveryPipeline.maximumChannels, ledgers[channel] == nil else { return true }
        if !hasTooManyChannels {
            hasTooManyChannels = true
            note(
                .warning,
                "events of more than \(DeliveryPipeline.maximumChannels) channels came; those of further ones are handed "
                    + "over without looking for duplicates")
        }
        return false
    }

    /// The server's clock, not too early, in milliseconds since 1970.
    private var serverTime: Int64 {
        guard let listed else { return heardAt }
        return listed.clock + 1000 + Int64(clamping: world.now.nanoseconds(since: listed.at) / 1_000_000)
    }

    func heard(at time: Int64) {
        guard time > heardAt else { return }
        heardAt = time
        batch.heardAt = time
    }

    // MARK: - Storing and handing over

    /// - Parameter hasWaited: until the channel was caught up.
    func add(pushed event: MattermostEvent, hasWaited: Bool) {
        let source = event.isReplayed ? DeliverySource.resumed : .live
        let pushed = event.isReplayed ? "pushed again after the connection was resumed" : "pushed"
        let reason = hasWaited ? pushed + "; waited for the catch-up of its channel" : pushed
        add(event, source: source, reason: reason)
    }

    /// Adds what was fetched.
    func add(caughtUp text: [UInt8], reason: String) {
        guard let event = event(text) else { return note(.error, "a fetched post cannot be written as an event") }
        add(event, source: .caughtUp, reason: reason)
    }

    private func add(_ event: MattermostEvent, source: DeliverySource, reason: String) {
        let number = nextNumber
        nextNumber += 1
        batch.deliveries.append(
            StoredDelivery(
                number: number, source: source, reason: reason, text: event.withRawBytes { Array($0) }))
        unsettled.append(
            Delivery(
                number: number, source: source, reason: reason, isRepeated: false, event: event,
                arrivedAt: world.now, mailbox: mailbox))
        unsettledBytes += event.byteCount
        added += 1
    }

    /// Waits until all that was added is stored and handed over, and there is room for more.
    func settle() async throws(CancellationError) {
        beginCommitting()
        let target = added
        try await wait { settled < target || isFull }
    }

    private func beginCommitting() {
        guard !isCommitting, !batch.isEmpty else { return }
        isCommitting = true
        Task(executorPreference: world.executor) { await self.commitAll() }
    }

    /// What is added while one batch is being stored is the next one.
    private func commitAll() async {
        while !batch.isEmpty, failure == nil { await commit() }
        isCommitting = false
    }

    private func commit() async {
        let stored = batch
        let deliveries = unsettled
        let byteCount = unsettledBytes
        batch = MailboxBatch()
        unsettled = []
        unsettledBytes = 0
        do throws(StoreError) {
            try await mailbox.commit(stored)
        } catch {
            return fail(error)
        }
        settled += UInt64(deliveries.count)
        #if CLASSIC_BUGS
            if ClassicBug.active == .earlyAcknowledgement {
                for delivery in deliveries { try? await delivery.acknowledge() }
            }
        #endif
        handOver(deliveries, byteCount: byteCount)
        wake()
    }

    private func handOver(_ deliveries: [Delivery], byteCount: Int) {
        if output.append(deliveries, byteCount: byteCount) == .full { isFull = true }
    }

    private func drained() {
        isFull = false
        wake()
    }

    // MARK: - Waiting

    /// Waits for as long as that is so.
    private func wait(while isHindered: () -> Bool) async throws(CancellationError) {
        try check()
        while isHindered() {
            await withCheckedContinuation { waiter in
                // Asked again: whoever came from another executor may be here in a later turn of the loop.
                if isHindered() { waiters.append(waiter) } else { waiter.resume() }
            }
            try check()
        }
    }

    private func wake() {
        let waiters = waiters
        self.waiters = []
        for waiter in waiters { waiter.resume() }
    }

    // MARK: - What can be seen

    func note(_ level: LogLevel, _ message: String) {
        observe(
            .log(LogEntry(at: world.wallClockMilliseconds, generation: attempt, level: level, message: message)))
    }

    func publishProgress(_ phase: CatchUpRecord.Phase) {
        progress.at = world.wallClockMilliseconds
        progress.generation = attempt
        progress.phase = phase
        observe(.catchUp(progress))
    }
}

extension MattermostEvent {
    /// What it is about, if it is about a post or a reaction.
    ///
    /// - Parameter time: the latest that it can have happened; not each event says when.
    fileprivate func happening(by time: Int64) -> Happening? {
        switch kind {
        case .posted, .postEdited, .postDeleted, .reactionAdded, .reactionRemoved: break
        default: return nil
        }
        return switch try? content {
        case .posted(let posted)?: keepable(.posted(posted.post))
        case .postEdited(let post)?: keepable(.edited(post))
        case .postDeleted(let post)?: keepable(.deleted(post, by: time))
        case .reactionAdded(let reaction)?: keepable(.reactionAdded(reaction))
        case .reactionRemoved(let reaction)?: keepable(.reactionRemoved(reaction, by: time))
        default: nil
        }
    }

    private func keepable(_ happening: Happening) -> Happening? { happening.key.isKeepable ? happening : nil }

    /// Our own proof of the push path, of whichever connection of the account.
    fileprivate var isCanary: Bool {
        guard kind == .preferencesChanged, case .preferencesChanged(let preferences)? = try? content else {
            return false
        }
        return preferences.allSatisfy { $0.category == canaryCategory }
    }
}

extension ChannelLedger {
    /// Of a channel in which nothing up to `time` is ours.
    static func joined(_ channel: String, at time: Int64, changesAt changes: Int64 = 0) -> ChannelLedger {
        ChannelLedger(
            channelID: channel,
            position: ChannelPosition(
                createdAt: time, changedAt: max(time, changes), createdHorizon: time,
                changedHorizon: max(time, changes)))
    }
}
