internal import CSimdJSON
import Holdfast

/// A message in a channel. Times are milliseconds since 1970 by the server's clock; 0 means never.
///
/// It refers to the text that the server sent: a string is made of it each time it is asked for, so ask once for what is
/// needed often.
public struct Post: Sendable, Identifiable {
    /// Sound to send: the storage never changes (`ManagedBuffer` only cannot say so).
    nonisolated(unsafe) let storage: TextStorage

    public var createAt: Int64 { storage.content(\.post.createAt) }
    /// Moves with each change, also with a reaction.
    public var updateAt: Int64 { storage.content(\.post.updateAt) }
    public var editAt: Int64 { storage.content(\.post.editAt) }
    public var deleteAt: Int64 { storage.content(\.post.deleteAt) }
    public var isPinned: Bool { storage.content(\.post.isPinned) }
    public var replyCount: Int64 { storage.content(\.post.replyCount) }
    public var id: String { storage.postString(\.id) }
    /// The author.
    public var userID: String { storage.postString(\.userID) }
    public var channelID: String { storage.postString(\.channelID) }
    /// The first post of the thread; empty when this is none of its replies.
    public var rootID: String { storage.postString(\.rootID) }
    /// Set on a copy that an edit left in the history: the post that was edited.
    public var originalID: String { storage.postString(\.originalID) }
    public var message: String { storage.postString(\.message) }
    /// Empty for a person's post; `system_…` for those of the server.
    public var type: String { storage.postString(\.type) }
    /// Raw JSON object, `{}` when there is none.
    public var props: String { storage.rawPost(\.props) ?? "{}" }
    public var hashtags: String { storage.postString(\.hashtags) }
    /// As the client gave it when it created the post.
    public var pendingPostID: String { storage.postString(\.pendingPostID) }

    /// The JSON object as the server sent it.
    public var text: String { storage.postText }
}

extension Post {
    /// Whether the server says that a bot or an integration wrote it.
    public var isFromBot: Bool {
        let props = props
        return props.contains("\"from_bot\":\"true\"") || props.contains("\"from_webhook\":\"true\"")
    }

    /// The post that an event carries.
    init(_ storage: TextStorage) throws(DecodingFailure) {
        try storage.content(\.postOutcome).check()
        self.init(storage: storage)
    }

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastPost()
        try holdfast_read_post(json, &record).check()
        self.init(storage: .make(record, json))
    }

    /// For tests of code that handles posts.
    ///
    /// - Parameter props: a JSON object; anything else is taken as `{}`.
    public init(
        id: String, createAt: Int64, updateAt: Int64, editAt: Int64 = 0, deleteAt: Int64 = 0, isPinned: Bool = false,
        userID: String, channelID: String, rootID: String = "", originalID: String = "", message: String,
        type: String = "", props: String = "{}", hashtags: String = "", pendingPostID: String = "",
        replyCount: Int64 = 0
    ) {
        let isObject =
            (try? withPadding(props.utf8) { json throws(DecodingFailure) in
                try holdfast_check_object(json).check()
            }) != nil
        let text = JSONWriter.object([
            "id": .string(id), "create_at": .integer(createAt), "update_at": .integer(updateAt),
            "edit_at": .integer(editAt), "delete_at": .integer(deleteAt), "is_pinned": .flag(isPinned),
            "user_id": .string(userID), "channel_id": .string(channelID), "root_id": .string(rootID),
            "original_id": .string(originalID), "message": .string(message), "type": .string(type),
            "props": .raw(isObject ? props : "{}"), "hashtags": .string(hashtags),
            "pending_post_id": .string(pendingPostID), "reply_count": .integer(replyCount),
        ])
        // What was just written can be read.
        let post = try? withPadding(text) { json throws(DecodingFailure) in try Post(json: json) }
        self = post ?? Post(storage: .make(HoldfastPost(), HoldfastText()))
    }
}

extension Post: Hashable {
    public static func == (one: Post, other: Post) -> Bool {
        one.createAt == other.createAt && one.updateAt == other.updateAt && one.editAt == other.editAt
            && one.deleteAt == other.deleteAt && one.replyCount == other.replyCount && one.isPinned == other.isPinned
            && strings.allSatisfy { one[keyPath: $0] == other[keyPath: $0] }
    }

    public func hash(into hasher: inout Hasher) {
        hasher.combine(id)
        hasher.combine(updateAt)
    }

    private static var strings: [KeyPath<Post, String>] {
        [\.id, \.userID, \.channelID, \.rootID, \.originalID, \.message, \.type, \.props, \.hashtags, \.pendingPostID]
    }
}

/// A new post, and what the server says about its surroundings.
public struct Posted: Sendable {
    public let post: Post

    public var setOnline: Bool { post.storage.content(\.data.setOnline) }
    /// Ids of the users whom it mentions. Empty where the server sent no list of strings.
    public var mentions: [String] {
        let storage = post.storage
        return (try? storage.withNested(storage.content(\.data.mentions), String.list)) ?? []
    }
    public var channelDisplayName: String { data[\.channelDisplayName] }
    public var channelName: String { data[\.channelName] }
    /// `O` public, `P` private, `D` direct, `G` group.
    public var channelType: String { data[\.channelType] }
    /// E.g. `@admin`.
    public var senderName: String { data[\.senderName] }
    /// Empty in direct and group channels.
    public var teamID: String { data[\.teamID] }

    private var data: EventData { EventData(storage: post.storage) }

    init(_ storage: TextStorage) throws(DecodingFailure) {
        post = try Post(storage)
    }
}

extension Posted: Hashable {
    public static func == (one: Posted, other: Posted) -> Bool {
        one.post == other.post && one.setOnline == other.setOnline && one.mentions == other.mentions
            && strings.allSatisfy { one[keyPath: $0] == other[keyPath: $0] }
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(post) }

    private static var strings: [KeyPath<Posted, String>] {
        [\.channelDisplayName, \.channelName, \.channelType, \.senderName, \.teamID]
    }
}

/// A page of posts, as the server orders it: newest first.
public struct PostList: Hashable, Sendable {
    public var posts: [Post]
    /// Posts that came along without being of the page: the threads of some that are.
    public var context: [Post]
    /// Empty at the end of the channel.
    public var nextPostID: String
    public var previousPostID: String

    public init(posts: [Post] = [], context: [Post] = [], nextPostID: String = "", previousPostID: String = "") {
        self.posts = posts
        self.context = context
        self.nextPostID = nextPostID
        self.previousPostID = previousPostID
    }

    init(_ page: PostPage) {
        self.init(
            posts: page.rows.map(\.post), context: page.context, nextPostID: page.nextPostID,
            previousPostID: page.previousPostID)
    }
}

/// A post in a listing.
struct PostRow: Sendable {
    var post: Post
    /// The JSON object as the server sent it.
    var text: String { post.text }
}

/// A page of posts, newest first, with their texts.
struct PostPage: Sendable {
    var rows: [PostRow]
    var context: [Post]
    var nextPostID: String
    var previousPostID: String

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastPostList()
        try holdfast_read_post_list(json, &record).check()
        let order = try String.list(record.order)
        let all = try PostRow.list(record.posts)
        var byID = Dictionary(all.map { ($0.post.id, $0) }, uniquingKeysWith: { _, last in last })
        rows = order.compactMap { byID.removeValue(forKey: $0) }
        context = byID.values.map(\.post).sorted { ($0.createAt, $0.id) > ($1.createAt, $1.id) }
        nextPostID = record.nextPostID.string
        previousPostID = record.previousPostID.string
    }
}
