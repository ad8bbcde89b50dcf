/// Actions that arrive on a WebSocket (server: `app/web_socket_router.go`, `api4/websocket_handler.go`).
extension ServerModel {
    /// Handles one text message. False when the connection is to be dropped without a word.
    func receive(_ message: UnsafeRawBufferPointer, from connection: WebConnection) -> Bool {
        guard let request = try? JSONValue(parsing: message), case .object = request,
            let sequence = Self.optional(request["seq"], \.integer, orElse: 0),
            let action = Self.optional(request["action"], \.string, orElse: "")
        else { return false }
        let data = request["data"] ?? .object([])
        if action.isEmpty {
            fail(.noAction, to: sequence, of: connection)
        } else if sequence <= 0 {
            fail(.badSequence, to: sequence, of: connection)
        } else if action == "authentication_challenge" {
            return challenge(data, sequence, connection)
        } else if action == "presence" {
            // Answered before the session is looked at, even when deaf.
            answer(nil, to: sequence, of: connection)
        } else if !isAuthenticated(connection) {
            fail(.notAuthenticated, to: sequence, of: connection)
        } else {
            perform(action, data, sequence, connection)
        }
        return true
    }

    /// The member's value, `absent` when there is none; nil when it is of another type.
    private static func optional<Value>(
        _ value: JSONValue?, _ read: (JSONValue) -> Value?, orElse absent: Value
    ) -> Value? {
        guard let value, value != .null else { return absent }
        return read(value)
    }

    /// Ignored on a connection that has a token. A deaf one has none any more, and is registered once again.
    private func challenge(_ data: JSONValue, _ sequence: Int64, _ connection: WebConnection) -> Bool {
        guard connection.sessionToken.isEmpty else { return true }
        guard let token = data["token"]?.string, let session = session(forToken: token) else { return false }
        authenticate(connection, session)
        register(connection)
        answer(nil, to: sequence, of: connection)
        setStatus("online", of: session.userID, isManual: false)
        return true
    }

    private func perform(_ action: String, _ data: JSONValue, _ sequence: Int64, _ connection: WebConnection) {
        let known = [
            "ping", "get_statuses", "get_statuses_by_ids", "user_typing", "user_update_active_status",
        ]
        guard known.contains(action) else { return fail(.badAction, to: sequence, of: connection) }
        // A revoked token is noticed here although events still arrive.
        guard session(forToken: connection.sessionToken) != nil else {
            return fail(.invalidToken, to: sequence, of: connection)
        }
        let userID = connection.userID
        switch action {
        case "ping":
            let pong: JSONValue = [
                "node_id": "", "server_time": .integer(now), "text": "pong", "version": .string(serverVersion),
            ]
            answer(pong, to: sequence, of: connection)
        case "get_statuses":
            let visible = statuses.filter { $0.value.status != "offline" }.map { ($0.key, $0.value.status) }
            answer(Self.map(visible), to: sequence, of: connection)
        case "get_statuses_by_ids":
            guard let ids = data["user_ids"]?.strings, !ids.isEmpty else {
                return fail(.invalidParameter(inAction: "user_ids"), to: sequence, of: connection)
            }
            let wanted = Set(ids).map { ($0, statuses[$0]?.status ?? "offline") }
            answer(Self.map(wanted), to: sequence, of: connection)
        case "user_typing":
            guard let channelID = data["channel_id"]?.string, let channel = channels[channelID],
                channel.memberSet.contains(userID)
            else { return fail(.invalidParameter(inAction: "channel_id"), to: sequence, of: connection) }
            let parentID = data["parent_id"]?.string ?? ""
            publish(
                "typing", ["parent_id": .string(parentID), "user_id": .string(userID)],
                to: .init(omittedUsers: [userID], channelID: channelID))
            answer(nil, to: sequence, of: connection)
        default:
            guard let isActive = data["user_is_active"]?.bool else {
                return fail(.invalidParameter(inAction: "user_is_active"), to: sequence, of: connection)
            }
            setStatus(isActive ? "online" : "away", of: userID, isManual: data["manual"]?.bool ?? false)
            answer(nil, to: sequence, of: connection)
        }
    }

    private static func map(_ pairs: [(String, String)]) -> JSONValue {
        .object(pairs.sorted { $0.0 < $1.0 }.map { .init(name: $0.0, value: .string($0.1)) })
    }

    // MARK: Replies

    private func answer(_ data: JSONValue?, to sequence: Int64, of connection: WebConnection) {
        var members: [JSONValue.Member] = [
            .init(name: "status", value: "OK"), .init(name: "seq_reply", value: .integer(sequence)),
        ]
        if let data { members.append(.init(name: "data", value: data)) }
        reply(.object(members), to: connection)
    }

    /// `seq_reply` 0 is left out, as Go's `omitempty` does.
    private func fail(_ error: APIError, to sequence: Int64, of connection: WebConnection) {
        var members: [JSONValue.Member] = [.init(name: "status", value: "FAIL")]
        if sequence != 0 { members.append(.init(name: "seq_reply", value: .integer(sequence))) }
        members.append(.init(name: "error", value: error.json(requestID: nil)))
        reply(.object(members), to: connection)
    }

    /// A connection that never authenticated is not in the hub and hears nothing.
    private func reply(_ json: JSONValue, to connection: WebConnection) {
        let message = WebConnection.Message.text(json.bytes + [UInt8(ascii: "\n")])
        guard let replyDetour else { return hub.send(message, to: connection) }
        replyDetour(message, connection)
    }
}
