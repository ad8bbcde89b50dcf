internal import CSimdJSON
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
    /// `POST /posts`. With the same pending id again the server answers with the post that it made the first time.
    ///
    /// - Parameters:
    ///   - rootID: the first post of the thread, for a reply.
    ///   - pendingPostID: makes a repetition safe; by convention `userID:milliseconds`.
    ///   - props: a JSON object.
    public nonisolated(nonsending) func createPost(
        channelID: String, message: String, rootID: String = "", pendingPostID: String = "", props: String = "{}"
    ) async throws(MattermostError) -> Post {
        let isObject =
            (try? withPadding(props.utf8) { json throws(DecodingFailure) in
                try holdfast_check_object(json).check()
            }) != nil
        guard isObject else { throw .unexpected("the props of the post are not a JSON object; give one such as {}") }
        let body = JSONWriter.object([
            "channel_id": .string(channelID), "message": .string(message), "root_id": .string(rootID),
            "pending_post_id": .string(pendingPostID), "props": .raw(props),
        ])
        return try post(try await request("POST", "/posts", body: body))
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
        let query =
            switch selection {
            case .latest: "page=\(page)&per_page=\(perPage)"
            case .since(let time): "since=\(time)"
            case .after(let id): "after=\(id.percentEncoded)&page=\(page)&per_page=\(perPage)"
            case .before(let id): "before=\(id.percentEncoded)&page=\(page)&per_page=\(perPage)"
            }
        let response = try await request("GET", "/channels/\(channel.percentEncoded)/posts?\(query)")
        return try read(response) { json throws(DecodingFailure) in try PostList(json: json) }
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
