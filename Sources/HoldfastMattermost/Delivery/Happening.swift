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
            kind: .posted, key: post.id, createdAt: post.createAt, editedAt: post.editAt,
            changedAt: max(post.createAt, post.updateAt), at: post.createAt)
    }

    static func edited(_ post: Post) -> Happening {
        Happening(
            kind: .edited, key: post.id, createdAt: post.createAt, editedAt: post.editAt,
            changedAt: max(post.editAt, post.updateAt), at: max(post.editAt, post.createAt))
    }

    /// - Parameter time: when it happened at the latest, where the post does not say it: a deletion is pushed without a time.
    static func deleted(_ post: Post, by time: Int64 = 0) -> Happening {
        let isGuessed = post.deleteAt == 0
        let time = isGuessed ? time : post.deleteAt
        return Happening(
            kind: .deleted, key: post.id, createdAt: post.createAt, editedAt: post.editAt,
            changedAt: max(time, post.updateAt), at: max(time, post.createAt), isGuessed: isGuessed)
    }

    static func reactionAdded(_ reaction: Reaction) -> Happening {
        Happening(
            kind: .reactionAdded, key: reaction.key, createdAt: reaction.createAt, changedAt: reaction.createAt,
            at: reaction.createAt)
    }

    /// - Parameter time: when it happened at the latest, where the reaction does not say it.
    static func reactionRemoved(_ reaction: Reaction, by time: Int64) -> Happening {
        let isGuessed = reaction.updateAt == 0
        let time = isGuessed ? time : reaction.updateAt
        return Happening(
            kind: .reactionRemoved, key: reaction.key, createdAt: reaction.createAt, changedAt: time, at: time,
            isGuessed: isGuessed)
    }
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
