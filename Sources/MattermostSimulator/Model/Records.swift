/// The rows of the server's store. Plain values, except posts, which threads and listings share.

struct User {
    var id: String
    var createAt: Int64
    var updateAt: Int64
    /// Above zero while the account is disabled.
    var deleteAt: Int64 = 0
    var username: String
    var email: String
    var nickname = ""
    var firstName = ""
    var lastName = ""
    var position = ""
    var roles = "system_user"
    var locale = "en"
    var props: JSONValue = .object([])
    var notifyProps: JSONValue = User.defaultNotifyProps
    var lastPasswordUpdate: Int64
    var password: String
    var bot: Bot?

    var isAdmin: Bool { roles.split(separator: " ").contains("system_admin") }
    var isActive: Bool { deleteAt == 0 }

    private static let defaultNotifyProps: JSONValue = [
        "channel": "true", "comments": "never", "desktop": "mention", "desktop_sound": "true", "email": "true",
        "first_name": "false", "mention_keys": "", "push": "mention", "push_status": "away",
    ]
}

struct Bot {
    var displayName: String
    var description: String
    var ownerID: String
    var createAt: Int64
    var updateAt: Int64
    var deleteAt: Int64 = 0
}

struct Team {
    var id: String
    var createAt: Int64
    var displayName: String
    var name: String
    var inviteID: String
    /// In order of joining.
    var members: [String] = []
}

struct Channel {
    enum Kind: String {
        case open = "O"
        case `private` = "P"
        case direct = "D"
        case group = "G"
    }

    var id: String
    var createAt: Int64
    var updateAt: Int64
    var deleteAt: Int64 = 0
    var teamID: String
    var kind: Kind
    var displayName: String
    var name: String
    var header = ""
    var purpose = ""
    var creatorID: String
    var lastPostAt: Int64 = 0
    var totalMessageCount: Int64 = 0
    var lastRootPostAt: Int64 = 0
    var totalRootMessageCount: Int64 = 0
    /// In order of joining.
    var members: [String] = []
    var memberSet: Set<String> = []
    /// `update_at` up to which the server believes to have answered `since`; any change in the channel forgets it.
    var cachedLatestUpdate: Int64?
}

final class Post {
    let id: String
    let createAt: Int64
    var updateAt: Int64
    var editAt: Int64 = 0
    var deleteAt: Int64 = 0
    var isPinned = false
    let userID: String
    let channelID: String
    let rootID: String
    /// Set in a copy that keeps what an edit replaced.
    var originalID = ""
    var message: String
    let type: String
    var props: JSONValue
    var reactions: [Reaction] = []

    init(
        id: String, createAt: Int64, userID: String, channelID: String, rootID: String, message: String, type: String,
        props: JSONValue
    ) {
        self.id = id
        self.createAt = createAt
        self.updateAt = createAt
        self.userID = userID
        self.channelID = channelID
        self.rootID = rootID
        self.message = message
        self.type = type
        self.props = props
    }

    /// Joins and leaves move `last_post_at` but are not counted (server: `Post.IsJoinLeaveMessage`).
    var isJoinOrLeave: Bool {
        switch type {
        case "system_join_leave", "system_add_remove", "system_join_channel", "system_leave_channel",
            "system_join_team", "system_leave_team", "system_add_to_channel", "system_remove_from_channel",
            "system_add_to_team", "system_remove_from_team":
            true
        default: false
        }
    }
}

struct Reaction: Equatable {
    var userID: String
    var postID: String
    var emojiName: String
    var createAt: Int64
    var updateAt: Int64
}

struct Status {
    var status: String
    var isManual: Bool
    var lastActivityAt: Int64
}

struct Session {
    var id: String
    var token: String
    var userID: String
    var createAt: Int64
    var expiresAt: Int64
    /// Nil for a login.
    var accessTokenID: String?
}

/// A personal access token.
struct AccessToken {
    var id: String
    var token: String
    var userID: String
    var description: String
    var isActive = true
}

struct Preference: Equatable {
    var userID: String
    var category: String
    var name: String
    var value: String
}
