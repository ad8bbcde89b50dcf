public import HoldfastMattermost

extension Ledger.Telling {
    /// What a delivery tells; nil where the ledger does not count it. The traffic of the soaks takes no reaction back.
    public init?(_ delivery: Delivery, channel: Int) throws(DecodingFailure) {
        let way: Ledger.Way =
            delivery.source == .caughtUp ? .fetched : delivery.reason.contains("waited") ? .waited : .pushed
        switch try delivery.content {
        case .posted(let posted):
            guard posted.post.type.isEmpty else { return nil }
            self.init(.posted, channel: channel, postID: posted.post.id, isEdited: posted.post.editAt > 0, way)
        case .edited(let post): self.init(.edited, channel: channel, postID: post.id, way)
        case .deleted(let post): self.init(.deleted, channel: channel, postID: post.id, way)
        case .reactionAdded(let reaction):
            self.init(.reactionAdded, channel: channel, postID: reaction.postID, emoji: reaction.emojiName, way)
        // Reactions are never taken back here: one that says so is a finding.
        case .reactionRemoved(let reaction):
            self.init(.reactionAdded, channel: channel, postID: reaction.postID, emoji: "-\(reaction.emojiName)")
        case .other: return nil
        }
    }
}
