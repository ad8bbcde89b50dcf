/// Publishing (server: `WebConn.shouldSendEvent`).
extension ServerModel {
    /// The session is checked before the addressee: that is how an event for someone else silences a connection.
    func publish(
        _ name: String, _ data: JSONValue, to broadcast: ServerEvent.Broadcast, postID: String? = nil
    ) {
        let event = ServerEvent(name, data: data, to: broadcast, postID: postID)
        // A copy, since a connection whose queue is full leaves the list.
        let candidates = broadcast.userID.isEmpty ? hub.connections : hub.connections(of: broadcast.userID)
        // Looked up once, not for each of thousands.
        let members = broadcast.channelID.isEmpty ? nil : channels[broadcast.channelID]?.memberSet ?? []
        let mayWait = name != "typing" && name != "status_change"
        for connection in candidates where isAuthenticated(connection) {
            guard mayWait || connection.queue.count < WebConnection.slowQueueCount,
                isAddressed(connection, broadcast, members)
            else { continue }
            hub.send(.event(event), to: connection)
        }
    }

    private func isAddressed(
        _ connection: WebConnection, _ broadcast: ServerEvent.Broadcast, _ members: Set<String>?
    ) -> Bool {
        switch broadcast.audience {
        case .everyone: break
        case .administrators: guard users[connection.userID]?.isAdmin == true else { return false }
        case .nonAdministrators: guard users[connection.userID]?.isAdmin != true else { return false }
        }
        if !broadcast.userID.isEmpty { return connection.userID == broadcast.userID }
        if broadcast.omittedUsers.contains(connection.userID) { return false }
        if let members { return members.contains(connection.userID) }
        if !broadcast.teamID.isEmpty { return isMember(connection.userID, ofTeam: broadcast.teamID) }
        return true
    }

    func helloEvent(for connection: WebConnection) -> ServerEvent {
        ServerEvent(
            "hello", data: ["connection_id": .string(connection.id), "server_version": .string(fullServerVersion)],
            to: .init(userID: connection.userID))
    }

    /// To everybody who may see the account: a full copy for administrators and itself, a sanitized one for others.
    func publishUserUpdated(_ userID: String) {
        guard let user = users[userID] else { return }
        let complete: JSONValue = ["user": user.json(isComplete: true)]
        let sanitized: JSONValue = ["user": user.json(isComplete: false)]
        publish("user_updated", complete, to: .init(omittedUsers: [userID], audience: .administrators))
        publish("user_updated", sanitized, to: .init(omittedUsers: [userID], audience: .nonAdministrators))
        publish("user_updated", complete, to: .init(userID: userID))
    }

    // MARK: Presence

    func setStatus(_ status: String, of userID: String, isManual: Bool) {
        let old = statuses[userID]
        // What was set by hand is not overruled by a connection that comes or goes.
        if let old, old.isManual, !isManual { return }
        statuses[userID] = Status(
            status: status, isManual: isManual && status != "online", lastActivityAt: now)
        guard (old?.status ?? "offline") != status else { return }
        publish(
            "status_change", ["status": .string(status), "user_id": .string(userID)], to: .init(userID: userID))
    }

    /// An account whose own API calls touch it comes online only by a connection.
    func statusJSON(of userID: String) -> JSONValue {
        let status = statuses[userID] ?? Status(status: "offline", isManual: false, lastActivityAt: 0)
        return [
            "user_id": .string(userID), "status": .string(status.status), "manual": .bool(status.isManual),
            "last_activity_at": .integer(status.lastActivityAt), "dnd_end_time": 0,
        ]
    }
}
