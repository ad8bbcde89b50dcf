import Holdfast

@testable import HoldfastMattermost

/// A ledger, and what a store keeps of it.
final class LedgerRig {
    var ledger = ChannelLedger.joined("c", at: 0)
    private(set) var stored: [KnownItem] = []
    private(set) var position: ChannelPosition?
    private var batch = MailboxBatch()
    private var made = 0

    var remembered: [KnownItem] { stored }

    func copy() -> LedgerRig {
        let copy = LedgerRig()
        (copy.ledger, copy.stored, copy.position, copy.made) = (ledger, stored, position, made)
        return copy
    }

    func make(at time: Int64) -> Post {
        made += 1
        return Post(id: "post-\(made)", createAt: time, updateAt: time, userID: "u", channelID: "c", message: "")
    }

    /// Whether it is delivered.
    func hears(_ happening: Happening) -> Bool {
        defer { commit() }
        return ledger.take(happening, in: &batch)
    }

    func begin(at time: Int64) {
        ledger.beginPass(serverTime: time, in: &batch)
        commit()
    }

    func endWithoutHolding(changedAt time: Int64) {
        ledger.endPass(changedAt: time, in: &batch)
        commit()
    }

    func endHolding() {
        ledger.endHolding(in: &batch)
        commit()
    }

    func endPushing() {
        ledger.endPushing(in: &batch)
        commit()
    }

    func end(changedAt time: Int64) {
        ledger.endPass(changedAt: time, in: &batch)
        ledger.endHolding(in: &batch)
        ledger.endPushing(in: &batch)
        commit()
    }

    /// What is delivered of a listed post.
    func lists(_ post: Post, _ reactions: [Reaction] = []) -> [Happening] {
        deliver(ledger.due(listed: post, reactions: reactions))
    }

    /// What is delivered of a changed post.
    func changed(
        _ post: Post, _ reactions: [Reaction] = [], rootWasDeletedAt: Int64? = nil
    ) -> [Happening] {
        deliver(
            ledger.due(
                changed: post, reactions: reactions, after: ledger.since.changes, rootWasDeletedAt: rootWasDeletedAt))
    }

    private func deliver(_ due: [Happening]) -> [Happening] {
        for happening in due { ledger.record(happening, in: &batch) }
        commit()
        return due
    }

    /// The process dies; the next one has what was stored.
    func restart() {
        guard let position else { return }
        ledger = ChannelLedger(channelID: "c", position: position, known: stored)
    }

    private func commit() {
        for change in batch.memory {
            switch change {
            case .remember(let item, _): stored.append(item)
            case .forget(let key, _): stored.removeAll { $0.key == key }
            }
        }
        position = batch.positions["c"] ?? position
        batch = MailboxBatch()
    }
}

/// A channel as the server has it.
struct ModelChannel {
    private(set) var posts: [Post] = []
    private(set) var reactions: [String: [Reaction]] = [:]
    var dice: Dice
    private var now: Int64 = 1_000_000

    init(seed: UInt64) { dice = Dice(state: seed) }

    struct Dice {
        var state: UInt64

        /// SplitMix64.
        mutating func below(_ bound: Int) -> Int {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return Int((mixed ^ (mixed >> 31)) % UInt64(max(1, bound)))
        }
    }

    private mutating func tick() {
        now += Int64(1 + dice.below(50))
    }

    private mutating func post() -> Post {
        tick()
        let post = Post(id: "m\(posts.count)", createAt: now, updateAt: now, userID: "u", channelID: "c", message: "")
        posts.append(post)
        return post
    }

    /// One of the last, so that it may be remembered or not.
    private mutating func recent(_ reach: Int) -> Int? {
        guard !posts.isEmpty else { return nil }
        let index = posts.count - 1 - dice.below(min(reach, posts.count))
        return posts[index].deleteAt == 0 ? index : nil
    }

    private mutating func edit(_ reach: Int) -> Post? {
        guard let index = recent(reach) else { return nil }
        tick()
        posts[index] = posts[index].with(editAt: now)
        posts[index] = posts[index].with(updateAt: now)
        return posts[index]
    }

    private mutating func delete(_ reach: Int) -> Post? {
        guard let index = recent(reach) else { return nil }
        tick()
        posts[index] = posts[index].with(deleteAt: now)
        posts[index] = posts[index].with(updateAt: now)
        reactions[posts[index].id] = nil
        return posts[index]
    }

    private mutating func react(_ reach: Int) -> Reaction? {
        guard let index = recent(reach) else { return nil }
        tick()
        posts[index] = posts[index].with(updateAt: now)
        let reaction = Reaction(userID: "u\(now)", postID: posts[index].id, emojiName: "x", createAt: now)
        reactions[posts[index].id, default: []].append(reaction)
        return reaction
    }

    /// Things happen and are pushed.
    @discardableResult
    mutating func live(_ count: Int, _ channel: LedgerRig) -> [Happening] {
        var delivered: [Happening] = []
        for _ in 0..<count {
            let happening: Happening? =
                switch dice.below(10) {
                case 0: edit(100).map { .edited($0) }
                case 1:
                    delete(30).map { post in
                        // As it is pushed.
                        let pushed = post.with(updateAt: max(post.createAt, post.editAt), deleteAt: 0)
                        return .deleted(pushed, by: now + 1000)
                    }
                case 2: react(50).map { .reactionAdded($0) }
                default: .posted(post())
                }
            if let happening, channel.hears(happening) { delivered.append(happening) }
        }
        return delivered
    }

    /// Things happen and are not pushed.
    mutating func deaf(_ count: Int, editing: Int, deleting: Int, reacting: Int) {
        for _ in 0..<editing { _ = edit(500) }
        for _ in 0..<count { _ = post() }
        for _ in 0..<deleting { _ = delete(300) }
        for _ in 0..<reacting { _ = react(300) }
        for _ in 0..<editing / 2 { _ = edit(count + 100) }
        // The listing comes a while later; what a second covers is known to be unclear.
        now += 5000
    }

    /// As the pipeline does it, post by post; cut off after `limit` of them.
    func catchUp(
        _ channel: LedgerRig, limit: Int = .max
    ) -> (happenings: [Happening], steps: Int) {
        var delivered: [Happening] = []
        var steps = 0
        channel.begin(at: now - 1000)
        if (posts.last?.createAt ?? 0) > channel.ledger.position.createdAt {
            for post in posts where post.deleteAt == 0 && post.createAt > channel.ledger.start {
                if steps >= limit { return (delivered, steps) }
                steps += 1
                delivered += channel.lists(post, reactions[post.id] ?? [])
            }
        }
        let (query, _) = channel.ledger.since
        for post in posts where post.updateAt > query {
            if steps >= limit { return (delivered, steps) }
            steps += 1
            delivered += channel.changed(post, reactions[post.id] ?? [])
        }
        channel.end(changedAt: posts.reduce(0) { max($0, $1.updateAt) })
        return (delivered, steps)
    }

    /// What is wrong with what was delivered; nil when nothing is.
    func compare(_ delivered: [Happening]) -> String? {
        let counts = Dictionary(grouping: delivered) {
            "\($0.kind) \($0.key) \($0.editedAt) \($0.kind == .reactionAdded ? $0.createdAt : 0)"
        }
        if let twice = counts.first(where: { $0.value.count > 1 }) {
            return "\(twice.key) came \(twice.value.count) times"
        }
        var told: [String: [Happening]] = [:]
        for happening in delivered { told[happening.key, default: []].append(happening) }
        for post in posts {
            let about = told[post.id] ?? []
            if post.deleteAt > 0 {
                if !about.contains(where: { $0.kind == .deleted }) {
                    return "\(post.id) is deleted, and nobody said so"
                }
            } else if !about.contains(where: { $0.kind == .posted }) {
                return "\(post.id) is missing"
            } else if post.editAt > 0, !about.contains(where: { $0.editedAt == post.editAt }) {
                return "the last edit of \(post.id) is missing"
            }
            for reaction in reactions[post.id] ?? [] where told[reaction.key] == nil {
                return "\(reaction.key) is missing"
            }
        }
        return nil
    }
}

extension Post {
    /// The same post, changed.
    func with(
        updateAt: Int64? = nil, editAt: Int64? = nil, deleteAt: Int64? = nil, originalID: String? = nil,
        rootID: String? = nil
    ) -> Post {
        Post(
            id: id, createAt: createAt, updateAt: updateAt ?? self.updateAt, editAt: editAt ?? self.editAt,
            deleteAt: deleteAt ?? self.deleteAt, isPinned: isPinned, userID: userID, channelID: channelID,
            rootID: rootID ?? self.rootID, originalID: originalID ?? self.originalID, message: message, type: type,
            props: props,
            hashtags: hashtags, pendingPostID: pendingPostID, replyCount: replyCount)
    }
}
