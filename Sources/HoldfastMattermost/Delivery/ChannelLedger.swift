import Holdfast

/// What one channel has delivered, and what is still due: the rules of identity and order, without I/O.
///
/// It remembers the last `capacity` posts and reactions that were delivered, exactly. Beyond that it knows two horizons:
/// what was created, or changed, up to them counts as delivered. So memory is bounded, and a duplicate is only possible
/// of what the server repeats after `capacity` others were delivered in the same channel.
struct ChannelLedger {
    static let capacity = 256
    /// In the middle of a catch-up, with the edits, deletions and reactions that it would tell again if it were cut off and had
    /// forgotten. A process that is killed again and again before a catch-up has ended goes on with the same one.
    static let passCapacity = 256 * capacity
    /// How far a catch-up looks back behind what was delivered last, in milliseconds of the server: events of posts that were
    /// made at the same time arrive in any order, so that the newest delivered one does not prove those before it.
    static let overlap: Int64 = 30_000

    /// The connection greets at most so long before the channels are listed, by the server's clock, in milliseconds: what was
    /// made after the greeting is pushed as well as listed.
    static let greeting: Int64 = 3000

    let channelID: String
    private(set) var position: ChannelPosition
    private var items: [String: Entry] = [:]
    private var pinnedCount = 0
    /// The keys of the reactions among them, by post.
    private var reactionKeys: [String: Set<String>] = [:]
    /// Oldest first; an entry whose stamp is not its item's any more is void.
    private var order: [(key: String, stamp: UInt64)] = []
    private var head = 0
    private var nextStamp: UInt64 = 0
    /// What stays remembered until the catch-up has ended and all has arrived that is pushed as well; as `order`.
    private var pinned: [(key: String, stamp: UInt64)] = []

    /// What live events say that wait behind the catch-up: it must know whether it told that already.
    private var awaited: Set<String> = []
    /// What was made or changed after this may be pushed on the present connection as well, and may still be on its way here:
    /// the consumer may lag, or a resumed connection repeat it.
    private var pushedFrom = Int64.max

    private struct Entry {
        var item: KnownItem
        var stamp: UInt64
        var isPinned: Bool
    }

    init(channelID: String, position: ChannelPosition, known: [KnownItem] = []) {
        self.channelID = channelID
        // They come from a file.
        self.position = ChannelPosition(
            createdAt: position.createdAt.asTime, anchor: position.anchor, changedAt: position.changedAt.asTime,
            createdHorizon: position.createdHorizon.asTime, changedHorizon: position.changedHorizon.asTime,
            passFrom: position.passFrom.asTime, passAt: position.passAt.asTime)
        for item in known { place(item) }
    }

    // MARK: - What is known

    func known(_ key: String) -> KnownItem? { items[key]?.item }

    /// Whether this was not delivered yet.
    func isDue(_ happening: Happening) -> Bool {
        guard let item = known(happening.key) else { return true }
        return switch happening.kind {
        case .posted: false
        case .edited:
            !item.isGone && (happening.editedAt > item.editedAt || happening.changedAt > item.changedAt)
        case .deleted: !item.isGone
        // Not what was taken back before it was given again.
        case .reactionRemoved: !item.isGone && happening.at >= item.createdAt
        case .reactionAdded: item.isGone && happening.createdAt > item.createdAt
        }
    }

    /// What is pushed: whether it is due, and if so, notes that it is delivered.
    mutating func take(_ happening: Happening, in batch: inout MailboxBatch) -> Bool {
        guard isDue(happening) else { return false }
        record(happening, in: &batch)
        heard(happening)
        batch.positions[channelID] = position
        return true
    }

    /// Notes that it is delivered. What has to be kept of that is added to `batch`.
    mutating func record(_ happening: Happening, in batch: inout MailboxBatch) {
        var item =
            known(happening.key)
            ?? KnownItem(key: happening.key, createdAt: happening.createdAt, changedAt: happening.changedAt)
        item.editedAt = max(item.editedAt, happening.editedAt)
        item.changedAt = max(item.changedAt, happening.changedAt)
        switch happening.kind {
        case .posted:
            if happening.createdAt >= position.createdAt {
                position.createdAt = happening.createdAt
                position.anchor = happening.key
            }
        case .edited: break
        case .deleted, .reactionRemoved: item.isGone = true
        case .reactionAdded:
            item.isGone = false
            item.createdAt = happening.createdAt
        }
        remember(item, in: &batch)
        batch.positions[channelID] = position
    }

    private mutating func remember(_ item: KnownItem, in batch: inout MailboxBatch) {
        if items[item.key] != nil { batch.memory.append(.forget(key: item.key, channel: channelID)) }
        batch.memory.append(.remember(item, channel: channelID))
        place(item)
        shrink(&batch)
    }

    private mutating func place(_ item: KnownItem) {
        nextStamp += 1
        let entry = Entry(item: item, stamp: nextStamp, isPinned: isPinned(item))
        remove(item.key)
        items[item.key] = entry
        if item.isReaction { reactionKeys[item.postID, default: []].insert(item.key) }
        if entry.isPinned {
            pinnedCount += 1
            pinned.append((item.key, nextStamp))
        } else {
            order.append((item.key, nextStamp))
        }
    }

    private mutating func remove(_ key: String) {
        guard let entry = items.removeValue(forKey: key) else { return }
        if entry.isPinned { pinnedCount -= 1 }
        guard entry.item.isReaction else { return }
        let postID = entry.item.postID
        reactionKeys[postID]?.remove(key)
        if reactionKeys[postID]?.isEmpty == true { reactionKeys[postID] = nil }
    }

    /// Whether this would be told again if it were forgotten: by a live event that waits, or is about to come; or, should the
    /// catch-up be cut off and begin again, by what `since` shows.
    private func isPinned(_ item: KnownItem) -> Bool {
        if awaited.contains(item.key) || max(item.createdAt, item.changedAt) > pushedFrom { return true }
        guard position.passFrom > 0 else { return false }
        if item.isReaction { return true }
        if item.createdAt <= position.passFrom { return item.changedAt > since.changes }
        return item.isGone || item.editedAt > position.passAt
    }

    private mutating func shrink(_ batch: inout MailboxBatch) {
        while items.count - pinnedCount > ChannelLedger.capacity, evictOldest(&batch) {}
        while items.count > ChannelLedger.passCapacity, evictPinned(&batch) {}
        // Void entries must not pile up where the same few items change again and again.
        if order.count > 8 * ChannelLedger.capacity {
            order = order[head...].filter { items[$0.key]?.stamp == $0.stamp }
            head = 0
        }
        if pinned.count > 2 * ChannelLedger.passCapacity {
            pinned.removeAll { items[$0.key]?.stamp != $0.stamp }
        }
    }

    private mutating func evictOldest(_ batch: inout MailboxBatch) -> Bool {
        while head < order.count {
            let (key, stamp) = order[head]
            head += 1
            if forget(key, stamp, &batch) { return true }
        }
        return false
    }

    private mutating func evictPinned(_ batch: inout MailboxBatch) -> Bool {
        while !pinned.isEmpty {
            let (key, stamp) = pinned.removeFirst()
            if forget(key, stamp, &batch) { return true }
        }
        return false
    }

    private mutating func forget(_ key: String, _ stamp: UInt64, _ batch: inout MailboxBatch) -> Bool {
        guard let entry = items[key], entry.stamp == stamp else { return false }
        remove(key)
        batch.memory.append(.forget(key: key, channel: channelID))
        // While a catch-up is unfinished, what changed before is still looked for.
        // A time that was guessed may be too late; but what was heard since is not earlier than what is forgotten.
        if position.passFrom == 0 {
            position.changedHorizon = max(position.changedHorizon, min(entry.item.changedAt, position.changedAt))
        }
        if !entry.item.isReaction { position.createdHorizon = max(position.createdHorizon, entry.item.createdAt) }
        return true
    }

    // MARK: - Live

    /// Changes up to here have been heard; not while a catch-up is unfinished, which looks for earlier ones.
    mutating func heard(_ happening: Happening) {
        guard position.passFrom == 0 else { return }
        position.changedAt = max(position.changedAt, happening.provenAt)
    }

    /// A live event waits until the catch-up has ended.
    mutating func hold(_ key: String) {
        guard awaited.insert(key).inserted, let item = known(key) else { return }
        place(item)
    }

    /// All that waited has been told.
    mutating func endHolding(in batch: inout MailboxBatch) {
        awaited = []
        reorder()
        shrink(&batch)
        batch.positions[channelID] = position
    }

    // MARK: - Catching up

    /// A catch-up begins, or goes on where an earlier one was cut off.
    mutating func beginPass(serverTime: Int64, in batch: inout MailboxBatch) {
        if position.passFrom == 0 {
            position.passFrom = max(1, position.createdAt)
            position.passAt = serverTime
            batch.positions[channelID] = position
        }
        pushedFrom = min(serverTime - ChannelLedger.greeting, position.passFrom - ChannelLedger.overlap)
        reorder()
    }

    /// All that was pushed before the catch-up ended has arrived.
    mutating func endPushing(in batch: inout MailboxBatch) {
        pushedFrom = .max
        reorder()
        shrink(&batch)
        batch.positions[channelID] = position
    }

    /// The items anew into those that may be forgotten and those that are pinned.
    private mutating func reorder() {
        order = []
        pinned = []
        head = 0
        // In place, for it is done several times for each channel that is caught up.
        for index in items.values.indices {
            let entry = items.values[index]
            let isPinned = isPinned(entry.item)
            if isPinned != entry.isPinned { items.values[index].isPinned = isPinned }
            if isPinned {
                pinned.append((entry.item.key, entry.stamp))
            } else {
                order.append((entry.item.key, entry.stamp))
            }
        }
        pinnedCount = pinned.count
        order.sort { $0.stamp < $1.stamp }
        pinned.sort { $0.stamp < $1.stamp }
    }

    /// Nothing up to there is to be looked for: the account joined only then.
    mutating func moveStart(to time: Int64, in batch: inout MailboxBatch) {
        position.passFrom = max(position.passFrom, time)
        position.changedAt = max(position.changedAt, time)
        position.createdHorizon = max(position.createdHorizon, time)
        position.changedHorizon = max(position.changedHorizon, time)
        batch.positions[channelID] = position
    }

    /// All that happened up to `time` is delivered. `endHolding` follows.
    mutating func endPass(changedAt time: Int64, in batch: inout MailboxBatch) {
        position.changedAt = max(position.changedAt, time, position.passAt)
        // New posts that were forgotten meanwhile had no later change.
        position.changedHorizon = max(position.changedHorizon, position.passAt)
        position.passFrom = 0
        position.passAt = 0
        reorder()
        batch.positions[channelID] = position
    }

    /// Posts created later than this, and those that are known, are looked at.
    var start: Int64 { max(position.passFrom - ChannelLedger.overlap, position.createdHorizon) }

    /// What is asked with `since`.
    ///
    /// - Returns: `changes` is the time whose later changes are due. `query` is not later than it, and so early that the newest
    ///   post must be in the answer: an empty one is the server's stale cache then.
    var since: (query: Int64, changes: Int64) {
        let changes = max(position.changedAt - ChannelLedger.overlap, position.changedHorizon, 0)
        let query = position.createdAt > 0 ? min(changes, position.createdAt - 1) : changes
        return (max(query, 0), changes)
    }

    /// A post created at or before `start` that was delivered: where to page on from.
    var anchor: String? {
        var best: KnownItem?
        for entry in items.values where !entry.item.isReaction && entry.item.createdAt <= start {
            if entry.item.createdAt > best?.createdAt ?? Int64.min { best = entry.item }
        }
        if let best { return best.key }
        return position.createdAt <= start && !position.anchor.isEmpty ? position.anchor : nil
    }

    /// What is due of a post that a listing of live posts gives (`after`, or the latest): new ones, as they are now. What
    /// changed of the others `since` tells.
    func due(listed post: Post, reactions: [Reaction]) -> [Happening] {
        guard post.originalID.isEmpty, post.deleteAt == 0, post.createAt > start, known(post.id) == nil,
            post.id.isKeepable
        else { return [] }
        return [.posted(post)] + reactions.map { .reactionAdded($0) }.filter { $0.key.isKeepable && isDue($0) }
    }

    /// What is due of a post that `since` gives: it changed, in whatever way.
    ///
    /// - Parameters:
    ///   - changes: later changes are due, of a post that is not known.
    ///   - rootWasDeletedAt: when the thread's first post was deleted, if it was.
    func due(changed post: Post, reactions: [Reaction], after changes: Int64, rootWasDeletedAt: Int64?) -> [Happening] {
        guard post.originalID.isEmpty, post.id.isKeepable else { return [] }
        let item = known(post.id)
        // Delivered by this catch-up and forgotten since: what is due of it happened later.
        let isCovered = item == nil && post.createAt > position.passFrom && post.createAt <= start
        let isMissing = item == nil && post.createAt > start
        let after = isCovered ? max(changes, position.passAt) : changes
        if post.deleteAt > 0 {
            // The server announces the deletion of a thread by its first post alone.
            if let rootWasDeletedAt, rootWasDeletedAt == post.deleteAt { return [] }
            let happening = Happening.deleted(post)
            return isDue(happening) && (item != nil || post.deleteAt > changes) ? [happening] : []
        }
        var due: [Happening] = []
        if isMissing {
            due.append(.posted(post))
        } else if post.editAt > item?.editedAt ?? after, isDue(.edited(post)) {
            due.append(.edited(post))
        }
        for reaction in reactions {
            let happening = Happening.reactionAdded(reaction)
            let isOld = !isMissing && known(happening.key) == nil && reaction.createAt <= after
            if isDue(happening), !isOld, happening.key.isKeepable { due.append(happening) }
        }
        return due + removed(from: post, now: reactions)
    }

    /// Reactions that were delivered and are not there any more.
    private func removed(from post: Post, now reactions: [Reaction]) -> [Happening] {
        guard let delivered = reactionKeys[post.id] else { return [] }
        return delivered.subtracting(reactions.map(\.key)).sorted()
            .compactMap { Reaction(key: $0).map { .reactionRemoved($0, by: post.updateAt) } }
            .filter(isDue)
    }
}
