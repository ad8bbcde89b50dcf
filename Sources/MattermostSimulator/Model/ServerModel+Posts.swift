/// Posts, threads and reactions (server: `app/post.go`, `app/reaction.go`).
extension ServerModel {
    /// Saves a post, moves the channel's counters and tells its members.
    @discardableResult
    func createPost(
        in channelID: String, by userID: String, message: String, rootID: String = "", pendingID: String = "",
        type: String = "", props: JSONValue = .object([]), mentions extraMentions: [String] = [],
        setsOnline: Bool = true
    ) -> Post? {
        guard let channel = channels[channelID], let user = users[userID] else { return nil }
        var props = props
        if user.bot != nil, type.isEmpty, case .object(let members) = props {
            props = .object(members + [.init(name: "from_bot", value: "true")]).sortedLikeMap
        }
        let post = Post(
            id: makeID(), createAt: now, userID: userID, channelID: channelID, rootID: rootID, message: message,
            type: type, props: props)
        posts[post.id] = post
        postsByChannel[channelID, default: []].append(post)
        if !rootID.isEmpty {
            repliesByRoot[rootID, default: []].append(post)
            posts[rootID]?.updateAt = now
        }
        if !pendingID.isEmpty { postIDByPendingID[pendingID] = post.id }
        count(post)
        noteCreated(post)
        publishPosted(post, in: channel, by: user, pendingID: pendingID, extraMentions, setsOnline: setsOnline)
        return post
    }

    @discardableResult
    func createSystemPost(
        in channelID: String, by userID: String, type: String, message: String, props: JSONValue,
        mentions: [String] = []
    ) -> Post? {
        createPost(in: channelID, by: userID, message: message, type: type, props: props, mentions: mentions)
    }

    func replyCount(of post: Post) -> Int {
        let rootID = post.rootID.isEmpty ? post.id : post.rootID
        return repliesByRoot[rootID]?.count { $0.deleteAt == 0 && $0.originalID.isEmpty } ?? 0
    }

    func json(of post: Post, pendingID: String = "", hasMetadata: Bool = true) -> JSONValue {
        post.json(replyCount: replyCount(of: post), pendingID: pendingID, hasMetadata: hasMetadata)
    }

    /// What the edit replaces is kept as a deleted copy with an id of its own.
    func editPost(_ post: Post, message: String?, props: JSONValue?, isPinned: Bool?) {
        let copy = Post(
            id: makeID(), createAt: post.createAt, userID: post.userID, channelID: post.channelID,
            rootID: post.rootID, message: post.message, type: post.type, props: post.props)
        copy.originalID = post.id
        copy.updateAt = now
        copy.deleteAt = now
        posts[copy.id] = copy
        postsByChannel[post.channelID, default: []].append(copy)
        if let message, message != post.message {
            post.message = message
            post.editAt = now
        }
        if let props { post.props = props.sortedLikeMap }
        if let isPinned { post.isPinned = isPinned }
        post.updateAt = now
        forgetCachedUpdate(of: post.channelID)
        note(.edited, post, by: post.userID)
        publish("post_edited", ["post": .string(json(of: post).text)], to: .init(channelID: post.channelID))
    }

    /// A root takes its replies along; only the root's deletion is announced, with the old text and `delete_at` 0.
    func deletePost(_ post: Post, by userID: String) {
        let announced = json(of: post, hasMetadata: false).text
        let thread = [post] + (post.rootID.isEmpty ? repliesByRoot[post.id] ?? [] : [])
        for victim in thread where victim.deleteAt == 0 {
            victim.deleteAt = now
            victim.updateAt = now
            if case .object(let members) = victim.props {
                let mark = JSONValue.Member(name: "deleteBy", value: .string(userID))
                victim.props = .object(members.filter { $0.name != "deleteBy" } + [mark]).sortedLikeMap
            }
        }
        forgetCachedUpdate(of: post.channelID)
        note(.deleted, post, by: userID)
        publish("post_deleted", ["post": .string(announced)], to: .init(channelID: post.channelID))
    }

    /// Nothing is stored: only the addressee's connections hear it.
    func sendEphemeralPost(to userID: String, in channelID: String, by authorID: String, message: String) -> JSONValue {
        let post = Post(
            id: makeID(), createAt: now, userID: authorID, channelID: channelID, rootID: "", message: message,
            type: "system_ephemeral", props: .object([]))
        post.updateAt = 0
        let json = post.json(replyCount: 0)
        publish(
            "ephemeral_message", ["post": .string(json.text)], to: .init(userID: userID, channelID: channelID))
        return json
    }

    func addReaction(_ emojiName: String, to post: Post, by userID: String) -> Reaction {
        if let old = post.reactions.first(where: { $0.userID == userID && $0.emojiName == emojiName }) { return old }
        let reaction = Reaction(
            userID: userID, postID: post.id, emojiName: emojiName, createAt: now, updateAt: now)
        post.reactions.append(reaction)
        post.updateAt = now
        forgetCachedUpdate(of: post.channelID)
        note(.reactionAdded, post, detail: emojiName, by: userID)
        publish(
            "reaction_added", ["reaction": .string(reaction.json.text)], to: .init(channelID: post.channelID))
        return reaction
    }

    /// False when there was none.
    func removeReaction(_ emojiName: String, from post: Post, by userID: String) -> Bool {
        guard let index = post.reactions.firstIndex(where: { $0.userID == userID && $0.emojiName == emojiName })
        else { return false }
        var reaction = post.reactions.remove(at: index)
        reaction.updateAt = now
        post.updateAt = now
        forgetCachedUpdate(of: post.channelID)
        note(.reactionRemoved, post, detail: emojiName, by: userID)
        publish(
            "reaction_removed", ["reaction": .string(reaction.json(createAt: 0).text)],
            to: .init(channelID: post.channelID))
        return true
    }

    /// Drops the oldest posts that have not changed since `time`, as a server's data retention does, but leaves at least
    /// `count` rows in each channel.
    func forgetPosts(unchangedSince time: Int64, keeping count: Int) {
        for (channelID, rows) in postsByChannel where rows.count > count {
            let old = rows.dropLast(count).prefix { $0.updateAt < time }
            for post in old {
                posts[post.id] = nil
                repliesByRoot[post.id] = nil
                repliesByRoot[post.rootID]?.removeAll { $0 === post }
                if repliesByRoot[post.rootID]?.isEmpty == true { repliesByRoot[post.rootID] = nil }
            }
            postsByChannel[channelID]?.removeFirst(old.count)
        }
    }

    // MARK: Parts

    func forgetCachedUpdate(of channelID: String) { channels[channelID]?.cachedLatestUpdate = nil }

    private func count(_ post: Post) {
        guard var channel = channels[post.channelID] else { return }
        channel.cachedLatestUpdate = nil
        channel.lastPostAt = max(channel.lastPostAt, post.createAt)
        if !post.isJoinOrLeave { channel.totalMessageCount += 1 }
        if post.rootID.isEmpty {
            channel.lastRootPostAt = max(channel.lastRootPostAt, post.createAt)
            if !post.isJoinOrLeave { channel.totalRootMessageCount += 1 }
        }
        channels[post.channelID] = channel
    }

    private func publishPosted(
        _ post: Post, in channel: Channel, by user: User, pendingID: String, _ extraMentions: [String], setsOnline: Bool
    ) {
        let mentions = extraMentions + (post.type.isEmpty ? mentions(in: post, channel) : [])
        let displayName = channel.kind == .direct ? "@\(user.username)" : channel.displayName
        var data: [JSONValue.Member] = [
            .init(name: "channel_display_name", value: .string(displayName)),
            .init(name: "channel_name", value: .string(channel.name)),
            .init(name: "channel_type", value: .string(channel.kind.rawValue)),
        ]
        if !mentions.isEmpty {
            let text = JSONValue.array(mentions.map { .string($0) }).text
            data.append(.init(name: "mentions", value: .string(text)))
        }
        data.append(.init(name: "post", value: .string(json(of: post, pendingID: pendingID).text)))
        let sender = post.type.isEmpty ? "@\(user.username)" : "System"
        data.append(.init(name: "sender_name", value: .string(sender)))
        data.append(.init(name: "set_online", value: .bool(setsOnline)))
        data.append(.init(name: "team_id", value: .string(channel.teamID)))
        publish("posted", .object(data), to: .init(channelID: channel.id), postID: post.id)
    }

    /// By name, by a word for all, or as the other side of a direct channel.
    private func mentions(in post: Post, _ channel: Channel) -> [String] {
        if channel.kind == .direct { return channel.members.filter { $0 != post.userID } }
        guard post.message.utf8.contains(UInt8(ascii: "@")) else { return [] }
        var found: [String] = []
        for word in post.message.split(whereSeparator: \.isWhitespace) where word.hasPrefix("@") {
            let name = word.dropFirst().prefix { $0.isLetter || $0.isNumber || "._-".contains($0) }
            let ids =
                ["all", "channel", "here"].contains(name)
                ? channel.members.filter { $0 != post.userID } : userIDByName[String(name)].map { [$0] } ?? []
            for id in ids where channel.memberSet.contains(id) && !found.contains(id) { found.append(id) }
        }
        return found
    }
}
