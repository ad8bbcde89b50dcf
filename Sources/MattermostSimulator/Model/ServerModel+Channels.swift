/// Channels and their members (server: `app/channel.go`).
extension ServerModel {
    func createChannel(
        teamID: String, kind: Channel.Kind, name: String, displayName: String, creatorID: String,
        members: [String] = []
    ) -> Channel {
        var channel = Channel(
            id: makeID(), createAt: now, updateAt: now, teamID: teamID, kind: kind, displayName: displayName,
            name: name, creatorID: creatorID)
        channel.members = members
        channel.memberSet = Set(members)
        channels[channel.id] = channel
        channelOrder.append(channel.id)
        for member in members {
            channelIDsOfUser[member, default: []].insert(channel.id)
            invalidateConnections(of: member)
        }
        return channel
    }

    /// The one channel of two accounts; made at the first call.
    func directChannel(_ first: String, _ second: String) -> Channel {
        let name = first < second ? "\(first)__\(second)" : "\(second)__\(first)"
        if let channel = channel(named: name, teamID: "") { return channel }
        let members = first == second ? [first] : [first, second]
        let channel = createChannel(
            teamID: "", kind: .direct, name: name, displayName: "", creatorID: first, members: members)
        publish(
            "direct_added", ["creator_id": .string(first), "teammate_id": .string(second)],
            to: .init(channelID: channel.id))
        return channel
    }

    func groupChannel(_ members: [String], creatorID: String) -> Channel {
        let sorted = members.sorted()
        if let channel = channels.values.first(where: { $0.kind == .group && $0.members.sorted() == sorted }) {
            return channel
        }
        let names = sorted.compactMap { users[$0]?.username }.sorted().joined(separator: ", ")
        let channel = createChannel(
            teamID: "", kind: .group, name: makeID() + makeID().prefix(14), displayName: names, creatorID: creatorID,
            members: sorted)
        publish(
            "group_added", ["teammate_ids": .string(JSONValue.array(sorted.map { .string($0) }).text)],
            to: .init(channelID: channel.id))
        return channel
    }

    /// The event comes before the post that says so, or behind it in a team's default channels. The member's connections
    /// check their session again.
    func addMember(_ userID: String, to channelID: String, by adderID: String, announcesLast: Bool = false) {
        guard let channel = channels[channelID], !channel.memberSet.contains(userID) else { return }
        channels[channelID]?.members.append(userID)
        channels[channelID]?.memberSet.insert(userID)
        channelIDsOfUser[userID, default: []].insert(channelID)
        invalidateConnections(of: userID)
        if announcesLast { postAdded(userID, to: channelID, by: adderID) }
        publish(
            "user_added", ["team_id": .string(channel.teamID), "user_id": .string(userID)],
            to: .init(channelID: channelID))
        if !announcesLast { postAdded(userID, to: channelID, by: adderID) }
    }

    private func postAdded(_ userID: String, to channelID: String, by adderID: String) {
        guard let user = users[userID] else { return }
        if adderID == userID || users[adderID] == nil {
            createSystemPost(
                in: channelID, by: userID, type: "system_join_channel",
                message: "\(user.username) joined the channel.", props: ["username": .string(user.username)])
        } else if let adder = users[adderID] {
            createSystemPost(
                in: channelID, by: adderID, type: "system_add_to_channel",
                message: "\(user.username) added to the channel by \(adder.username).",
                props: [
                    "addedUserId": .string(userID), "addedUsername": .string(user.username),
                    "userId": .string(adderID), "username": .string(adder.username),
                ], mentions: [userID])
        }
    }

    func removeMember(_ userID: String, from channelID: String, by removerID: String) {
        guard let channel = channels[channelID], channel.memberSet.contains(userID), let user = users[userID]
        else { return }
        channels[channelID]?.members.removeAll { $0 == userID }
        channels[channelID]?.memberSet.remove(userID)
        invalidateConnections(of: userID)
        if removerID == userID {
            createSystemPost(
                in: channelID, by: userID, type: "system_leave_channel",
                message: "\(user.username) has left the channel.", props: ["username": .string(user.username)])
        } else {
            createSystemPost(
                in: channelID, by: removerID, type: "system_remove_from_channel",
                message: "\(user.username) was removed from the channel.",
                props: ["removedUserId": .string(userID), "removedUsername": .string(user.username)])
        }
        publish(
            "user_removed", ["remover_id": .string(removerID), "user_id": .string(userID)],
            to: .init(channelID: channelID))
        publish(
            "user_removed", ["channel_id": .string(channelID), "remover_id": .string(removerID)],
            to: .init(userID: userID))
    }

    func patchChannel(
        _ channelID: String, by userID: String, displayName: String?, name: String?, header: String?, purpose: String?
    ) {
        guard var channel = channels[channelID] else { return }
        let oldHeader = channel.header
        if let displayName { channel.displayName = displayName }
        if let name { channel.name = name }
        if let header { channel.header = header }
        if let purpose { channel.purpose = purpose }
        channel.updateAt = now
        channels[channelID] = channel
        publish("channel_updated", ["channel": .string(channel.json.text)], to: .init(channelID: channelID))
        guard channel.header != oldHeader, let user = users[userID] else { return }
        createSystemPost(
            in: channelID, by: userID, type: "system_header_change",
            message: "\(user.username) updated the channel header to: \(channel.header)",
            props: [
                "new_header": .string(channel.header), "old_header": .string(oldHeader),
                "username": .string(user.username),
            ])
    }

    /// Heard by the team, or in a private channel's case by the team as well: so the server does.
    func deleteChannel(_ channelID: String, by userID: String) {
        guard let channel = channels[channelID], channel.deleteAt == 0, let user = users[userID] else { return }
        createSystemPost(
            in: channelID, by: userID, type: "system_channel_deleted",
            message: "\(user.username) archived the channel.", props: ["username": .string(user.username)])
        channels[channelID]?.deleteAt = now
        channels[channelID]?.updateAt = now
        publish(
            "channel_deleted", ["channel_id": .string(channelID), "delete_at": .integer(now)],
            to: .init(teamID: channel.teamID))
    }

    func viewChannel(_ channelID: String, by userID: String) {
        publish("channel_viewed", ["channel_id": .string(channelID)], to: .init(userID: userID))
    }
}
