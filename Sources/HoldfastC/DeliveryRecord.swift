internal import CHoldfast
internal import Holdfast
internal import HoldfastMattermost

/// A delivery as C sees it: numbers, and texts that live as long as this does.
final class DeliveryRecord: Sendable {
    // `info` points into `texts`, which never changes.
    nonisolated(unsafe) let info: holdfast_delivery_info
    private let texts: TextBlob

    init(_ delivery: Delivery) {
        let said = Said(delivery)
        texts = delivery.event.withRawBytes { json in
            TextBlob(
                [
                    delivery.event.name, delivery.reason, said.channelID, said.postID, said.rootID, said.userID,
                    said.senderName, said.message, said.postType, said.emojiName,
                ], last: json)
        }
        info = holdfast_delivery_info(
            size: MemoryLayout<holdfast_delivery_info>.size, number: delivery.number, kind: said.kind,
            source: Self.source(delivery.source), is_repeated: delivery.isRepeated ? 1 : 0,
            is_from_bot: said.isFromBot ? 1 : 0, created_at: said.createdAt, event: texts[0], json: texts[10],
            reason: texts[1], channel_id: texts[2], post_id: texts[3], root_id: texts[4], user_id: texts[5],
            sender_name: texts[6], message: texts[7], post_type: texts[8], emoji_name: texts[9])
    }

    private static func source(_ source: DeliverySource) -> Int32 {
        switch source {
        case .live: Int32(HOLDFAST_SOURCE_LIVE)
        case .resumed: Int32(HOLDFAST_SOURCE_RESUMED)
        case .caughtUp: Int32(HOLDFAST_SOURCE_CAUGHT_UP)
        }
    }

    /// Writes as much as the caller knows of the struct, whose size it has set.
    func write(to target: UnsafeMutablePointer<holdfast_delivery_info>) throws(Failure) {
        try writeKnown(info, to: target, size: target.pointer(to: \.size)?.pointee ?? 0, "holdfast_delivery_info")
    }
}

/// What a delivery says, by the names of the header.
private struct Said {
    var kind = Int32(HOLDFAST_KIND_OTHER)
    var isFromBot = false
    var createdAt: Int64 = 0
    var channelID: String
    var postID = ""
    var rootID = ""
    var userID = ""
    var senderName = ""
    var message = ""
    var postType = ""
    var emojiName = ""

    init(_ delivery: Delivery) {
        channelID = delivery.channelID
        // What does not have the content that its name promises still has its text.
        switch try? delivery.content {
        case .posted(let posted):
            take(posted.post, HOLDFAST_KIND_POSTED)
            senderName = posted.senderName
        case .edited(let post): take(post, HOLDFAST_KIND_EDITED)
        case .deleted(let post): take(post, HOLDFAST_KIND_DELETED)
        case .reactionAdded(let reaction): take(reaction, HOLDFAST_KIND_REACTION_ADDED)
        case .reactionRemoved(let reaction): take(reaction, HOLDFAST_KIND_REACTION_REMOVED)
        case .other, nil: break
        }
    }

    private mutating func take(_ post: Post, _ kind: Int) {
        self.kind = Int32(kind)
        isFromBot = post.isFromBot
        createdAt = post.createAt
        channelID = post.channelID
        postID = post.id
        rootID = post.rootID
        userID = post.userID
        message = post.message
        postType = post.type
    }

    private mutating func take(_ reaction: Reaction, _ kind: Int) {
        self.kind = Int32(kind)
        createdAt = reaction.createAt
        postID = reaction.postID
        userID = reaction.userID
        emojiName = reaction.emojiName
    }
}

/// Copies a struct into the caller's, who may know fewer members: later versions append them.
func writeKnown<Struct>(
    _ value: Struct, to target: UnsafeMutablePointer<Struct>, size: Int, _ name: String
) throws(Failure) {
    // The first version has all members of today; a later one must take the size of the first as its least.
    guard size == MemoryLayout<Struct>.size else {
        throw Failure(
            Status.argument, "the size in the \(name) is not one of this ABI; set it to sizeof(\(name)) before the call"
        )
    }
    target.pointee = value
}
