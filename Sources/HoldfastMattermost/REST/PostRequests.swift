internal import CSimdJSON
import Holdfast
internal import WorldInterface

/// Which posts of a channel are asked for.
public enum PostSelection: Hashable, Sendable {
    /// The newest ones.
    case latest
    /// All that changed after this time (milliseconds since 1970), also deleted ones and copies in the edit history. The
    /// server cuts the answer to the 1,000 *oldest* without saying so, and knows no pages here.
    case since(Int64)
    /// Those that follow this post. An unknown id is answered with an empty list, not with an error.
    case after(String)
    /// Those that precede this post.
    case before(String)
}

/// Posts and reactions.
extension MattermostClient {
    /// `POST /posts`, once or more until it is known that the post is made: with the same pending id again the server
    /// answers with the post that it made the first time, so a lost answer costs no second post.
    ///
    /// The same request is sent again after a transport error, 5xx and 429, at most `attempts` times, with pauses of
    /// 100 ms to 2 s, or as long as a 429 asks, up to 10 s. It is not once the first attempt that may have reached the
    /// server is 25 s old, since the server forgets a pending id after 30 s (`PendingPostIDsCacheTTL` in `app/post.go`).
    /// A server that restarts forgets them, too: a post whose answer was lost in a restart may be made twice.
    ///
    /// To repeat a call that failed is safe within that time and with the same `pendingPostID`, not without one. Patching
    /// and deleting a post and setting or taking a reaction have the same effect when repeated; logging in has not.
    ///
    /// - Parameters:
    ///   - rootID: the first post of the thread, for a reply.
    ///   - pendingPostID: names the post before it has an id; must be unique on the server. When empty one is made, of 128
    ///     random bits. Other clients use `userID:milliseconds`.
    ///   - props: a JSON object.
    ///   - attempts: how often it is sent at most; at least 1.
    /// - Throws: the error of the last attempt. After `MattermostError.transport` and `.server` it is not known whether the
    ///   post was made. Cancelling the task ends a pause, too.
    public nonisolated(nonsending) func createPost(
        channelID: String, message: String, rootID: String = "", pendingPostID: String = "", props: String = "{}",
        attempts: Int = 5
    ) async throws(MattermostError) -> Post {
        let isObject =
            (try? withPadding(props.utf8) { json throws(DecodingFailure) in
                try holdfast_check_object(json).check()
            }) != nil
        guard isObject else { throw .unexpected("the props of the post are not a JSON object; give one such as {}") }
        let body = JSONWriter.object([
            "channel_id": .string(channelID), "message": .string(message), "root_id": .string(rootID),
            "pending_post_id": .string(pendingPostID.isEmpty ? makePendingPostID() : pendingPostID),
            "props": .raw(props),
        ])
        return try await createPost(body, attempts)
    }

    /// The server keeps pending ids for 30 s from the first; the rest is for the way there.
    private static let pendingIDLifetime: UInt64 = 25_000_000_000

    private nonisolated(nonsending) func createPost(
        _ body: [UInt8], _ attempts: Int
    ) async throws(MattermostError) -> Post {
        var repetition = Repetition(attempts: attempts)
        // When the first attempt was sent that the server may have heard.
        var inDoubtSince: Instant?
        while true {
            let sent = now()
            let failure: MattermostError
            do throws(MattermostError) {
                return try post(try await request("POST", "/posts", body: body))
            } catch {
                failure = error
            }
            if failure.leavesDoubt, inDoubtSince == nil { inDoubtSince = sent }
            guard let wait = repetition.pause(after: failure) else { throw failure }
            if let inDoubtSince, (now() + wait).nanoseconds(since: inDoubtSince) > Self.pendingIDLifetime {
                throw failure
            }
            do throws(CancellationError) {
                try await pause(wait)
            } catch {
                throw .transport(NetworkError(.cancelled, "POST /posts was cancelled after: \(failure)"))
            }
        }
    }

    private func makePendingPostID() -> String {
        "holdfast:" + [makeSeed(), makeSeed()].map { String($0, radix: 16) }.joined(separator: "-")
    }

    /// `GET /posts/{id}`.
    public nonisolated(nonsending) func post(_ id: String) async throws(MattermostError) -> Post {
        try post(try await request("GET", "/posts/\(id.percentEncoded)"))
    }

    /// `PUT /posts/{id}/patch`: changes the text.
    public nonisolated(nonsending) func patchPost(
        _ id: String, message: String
    ) async throws(MattermostError) -> Post {
        let body = JSONWriter.object(["message": .string(message)])
        return try post(try await request("PUT", "/posts/\(id.percentEncoded)/patch", body: body))
    }

    /// `DELETE /posts/{id}`.
    public nonisolated(nonsending) func deletePost(_ id: String) async throws(MattermostError) {
        _ = try await request("DELETE", "/posts/\(id.percentEncoded)")
    }

    /// `GET /channels/{id}/posts`.
    ///
    /// - Parameters:
    ///   - page: from 0. No meaning with `since`.
    ///   - perPage: at most 200, which is the server's own bound. No meaning with `since`.
    public nonisolated(nonsending) func posts(
        channel: String, _ selection: PostSelection = .latest, page: Int = 0, perPage: Int = 60
    ) async throws(MattermostError) -> PostList {
        PostList(try await postPage(channel: channel, selection, page: page, perPage: perPage))
    }

    /// The same with the posts' texts.
    nonisolated(nonsending) func postPage(
        channel: String, _ selection: PostSelection, page: Int = 0, perPage: Int = 200
    ) async throws(MattermostError) -> PostPage {
        let query =
            switch selection {
            case .latest: "page=\(page)&per_page=\(perPage)"
            case .since(let time): "since=\(time)"
            case .after(let id): "after=\(id.percentEncoded)&page=\(page)&per_page=\(perPage)"
            case .before(let id): "before=\(id.percentEncoded)&page=\(page)&per_page=\(perPage)"
            }
        let response = try await request("GET", "/channels/\(channel.percentEncoded)/posts?\(query)")
        return try read(response) { json throws(DecodingFailure) in try PostPage(json: json) }
    }

    /// `POST /reactions`. `emoji` without colons.
    public nonisolated(nonsending) func react(
        userID: String, postID: String, emoji: String
    ) async throws(MattermostError) -> Reaction {
        let body = JSONWriter.object([
            "user_id": .string(userID), "post_id": .string(postID), "emoji_name": .string(emoji),
        ])
        let response = try await request("POST", "/reactions", body: body)
        return try read(response) { json throws(DecodingFailure) in try Reaction(json: json) }
    }

    /// `DELETE /users/{user}/posts/{post}/reactions/{emoji}`.
    public nonisolated(nonsending) func unreact(
        userID: String, postID: String, emoji: String
    ) async throws(MattermostError) {
        let path = "/users/\(userID.percentEncoded)/posts/\(postID.percentEncoded)/reactions/\(emoji.percentEncoded)"
        _ = try await request("DELETE", path)
    }

    private func post(_ response: HTTPResponse) throws(MattermostError) -> Post {
        try read(response) { json throws(DecodingFailure) in try Post(json: json) }
    }
}
