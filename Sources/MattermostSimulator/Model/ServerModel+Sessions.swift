/// Sessions and tokens (server: `app/session.go`).
extension ServerModel {
    /// Thirty days: what a login is given here.
    private static let loginLifetime: Int64 = 30 * 86_400_000
    /// A token's session does not end: 100 years.
    private static let accessTokenLifetime: Int64 = 100 * 365 * 86_400_000

    /// The valid session of a token, made anew for an access token that has none; nil when there is none.
    func session(forToken token: String) -> Session? {
        guard !token.isEmpty else { return nil }
        if let session = sessions[token] {
            // What is not cached cannot be looked up while the database is down.
            guard !isDatabaseDown || sessionCache.contains(token), session.expiresAt > now else { return nil }
            sessionCache.insert(token)
            return session
        }
        guard !isDatabaseDown, let accessToken = accessTokenIDs[token].flatMap({ accessTokens[$0] }),
            accessToken.isActive, users[accessToken.userID]?.isActive == true
        else { return nil }
        let session = Session(
            id: makeID(), token: token, userID: accessToken.userID, createAt: now,
            expiresAt: now + Self.accessTokenLifetime, accessTokenID: accessToken.id)
        sessions[token] = session
        sessionCache.insert(token)
        return session
    }

    func logIn(_ userID: String) -> Session {
        let session = Session(
            id: makeID(), token: makeID(), userID: userID, createAt: now, expiresAt: now + Self.loginLifetime)
        sessions[session.token] = session
        sessionCache.insert(session.token)
        return session
    }

    func sessions(of userID: String) -> [Session] {
        sessions.values.filter { $0.userID == userID && $0.expiresAt > now }
            .sorted { ($0.createAt, $0.id) > ($1.createAt, $1.id) }
    }

    /// Web connections are not told: events still arrive on them, actions fail.
    func revokeSession(token: String) {
        sessions[token] = nil
        sessionCache.remove(token)
    }

    func revokeAllSessions(of userID: String) {
        for session in sessions(of: userID) { revokeSession(token: session.token) }
    }

    /// All sessions of all users, as newer servers do it: each web connection forgets its token.
    func revokeAllSessions() {
        sessions = [:]
        sessionCache = []
        for connection in hub.connections { blankToken(of: connection) }
    }

    /// Lets the sessions of an account run out at `time`, and web connections notice.
    func expireSessions(of userID: String, at time: Int64) {
        for token in sessions.values.filter({ $0.userID == userID }).map(\.token) {
            sessions[token]?.expiresAt = time
        }
        for connection in hub.connections(of: userID) {
            connection.sessionExpiresAt = min(connection.sessionExpiresAt, time)
        }
    }

    func createAccessToken(for userID: String, description: String) -> AccessToken {
        let token = AccessToken(id: makeID(), token: makeID(), userID: userID, description: description)
        accessTokens[token.id] = token
        accessTokenIDs[token.token] = token.id
        accessTokenOrder.append(token.id)
        return token
    }

    func accessTokens(of userID: String) -> [AccessToken] {
        accessTokenOrder.compactMap { accessTokens[$0] }.filter { $0.userID == userID }
    }

    /// A disabled token loses its session; whether a connection goes deaf depends on a check before it is enabled.
    func setAccessToken(_ id: String, isActive: Bool) {
        guard let token = accessTokens[id] else { return }
        accessTokens[id]?.isActive = isActive
        if !isActive { revokeSession(token: token.token) }
    }

    func revokeAccessToken(_ id: String) {
        guard let token = accessTokens.removeValue(forKey: id) else { return }
        accessTokenIDs[token.token] = nil
        accessTokenOrder.removeAll { $0 == id }
        revokeSession(token: token.token)
    }

    // MARK: Web connections

    /// Whether the connection may hear and speak. An invalid session blanks its token: the moment of going deaf.
    func isAuthenticated(_ connection: WebConnection) -> Bool {
        if connection.sessionExpiresAt > now { return true }
        guard !connection.sessionToken.isEmpty else { return false }
        guard let session = session(forToken: connection.sessionToken) else {
            blankToken(of: connection)
            return false
        }
        connection.sessionExpiresAt = session.expiresAt
        return true
    }

    /// The next event or action makes the user's connections check their session.
    func invalidateConnections(of userID: String) {
        for connection in hub.connections(of: userID) { connection.sessionExpiresAt = 0 }
    }

    private func blankToken(of connection: WebConnection) {
        connection.sessionToken = ""
        connection.sessionExpiresAt = 0
        guard connection.isActive else { return }
        onChange?(SimulatorChange(kind: .deaf, at: now, detail: connection.id, userID: connection.userID))
    }
}
