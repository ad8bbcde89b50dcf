/// The records as the server writes them: members in the order of its structs, maps sorted by key.

extension User {
    private static let timezone: JSONValue = [
        "automaticTimezone": "", "manualTimezone": "", "useAutomaticTimezone": "true",
    ]

    /// `isComplete`: with what only the account itself and administrators see.
    func json(isComplete: Bool) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("create_at", .integer(createAt)), ("update_at", .integer(updateAt)),
            ("delete_at", .integer(deleteAt)), ("username", .string(username)), ("auth_data", ""),
            ("auth_service", ""), ("email", .string(email)), ("nickname", .string(nickname)),
            ("first_name", .string(firstName)), ("last_name", .string(lastName)), ("position", .string(position)),
            ("roles", .string(roles)),
        ]
        if isComplete {
            if props != .object([]) { members.append(("props", props)) }
            members.append(("notify_props", notifyProps))
            members.append(("last_password_update", .integer(lastPasswordUpdate)))
        }
        members.append(("locale", .string(locale)))
        members.append(("timezone", Self.timezone))
        if let bot {
            members.append(("is_bot", true))
            if !bot.description.isEmpty { members.append(("bot_description", .string(bot.description))) }
        }
        members.append(("disable_welcome_email", false))
        return .object(members.map { .init(name: $0.0, value: $0.1) })
    }

    /// `version.id.update_at.….`: what `If-None-Match` is compared with (server: `User.Etag`).
    var etag: String { "\(serverVersion).\(id).\(updateAt)..0.true.true.0" }

    /// Nil for a person.
    var botJSON: JSONValue? {
        guard let bot else { return nil }
        return [
            "user_id": .string(id), "username": .string(username), "display_name": .string(bot.displayName),
            "description": .string(bot.description), "owner_id": .string(bot.ownerID),
            "create_at": .integer(bot.createAt), "update_at": .integer(bot.updateAt),
            "delete_at": .integer(bot.deleteAt),
        ]
    }
}

extension Team {
    var json: JSONValue {
        [
            "id": .string(id), "create_at": .integer(createAt), "update_at": .integer(createAt), "delete_at": 0,
            "display_name": .string(displayName), "name": .string(name), "description": "", "email": "", "type": "O",
            "company_name": "", "allowed_domains": "", "invite_id": .string(inviteID), "allow_open_invite": false,
            "scheme_id": nil, "group_constrained": nil, "policy_id": nil,
        ]
    }

    func memberJSON(_ userID: String) -> JSONValue {
        [
            "team_id": .string(id), "user_id": .string(userID), "roles": "team_user", "delete_at": 0,
            "scheme_guest": false, "scheme_user": true, "scheme_admin": false, "explicit_roles": "",
        ]
    }
}

extension Channel {
    var json: JSONValue {
        [
            "id": .string(id), "create_at": .integer(createAt), "update_at": .integer(updateAt),
            "delete_at": .integer(deleteAt), "team_id": .string(teamID), "type": .string(kind.rawValue),
            "display_name": .string(displayName), "name": .string(name), "header": .string(header),
            "purpose": .string(purpose), "last_post_at": .integer(lastPostAt),
            "total_msg_count": .integer(totalMessageCount), "extra_update_at": 0, "creator_id": .string(creatorID),
            "scheme_id": nil, "props": nil, "group_constrained": nil,
            "shared": kind == .direct || kind == .group ? false : nil,
            "total_msg_count_root": .integer(totalRootMessageCount), "policy_id": nil,
            "last_root_post_at": .integer(lastRootPostAt),
        ]
    }

    func memberJSON(_ userID: String) -> JSONValue {
        [
            "channel_id": .string(id), "user_id": .string(userID), "roles": "channel_user", "last_viewed_at": 0,
            "msg_count": 0, "mention_count": 0, "mention_count_root": 0, "msg_count_root": 0,
            "notify_props": [
                "desktop": "default", "email": "default", "ignore_channel_mentions": "default", "mark_unread": "all",
                "push": "default",
            ],
            "last_update_at": .integer(createAt), "scheme_guest": false, "scheme_user": true, "scheme_admin": false,
            "explicit_roles": "",
        ]
    }
}

extension Reaction {
    func json(createAt: Int64) -> JSONValue {
        [
            "user_id": .string(userID), "post_id": .string(postID), "emoji_name": .string(emojiName),
            "create_at": .integer(createAt), "update_at": .integer(updateAt), "delete_at": 0, "remote_id": "",
        ]
    }

    var json: JSONValue { json(createAt: createAt) }
}

extension Post {
    /// `pendingID` is not stored: only the answer to the creation and its event carry it. `post_deleted` has no metadata.
    func json(replyCount: Int, pendingID: String = "", hasMetadata: Bool = true) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id)), ("create_at", .integer(createAt)), ("update_at", .integer(updateAt)),
            ("edit_at", .integer(editAt)), ("delete_at", .integer(deleteAt)), ("is_pinned", .bool(isPinned)),
            ("user_id", .string(userID)), ("channel_id", .string(channelID)), ("root_id", .string(rootID)),
            ("original_id", .string(originalID)), ("message", .string(message)), ("type", .string(type)),
            ("props", props), ("hashtags", .string(hashtags)), ("pending_post_id", .string(pendingID)),
        ]
        if !reactions.isEmpty { members.append(("has_reactions", true)) }
        members.append(("reply_count", .integer(Int64(replyCount))))
        members.append(("last_reply_at", 0))
        members.append(("participants", nil))
        if hasMetadata {
            let metadata: JSONValue =
                reactions.isEmpty ? .object([]) : ["reactions": .array(reactions.map(\.json))]
            members.append(("metadata", metadata))
        }
        return .object(members.map { .init(name: $0.0, value: $0.1) })
    }

    private var hashtags: String {
        // Asked for each time that a post is told.
        guard message.utf8.contains(UInt8(ascii: "#")) else { return "" }
        return message.split(whereSeparator: \.isWhitespace).filter { $0.hasPrefix("#") && $0.count > 2 }
            .joined(separator: " ")
    }
}

extension Preference {
    var json: JSONValue {
        [
            "user_id": .string(userID), "category": .string(category), "name": .string(name), "value": .string(value),
        ]
    }
}

extension Session {
    func json(of user: User, teams: [Team]) -> JSONValue {
        var props: JSONValue = ["is_bot": .string(user.bot == nil ? "false" : "true"), "is_guest": "false"]
        if let accessTokenID, case .object(var members) = props {
            members.append(.init(name: "type", value: "UserAccessToken"))
            members.append(.init(name: "user_access_token_id", value: .string(accessTokenID)))
            props = .object(members)
        }
        return [
            "id": .string(id), "token": "", "create_at": .integer(createAt), "expires_at": .integer(expiresAt),
            "last_activity_at": .integer(createAt), "user_id": .string(userID), "device_id": "",
            "roles": .string(user.roles), "is_oauth": false, "expired_notify": false, "props": props,
            "team_members": .array(teams.map { $0.memberJSON(userID) }), "local": false,
        ]
    }
}

extension AccessToken {
    func json(showsToken: Bool) -> JSONValue {
        var members: [JSONValue.Member] = [.init(name: "id", value: .string(id))]
        if showsToken { members.append(.init(name: "token", value: .string(token))) }
        members.append(.init(name: "user_id", value: .string(userID)))
        members.append(.init(name: "description", value: .string(description)))
        members.append(.init(name: "is_active", value: .bool(isActive)))
        return .object(members)
    }
}
