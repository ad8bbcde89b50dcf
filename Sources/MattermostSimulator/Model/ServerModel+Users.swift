/// Accounts, teams and preferences (server: `app/user.go`, `app/bot.go`, `app/team.go`).
extension ServerModel {
    @discardableResult
    func createUser(username: String, password: String, roles: String = "system_user", bot: Bot? = nil) -> User {
        var user = User(
            id: makeID(), createAt: now, updateAt: now, username: username,
            email: bot == nil ? "\(username)@example.com" : "\(username)@localhost", lastPasswordUpdate: now,
            password: password, bot: bot)
        user.roles = roles
        if let bot { user.firstName = bot.displayName }
        users[user.id] = user
        userIDByName[username] = user.id
        return user
    }

    /// Every profile change, even to the same value, moves `update_at` and re-checks the account's connections.
    func updateUser(_ userID: String, announces: Bool = true, _ change: (inout User) -> Void) {
        guard var user = users[userID] else { return }
        let oldName = user.username
        change(&user)
        users[userID] = user
        if user.username != oldName {
            userIDByName[oldName] = nil
            userIDByName[user.username] = userID
        }
        touch(userID)
        invalidateConnections(of: userID)
        if announces { publishUserUpdated(userID) }
    }

    /// Disabling: sessions go first, the offline status is the last thing that the account's connections hear, and the
    /// announcement that follows finds them without a valid session.
    func setActive(_ isActive: Bool, userID: String) {
        touch(userID)
        guard let updateAt = users[userID]?.updateAt else { return }
        users[userID]?.deleteAt = isActive ? 0 : updateAt
        if !isActive {
            revokeAllSessions(of: userID)
            statuses[userID]?.isManual = false
            setStatus("offline", of: userID, isManual: false)
        }
        if users[userID]?.bot != nil {
            users[userID]?.bot?.updateAt = now
            users[userID]?.bot?.deleteAt = isActive ? 0 : now
        }
        invalidateConnections(of: userID)
        publishUserUpdated(userID)
    }

    func setRoles(_ roles: String, userID: String) {
        updateUser(userID, announces: false) { $0.roles = roles }
        for token in sessions(of: userID).map(\.token) { sessionCache.remove(token) }
        publish(
            "user_role_updated", ["roles": .string(roles), "user_id": .string(userID)], to: .init(userID: userID))
    }

    func setPassword(_ password: String, userID: String) {
        updateUser(userID, announces: false) {
            $0.password = password
            $0.lastPasswordUpdate = now
        }
    }

    /// Nil clears it.
    func setCustomStatus(_ status: JSONValue?, userID: String) {
        updateUser(userID) { user in
            user.props = ["customStatus": .string(status?.text ?? "")]
        }
        guard let status else { return }
        savePreferences(
            [
                Preference(
                    userID: userID, category: "recent_custom_statuses", name: userID,
                    value: JSONValue.array([status]).text)
            ], of: userID)
    }

    // MARK: Preferences

    /// Pushed to the account's own connections only: first the sidebar, then the preferences themselves.
    func savePreferences(_ changes: [Preference], of userID: String) {
        var kept = preferences[userID] ?? []
        for change in changes {
            if let index = kept.firstIndex(where: { $0.category == change.category && $0.name == change.name }) {
                kept[index] = change
            } else {
                kept.append(change)
            }
        }
        preferences[userID] = kept
        publish("sidebar_category_updated", .object([]), to: .init(userID: userID))
        let text = JSONValue.array(changes.map(\.json)).text
        publish("preferences_changed", ["preferences": .string(text)], to: .init(userID: userID))
    }

    // MARK: Teams

    func createTeam(name: String, displayName: String) -> Team {
        let team = Team(id: makeID(), createAt: now, displayName: displayName, name: name, inviteID: makeID())
        teams[team.id] = team
        for (name, displayName) in [("town-square", "Town Square"), ("off-topic", "Off-Topic")] {
            _ = createChannel(teamID: team.id, kind: .open, name: name, displayName: displayName, creatorID: "")
        }
        return team
    }

    func joinTeam(_ teamID: String, userID: String, by adderID: String) {
        guard let team = teams[teamID], !team.members.contains(userID) else { return }
        teams[teamID]?.members.append(userID)
        touch(userID)
        invalidateConnections(of: userID)
        for name in ["town-square", "off-topic"] {
            guard let channel = channel(named: name, teamID: teamID) else { continue }
            addMember(userID, to: channel.id, by: adderID)
        }
        let data: JSONValue = ["team_id": .string(teamID), "user_id": .string(userID)]
        publish("added_to_team", data, to: .init(userID: userID))
    }

    func leaveTeam(_ teamID: String, userID: String) {
        guard let team = teams[teamID], team.members.contains(userID) else { return }
        let data: JSONValue = ["team_id": .string(teamID), "user_id": .string(userID)]
        publish("leave_team", data, to: .init(teamID: teamID))
        teams[teamID]?.members.removeAll { $0 == userID }
        for id in channelOrder where channels[id]?.teamID == teamID {
            channels[id]?.members.removeAll { $0 == userID }
            channels[id]?.memberSet.remove(userID)
        }
        touch(userID)
        invalidateConnections(of: userID)
    }
}
