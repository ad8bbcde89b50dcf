import HoldfastMattermost

/// An event in one line for a terminal.
struct EventText {
    let style: Style

    func text(_ event: MattermostEvent) -> String {
        let name = event.name.onOneLine.cut(to: 24).padded(to: 24)
        let sequence = "#\(event.sequence)".padded(to: 5)
        return "\(name)  \(style.paint(sequence, .dim))\(summary(event).onOneLine.cut(to: 100))"
    }

    private func summary(_ event: MattermostEvent) -> String {
        let content: MattermostEvent.Content
        do throws(DecodingFailure) { content = try event.content } catch { return "unreadable: \(error)" }
        return switch content {
        case .hello(let hello): "server \(hello.serverVersion.prefix(16))"
        case .posted(let posted):
            "\(posted.senderName) in \(posted.channelDisplayName): \(posted.post.message)"
        case .postEdited(let post), .postDeleted(let post), .ephemeralMessage(let post): post.message
        case .reactionAdded(let reaction), .reactionRemoved(let reaction): ":\(reaction.emojiName):"
        case .statusChange(let change): change.status
        case .userUpdated(let user): user.username
        case .channelUpdated(let channel): channel.displayName
        case .typing, .userAdded, .userRemoved, .channelViewed, .channelDeleted, .preferencesChanged, .other: ""
        }
    }
}
