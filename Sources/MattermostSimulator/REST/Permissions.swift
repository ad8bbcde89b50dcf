/// What the server asks before it acts (server: `app/authorization.go`), for the default roles.
extension ServerModel {
    func isAdmin(_ userID: String) -> Bool { users[userID]?.isAdmin ?? false }

    func requireAdmin(_ call: Call) throws(APIError) {
        guard isAdmin(call.userID) else { throw .noPermission }
    }

    func requireSelfOrAdmin(_ call: Call, _ userID: String) throws(APIError) {
        guard call.userID == userID || isAdmin(call.userID) else { throw .noPermission }
    }

    /// The user of the path; asks nothing.
    func requireUser(_ id: String) throws(APIError) -> User {
        guard let user = users[id] else { throw .userNotFound }
        return user
    }

    func requireTeam(_ id: String) throws(APIError) -> Team {
        guard let team = teams[id] else { throw .teamNotFound }
        return team
    }

    /// A bot that the caller may not see is answered like one that is none.
    func requireBot(_ call: Call) throws(APIError) -> User {
        let id = try call.id("bot_user_id")
        guard let user = users[id], let bot = user.bot, isAdmin(call.userID) || bot.ownerID == call.userID else {
            throw .botNotFound
        }
        return user
    }

    /// A channel whose content the caller may read or write.
    @discardableResult
    func requireMembership(_ call: Call, _ channelID: String) throws(APIError) -> Channel {
        guard let channel = channels[channelID], channel.memberSet.contains(call.userID) || isAdmin(call.userID)
        else { throw .noPermission }
        return channel
    }

    /// A channel that the caller may know of: its own, and the open ones of its teams.
    func requireVisible(_ call: Call, _ channelID: String) throws(APIError) -> Channel {
        guard let channel = channels[channelID] else { throw .channelNotFound }
        let isVisible =
            channel.memberSet.contains(call.userID) || isAdmin(call.userID)
            || (channel.kind == .open && isMember(call.userID, ofTeam: channel.teamID))
        guard isVisible else { throw .noPermission }
        return channel
    }

    /// A post that is not deleted and that the caller may read.
    func requirePost(_ call: Call, _ id: String) throws(APIError) -> Post {
        guard let post = posts[id], post.deleteAt == 0 else { throw .postNotFound }
        try requireMembership(call, post.channelID)
        return post
    }
}
