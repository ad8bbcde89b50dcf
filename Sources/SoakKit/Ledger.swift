/// What every connection is owed, from the server's own log, and what it was told: finds what is lost, doubled, or out of
/// order. A value without clock or I/O.
///
/// The rules, exact by what the engine promises:
/// - Each post, edit, deletion and reaction of a channel is owed to each of its members once.
/// - Posts come in the order of the channel, whatever way they come. Whatever is pushed and handed over at once comes in the
///   order of the channel, changes included. A change comes behind its post.
/// - A post that was edited while the connection was away may be told once, as it is now: it then counts for both.
/// - A post that was made *and* deleted while the connection was away is told as deleted only. That is believed only of a
///   deletion that was fetched, and only while no later post of the channel was pushed and handed over at once: those that had
///   to wait for the catch-up come before what it fetches of older posts' changes.
///
/// The traffic changes each post at most once in each way, so that nothing else coalesces.
///
/// Memory: what all were told is dropped after `retention`; so is, as lost, what somebody is still owed after `patience`.
public struct Ledger: Sendable {
    public enum Kind: String, CaseIterable, Sendable {
        case posted, edited, deleted, reactionAdded

        fileprivate var index: Int {
            switch self {
            case .posted: 0
            case .edited: 1
            case .deleted: 2
            case .reactionAdded: 3
            }
        }
    }

    /// Something that the server did.
    public struct Change: Sendable {
        public var kind: Kind
        public var channel: Int
        public var postID: String
        /// Of a reaction.
        public var emoji: String

        public init(_ kind: Kind, channel: Int, postID: String, emoji: String = "") {
            self.kind = kind
            self.channel = channel
            self.postID = postID
            self.emoji = emoji
        }
    }

    /// How something came.
    public enum Way: Sendable {
        /// Pushed, and handed over at once.
        case pushed
        /// Pushed, and handed over when its channel was caught up.
        case waited
        case fetched
    }

    /// Something that a connection was told.
    public struct Telling: Sendable {
        public var kind: Kind
        public var channel: Int
        public var postID: String
        public var emoji: String
        /// Of a post: it has been edited already.
        public var isEdited: Bool
        public var way: Way

        public init(
            _ kind: Kind, channel: Int, postID: String, emoji: String = "", isEdited: Bool = false,
            _ way: Way = .pushed
        ) {
            self.kind = kind
            self.channel = channel
            self.postID = postID
            self.emoji = emoji
            self.isEdited = isEdited
            self.way = way
        }
    }

    /// What is wrong.
    public struct Finding: Hashable, Sendable {
        public enum Kind: String, Sendable {
            case lost, doubled
            case outOfOrder = "out_of_order"
            /// The server's log knows nothing of it.
            case unknown
        }

        public var kind: Kind
        public var connection: Int
        public var text: String
    }

    /// Seconds that a settled post is remembered after its last change, so that what comes twice is recognised as such; what
    /// comes again later is unknown by then, and found as that.
    public static let retention = 240.0
    /// Seconds after which what is still owed counts as lost.
    public static let patience = 180.0
    /// Seconds that a telling may come before the server's log does, which takes another way.
    public static let logDelay = 30.0

    /// Owed so far, without what was told together with something else.
    public private(set) var expected = 0
    /// Of that, told.
    public private(set) var delivered = 0
    /// Told together with something else: edits within their post, posts within their deletion.
    public private(set) var coalesced = 0
    /// Posts and replies made.
    public private(set) var posted = 0
    public private(set) var counts: [Finding.Kind: Int] = [:]
    /// Owed, and neither told nor given up.
    public var outstanding: Int { expected - delivered - given }

    private struct Entry {
        var channel: Int
        /// In the channel's order of posts.
        var number: Int
        /// In the channel's order of everything, by kind; -1 where that has not happened.
        var places = SIMD4<Int>(repeating: -1)
        var emoji = ""
        /// By kind; one bit for each member.
        var told = SIMD4<UInt64>(repeating: 0)
        var changedAt: Double
        var isGivenUp = false

        func place(_ kind: Kind) -> Int? { places[kind.index] < 0 ? nil : places[kind.index] }

        func isTold(_ kind: Kind, _ bit: UInt64) -> Bool { told[kind.index] & bit != 0 }
    }

    private struct Channel {
        var members: [Int]
        var bits: [Int: Int]
        var posts = 0
        var places = 0
    }

    /// How far a connection is in a channel.
    private struct Progress {
        var lastPost = -1
        var lastLivePost = -1
        var lastLivePlace = -1
    }

    private var channels: [Channel]
    private var entries: [String: Entry] = [:]
    /// Posts in order of creation.
    private var order: [String] = []
    private var head = 0
    private var progress: [Int: [Int: Progress]] = [:]
    /// Tellings that wait for the server's log, by connection, in order.
    private var waiting: [Int: [(telling: Telling, since: Double)]] = [:]
    private var given = 0
    private let retention: Double
    private let patience: Double

    /// - Parameters:
    ///   - channels: the connections that are members, by channel; at most 64 each.
    ///   - patience: see there; where a connection may rightly be away for longer.
    public init(channels: [[Int]], patience: Double = Ledger.patience) {
        self.patience = patience
        retention = patience + Ledger.retention - Ledger.patience
        self.channels = channels.map { members in
            precondition(members.count <= 64, "a channel has at most 64 members")
            return Channel(
                members: members, bits: Dictionary(uniqueKeysWithValues: members.enumerated().map { ($1, $0) }))
        }
    }

    /// Posts that are remembered.
    public var size: Int { entries.count }

    // MARK: - The server's log

    /// - Parameter time: seconds since the start.
    public mutating func note(_ change: Change, at time: Double) -> [Finding] {
        guard channels.indices.contains(change.channel) else { return [] }
        let place = channels[change.channel].places
        channels[change.channel].places += 1
        if change.kind == .posted {
            var entry = Entry(channel: change.channel, number: channels[change.channel].posts, changedAt: time)
            channels[change.channel].posts += 1
            entry.places[Kind.posted.index] = place
            entries[change.postID] = entry
            order.append(change.postID)
            posted += 1
        } else {
            guard let entry = entries[change.postID], entry.place(change.kind) == nil else { return [] }
            entries[change.postID]?.places[change.kind.index] = place
            entries[change.postID]?.changedAt = time
            if change.kind == .reactionAdded { entries[change.postID]?.emoji = change.emoji }
        }
        let members = channels[change.channel].members
        expected += members.count
        if waiting.isEmpty { return [] }
        return members.flatMap { retry($0, time) }
    }

    // MARK: - What is told

    public mutating func tell(_ telling: Telling, to connection: Int, at time: Double) -> [Finding] {
        guard channels.indices.contains(telling.channel) else { return [] }
        // Behind what waits, so that the order is judged as it was.
        if waiting[connection] != nil || !isLogged(telling) {
            waiting[connection, default: []].append((telling, time))
            return []
        }
        return judge(telling, connection)
    }

    private func isLogged(_ telling: Telling) -> Bool {
        guard let entry = entries[telling.postID], entry.place(telling.kind) != nil else { return false }
        if telling.kind == .reactionAdded { return entry.emoji == telling.emoji }
        return !telling.isEdited || entry.place(.edited) != nil
    }

    private mutating func retry(_ connection: Int, _ time: Double) -> [Finding] {
        guard var list = waiting[connection] else { return [] }
        var findings: [Finding] = []
        while let first = list.first {
            if isLogged(first.telling) {
                findings += judge(first.telling, connection)
            } else if time - first.since > Ledger.logDelay {
                findings.append(
                    found(
                        .unknown, connection,
                        "\(first.telling.kind.rawValue) of post \(first.telling.postID), of which the server's log says nothing"
                    ))
            } else {
                break
            }
            list.removeFirst()
        }
        waiting[connection] = list.isEmpty ? nil : list
        return findings
    }

    private mutating func judge(_ telling: Telling, _ connection: Int) -> [Finding] {
        guard let entry = entries[telling.postID], let place = entry.place(telling.kind),
            let bit = channels[entry.channel].bits[connection].map({ UInt64(1) << UInt64($0) })
        else {
            return [found(.unknown, connection, "\(telling.kind.rawValue) of a channel that it is not in")]
        }
        let what =
            "\(telling.kind.rawValue) of post \(telling.postID), number \(entry.number) of channel \(entry.channel)"
        guard !entry.isTold(telling.kind, bit) else {
            let way = telling.way == .fetched ? "fetched" : "pushed"
            return [found(.doubled, connection, "\(what) came again, \(way)")]
        }
        var findings: [Finding] = []
        var reached = progress[connection]?[entry.channel] ?? Progress()
        let isTold = { (kind: Kind) in entry.isTold(kind, bit) }
        switch telling.kind {
        case .posted:
            if entry.number < reached.lastPost {
                findings.append(
                    found(.outOfOrder, connection, "\(what) came after number \(reached.lastPost)"))
            }
            reached.lastPost = max(reached.lastPost, entry.number)
            if telling.way == .pushed { reached.lastLivePost = max(reached.lastLivePost, entry.number) }
            if telling.isEdited, !isTold(.edited) { settle(telling.postID, .edited, bit, together: true) }
        case .edited, .reactionAdded:
            if !isTold(.posted) { findings.append(found(.outOfOrder, connection, "\(what) came before the post")) }
        case .deleted:
            if !isTold(.posted) {
                if telling.way == .fetched, entry.number > reached.lastLivePost {
                    settle(telling.postID, .posted, bit, together: true)
                    for kind in [Kind.edited, .reactionAdded] where entry.place(kind) != nil && !isTold(kind) {
                        settle(telling.postID, kind, bit, together: true)
                    }
                } else {
                    findings.append(found(.outOfOrder, connection, "\(what) came before the post"))
                }
            }
        }
        if telling.way == .pushed {
            if place < reached.lastLivePlace, findings.isEmpty {
                findings.append(found(.outOfOrder, connection, "\(what) was pushed after what happened later"))
            }
            reached.lastLivePlace = max(reached.lastLivePlace, place)
        }
        progress[connection, default: [:]][entry.channel] = reached
        settle(telling.postID, telling.kind, bit, together: false)
        return findings
    }

    private mutating func settle(_ postID: String, _ kind: Kind, _ bit: UInt64, together: Bool) {
        entries[postID]?.told[kind.index] |= bit
        // What was given up before is owed no more, though it came late.
        if entries[postID]?.isGivenUp == true { return }
        if together {
            expected -= 1
            coalesced += 1
        } else {
            delivered += 1
        }
    }

    private mutating func found(_ kind: Finding.Kind, _ connection: Int, _ text: String) -> Finding {
        counts[kind, default: 0] += 1
        return Finding(kind: kind, connection: connection, text: text)
    }

    // MARK: - Time passes

    /// Drops what is settled, and gives up what is owed for too long.
    public mutating func sweep(at time: Double) -> [Finding] {
        var findings: [Finding] = []
        for connection in waiting.keys.sorted() { findings += retry(connection, time) }
        while head < order.count {
            let postID = order[head]
            guard let entry = entries[postID] else {
                head += 1
                continue
            }
            let age = time - entry.changedAt
            guard age > patience else { break }
            if !entry.isGivenUp { findings += giveUp(postID, "for \(Int(age)) s") }
            guard age > retention else { break }
            entries[postID] = nil
            head += 1
        }
        // Those further on, which are not to be dropped yet.
        for postID in order[head...] {
            guard let entry = entries[postID], time - entry.changedAt > patience else { break }
            if !entry.isGivenUp { findings += giveUp(postID, "for \(Int(time - entry.changedAt)) s") }
        }
        if head > 10_000 {
            order.removeFirst(head)
            head = 0
        }
        return findings
    }

    /// What is owed is lost. For the end.
    public mutating func close(at time: Double) -> [Finding] {
        var findings: [Finding] = []
        for connection in waiting.keys.sorted() { findings += retry(connection, time + 2 * Ledger.logDelay) }
        for postID in order[head...] where entries[postID]?.isGivenUp == false {
            findings += giveUp(postID, "at the end")
        }
        return findings
    }

    private mutating func giveUp(_ postID: String, _ when: String) -> [Finding] {
        guard let entry = entries[postID] else { return [] }
        entries[postID]?.isGivenUp = true
        var findings: [Finding] = []
        for kind in Kind.allCases where entry.place(kind) != nil {
            for (index, member) in channels[entry.channel].members.enumerated()
            where !entry.isTold(kind, 1 << UInt64(index)) {
                given += 1
                findings.append(
                    found(
                        .lost, member,
                        "\(kind.rawValue) of post \(postID), number \(entry.number) of channel \(entry.channel), is owed \(when)"
                    ))
            }
        }
        return findings
    }
}
