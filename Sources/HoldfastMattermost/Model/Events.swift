internal import CSimdJSON

/// The greeting: the connection is authenticated.
public struct Hello: Hashable, Sendable {
    public var connectionID: String
    /// E.g. `6.6.1.6.6.1.84b89fc4….false`.
    public var serverVersion: String

    public init(connectionID: String, serverVersion: String) {
        self.connectionID = connectionID
        self.serverVersion = serverVersion
    }

    init(_ data: EventData) {
        self.init(connectionID: data[\.connectionID], serverVersion: data[\.serverVersion])
    }
}

/// An emoji on a post.
public struct Reaction: Hashable, Sendable {
    public var userID: String
    public var postID: String
    /// Without colons, e.g. `thumbsup`.
    public var emojiName: String
    /// Milliseconds since 1970; 0 when it was removed.
    public var createAt: Int64
    /// Milliseconds since 1970: when it was added or removed; 0 where the server does not say.
    public var updateAt: Int64

    public init(userID: String, postID: String, emojiName: String, createAt: Int64 = 0, updateAt: Int64 = 0) {
        self.userID = userID
        self.postID = postID
        self.emojiName = emojiName
        self.createAt = createAt
        self.updateAt = updateAt
    }

    init(_ record: HoldfastReaction) {
        self.init(
            userID: record.userID.string, postID: record.postID.string, emojiName: record.emojiName.string,
            createAt: record.createAt, updateAt: record.updateAt)
    }

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastReaction()
        try holdfast_read_reaction(json, &record).check()
        self.init(record)
    }

    init(nestedIn data: EventData) throws(DecodingFailure) {
        self = try data.storage.withNested(data.storage.content(\.data.reaction)) { json throws(DecodingFailure) in
            guard json.bytes != nil else { throw DecodingFailure(.missingKey, key: "reaction") }
            return try Reaction(json: json)
        }
    }
}

/// Somebody writes. The server leaves the sender out of those whom it tells.
public struct Typing: Hashable, Sendable {
    public var userID: String
    public var channelID: String
    /// The thread; empty for the channel itself.
    public var parentID: String

    public init(userID: String, channelID: String, parentID: String = "") {
        self.userID = userID
        self.channelID = channelID
        self.parentID = parentID
    }

    init(_ data: EventData, _ broadcast: MattermostEvent.Broadcast) {
        self.init(userID: data[\.userID], channelID: broadcast.channelID, parentID: data[\.parentID])
    }
}

/// `online`, `away`, `dnd`, `offline`. One's own `offline` is the last frame before a deaf silence.
public struct StatusChange: Hashable, Sendable {
    public var userID: String
    public var status: String

    public init(userID: String, status: String) {
        self.userID = userID
        self.status = status
    }

    init(_ data: EventData) {
        self.init(userID: data[\.userID], status: data[\.status])
    }
}

/// Somebody joined a channel.
public struct UserAdded: Hashable, Sendable {
    public var userID: String
    public var channelID: String
    public var teamID: String

    public init(userID: String, channelID: String, teamID: String) {
        self.userID = userID
        self.channelID = channelID
        self.teamID = teamID
    }

    init(_ data: EventData, _ broadcast: MattermostEvent.Broadcast) {
        self.init(userID: data[\.userID], channelID: broadcast.channelID, teamID: data[\.teamID])
    }
}

/// Somebody left a channel or was removed from it. The server tells the channel who, and the user from where: what the one
/// form leaves out stands in its broadcast.
public struct UserRemoved: Hashable, Sendable {
    public var userID: String
    public var channelID: String
    public var removerID: String

    public init(userID: String, channelID: String, removerID: String) {
        self.userID = userID
        self.channelID = channelID
        self.removerID = removerID
    }

    init(_ data: EventData, _ broadcast: MattermostEvent.Broadcast) {
        self.init(
            userID: data.optional(\.userID) ?? broadcast.userID,
            channelID: data.optional(\.channelID) ?? broadcast.channelID, removerID: data[\.removerID])
    }
}

/// A channel was archived.
public struct ChannelDeleted: Hashable, Sendable {
    public var channelID: String
    public var teamID: String
    /// Milliseconds since 1970.
    public var deleteAt: Int64

    public init(channelID: String, teamID: String, deleteAt: Int64) {
        self.channelID = channelID
        self.teamID = teamID
        self.deleteAt = deleteAt
    }

    init(_ data: EventData, _ broadcast: MattermostEvent.Broadcast) {
        self.init(channelID: data[\.channelID], teamID: broadcast.teamID, deleteAt: data.deleteAt)
    }
}
