internal import CSimdJSON

/// A message in a channel. Times are milliseconds since 1970 by the server's clock; 0 means never.
public struct Post: Hashable, Sendable, Identifiable {
    public var id: String
    public var createAt: Int64
    /// Moves with each change, also with a reaction.
    public var updateAt: Int64
    public var editAt: Int64
    public var deleteAt: Int64
    public var isPinned: Bool
    /// The author.
    public var userID: String
    public var channelID: String
    /// The first post of the thread; empty when this is none of its replies.
    public var rootID: String
    /// Set on a copy that an edit left in the history: the post that was edited.
    public var originalID: String
    public var message: String
    /// Empty for a person's post; `system_…` for those of the server.
    public var type: String
    /// Raw JSON object, `{}` when there is none.
    public var props: String
    public var hashtags: String
    /// As the client gave it when it created the post.
    public var pendingPostID: String
    public var replyCount: Int64

    public init(
        id: String, createAt: Int64, updateAt: Int64, editAt: Int64 = 0, deleteAt: Int64 = 0, isPinned: Bool = false,
        userID: String, channelID: String, rootID: String = "", originalID: String = "", message: String,
        type: String = "", props: String = "{}", hashtags: String = "", pendingPostID: String = "",
        replyCount: Int64 = 0
    ) {
        self.id = id
        self.createAt = createAt
        self.updateAt = updateAt
        self.editAt = editAt
        self.deleteAt = deleteAt
        self.isPinned = isPinned
        self.userID = userID
        self.channelID = channelID
        self.rootID = rootID
        self.originalID = originalID
        self.message = message
        self.type = type
        self.props = props
        self.hashtags = hashtags
        self.pendingPostID = pendingPostID
        self.replyCount = replyCount
    }
}

extension Post {
    /// Whether the server says that a bot or an integration wrote it.
    public var isFromBot: Bool {
        props.contains("\"from_bot\":\"true\"") || props.contains("\"from_webhook\":\"true\"")
    }

    init(_ record: HoldfastPost) {
        self.init(
            id: record.id.string, createAt: record.createAt, updateAt: record.updateAt, editAt: record.editAt,
            deleteAt: record.deleteAt, isPinned: record.isPinned, userID: record.userID.string,
            channelID: record.channelID.string, rootID: record.rootID.string, originalID: record.originalID.string,
            message: record.message.string, type: record.type.string, props: record.props.optionalString ?? "{}",
            hashtags: record.hashtags.string, pendingPostID: record.pendingPostID.string,
            replyCount: record.replyCount)
    }

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastPost()
        try holdfast_read_post(json, &record).check()
        self.init(record)
    }

    init(nested json: HoldfastText) throws(DecodingFailure) {
        guard json.bytes != nil else { throw DecodingFailure(.missingKey, key: "post") }
        try self.init(json: json)
    }
}

/// A new post, and what the server says about its surroundings.
public struct Posted: Hashable, Sendable {
    public var post: Post
    public var channelDisplayName: String
    public var channelName: String
    /// `O` public, `P` private, `D` direct, `G` group.
    public var channelType: String
    /// Ids of the users whom it mentions.
    public var mentions: [String]
    /// E.g. `@admin`.
    public var senderName: String
    /// Empty in direct and group channels.
    public var teamID: String
    public var setOnline: Bool

    public init(
        post: Post, channelDisplayName: String = "", channelName: String = "", channelType: String = "",
        mentions: [String] = [], senderName: String = "", teamID: String = "", setOnline: Bool = false
    ) {
        self.post = post
        self.channelDisplayName = channelDisplayName
        self.channelName = channelName
        self.channelType = channelType
        self.mentions = mentions
        self.senderName = senderName
        self.teamID = teamID
        self.setOnline = setOnline
    }

    init(_ data: HoldfastEventData) throws(DecodingFailure) {
        self.init(
            post: try Post(nested: data.post), channelDisplayName: data.channelDisplayName.string,
            channelName: data.channelName.string, channelType: data.channelType.string,
            mentions: try String.list(data.mentions), senderName: data.senderName.string,
            teamID: data.teamID.string, setOnline: data.setOnline)
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

/// A post in a listing, and its text.
struct PostRow: Sendable {
    var post: Post
    /// The JSON object as the server sent it.
    var text: String
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
