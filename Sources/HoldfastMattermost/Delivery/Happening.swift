import Holdfast

/// What a delivery is about: enough to tell it from others and to put it in order. All times are milliseconds since 1970 by
/// the server's clock.
struct Happening: Hashable {
    enum Kind: Hashable {
        case posted, edited, deleted, reactionAdded, reactionRemoved
    }

    var kind: Kind
    /// Of a post its id; of a reaction its post's id, who reacted, and how.
    var key: String
    /// When the post, or the reaction, was made.
    var createdAt: Int64
    var editedAt: Int64 = 0
    /// The latest change that is included.
    var changedAt: Int64
    /// When it happened; among those of a catch-up the order.
    var at: Int64
    /// What the server's own times say about it at least; `changedAt` may be a guess, and too late.
    var provenAt: Int64 { isGuessed ? createdAt : changedAt }
    /// The server did not say when.
    var isGuessed = false

    static func posted(_ post: Post) -> Happening {
        Happening(
            kind: .posted, key: post.id, createdAt: post.createAt.asTime, editedAt: post.editAt.asTime,
            changedAt: max(post.createAt, post.updateAt).asTime, at: post.createAt.asTime)
    }

    static func edited(_ post: Post) -> Happening {
        Happening(
            kind: .edited, key: post.id, createdAt: post.createAt.asTime, editedAt: post.editAt.asTime,
            changedAt: max(post.editAt, post.updateAt).asTime, at: max(post.editAt, post.createAt).asTime)
    }

    /// - Parameter time: when it happened at the latest, where the post does not say it: a deletion is pushed without a time.
    static func deleted(_ post: Post, by time: Int64 = 0) -> Happening {
        let isGuessed = post.deleteAt == 0
        let time = isGuessed ? time : post.deleteAt
        return Happening(
            kind: .deleted, key: post.id, createdAt: post.createAt.asTime, editedAt: post.editAt.asTime,
            changedAt: max(time, post.updateAt).asTime, at: max(time, post.createAt).asTime, isGuessed: isGuessed)
    }

    static func reactionAdded(_ reaction: Reaction) -> Happening {
        Happening(
            kind: .reactionAdded, key: reaction.key, createdAt: reaction.createAt.asTime,
            changedAt: reaction.createAt.asTime, at: reaction.createAt.asTime)
    }

    /// - Parameter time: when it happened at the latest, where the reaction does not say it.
    static func reactionRemoved(_ reaction: Reaction, by time: Int64) -> Happening {
        let isGuessed = reaction.updateAt == 0
        let time = (isGuessed ? time : reaction.updateAt).asTime
        return Happening(
            kind: .reactionRemoved, key: reaction.key, createdAt: reaction.createAt.asTime, changedAt: time, at: time,
            isGuessed: isGuessed)
    }
}

extension Int64 {
    /// A time that a server, or a file, gives: it may say anything. Not before 1970, and so far from the end of time that what
    /// is added to it does not overflow.
    var asTime: Int64 { Swift.min(Swift.max(self, 0), 1 << 60) }
}

extension String {
    /// Whether it may be kept as the name of a channel, a post or an account: Mattermost's have 26 characters, and those of
    /// reactions at most three times as many. What a hostile server makes up is not remembered.
    var isKeepable: Bool { utf8.count <= 256 }
}

extension Reaction {
    /// Ids and names of emoji hold no slash.
    var key: String { "\(postID)/\(userID)/\(emojiName)" }

    init?(key: String) {
        let parts = key.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3 else { return nil }
        self.init(userID: String(parts[1]), postID: String(parts[0]), emojiName: String(parts[2]))
    }
}

extension KnownItem {
    /// Of a reaction.
    var postID: String { String(key.prefix { $0 != "/" }) }

    var isReaction: Bool { key.utf8.contains(UInt8(ascii: "/")) }
}
