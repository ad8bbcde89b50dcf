import Holdfast

/// Writes what was fetched in the form in which the server would have pushed it, so that all that follows (store, typed
/// content, whoever reads raw texts) knows one form.
struct CaughtUpText {
    var channel: Channel
    /// With `@`; empty when it is not known.
    var sender: String = ""

    /// - Parameter text: the post as the REST API gave it.
    func text(of kind: Happening.Kind, post text: String, reaction: Reaction?) -> [UInt8] {
        switch kind {
        case .posted:
            event(
                "posted",
                .object([
                    "channel_display_name": .string(channel.displayName), "channel_name": .string(channel.name),
                    "channel_type": .string(channel.type), "post": .string(text), "sender_name": .string(sender),
                    "set_online": .flag(false), "team_id": .string(channel.teamID),
                ]))
        case .edited: event("post_edited", .object(["post": .string(text)]))
        case .deleted: event("post_deleted", .object(["post": .string(text)]))
        case .reactionAdded: event("reaction_added", .object(["reaction": .string(json(reaction))]))
        case .reactionRemoved: event("reaction_removed", .object(["reaction": .string(json(reaction))]))
        }
    }

    private func event(_ name: String, _ data: JSONWriter.Value) -> [UInt8] {
        JSONWriter.object([
            "event": .string(name), "data": data,
            "broadcast": .object([
                "omit_users": .raw("null"), "user_id": .string(""), "channel_id": .string(channel.id),
                "team_id": .string(""),
            ]), "seq": .integer(0),
        ])
    }

    private func json(_ reaction: Reaction?) -> String {
        guard let reaction else { return "{}" }
        let bytes = JSONWriter.object([
            "user_id": .string(reaction.userID), "post_id": .string(reaction.postID),
            "emoji_name": .string(reaction.emojiName), "create_at": .integer(reaction.createAt),
        ])
        return String(decoding: bytes, as: UTF8.self)
    }
}
