/// An event on its way to web connections. Encoded once; each connection only adds its own `seq`.
final class ServerEvent {
    /// Who may hear it; the first rule that is set decides (server: `WebConn.shouldSendEvent`).
    struct Broadcast {
        var omittedUsers: Set<String> = []
        var userID = ""
        var channelID = ""
        var teamID = ""
        /// Administrators get the full copy of such an event, everyone else the sanitized one.
        var audience = Audience.everyone
    }

    enum Audience {
        case everyone
        case administrators
        case nonAdministrators
    }

    let name: String
    let broadcast: Broadcast
    /// Of a `posted`: for the log of what was sent.
    let postID: String?
    /// The text up to the number that is missing.
    private let prefix: [UInt8]

    init(_ name: String, data: JSONValue, to broadcast: Broadcast, postID: String? = nil) {
        self.postID = postID
        self.name = name
        self.broadcast = broadcast
        let omitted: JSONValue =
            broadcast.omittedUsers.isEmpty
            ? .null : .object(broadcast.omittedUsers.sorted().map { .init(name: $0, value: true) })
        let text: JSONValue = [
            "event": .string(name), "data": data,
            "broadcast": [
                "omit_users": omitted, "user_id": .string(broadcast.userID), "channel_id": .string(broadcast.channelID),
                "team_id": .string(broadcast.teamID),
            ],
        ]
        var prefix = text.bytes
        prefix.removeLast()
        prefix.append(contentsOf: ",\"seq\":".utf8)
        self.prefix = prefix
    }

    /// The frame's text, with the line feed that Go's encoder leaves.
    func text(sequence: Int) -> [UInt8] {
        var text = prefix
        text.append(contentsOf: String(sequence).utf8)
        text.append(contentsOf: "}\n".utf8)
        return text
    }
}
