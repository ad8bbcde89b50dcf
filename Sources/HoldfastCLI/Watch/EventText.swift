import Holdfast
import HoldfastMattermost

/// An event in one line for a terminal.
struct EventText {
    let style: Style

    func text(_ event: MattermostEvent) -> String { text(event, number: event.sequence) }

    /// How it came is told where that is not the usual way.
    func text(_ delivery: Delivery) -> String {
        let source = delivery.isRepeated ? "again" : delivery.source == .live ? "" : delivery.source.rawValue
        return text(delivery.event, number: delivery.number)
            + (source.isEmpty ? "" : "  " + style.paint("(\(source))", .cyan))
    }

    private func text(_ event: MattermostEvent, number: Int64) -> String {
        let name = event.name.onOneLine.cut(to: 24).padded(to: 24)
        let sequence = "#\(number)".padded(to: 5)
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
