/// Delivers events to web connections (server: `web_hub.go`). Knows no socket: the shell writes what `takeDirty` names.
final class Hub {
    /// An inactive connection can be resumed for this long, in milliseconds.
    static let resumeWindow: Int64 = 5 * 60 * 1000

    private(set) var connections: [WebConnection] = []
    private var byUser: [String: [WebConnection]] = [:]
    private var dirty: [WebConnection] = []

    /// Registering again, as a re-authentication does, makes events to the user arrive twice; so it does there.
    func register(_ connection: WebConnection, hello: ServerEvent?) {
        byUser[connection.userID, default: []].append(connection)
        guard connection.slot == nil else { return hello.map { send(.event($0), to: connection) } ?? () }
        connection.slot = connections.count
        connections.append(connection)
        guard let hello else { return }
        // Before what a resumed connection's queue still holds.
        connection.queue.insert(.event(hello), at: 0)
        markDirty(connection)
    }

    func remove(_ connection: WebConnection) {
        guard let slot = connection.slot else { return }
        let last = connections.removeLast()
        if last !== connection {
            connections[slot] = last
            last.slot = slot
        }
        connection.slot = nil
        byUser[connection.userID]?.removeAll { $0 === connection }
        if byUser[connection.userID]?.isEmpty == true { byUser[connection.userID] = nil }
        connection.isRemoved = true
        if connection.isActive { markDirty(connection) }
    }

    func connections(of userID: String) -> [WebConnection] { byUser[userID] ?? [] }

    func hasActiveConnection(of userID: String) -> Bool { byUser[userID]?.contains(where: \.isActive) ?? false }

    /// Takes the inactive connection of that user and id away, for a resume.
    func takeInactive(id: String, userID: String) -> WebConnection? {
        guard let found = byUser[userID]?.first(where: { !$0.isActive && $0.id == id }) else { return nil }
        remove(found)
        return found
    }

    /// Full queue: the connection is given up, active or not.
    func send(_ message: WebConnection.Message, to connection: WebConnection) {
        guard connection.slot != nil else { return }
        guard connection.queue.count < WebConnection.queueCapacity else { return remove(connection) }
        connection.queue.append(message)
        if connection.isActive { markDirty(connection) }
    }

    /// Forgets connections that nobody resumed.
    func removeStale(now: Int64) {
        let stale = connections.filter { !$0.isActive && now - $0.inactiveSince > Self.resumeWindow }
        for connection in stale { remove(connection) }
    }

    /// Connections with something to write, or to be dropped, since the last call.
    func takeDirty() -> [WebConnection] {
        let taken = dirty
        dirty.removeAll(keepingCapacity: true)
        for connection in taken { connection.isDirty = false }
        return taken
    }

    /// Names the connection to the shell because its queue was filled beside the hub.
    func wake(_ connection: WebConnection) { markDirty(connection) }

    /// The server's memory of connections ends with its process.
    func removeAll() {
        for connection in connections {
            connection.slot = nil
            connection.isActive = false
        }
        connections = []
        byUser = [:]
        dirty = []
    }

    private func markDirty(_ connection: WebConnection) {
        guard !connection.isDirty else { return }
        connection.isDirty = true
        dirty.append(connection)
    }
}
