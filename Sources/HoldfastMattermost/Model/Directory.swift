internal import CSimdJSON

/// An account. Times are milliseconds since 1970 by the server's clock; 0 means never.
public struct User: Hashable, Sendable, Identifiable {
    public var id: String
    public var username: String
    public var nickname: String
    public var firstName: String
    public var lastName: String
    /// Empty when the server does not show it.
    public var email: String
    /// Separated by spaces, e.g. `system_admin system_user`.
    public var roles: String
    public var locale: String
    public var createAt: Int64
    /// The account's revision: moves when it is disabled, enabled, or its profile changes.
    public var updateAt: Int64
    /// When it was disabled.
    public var deleteAt: Int64
    public var isBot: Bool

    public init(
        id: String, username: String, nickname: String = "", firstName: String = "", lastName: String = "",
        email: String = "", roles: String = "", locale: String = "", createAt: Int64 = 0, updateAt: Int64 = 0,
        deleteAt: Int64 = 0, isBot: Bool = false
    ) {
        self.id = id
        self.username = username
        self.nickname = nickname
        self.firstName = firstName
        self.lastName = lastName
        self.email = email
        self.roles = roles
        self.locale = locale
        self.createAt = createAt
        self.updateAt = updateAt
        self.deleteAt = deleteAt
        self.isBot = isBot
    }

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastUser()
        try holdfast_read_user(json, &record).check()
        self.init(record)
    }

    init(_ record: HoldfastUser) {
        self.init(
            id: record.id.string, username: record.username.string, nickname: record.nickname.string,
            firstName: record.firstName.string, lastName: record.lastName.string, email: record.email.string,
            roles: record.roles.string, locale: record.locale.string, createAt: record.createAt,
            updateAt: record.updateAt, deleteAt: record.deleteAt, isBot: record.isBot)
    }

    /// It is an object there, not JSON in a string.
    init(nestedIn data: EventData) throws(DecodingFailure) {
        let range = data.storage.content(\.data.user)
        guard !range.isAbsent else { throw DecodingFailure(.missingKey, key: "user") }
        self = try data.storage.withText { text throws(DecodingFailure) in try User(json: text.slice(range)) }
    }
}

/// A channel. Times are milliseconds since 1970 by the server's clock; 0 means never.
public struct Channel: Hashable, Sendable, Identifiable {
    public var id: String
    /// Empty for direct and group channels.
    public var teamID: String
    /// `O` public, `P` private, `D` direct, `G` group.
    public var type: String
    public var displayName: String
    public var name: String
    public var header: String
    public var purpose: String
    public var creatorID: String
    public var createAt: Int64
    public var updateAt: Int64
    /// When it was archived.
    public var deleteAt: Int64
    /// Moves with each post and reply; not with an edit, a deletion or a reaction.
    public var lastPostAt: Int64
    public var totalMessageCount: Int64

    public init(
        id: String, teamID: String = "", type: String = "", displayName: String = "", name: String,
        header: String = "", purpose: String = "", creatorID: String = "", createAt: Int64 = 0, updateAt: Int64 = 0,
        deleteAt: Int64 = 0, lastPostAt: Int64 = 0, totalMessageCount: Int64 = 0
    ) {
        self.id = id
        self.teamID = teamID
        self.type = type
        self.displayName = displayName
        self.name = name
        self.header = header
        self.purpose = purpose
        self.creatorID = creatorID
        self.createAt = createAt
        self.updateAt = updateAt
        self.deleteAt = deleteAt
        self.lastPostAt = lastPostAt
        self.totalMessageCount = totalMessageCount
    }

    init(_ record: HoldfastChannel) {
        self.init(
            id: record.id.string, teamID: record.teamID.string, type: record.type.string,
            displayName: record.displayName.string, name: record.name.string, header: record.header.string,
            purpose: record.purpose.string, creatorID: record.creatorID.string, createAt: record.createAt,
            updateAt: record.updateAt, deleteAt: record.deleteAt, lastPostAt: record.lastPostAt,
            totalMessageCount: record.totalMessageCount)
    }

    init(json: HoldfastText) throws(DecodingFailure) {
        var record = HoldfastChannel()
        try holdfast_read_channel(json, &record).check()
        self.init(record)
    }

    init(nestedIn data: EventData) throws(DecodingFailure) {
        self = try data.storage.withNested(data.storage.content(\.data.channel)) { json throws(DecodingFailure) in
            guard json.bytes != nil else { throw DecodingFailure(.missingKey, key: "channel") }
            return try Channel(json: json)
        }
    }
}

/// A team.
public struct Team: Hashable, Sendable, Identifiable {
    public var id: String
    public var name: String
    public var displayName: String
    /// `O` open, `I` by invitation.
    public var type: String
    /// Milliseconds since 1970; 0 means never.
    public var deleteAt: Int64

    public init(id: String, name: String, displayName: String = "", type: String = "", deleteAt: Int64 = 0) {
        self.id = id
        self.name = name
        self.displayName = displayName
        self.type = type
        self.deleteAt = deleteAt
    }

    init(_ record: HoldfastTeam) {
        self.init(
            id: record.id.string, name: record.name.string, displayName: record.displayName.string,
            type: record.type.string, deleteAt: record.deleteAt)
    }
}

/// One setting of an account.
public struct Preference: Hashable, Sendable {
    public var userID: String
    /// At most 32 characters.
    public var category: String
    /// At most 32 characters.
    public var name: String
    /// At most 2,000 characters on servers of version 6.
    public var value: String

    public init(userID: String, category: String, name: String, value: String) {
        self.userID = userID
        self.category = category
        self.name = name
        self.value = value
    }

    init(_ record: HoldfastPreference) {
        self.init(
            userID: record.userID.string, category: record.category.string, name: record.name.string,
            value: record.value.string)
    }
}
