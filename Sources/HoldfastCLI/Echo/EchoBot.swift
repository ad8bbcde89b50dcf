import Holdfast
import HoldfastMattermost
import UVEventLoop

/// Answers posts. Nothing here is shared: one delivery after the other.
struct EchoBot: Sendable {
    struct Answer: Sendable {
        var delivery: Delivery
        var post: Post
        var sender: String
        var answerID: String
    }

    private let client: MattermostClient
    private let loop: EventLoop
    /// The bot's own account.
    private var account: User?

    /// Between attempts, when the server has not answered in several.
    private static let pause = Duration.seconds(5)

    init(_ connection: Connection<MattermostService>, on loop: EventLoop) {
        client = connection.client
        self.loop = loop
    }

    /// Nil where there is nothing to answer. Tries until the server takes the answer or refuses it for good.
    mutating func answer(_ delivery: Delivery) async throws -> Answer? {
        // Whoever answers bots, or itself, never ends.
        guard case .posted(let posted)? = try? delivery.content, posted.post.type.isEmpty,
            !posted.post.isFromBot, !posted.post.message.isEmpty
        else { return nil }
        let post = posted.post
        while true {
            do throws(MattermostError) {
                let account = if let account { account } else { try await client.account() }
                self.account = account
                if post.userID == account.id { return nil }
                // The same pending id for the same post: should this process die before the delivery is acknowledged, the
                // server remembers the answer.
                let answer = try await client.createPost(
                    channelID: post.channelID, message: post.message,
                    rootID: post.rootID.isEmpty ? post.id : post.rootID, pendingPostID: "echo:\(post.id)")
                return Answer(delivery: delivery, post: post, sender: posted.senderName, answerID: answer.id)
            } catch {
                StandardError.complain("holdfast echo", "post \(post.id) is not answered: \(error)")
                switch error {
                // The channel is closed to us, or the post is gone: no answer will ever be taken.
                case .forbidden, .notFound, .badRequest: return nil
                case .rateLimited, .unauthorized, .server, .transport, .unexpected:
                    try await loop.sleep(for: EchoBot.pause)
                }
            }
        }
    }
}
