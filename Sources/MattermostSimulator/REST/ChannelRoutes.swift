/// `/channels` and their members.
extension Router {
    static let channelRoutes: [Route] = [
        Route("GET", "/users/{user_id}/channels") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            return list(model.channels(of: id, teamID: nil))
        },
        Route("GET", "/users/{user_id}/teams/{team_id}/channels") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            return list(model.channels(of: id, teamID: try model.requireTeam(call.id("team_id")).id))
        },
        Route("GET", "/users/{user_id}/teams/{team_id}/channels/members") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            let channels = model.channels(of: id, teamID: try call.id("team_id"))
            return Answer(json: .array(channels.map { $0.memberJSON(id) }))
        },
        Route("GET", "/teams/{team_id}/channels") { (model, call) throws(APIError) in
            let team = try model.requireTeam(call.id("team_id"))
            guard model.isMember(call.userID, ofTeam: team.id) || model.isAdmin(call.userID) else {
                throw .noPermission
            }
            let open = model.channelOrder.compactMap { model.channels[$0] }
                .filter { $0.teamID == team.id && $0.kind == .open && $0.deleteAt == 0 }
            return Answer(json: .array(call.paged(open.sorted { $0.displayName < $1.displayName }).map(\.json)))
        },
        Route("GET", "/teams/{team_id}/channels/name/{name}") { (model, call) throws(APIError) in
            guard let channel = model.channel(named: call.name("name"), teamID: try call.id("team_id")) else {
                throw .channelNotFound
            }
            let visible = try model.requireVisible(call, channel.id)
            return Answer(json: visible.json)
        },
        Route("POST", "/channels", create), Route("POST", "/channels/direct", createDirect),
        Route("POST", "/channels/group", createGroup),
        Route("POST", "/channels/members/{user_id}/view") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            let channelID = try call.object("channel_view")["channel_id"]?.string ?? ""
            var times: JSONValue = .object([])
            if let channel = model.channels[channelID], channel.memberSet.contains(id) {
                model.viewChannel(channelID, by: id)
                times = .object([.init(name: channelID, value: .integer(channel.lastPostAt))])
            }
            return Answer(json: ["status": "OK", "last_viewed_at_times": times])
        },
        Route("GET", "/channels/{channel_id}") { (model, call) throws(APIError) in
            let visible = try model.requireVisible(call, call.id("channel_id"))
            return Answer(json: visible.json)
        },
        Route("PUT", "/channels/{channel_id}/patch") { (model, call) throws(APIError) in
            let channel = try model.requireMembership(call, call.id("channel_id"))
            let patch = try call.object("channel")
            model.patchChannel(
                channel.id, by: call.userID, displayName: patch["display_name"]?.string, name: patch["name"]?.string,
                header: patch["header"]?.string, purpose: patch["purpose"]?.string)
            return Answer(json: model.channels[channel.id]?.json ?? nil)
        },
        Route("DELETE", "/channels/{channel_id}") { (model, call) throws(APIError) in
            let channel = try model.requireMembership(call, call.id("channel_id"))
            guard channel.kind == .open || channel.kind == .private else {
                throw APIError(
                    id: "api.channel.delete_channel.type.invalid",
                    message: "Unable to delete direct or group message channels", status: 400)
            }
            model.deleteChannel(channel.id, by: call.userID)
            return .ok
        },
        Route("GET", "/channels/{channel_id}/members") { (model, call) throws(APIError) in
            let channel = try model.requireVisible(call, call.id("channel_id"))
            return Answer(json: .array(call.paged(channel.members).map { channel.memberJSON($0) }))
        },
        Route("GET", "/channels/{channel_id}/members/{user_id}") { (model, call) throws(APIError) in
            let channel = try model.requireVisible(call, call.id("channel_id"))
            let id = try call.id("user_id")
            guard channel.memberSet.contains(id) else {
                throw APIError(
                    id: "app.channel.get_member.missing.app_error",
                    message: "No channel member found for that user ID and channel ID.", status: 404)
            }
            return Answer(json: channel.memberJSON(id))
        },
        Route("POST", "/channels/{channel_id}/members", addMember),
        Route("DELETE", "/channels/{channel_id}/members/{user_id}") { (model, call) throws(APIError) in
            let channel = try model.requireVisible(call, call.id("channel_id"))
            let id = try call.id("user_id")
            guard id == call.userID || channel.memberSet.contains(call.userID) || model.isAdmin(call.userID) else {
                throw .noPermission
            }
            model.removeMember(id, from: channel.id, by: call.userID)
            return .ok
        },
    ]

    /// The list's Etag moves with the latest `last_post_at` or `update_at` (server: `ChannelList.Etag`).
    private static func list(_ channels: [Channel]) -> Answer {
        var id = "0"
        var latest: Int64 = 0
        for channel in channels where max(channel.lastPostAt, channel.updateAt) > latest {
            latest = max(channel.lastPostAt, channel.updateAt)
            id = channel.id
        }
        return Answer(
            json: .array(channels.map(\.json)), etag: "\(serverVersion).\(id).\(latest).0.\(channels.count)")
    }

    private static func create(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let body = try call.object("channel")
        guard let kind = body["type"]?.string.flatMap(Channel.Kind.init), kind == .open || kind == .private,
            let name = body["name"]?.string, isValidName(name)
        else { throw .invalidParameter(inBody: "channel") }
        let team = try model.requireTeam(body["team_id"]?.string ?? "")
        guard model.isMember(call.userID, ofTeam: team.id) || model.isAdmin(call.userID) else { throw .noPermission }
        guard model.channel(named: name, teamID: team.id) == nil else {
            throw APIError(
                id: "store.sql_channel.save_channel.exists.app_error",
                message: "A channel with that name already exists on the same team.", status: 400)
        }
        var channel = model.createChannel(
            teamID: team.id, kind: kind, name: name, displayName: body["display_name"]?.string ?? name,
            creatorID: call.userID, members: [call.userID])
        channel.header = body["header"]?.string ?? ""
        channel.purpose = body["purpose"]?.string ?? ""
        model.channels[channel.id] = channel
        model.publish(
            "channel_created", ["channel_id": .string(channel.id), "team_id": .string(team.id)],
            to: .init(userID: call.userID))
        return .created(channel.json)
    }

    private static func createDirect(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let ids = try call.strings("user_ids")
        guard ids.count == 2 else { throw .invalidParameter(inBody: "user_ids") }
        for id in ids { _ = try model.requireUser(id) }
        guard ids.contains(call.userID) || model.isAdmin(call.userID) else { throw .noPermission }
        return .created(model.directChannel(ids[0], ids[1]).json)
    }

    private static func createGroup(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        var ids = try call.strings("user_ids")
        if !ids.contains(call.userID) { ids.append(call.userID) }
        guard (3...8).contains(ids.count), Set(ids).count == ids.count else {
            throw .invalidParameter(inBody: "user_ids")
        }
        for id in ids { _ = try model.requireUser(id) }
        return .created(model.groupChannel(ids, creatorID: call.userID).json)
    }

    private static func addMember(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let channel = try model.requireVisible(call, call.id("channel_id"))
        guard let id = try call.object("channel_member")["user_id"]?.string else {
            throw .invalidParameter(inBody: "user_id")
        }
        _ = try model.requireUser(id)
        guard model.isMember(id, ofTeam: channel.teamID) else {
            throw APIError(
                id: "api.channel.add_user.to.channel.failed.deleted.app_error",
                message: "Failed to add user to channel because they have been removed from the team.", status: 400)
        }
        let mayAdd =
            channel.memberSet.contains(call.userID) || model.isAdmin(call.userID)
            || (id == call.userID && channel.kind == .open)
        guard mayAdd else { throw .noPermission }
        model.addMember(id, to: channel.id, by: call.userID)
        return .created(channel.memberJSON(id))
    }
}
