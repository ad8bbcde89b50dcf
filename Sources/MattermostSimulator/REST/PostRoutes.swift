/// `/posts` and `/reactions`.
extension Router {
    /// Characters; the server's default limit.
    static let maximumMessageCount = 16383

    static let postRoutes: [Route] = [
        Route("GET", "/channels/{channel_id}/posts", listPosts), Route("POST", "/posts", createPost),
        Route("POST", "/posts/ephemeral") { (model, call) throws(APIError) in
            try model.requireAdmin(call)
            let body = try call.object("body")
            guard let userID = body["user_id"]?.string, model.users[userID] != nil,
                let channelID = body["post"]?["channel_id"]?.string, model.channels[channelID] != nil
            else { throw .invalidParameter(inBody: "user_id") }
            return .created(
                model.sendEphemeralPost(
                    to: userID, in: channelID, by: call.userID, message: body["post"]?["message"]?.string ?? ""))
        },
        Route("GET", "/posts/{post_id}") { (model, call) throws(APIError) in
            let post = try model.requirePost(call, call.id("post_id"))
            return Answer(json: model.json(of: post), etag: "\(serverVersion).\(post.id).\(post.updateAt)")
        },
        Route("GET", "/posts/{post_id}/thread") { (model, call) throws(APIError) in
            let post = try model.requirePost(call, call.id("post_id"))
            return Answer(json: model.json(of: model.thread(of: post)))
        },
        Route("PUT", "/posts/{post_id}/patch", editPost), Route("PUT", "/posts/{post_id}", editPost),
        Route("DELETE", "/posts/{post_id}") { (model, call) throws(APIError) in
            let post = try model.requirePost(call, call.id("post_id"))
            guard post.userID == call.userID || model.isAdmin(call.userID) else { throw .noPermission }
            model.deletePost(post, by: call.userID)
            return .ok
        },
        Route("POST", "/reactions") { (model, call) throws(APIError) in
            let body = try call.object("reaction")
            guard let postID = body["post_id"]?.string, let userID = body["user_id"]?.string,
                let emoji = body["emoji_name"]?.string, (1...64).contains(emoji.utf8.count)
            else { throw .invalidParameter(inBody: "reaction") }
            guard userID == call.userID else { throw .noPermission }
            let post = try model.requirePost(call, postID)
            return Answer(json: model.addReaction(emoji, to: post, by: userID).json)
        },
        Route("DELETE", "/users/{user_id}/posts/{post_id}/reactions/{emoji_name}") { (model, call) throws(APIError) in
            let userID = try call.id("user_id")
            try model.requireSelfOrAdmin(call, userID)
            let post = try model.requirePost(call, call.id("post_id"))
            guard model.removeReaction(call.name("emoji_name"), from: post, by: userID) else {
                throw APIError(
                    id: "app.reaction.get_for_post.app_error", message: "Unable to get reaction.", status: 404)
            }
            return .ok
        },
        Route("GET", "/posts/{post_id}/reactions") { (model, call) throws(APIError) in
            // A deleted post's reactions may still be asked for.
            guard let post = model.posts[try call.id("post_id")] else { throw .postNotFound }
            try model.requireMembership(call, post.channelID)
            let isEmpty = post.reactions.isEmpty || post.deleteAt > 0
            return Answer(json: isEmpty ? .null : .array(post.reactions.map(\.json)))
        },
    ]

    private static func listPosts(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let channel = try model.requireMembership(call, call.id("channel_id"))
        if let text = call.request.query("since") {
            guard let since = Int64(text) else { throw .invalidParameter(inURL: "since") }
            if since > 0 { return Answer(json: model.json(of: model.posts(in: channel.id, since: since))) }
        }
        let list: PostList
        if let after = call.request.query("after"), !after.isEmpty {
            guard IdentifierSource.isValid(after) else { throw .invalidParameter(inURL: "after") }
            list = model.posts(in: channel.id, after: after, page: call.page, perPage: call.perPage)
        } else if let before = call.request.query("before"), !before.isEmpty {
            guard IdentifierSource.isValid(before) else { throw .invalidParameter(inURL: "before") }
            list = model.posts(in: channel.id, before: before, page: call.page, perPage: call.perPage)
        } else {
            list = model.posts(in: channel.id, page: call.page, perPage: call.perPage)
        }
        let latest = model.postsByChannel[channel.id]?.reduce(0) { max($0, $1.updateAt) } ?? 0
        return Answer(json: model.json(of: list), etag: "\(serverVersion).\(latest)")
    }

    private static func createPost(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let body = try call.object("post")
        let message = body["message"]?.string ?? ""
        let channel = try model.requireMembership(call, body["channel_id"]?.string ?? "")
        let pendingID = body["pending_post_id"]?.string ?? ""
        if !pendingID.isEmpty {
            guard !model.pendingIDsInWork.contains(pendingID) else { throw .postPending }
            if let known = model.post(pendingID: pendingID) {
                return .created(model.json(of: known))
            }
        }
        guard channel.deleteAt == 0 else {
            throw APIError(
                id: "api.post.create_post.can_not_post_to_deleted.error", message: "Can not post to deleted channel.",
                status: 400)
        }
        guard message.unicodeScalars.count <= maximumMessageCount else { throw .messageTooLong }
        let rootID = body["root_id"]?.string ?? ""
        if !rootID.isEmpty {
            guard let root = model.posts[rootID], root.channelID == channel.id, root.rootID.isEmpty,
                root.deleteAt == 0
            else {
                throw APIError(
                    id: "api.post.create_post.root_id.app_error", message: "Invalid RootId parameter.", status: 400)
            }
        }
        let props = body["props"].flatMap { $0.members == nil ? nil : $0.sortedLikeMap } ?? .object([])
        guard
            let post = model.createPost(
                in: channel.id, by: call.userID, message: message, rootID: rootID, pendingID: pendingID, props: props,
                setsOnline: call.request.query("set_online") != "false")
        else { throw .userNotFound }
        if call.request.query("set_online") != "false" {
            model.setStatus("online", of: call.userID, isManual: false)
        }
        return .created(model.json(of: post, pendingID: pendingID))
    }

    private static func editPost(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let body = try call.object("post")
        let post = try model.requirePost(call, call.id("post_id"))
        guard post.userID == call.userID || model.isAdmin(call.userID) else { throw .noPermission }
        if let message = body["message"]?.string, message.unicodeScalars.count > maximumMessageCount {
            throw .messageTooLong
        }
        model.editPost(
            post, message: body["message"]?.string, props: body["props"].flatMap { $0.members == nil ? nil : $0 },
            isPinned: body["is_pinned"]?.bool)
        return Answer(json: model.json(of: post))
    }
}
