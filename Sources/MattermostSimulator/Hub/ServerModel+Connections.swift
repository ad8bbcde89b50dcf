/// How a WebSocket comes and goes (server: `api4/websocket.go`, `app/web_hub.go`).
extension ServerModel {
    /// What `connection_id` and `sequence_number` of the upgrade ask for.
    struct ResumeRequest {
        var connectionID: String
        /// Nil when it was not sent.
        var sequenceNumber: String?
    }

    /// The connection of an accepted upgrade; nil when it is to be dropped at once. A token that is none is not refused:
    /// the connection stays unauthenticated until the check five seconds later.
    func connect(token: String?, resume: ResumeRequest?) -> WebConnection? {
        let connection = WebConnection(id: makeID(), keepsLog: keepsLog)
        guard let token, let session = session(forToken: token) else { return connection }
        authenticate(connection, session)
        if let resume, !resume.connectionID.isEmpty {
            guard IdentifierSource.isValid(resume.connectionID) else { return nil }
            if let old = hub.takeInactive(id: resume.connectionID, userID: session.userID) {
                guard let sequence = resume.sequenceNumber.flatMap(Int.init), sequence >= 0 else { return nil }
                let replayed = connection.resume(old, from: sequence, newID: makeID)
                connection.queue.insert(contentsOf: replayed.map { .text($0) }, at: 0)
            }
        }
        register(connection)
        setStatus("online", of: session.userID, isManual: false)
        return connection
    }

    /// The socket is gone. The connection waits inactive for a resume; the account goes offline with its last one.
    func disconnect(_ connection: WebConnection) {
        guard !connection.userID.isEmpty, connection.isActive else { return }
        connection.isActive = false
        connection.inactiveSince = now
        if !hub.hasActiveConnection(of: connection.userID) {
            setStatus("offline", of: connection.userID, isManual: false)
        }
    }

    /// Whether the one-time check, five seconds after the upgrade, lets the connection live.
    func passesAuthenticationCheck(_ connection: WebConnection) -> Bool { !connection.sessionToken.isEmpty }

    func authenticate(_ connection: WebConnection, _ session: Session) {
        connection.userID = session.userID
        connection.sessionToken = session.token
        connection.sessionExpiresAt = session.expiresAt
    }

    func register(_ connection: WebConnection) {
        hub.register(connection, hello: connection.greets ? helloEvent(for: connection) : nil)
        if !connection.queue.isEmpty { hub.wake(connection) }
    }
}
