import Testing

@testable import MattermostSimulator

/// The log that a soak judges by, and the forgetting that keeps a long one small.
@Suite struct ChangeTests {
    private let world = ModelWorld()

    private func watch() -> Changes {
        let changes = Changes()
        world.model.onChange = { changes.all.append($0) }
        return changes
    }

    private final class Changes {
        var all: [SimulatorChange] = []
        var words: [String] { all.map { "\($0.kind.rawValue) \($0.postID) \($0.detail)" } }
    }

    @Test func eachChangeIsToldOnceAndInOrder() {
        let changes = watch()
        let root = world.post("root")
        let reply = world.post("reply", rootID: root)
        world.asAdmin("PUT", "/posts/\(reply)/patch", ["message": "edited"])
        world.asAdmin(
            "POST", "/reactions",
            ["user_id": .string(world.demo.adminID), "post_id": .string(root), "emoji_name": "wave"])
        world.asAdmin("DELETE", "/users/me/posts/\(root)/reactions/wave")
        world.asAdmin("DELETE", "/posts/\(root)")
        #expect(
            changes.words == [
                "posted \(root) ", "posted \(reply) ", "edited \(reply) ", "reactionAdded \(root) wave",
                "reactionRemoved \(root) wave", "deleted \(root) ",
            ])
        #expect(changes.all.allSatisfy { $0.channelID == world.demo.channelID })
        #expect(changes.all.map(\.at) == changes.all.map(\.at).sorted())
    }

    @Test func aRefusedChangeIsNotTold() {
        let changes = watch()
        world.model.isDatabaseDown = true
        #expect(world.asAdmin("POST", "/posts", ["channel_id": .string(world.demo.channelID)]).status >= 400)
        #expect(changes.all == [])
    }

    @Test func aConnectionThatLosesItsTokenIsToldAsDeaf() throws {
        let connection = try #require(world.connect())
        let changes = watch()
        world.asAdmin("POST", "/bots/\(world.demo.botID)/disable")
        world.asAdmin("POST", "/bots/\(world.demo.botID)/enable")
        #expect(changes.all.map(\.kind) == [.deaf])
        #expect(changes.all.first?.detail == connection.id)
        #expect(changes.all.first?.userID == world.demo.botID)
    }

    @Test func oldPostsAreForgottenButForTheNewestAndTheChanged() {
        let root = world.post("root")
        let edited = world.post("to be edited later")
        let old = (0..<5).map { world.post("old \($0)", rootID: root) }
        world.pass(60_000)
        let new = (0..<3).map { world.post("new \($0)") }
        let channel = world.demo.channelID
        world.model.forgetPosts(unchangedSince: world.model.now - 30_000, keeping: 4)
        let kept = world.model.postsByChannel[channel, default: []].map(\.id)
        #expect(kept == [old[4]] + new)
        #expect(world.model.posts[edited] == nil)
        #expect(world.model.posts[old[4]] != nil)
        #expect(world.model.repliesByRoot[root] == nil || world.model.repliesByRoot[root]?.map(\.id) == [old[4]])
        // Nothing is old enough now.
        world.model.forgetPosts(unchangedSince: world.model.now - 3_600_000, keeping: 0)
        #expect(world.model.postsByChannel[channel]?.count == 4)
    }

    @Test func withoutALogNothingIsListed() {
        let model = ServerModel(now: 1_800_000_000_000, seed: 7, keepsLog: false)
        let demo = model.makeDemoWorld()
        let connection = model.connect(token: demo.botToken, resume: nil)
        model.createPost(in: demo.channelID, by: demo.userID, message: "hello")
        #expect(connection?.drainNames().contains("posted") == true)
        #expect(connection?.sentPostIDs == [])
        #expect(model.createdPostIDs == [])
    }
}
