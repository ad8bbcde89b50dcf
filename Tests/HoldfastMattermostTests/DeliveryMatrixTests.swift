import Holdfast
import HoldfastMattermost
import MattermostSimulator
import Testing

/// Every cause × everything that can happen meanwhile: delivered once, and in order.
@Suite(.timeLimit(.minutes(10))) struct DeliveryMatrixTests {
    enum Cause: String, CaseIterable, Sendable {
        case cycle, tokenCycle, restart, freeze, finish, reset, reconnect, beyondTheRing
        /// The token is cycled, and before any probe could notice the connection drops: it is resumed, and no number is missing.
        case deafThenDropped
    }

    @Test(arguments: Cause.allCases) func nothingIsLostAndNothingComesTwice(_ cause: Cause) async throws {
        try await DeliveryRig.run { rig in
            let channel = rig.fixture.channelID
            // Heard before: what will be edited, deleted, answered and reacted to.
            let root = try await rig.post("root")
            var toEdit: [String] = []
            var toDelete: [String] = []
            for number in 0..<5 {
                toEdit.append(try await rig.post("to be edited \(number)"))
                toDelete.append(try await rig.post("to be deleted \(number)"))
            }
            let liked = try await rig.post("liked")
            try await rig.react(liked, "wave")
            try await rig.log.wait("the reaction") { $0.contains { $0.kind == "reactionAdded" } }
            let generation = await rig.connection.generation

            try await cause.begin(rig)
            var expected: [String] = []
            for number in 0..<(cause == .beyondTheRing ? 300 : 20) {
                expected.append("posted " + (try await rig.post("missed \(number)")) + " 0")
            }
            for number in 0..<3 {
                expected.append("posted " + (try await rig.post("reply \(number)", reply: root)) + " 0")
            }
            for id in toEdit { try await rig.edit(id, "edited") }
            for id in toDelete { try await rig.delete(id) }
            try await rig.react(liked, "tada")
            try await rig.unreact(liked, "wave")
            let direct = try await rig.openDirectChannel()
            var inDirect: [String] = []
            for number in 0..<3 { inDirect.append(try await rig.post("direct \(number)", in: direct)) }
            let joined = try await rig.makeChannel("joined", posts: 3)
            try await rig.addBot(to: joined)
            var inJoined: [String] = []
            for number in 0..<3 { inJoined.append(try await rig.post("joined \(number)", in: joined)) }
            try await cause.end(rig)
            try await rig.rig.reopened(after: generation)
            for id in [channel, direct, joined] { try await rig.post("after in \(id)", in: id) }
            for id in [channel, direct, joined] { try await rig.log.wait(for: "after in \(id)") }
            // Changes of a channel come behind its posts.
            try await rig.log.wait("all edits, deletions and reactions") { [toEdit, toDelete] entries in
                toEdit.allSatisfy { id in entries.contains { $0.kind == "edited" && $0.id == id } }
                    && toDelete.allSatisfy { id in entries.contains { $0.kind == "deleted" && $0.id == id } }
                    && entries.contains { $0.kind == "reactionAdded" && $0.id == "\(liked) tada" }
                    && entries.contains { $0.kind == "reactionRemoved" && $0.id == "\(liked) wave" }
            }

            #expect(rig.log.duplicates == [])
            let identities = Set(rig.log.entries.map(\.identity))
            #expect(expected.filter { !identities.contains($0) } == [], "missed")
            #expect(rig.log.posts(in: direct).map(\.id).prefix(3) == inDirect[...])
            // A public channel's past is not ours; what was posted in the millisecond of the joining may be.
            let joining = try #require(rig.log.posts(in: joined).first { $0.message.contains("added to the channel") })
            let past = rig.log.posts(in: joined).filter { $0.message.hasPrefix("before") }
            #expect(past.allSatisfy { $0.createdAt >= joining.createdAt })
            #expect(rig.log.posts(in: joined).map(\.id).filter(inJoined.contains) == inJoined)
            let mine = rig.log.posts(in: channel).map { "posted \($0.id) 0" }.filter(expected.contains)
            #expect(mine == expected, "in the order of their creation")
            #expect(rig.log.posts(in: channel).last?.message == "after in \(channel)", "what is live waits behind them")
            let texts = rig.log.entries.filter { $0.kind == "edited" }.map(\.message)
            #expect(texts == Array(repeating: "edited", count: 5))
            let sources = Set(rig.log.entries.filter { $0.message.hasPrefix("missed") }.map(\.source))
            #expect(sources == [cause.isResumed ? .resumed : .caughtUp])
            #expect(rig.log.failure == nil)
        }
    }
}

extension DeliveryMatrixTests.Cause {
    var isResumed: Bool { self == .finish || self == .reset }

    func begin(_ rig: DeliveryRig) async throws {
        let simulator = rig.rig.simulator
        let fixture = rig.fixture
        switch self {
        case .cycle:
            try await rig.perform("POST", "/bots/\(fixture.botID)/disable", admin: true)
            try await rig.perform("POST", "/bots/\(fixture.botID)/enable", admin: true)
        case .tokenCycle, .deafThenDropped:
            let token = #"{"token_id":"\#(fixture.botTokenID)"}"#
            try await rig.perform("POST", "/users/tokens/disable", token, admin: true)
            // Any change of its channels makes the server check the session again.
            let other = try await rig.makeChannel("other")
            try await rig.addBot(to: other)
            try await rig.perform("POST", "/users/tokens/enable", token, admin: true)
        case .restart, .freeze, .finish, .reset, .beyondTheRing, .reconnect:
            if self == .freeze { await simulator.freeze() } else { await simulator.refuseConnections() }
            switch self {
            case .restart: await simulator.restart(downFor: .seconds(3600))
            case .finish: await simulator.drop(.finish)
            case .reset, .beyondTheRing: await simulator.drop(.reset)
            case .freeze, .reconnect: await rig.connection.reconnect()
            case .cycle, .tokenCycle, .deafThenDropped: break
            }
            // Nothing of what follows can be heard.
            let generation = await rig.connection.generation
            try await rig.rig.log.wait("the next attempt") { _ in
                rig.rig.log.transitions.contains { $0.generation > generation }
            }
        }
    }

    func end(_ rig: DeliveryRig) async throws {
        switch self {
        case .cycle, .tokenCycle: #expect(try await rig.rig.probe().outcome == .deaf)
        case .deafThenDropped: await rig.rig.simulator.drop(.reset)
        case .freeze: await rig.rig.simulator.thaw()
        case .restart, .finish, .reset, .beyondTheRing, .reconnect: await rig.rig.simulator.acceptConnections()
        }
    }
}
