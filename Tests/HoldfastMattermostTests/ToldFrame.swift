import HoldfastMattermost

/// What a frame says, as text to compare. The fuzzing package reads frames with it as well.
enum ToldFrame {
    /// All that a frame says, as text.
    static func told(_ bytes: [UInt8]) -> String {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 64, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        // What lies behind a frame is of any value.
        for index in bytes.count..<buffer.count { buffer[index] = UInt8(ascii: "\"") }
        let frame: Frame
        do throws(DecodingFailure) {
            frame = try FrameDecoder().decode(UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count]))
        } catch {
            return "\(error)"
        }
        guard case .event(let event) = frame else { return "\(frame)" }
        let outside = "\(event.kind) \(event.name) \(event.sequence) \(event.broadcast) \(event.broadcastText ?? "-")"
        do throws(DecodingFailure) {
            return "\(outside) \(event.dataText ?? "-") \(told(try event.content))"
        } catch {
            return "\(outside) \(event.dataText ?? "-") \(error)"
        }
    }

    static func told(_ content: MattermostEvent.Content) -> String {
        switch content {
        case .posted(let posted):
            "\(told(posted.post)) \(posted.channelName) \(posted.channelDisplayName) \(posted.channelType) "
                + "\(posted.mentions) \(posted.senderName) \(posted.teamID) \(posted.setOnline)"
        case .postEdited(let post), .postDeleted(let post), .ephemeralMessage(let post): told(post)
        case .hello, .reactionAdded, .reactionRemoved, .typing, .statusChange, .userUpdated, .userAdded, .userRemoved,
            .channelViewed, .channelUpdated, .channelDeleted, .preferencesChanged, .other:
            "\(content)"
        }
    }

    static func told(_ post: Post) -> String {
        "\(post.id) \(post.createAt) \(post.updateAt) \(post.editAt) \(post.deleteAt) \(post.isPinned) \(post.userID) "
            + "\(post.channelID) \(post.rootID) \(post.originalID) \(post.message) \(post.type) \(post.props) "
            + "\(post.hashtags) \(post.pendingPostID) \(post.replyCount) \(post.text)"
    }
}
