public import Holdfast
public import WorldInterface

/// One thing that the account was sent, and the duty to handle it. It is stored already; until it is acknowledged it will be
/// handed over again whenever deliveries are asked for anew, with a durable store also after a crash.
public struct Delivery: Sendable {
    /// The number in the mailbox; ascends, and is never used twice.
    public let number: Int64
    /// How it came.
    public let source: DeliverySource
    /// Why it came that way; one line for a person.
    public let reason: String
    /// It was stored by an earlier iteration, or process, and not acknowledged: it may have been handled.
    public let isRepeated: Bool
    /// The event. One that was caught up has the form in which the server would have pushed it, around the post's own
    /// text from the REST API; its `sequence` is 0, mentions are left out, and so is the old text of a deleted post.
    public let event: MattermostEvent
    /// When it came, or was read back from the store: by the monotonic clock of the connection's world. What has passed since
    /// then it has waited for the store, and for those before it.
    public let arrivedAt: Instant
    let mailbox: any Mailbox

    /// What it says, by kind.
    public enum Content: Hashable, Sendable {
        case posted(Posted)
        /// The post as it is now.
        case edited(Post)
        /// The post as it was; caught up without its text.
        case deleted(Post)
        case reactionAdded(Reaction)
        case reactionRemoved(Reaction)
        /// Any other event: see `event`.
        case other
    }

    /// A string in it is made each time it is asked for.
    ///
    /// - Throws: `DecodingFailure` when a known event does not have the content that Mattermost gives it. Its text stays
    ///   available.
    public var content: Content {
        get throws(DecodingFailure) {
            switch try event.content {
            case .posted(let posted): .posted(posted)
            case .postEdited(let post): .edited(post)
            case .postDeleted(let post): .deleted(post)
            case .reactionAdded(let reaction): .reactionAdded(reaction)
            case .reactionRemoved(let reaction): .reactionRemoved(reaction)
            default: .other
            }
        }
    }

    /// The raw text: one JSON object.
    public var text: String { event.text }

    /// The channel; empty where the event belongs to none.
    public var channelID: String { event.broadcast.channelID }

    /// Ends the duty: it will not be handed over again. Returns when that is lasting. Idempotent; from anywhere.
    ///
    /// - Throws: `StoreError` when it cannot be noted. The duty remains.
    public func acknowledge() async throws(StoreError) { try await mailbox.acknowledge(number) }
}
