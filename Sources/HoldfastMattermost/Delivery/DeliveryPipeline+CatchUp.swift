import Holdfast
import WorldInterface

/// Fetches what was not heard (source: server's `api4/post.go`, `app/post.go`, and what they were observed to do).
///
/// One pass lists the account's channels and then goes through them, those that moved first. New posts come from pages of
/// the channel (`after`), edits, deletions and reactions from `since`, in every channel, because they do not move
/// `last_post_at`. A pass never gives up: a server that limits or fails is asked again, later.
extension DeliveryPipeline {
    /// Requests in flight at a time.
    private static let width = 4
    /// The server cuts an answer to `since` here, without a word.
    private static let maximumChanges = 1000
    /// Between two passes, so that a server that gives a reason with every event is not asked with every event.
    private static let passPause = Duration.milliseconds(100)

    func beginCatchUp(_ reason: String) {
        isListing = true
        pass?.cancel()
        passNumber += 1
        let number = passNumber
        pass = Task(executorPreference: world.executor) { await self.runPass(number, reason) }
    }

    private func runPass(_ number: Int, _ reason: String) async {
        // Cancelled: a later pass does the work. A store that failed has been noted.
        try? await catchUp(number, reason)
        // A task that has ended keeps its memory as long as anybody holds it: here 14 KB for each account, for ever.
        if number == passNumber { pass = nil }
    }

    // MARK: - A pass

    private func catchUp(_ number: Int, _ reason: String) async throws {
        if let listedAt, world.now < listedAt + DeliveryPipeline.passPause {
            try await world.sleep(for: DeliveryPipeline.passPause)
            guard number == passNumber else { return }
        }
        listedAt = world.now
        let (channels, clock) = try await list()
        guard number == passNumber else { return }
        progress = CatchUpRecord(reason: reason, channels: channels.count)
        publishProgress(.began)
        let unlisted = Set(ledgers.keys).subtracting(channels.map(\.id))
        for channel in channels where ledgers[channel.id] == nil {
            guard ledgers.count < DeliveryPipeline.maximumChannels else {
                note(.warning, "there are more than \(ledgers.count) channels; the rest is not caught up")
                break
            }
            // On the first start all that is there is from before our time.
            let ledger: ChannelLedger =
                isNew
                ? .joined(channel.id, at: channel.lastPostAt, changesAt: clock) : .joined(channel.id, at: heardAt)
            ledgers[channel.id] = ledger
            batch.positions[channel.id] = ledger.position
        }
        if isNew { batch.account = userID }
        heard(at: clock)
        let isFirst = isNew
        isNew = false
        if isFirst {
            queue = []
        } else {
            // Archived ones are not listed, but what came before that is still ours, and nobody says how far they have come.
            closed.formIntersection(unlisted)
            queue =
                channels.sorted(by: hasMore)
                + unlisted.subtracting(closed).sorted().map { Channel(id: $0, name: "", lastPostAt: .max) }
        }
        try await work(number, clock, reason)
    }

    /// Those that moved first, the busiest of them first.
    private func hasMore(_ left: Channel, than right: Channel) -> Bool {
        func rank(_ channel: Channel) -> (Int, Int64, String) {
            let isMoved = channel.lastPostAt > ledgers[channel.id]?.position.createdAt ?? 0
            return (isMoved ? 0 : 1, -channel.lastPostAt, channel.id)
        }
        return rank(left) < rank(right)
    }

    private func work(_ number: Int, _ clock: Int64, _ reason: String) async throws {
        progress.channels = queue.count
        behind = Set(queue.map(\.id))
        isListing = false
        release { !behind.contains($0) }
        try await settle()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<DeliveryPipeline.width {
                group.addTask { try await self.workOff(number, clock, reason) }
            }
            try await group.waitForAll()
        }
        guard number == passNumber else { return }
        publishProgress(.finished)
    }

    private func workOff(_ number: Int, _ clock: Int64, _ reason: String) async throws {
        while number == passNumber, let channel = nextChannel() {
            let refusal = try await catchUp(channel, number, clock, reason)
            guard number == passNumber else { return }
            if let refusal { refused(channel, refusal) }
            behind.remove(channel.id)
            expectEvents(of: channel.id)
            if isAwaited(channel.id) {
                release { $0 == channel.id }
            } else {
                ledgers[channel.id]?.endHolding(in: &batch)
            }
            try await settle()
            progress.channelsDone += 1
            if progress.channelsDone < progress.channels, progress.channelsDone % 50 == 0 { publishProgress(.running) }
        }
    }

    private func refused(_ channel: Channel, _ refusal: MattermostError) {
        let isListed = channel.lastPostAt < .max
        note(isListed ? .warning : .info, "channel \(channel.id) is not caught up: \(refusal)")
        switch refusal {
        case .forbidden, .notFound: if !isListed { closed.insert(channel.id) }
        case .rateLimited, .unauthorized, .badRequest, .server, .transport, .unexpected: break
        }
    }

    /// One whose live events wait comes before the others.
    private func nextChannel() -> Channel? {
        guard !queue.isEmpty else { return nil }
        return queue.remove(at: queue.firstIndex { isAwaited($0.id) } ?? 0)
    }

    // MARK: - A channel

    /// Returns why the server refuses, if it does: the account has left, or the channel is gone.
    private func catchUp(
        _ channel: Channel, _ number: Int, _ clock: Int64, _ reason: String
    ) async throws -> MattermostError? {
        guard ledgers[channel.id] != nil else { return nil }
        ledgers[channel.id]?.beginPass(serverTime: clock, in: &batch)
        announceHeld(channel.id)
        fruitless[channel.id] = 0
        defer { fruitless[channel.id] = nil }
        do {
            let isMoved = channel.lastPostAt > ledgers[channel.id]?.position.createdAt ?? 0
            if isMoved { try await fetchPosts(channel, number, reason) }
            let changedAt = try await fetchChanges(channel, number, reason)
            guard number == passNumber else { throw CancellationError() }
            ledgers[channel.id]?.endPass(changedAt: changedAt, in: &batch)
            return nil
        } catch let error as MattermostError {
            return error
        }
    }

    /// New posts. The latest page is enough where few were missed, and depends on no anchor; otherwise on from the newest
    /// post that is known.
    private func fetchPosts(_ channel: Channel, _ number: Int, _ reason: String) async throws {
        let latest = try await page(channel, .latest, 0)
        let join = joining(in: latest, channel)
        if let join { ledgers[channel.id]?.moveStart(to: join - 1, in: &batch) }
        if join != nil || reachesStart(latest, channel) {
            return try await deliver(listed: latest.rows, channel, number, reason)
        }
        let follow = { (anchor: String) in
            try await self.pages(after: anchor, channel) { page in
                try await self.deliver(listed: page.rows, channel, number, reason)
            }
        }
        // There are posts beyond: an answer without any means that the server does not know the anchor.
        if let anchor = ledgers[channel.id]?.anchor, try await follow(anchor) { return }
        let (oldest, anchor) = try await walkBack(channel)
        try await deliver(listed: oldest.rows, channel, number, reason)
        if let anchor { _ = try await follow(anchor) }
    }

    /// The pages after a post, until there are no more.
    ///
    /// - Returns: whether there was any.
    @discardableResult
    private func pages(
        after first: String, _ channel: Channel, _ body: (PostPage) async throws -> Void
    ) async throws -> Bool {
        var anchor = first
        var pageNumber = 0
        var isAny = false
        var before: PostPage?
        while true {
            let page = try await page(channel, .after(anchor), pageNumber)
            if let before { try page.checkProgress(from: before) }
            before = page
            if page.rows.isEmpty { return isAny }
            isAny = true
            try await body(page)
            guard page.rows.count >= DeliveryPipeline.pageSize else { return true }
            // On from before the page's last millisecond, of which more may follow. Where it is all one millisecond, by number.
            let newest = page.rows[0].post.createAt
            if let next = page.rows.first(where: { $0.post.createAt < newest }) {
                anchor = next.post.id
                pageNumber = 0
            } else {
                pageNumber += 1
            }
        }
    }

    /// From the latest page back to the first post that is not looked for.
    ///
    /// - Returns: the last page seen, and a post in it from which to go on; nil when the page is empty.
    private func walkBack(_ channel: Channel) async throws -> (PostPage, anchor: String?) {
        var number = 0
        var last = try await page(channel, .latest, 0)
        while !reachesStart(last, channel) {
            number += 1
            let next = try await page(channel, .latest, number)
            if next.rows.isEmpty { break }
            try next.checkProgress(from: last)
            last = next
            if let join = joining(in: next, channel) {
                ledgers[channel.id]?.moveStart(to: join - 1, in: &batch)
                break
            }
        }
        // Its newest millisecond may go on in the page before.
        let newest = last.rows.first?.post.createAt ?? 0
        let anchor = last.rows.first { $0.post.createAt < newest } ?? last.rows.first
        return (last, anchor?.post.id)
    }

    /// Whether a page (newest first) goes back to what is not looked for, or to the channel's beginning.
    private func reachesStart(_ page: PostPage, _ channel: Channel) -> Bool {
        guard page.rows.count >= DeliveryPipeline.pageSize, let oldest = page.rows.last else { return true }
        return oldest.post.createAt <= ledgers[channel.id]?.start ?? 0
    }

    /// When the account joined, if the page tells: in a channel of which it had nothing, what came before is not its own.
    private func joining(in page: PostPage, _ channel: Channel) -> Int64? {
        guard let ledger = ledgers[channel.id], ledger.position.anchor.isEmpty else { return nil }
        return page.rows.first { $0.post.createAt > ledger.start && $0.post.isJoining(of: userID) }?.post.createAt
    }

    private func deliver(
        listed rows: [PostRow], _ channel: Channel, _ number: Int, _ reason: String
    ) async throws {
        let names = try await senders(of: rows)
        guard number == passNumber else { throw CancellationError() }
        var due: [(Happening, PostRow)] = []
        for row in rows.reversed() {
            // Also of a post that has not changed since: a reaction may be of the same millisecond.
            let reactions = (try? row.reactions) ?? []
            due += (ledgers[channel.id]?.due(listed: row.post, reactions: reactions) ?? []).map { ($0, row) }
        }
        try await deliver(due, channel, names, reason)
    }

    /// Edits, deletions, reactions, and posts that a listing left out. Returns the latest change that was seen.
    private func fetchChanges(_ channel: Channel, _ number: Int, _ reason: String) async throws -> Int64 {
        guard let (first, changes) = ledgers[channel.id]?.since else { return 0 }
        /// Of a post that there is, when it was made.
        var witness: Int64?
        var sweep = Sweep()
        var query = first
        var step: Int64 = 60_000
        var latest: Int64 = 0
        while true {
            let page = try await changesSince(query, channel)
            if page.rows.isEmpty, latest == 0, query > 0 {
                // Perhaps there is nothing; perhaps the server's cache believes so. An answer that must contain the newest
                // post tells, and a question for an earlier time is one that the cache does not answer.
                if witness == nil {
                    let newest = try await self.page(channel, .latest, 0, perPage: 1).rows.first
                    guard let newest else { return 0 }
                    witness = newest.post.createAt
                    query = min(query, max(0, newest.post.createAt.asTime - 1))
                } else {
                    query = max(0, query - step)
                    step *= 4
                }
                continue
            }
            try await deliver(
                changed: page.rows.filter(sweep.isAhead), of: page, after: changes, channel, number, reason)
            latest = page.rows.reduce(latest) { max($0, $1.post.updateAt) }
            guard page.rows.count >= DeliveryPipeline.maximumChanges else { return latest }
            // The server cut at a time of *creation*: all that was created before it is in the answer, and whatever was created
            // later also changed later. One less, for others of that millisecond, and because the server's cache denies
            // what it has just given.
            guard sweep.advance(over: page) else {
                try await fetchMasked(page, sweep, since: query, after: changes, channel, number, reason)
                return latest
            }
            query = max(query, sweep.cut.asTime - 1)
        }
    }

    /// More than a whole answer has changed since whatever time could be asked for, so that the same oldest posts fill it
    /// each time and hide the others. Those are found page by page; but deleted ones stand in no page: for them, the
    /// question moves on through the times of the changes.
    private func fetchMasked(
        _ page: PostPage, _ sweep: Sweep, since time: Int64, after changes: Int64, _ channel: Channel, _ number: Int,
        _ reason: String
    ) async throws {
        let before = page.rows.first { $0.post.createAt < sweep.cut && $0.post.originalID.isEmpty }
        if let anchor = before ?? page.rows.last {
            try await pages(after: anchor.post.id, channel) { page in
                try await self.deliver(
                    changed: page.rows.filter(sweep.isAhead), of: page, after: changes, channel, number, reason)
            }
        }
        var told: Set<String> = []
        var query = time
        while true {
            let page = try await changesSince(query, channel)
            let deleted = page.rows.filter { $0.post.deleteAt > 0 && sweep.isAhead($0) && !told.contains($0.post.id) }
            try await deliver(changed: deleted, of: page, after: changes, channel, number, reason)
            told.formUnion(deleted.map(\.post.id))
            guard page.rows.count >= DeliveryPipeline.maximumChanges else { return }
            let times = page.rows.map(\.post.updateAt.asTime).sorted()
            query = max(query + 1, times[times.count / 2])
        }
    }

    private func deliver(
        changed rows: [PostRow], of page: PostPage, after changes: Int64, _ channel: Channel, _ number: Int,
        _ reason: String
    ) async throws {
        let names = try await senders(of: rows.filter { $0.post.createAt > changes })
        guard number == passNumber else { throw CancellationError() }
        var deletions: [String: Int64] = [:]
        for row in page.rows where row.post.deleteAt > 0 { deletions[row.post.id] = row.post.deleteAt }
        var due: [(Happening, PostRow)] = []
        for row in rows.reversed() {
            let reactions = (try? row.reactions) ?? []
            let happenings = ledgers[channel.id]?.due(
                changed: row.post, reactions: reactions, after: changes, rootWasDeletedAt: deletions[row.post.rootID])
            due += (happenings ?? []).map { ($0, row) }
        }
        due.sort { ($0.0.at, $0.0.createdAt) < ($1.0.at, $1.0.createdAt) }
        try await deliver(due, channel, names, reason)
    }

    private func deliver(
        _ due: [(Happening, PostRow)], _ channel: Channel, _ names: [String: String], _ reason: String
    ) async throws {
        var waiting = due.isEmpty ? [] : heldPosts(channel.id)[...]
        for (happening, row) in due where ledgers[channel.id]?.isDue(happening) == true {
            // Posts that wait as the server pushed them have their place before posts that were made later, and before what became
            // of those and of themselves; not before a late reaction to an earlier one.
            let end =
                waiting.firstIndex { $0.made.key == row.post.id }.map { $0 + 1 }
                ?? waiting.firstIndex { $0.made.createdAt >= row.post.createAt } ?? waiting.endIndex
            for (made, event) in waiting[..<end] {
                let isNewer = made.key == happening.key && happening.kind == .posted && made != happening
                guard !isNewer, ledgers[channel.id]?.isDue(made) == true else { continue }
                ledgers[channel.id]?.record(made, in: &batch)
                progress.deliveries += 1
                fruitless[channel.id] = 0
                add(pushed: event, hasWaited: true)
            }
            waiting = waiting[end...]
            guard ledgers[channel.id]?.isDue(happening) == true else { continue }
            ledgers[channel.id]?.record(happening, in: &batch)
            progress.deliveries += 1
            fruitless[channel.id] = 0
            var reaction = Reaction(key: happening.key)
            if happening.kind == .reactionAdded { reaction?.createAt = happening.createdAt }
            let sender = row.post.type.isEmpty ? names[row.post.userID] ?? "" : "System"
            let text = CaughtUpText(channel: channel, sender: sender)
                .text(of: happening.kind, post: row.text, reaction: reaction)
            add(caughtUp: text, reason: reason)
        }
        try await settle()
    }
}

/// How far a search through the changed posts of a channel has come, in order of their creation.
private struct Sweep {
    /// All that was created before is done, and of those created then, these.
    private(set) var cut = Int64.min
    private var done: Set<String> = []

    func isAhead(_ row: PostRow) -> Bool {
        row.post.createAt > cut || (row.post.createAt == cut && !done.contains(row.post.id))
    }

    /// Returns whether that is any progress.
    mutating func advance(over page: PostPage) -> Bool {
        let newest = page.rows.reduce(cut) { max($0, $1.post.createAt) }
        guard newest > cut else { return false }
        cut = newest
        done = Set(page.rows.lazy.filter { $0.post.createAt == newest }.map(\.post.id))
        return true
    }
}

extension PostPage {
    /// Another page than the one before it, or the server repeats itself, which would go on for ever.
    fileprivate func checkProgress(from before: PostPage) throws(MattermostError) {
        if rows.first?.post.id == before.rows.first?.post.id, rows.last?.post.id == before.rows.last?.post.id {
            throw .unexpected("the server gives the same page of posts again instead of the next one")
        }
    }
}

extension Post {
    /// Whether the server says by it that the account came into the channel.
    fileprivate func isJoining(of userID: String) -> Bool {
        switch type {
        case "system_join_channel": self.userID == userID
        case "system_add_to_channel": props.contains("\"addedUserId\":\"\(userID)\"")
        default: false
        }
    }
}
