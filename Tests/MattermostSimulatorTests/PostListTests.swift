import Testing

@testable import MattermostSimulator

/// The traps of listings, and what moves a channel's counters.
@Suite struct PostListTests {
    let world = ModelWorld()

    private func list(_ query: String) -> JSONValue {
        world.asBot("GET", "/channels/\(world.demo.channelID)/posts?\(query)").json
    }

    private func order(_ json: JSONValue) -> [String] { json["order"]?.strings ?? [] }

    private func since(_ time: Int64) -> [String] { order(list("since=\(time)")) }

    private var channel: Channel? { world.model.channels[world.demo.channelID] }

    @Test("since: strictly greater, deleted posts without text, copies of edited posts, posts that got a reaction")
    func sinceRows() throws {
        let quiet = world.post("quiet")
        let reacted = world.post("reacted")
        let root = world.post("root")
        let reply = world.post("reply", rootID: root)
        let edited = world.post("before")
        world.pass()
        let start = world.model.now
        world.asAdmin("PUT", "/posts/\(edited)/patch", ["message": "after"])
        let reaction: JSONValue = [
            "user_id": .string(world.demo.adminID), "post_id": .string(reacted), "emoji_name": "thumbsup",
        ]
        #expect(world.asAdmin("POST", "/reactions", reaction).status == 200)
        #expect(world.asAdmin("DELETE", "/posts/\(root)").status == 200)
        let answer = list("since=\(start)")
        let ids = order(answer)
        #expect(Set([reacted, root, reply, edited]).isSubset(of: ids) && ids.count == 5 && !ids.contains(quiet))
        let posts = try #require(answer["posts"])
        #expect(posts[root]?["message"] == "" && posts[reply]?["message"] == "")
        #expect((posts[reply]?["delete_at"]?.integer ?? 0) > 0)
        #expect(posts[root]?["props"] == ["deleteBy": .string(world.demo.adminID)])
        #expect(posts[reacted]?["metadata"]?["reactions"]?.array?.count == 1)
        let copy = try #require(ids.first { posts[$0]?["original_id"] != "" })
        #expect(posts[copy]?["original_id"]?.string == edited && posts[copy]?["message"] == "")
        #expect(answer["next_post_id"] == "" && answer["prev_post_id"] == "" && answer["has_next"] == nil)
        // Strictly greater: the latest of these rows is not given for its own time.
        let latest = ids.compactMap { posts[$0]?["update_at"]?.integer }.max() ?? 0
        world.model.forgetCachedUpdate(of: world.demo.channelID)
        #expect(since(latest).isEmpty)
    }

    @Test("since gives at most the 1,000 oldest-created rows and does not say so; its own cache then hides the rest")
    func sinceTruncation() throws {
        let old = world.post("old")
        world.pass()
        let start = world.model.now
        for number in 0..<1100 {
            world.model.now += 1
            world.model.createPost(
                in: world.demo.channelID, by: world.demo.adminID, message: String(number), setsOnline: false)
        }
        // An edit of an old post gives the page a late update_at.
        world.asAdmin("PUT", "/posts/\(old)/patch", ["message": "edited"])
        let answer = list("since=\(start)")
        let ids = order(answer)
        let posts = try #require(answer["posts"])
        #expect(ids.count == 1000 && ids.contains(old))
        // Going on from the greatest update_at skips what was not given, silently.
        let latestUpdate = ids.compactMap { posts[$0]?["update_at"]?.integer }.max() ?? 0
        #expect(since(latestUpdate).isEmpty)
        // Going on from the greatest create_at is right. 1,100 new rows, the edit's two: 998 of the new were given.
        let latestCreation = ids.compactMap { posts[$0]?["create_at"]?.integer }.max() ?? 0
        #expect(Set(ids).union(since(latestCreation)).count == 1102)
    }

    @Test("a since past the cached latest update is answered empty until the channel changes")
    func sinceCache() {
        world.post()
        let future = world.model.now + 10_000
        #expect(since(future).isEmpty)
        #expect(world.model.channels[world.demo.channelID]?.cachedLatestUpdate == future)
        world.pass(20_000)
        let new = world.post()
        #expect(since(future) == [new])
    }

    @Test("after: the posts that follow, newest first, with both neighbours; pages go on")
    func after() throws {
        let ids = (0..<7).map { world.post(String($0)) }
        let first = list("after=\(ids[0])&per_page=3")
        #expect(order(first) == [ids[3], ids[2], ids[1]])
        #expect(first["prev_post_id"]?.string == ids[0] && first["next_post_id"]?.string == ids[4])
        let second = list("after=\(ids[0])&per_page=3&page=1")
        #expect(order(second) == [ids[6], ids[5], ids[4]])
        #expect(second["prev_post_id"]?.string == ids[3] && second["next_post_id"] == "")
        let before = list("before=\(ids[6])&per_page=3")
        #expect(order(before) == [ids[5], ids[4], ids[3]])
        #expect(before["next_post_id"]?.string == ids[6] && before["prev_post_id"]?.string == ids[2])
        let page = list("page=1&per_page=3")
        #expect(order(page) == [ids[3], ids[2], ids[1]])
        #expect(page["next_post_id"]?.string == ids[4] && page["prev_post_id"]?.string == ids[0])
    }

    @Test("after: a deleted anchor works, deleted posts are left out, an unknown anchor is answered with nothing")
    func anchors() {
        let ids = (0..<4).map { world.post(String($0)) }
        world.asAdmin("DELETE", "/posts/\(ids[0])")
        world.asAdmin("DELETE", "/posts/\(ids[2])")
        #expect(order(list("after=\(ids[0])")) == [ids[3], ids[1]])
        let unknown = world.asBot(
            "GET", "/channels/\(world.demo.channelID)/posts?after=aaaaaaaaaaaaaaaaaaaaaaaaaa")
        #expect(unknown.status == 200 && unknown.json["order"] == [])
    }

    @Test("200 posts are the cap of a page")
    func cap() {
        let anchor = world.post()
        for _ in 0..<210 { world.post() }
        #expect(order(list("after=\(anchor)&per_page=500")).count == 200)
    }

    @Test("posts of the same millisecond exist; the anchor's own are not among those that follow it")
    func sameMillisecond() throws {
        let posts = (0..<2).compactMap { _ in
            world.model.createPost(in: world.demo.channelID, by: world.demo.adminID, message: "twin")
        }
        #expect(posts[0].createAt == posts[1].createAt)
        #expect(!order(list("after=\(posts[0].id)")).contains(posts[1].id))
    }

    @Test("a reply moves last_post_at; an edit, a reaction and a deletion do not")
    func lastPostAt() throws {
        let root = world.post()
        let atRoot = try #require(channel)
        let reply = world.post("reply", rootID: root)
        let atReply = try #require(channel)
        #expect(atReply.lastPostAt > atRoot.lastPostAt && atReply.lastRootPostAt == atRoot.lastRootPostAt)
        #expect(atReply.totalMessageCount == atRoot.totalMessageCount + 1)
        #expect(atReply.totalRootMessageCount == atRoot.totalRootMessageCount)
        world.asAdmin("PUT", "/posts/\(root)/patch", ["message": "edited"])
        world.asAdmin(
            "POST", "/reactions",
            ["user_id": .string(world.demo.adminID), "post_id": .string(root), "emoji_name": "x"])
        world.asAdmin("DELETE", "/posts/\(reply)")
        #expect(channel?.lastPostAt == atReply.lastPostAt)
    }

    @Test("the list of channels has an Etag that a post moves")
    func channelsEtag() throws {
        let path = "/users/me/teams/\(world.demo.teamID)/channels"
        let first = world.asBot("GET", path)
        #expect(first.json.array?.count == 3 && first.json.array?.first?["last_post_at"] != nil)
        world.post()
        #expect(first.response.header("Etag") != world.asBot("GET", path).response.header("Etag"))
        #expect(world.asBot("GET", "/users/me/channels").json.array?.count == 3)
    }

    @Test("pending_post_id: the same again is the same post, while in work it is refused")
    func pending() {
        let body: JSONValue = [
            "channel_id": .string(world.demo.channelID), "message": "x", "pending_post_id": "me:1",
        ]
        world.model.pendingIDsInWork = ["me:1"]
        let refused = world.asBot("POST", "/posts", body)
        #expect(refused.status == 500 && refused.errorID == "api.post.deduplicate_create_post.pending")
        world.model.pendingIDsInWork = []
        let first = world.asBot("POST", "/posts", body)
        let second = world.asBot("POST", "/posts", body)
        #expect(first.status == 201 && second.status == 201 && first.json["id"] == second.json["id"])
        #expect(first.json["pending_post_id"] == "me:1")
        // Half a minute later it is forgotten, and so it is in a restart.
        world.pass(ServerModel.pendingIDLifetime)
        let third = world.asBot("POST", "/posts", body)
        #expect(third.json["id"] != first.json["id"])
        world.model.forgetPendingIDs()
        #expect(world.asBot("POST", "/posts", body).json["id"] != third.json["id"])
    }

    @Test("deleting a root announces it once, with the old text and delete_at 0, and takes its replies along")
    func deletion() throws {
        let root = world.post("root")
        let reply = world.post("reply", rootID: root)
        let connection = try #require(world.connect())
        _ = connection.drain()
        world.asAdmin("DELETE", "/posts/\(root)")
        let events = connection.drain()
        #expect(events.map(\.kind) == ["post_deleted"])
        let post = try #require(events[0]["data"]?["post"]?.nested)
        #expect(post["message"] == "root" && post["delete_at"] == 0 && post["metadata"] == nil)
        #expect(world.asBot("GET", "/posts/\(reply)").status == 404)
        #expect(world.asBot("GET", "/posts/\(root)/reactions").json == .null)
    }
}
