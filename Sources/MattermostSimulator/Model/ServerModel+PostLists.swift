/// A page of posts as the API answers it.
struct PostList {
    /// Newest first.
    var posts: [Post] = []
    var nextPostID = ""
    var previousPostID = ""
}

/// Listings of a channel's posts with the traps of the original (server: `store/sqlstore/post_store.go`).
extension ServerModel {
    static let maximumPageSize = 200
    static let maximumSinceRows = 1000

    /// Rows whose `update_at` is greater than `since`, deleted ones and copies of edited posts included. Of more than
    /// 1,000 only the oldest-created are given, and nothing says so. The latest `update_at` given is remembered, and
    /// until the channel changes a `since` at or past it is answered with nothing.
    func posts(in channelID: String, since: Int64) -> PostList {
        if let cached = channels[channelID]?.cachedLatestUpdate, cached <= since { return PostList() }
        let rows = postsByChannel[channelID, default: []].filter { $0.updateAt > since }.sorted(by: Self.isOlder)
            .prefix(Self.maximumSinceRows)
        channels[channelID]?.cachedLatestUpdate = rows.reduce(since) { max($0, $1.updateAt) }
        return PostList(posts: rows.reversed())
    }

    func posts(in channelID: String, page: Int, perPage: Int) -> PostList {
        let live = livePosts(in: channelID)
        let newestFirst = live.reversed().dropFirst(page * perPage).prefix(perPage)
        var list = PostList(posts: Array(newestFirst))
        list.nextPostID = page == 0 ? "" : next(after: list.posts.first, in: live)
        list.previousPostID = previous(before: list.posts.last, in: live)
        return list
    }

    /// An anchor that does not exist is answered like one that nothing follows.
    func posts(in channelID: String, after anchorID: String, page: Int, perPage: Int) -> PostList {
        var list = PostList(previousPostID: page == 0 ? anchorID : "")
        guard let anchor = posts[anchorID] else { return list }
        let live = livePosts(in: channelID)
        let following = live.filter { $0.createAt > anchor.createAt }
        list.posts = following.dropFirst(page * perPage).prefix(perPage).reversed()
        if page > 0 { list.previousPostID = previous(before: list.posts.last, in: live) }
        if list.posts.count == perPage { list.nextPostID = next(after: list.posts.first, in: live) }
        return list
    }

    func posts(in channelID: String, before anchorID: String, page: Int, perPage: Int) -> PostList {
        var list = PostList(nextPostID: page == 0 ? anchorID : "")
        guard let anchor = posts[anchorID] else { return list }
        let live = livePosts(in: channelID)
        let preceding = live.filter { $0.createAt < anchor.createAt }
        list.posts = Array(preceding.reversed().dropFirst(page * perPage).prefix(perPage))
        if page > 0 { list.nextPostID = next(after: list.posts.first, in: live) }
        if list.posts.count == perPage { list.previousPostID = previous(before: list.posts.last, in: live) }
        return list
    }

    /// Newest first; the root included.
    func thread(of post: Post) -> PostList {
        let rootID = post.rootID.isEmpty ? post.id : post.rootID
        let all = (posts[rootID].map { [$0] } ?? []) + (repliesByRoot[rootID] ?? [])
        return PostList(posts: all.filter { $0.deleteAt == 0 }.sorted(by: Self.isOlder).reversed())
    }

    /// Roots of replies are given as well, though not in `order`. Deleted rows lose their text.
    func json(of list: PostList) -> JSONValue {
        var given: [String: Post] = [:]
        for post in list.posts {
            given[post.id] = post
            if let root = posts[post.rootID], root.deleteAt == 0 { given[root.id] = root }
        }
        let map = given.values.sorted { $0.id < $1.id }
            .map { post in JSONValue.Member(name: post.id, value: listed(post)) }
        return [
            "order": .array(list.posts.map { .string($0.id) }), "posts": .object(map),
            "next_post_id": .string(list.nextPostID), "prev_post_id": .string(list.previousPostID),
        ]
    }

    private func listed(_ post: Post) -> JSONValue {
        guard post.deleteAt > 0, case .object(var members) = json(of: post) else { return json(of: post) }
        for index in members.indices where members[index].name == "message" { members[index].value = "" }
        return .object(members)
    }

    private static func isOlder(_ left: Post, _ right: Post) -> Bool {
        (left.createAt, left.originalID.isEmpty ? 1 : 0) < (right.createAt, right.originalID.isEmpty ? 1 : 0)
    }

    /// Oldest first, the order of saving among equals.
    private func livePosts(in channelID: String) -> [Post] {
        postsByChannel[channelID, default: []].filter { $0.deleteAt == 0 }
    }

    private func next(after post: Post?, in live: [Post]) -> String {
        guard let post else { return "" }
        return live.first { $0.createAt > post.createAt }?.id ?? ""
    }

    private func previous(before post: Post?, in live: [Post]) -> String {
        guard let post else { return "" }
        return live.last { $0.createAt < post.createAt }?.id ?? ""
    }
}
