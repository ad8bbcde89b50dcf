import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import WorldInterface

/// Fetching what was not heard: the lengths, the limits and the traps of the server's listings.
@Suite(.timeLimit(.minutes(10))) struct CatchUpTests {
    // MARK: Lengths

    @Test func tenThousandPostsOfOneChannelComeOnceAndInOrder() async throws {
        try await DeliveryRig.run { rig in
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            try await rig.deafen()
            var made: [String] = []
            for number in 0..<10_000 {
                let id = await rig.rig.simulator.post(
                    "missed \(number)", channelID: rig.fixture.channelID, userID: rig.fixture.userID)
                made.append(try #require(id))
            }
            try await rig.recover()
            try await rig.post("after")
            try await rig.log.wait(for: "after")
            let posts = rig.log.posts(in: rig.fixture.channelID)
            let isSame = posts.map(\.id).dropFirst().dropLast() == made[...]
            #expect(isSame, "many of them in the same millisecond")
            #expect(rig.log.duplicates == [])
        }
    }

    @Test func fiveHundredChannelsWithOnePostEach() async throws {
        try await DeliveryRig.run { rig in
            var channels: [String] = []
            for number in 0..<500 {
                let channel = try await rig.makeChannel("channel-\(number)")
                try await rig.addBot(to: channel)
                channels.append(channel)
            }
            try await rig.log.wait("all joinings") { entries in
                Set(entries.filter { $0.kind == "posted" }.map(\.channel)).count == 500
            }
            try await rig.deafen()
            for channel in channels { try await rig.post("missed", in: channel) }
            try await rig.recover()
            try await rig.rig.log.wait("the end of a catch-up of all channels") { [log = rig.rig.log] _ in
                log.catchUps.contains { $0.phase == .finished && $0.channels >= 500 && $0.deliveries >= 500 }
            }
            try await rig.log.wait("all posts") { $0.count { $0.message == "missed" } >= 500 }
            let missed = rig.log.entries.filter { $0.message == "missed" }
            #expect(missed.count == 500)
            #expect(Set(missed.map(\.channel)) == Set(channels))
            #expect(rig.log.duplicates == [])
            let last = try #require(rig.rig.log.catchUps.last { $0.phase == .finished })
            #expect(last.channelsDone == last.channels)
            #expect(last.channels >= 500)
            #expect(rig.rig.log.catchUps.contains { $0.phase == .running }, "progress can be seen")
        }
    }

    // MARK: Limits

    @Test func aRateLimitSlowsItDownAndBreaksNothing() async throws {
        try await DeliveryRig.run { rig in
            var channels = [rig.fixture.channelID]
            for number in 0..<15 {
                let channel = try await rig.makeChannel("channel-\(number)")
                try await rig.addBot(to: channel)
                channels.append(channel)
            }
            try await rig.deafen()
            for channel in channels { try await rig.post("missed", in: channel) }
            await rig.rig.simulator.limitRate(perSecond: 50, burst: 8)
            try await rig.recover()
            try await rig.log.wait("all posts") { [count = channels.count] entries in
                entries.count { $0.message == "missed" } >= count
            }
            await rig.rig.simulator.limitRate(perSecond: nil)
            #expect(rig.log.entries.count { $0.message == "missed" } == channels.count)
            #expect(rig.log.duplicates == [])
            #expect(rig.rig.log.catchUps.contains { $0.phase == .waiting(.seconds(1)) }, "as Retry-After says")
        }
    }

    @Test func aServerThatFailsIsAskedAgain() async throws {
        try await DeliveryRig.run { rig in
            try await rig.deafen()
            try await rig.post("missed")
            await rig.rig.simulator.failRequests(status: 503, pathPrefix: "/api/v4/users/me/channels", count: 2)
            await rig.rig.simulator.failRequests(status: 500, pathPrefix: "/api/v4/channels/", count: 2)
            try await rig.recover()
            try await rig.log.wait(for: "missed")
            #expect(rig.log.duplicates == [])
            #expect(rig.rig.log.notes.contains { $0.contains("asking again") })
        }
    }

    @Test func aChannelThatIsRefusedDoesNotHoldUpTheOthers() async throws {
        try await DeliveryRig.run { rig in
            let other = try await rig.makeChannel("other")
            try await rig.addBot(to: other)
            try await rig.log.wait("the joining") { $0.contains { $0.kind == "posted" && $0.channel == other } }
            try await rig.deafen()
            try await rig.post("missed")
            await rig.rig.simulator.failRequests(status: 403, pathPrefix: "/api/v4/channels/\(other)", count: 1)
            try await rig.recover()
            try await rig.log.wait(for: "missed")
            try await rig.post("live", in: other)
            try await rig.log.wait(for: "live")
            #expect(rig.rig.log.notes.contains { $0.contains("not caught up") && $0.contains(other) })
        }
    }

    // MARK: Order

    @Test func liveEventsWaitBehindTheirChannelAndNotBehindOthers() async throws {
        let gate = Gate()
        let slow = Lock("")
        try await DeliveryRig.run(
            world: { loop, _, _ in
                InterceptedWorld(
                    loop,
                    before: { request in
                        let isSlow = slow.withLock { !$0.isEmpty && request.url.contains($0) }
                        if isSlow { await gate.pass() }
                    })
            }
        ) { rig in
            let other = try await rig.makeChannel("other")
            try await rig.addBot(to: other)
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            slow.withLock { $0 = "/channels/\(rig.fixture.channelID)/posts" }
            try await rig.deafen()
            let first = try await rig.post("missed 0")
            for number in 1..<3 { try await rig.post("missed \(number)") }
            try await rig.recover()
            try await rig.post("live in the slow one")
            // Later than the live post, but about an earlier one.
            try await rig.react(first, "wave")
            try await rig.post("live in the other", in: other)
            try await rig.log.wait(for: "live in the other")
            #expect(rig.log.posts(in: rig.fixture.channelID).last?.message == "before")
            gate.open()
            try await rig.log.wait(for: "live in the slow one")
            let messages = rig.log.posts(in: rig.fixture.channelID).map(\.message)
            #expect(messages.suffix(4) == ["missed 0", "missed 1", "missed 2", "live in the slow one"])
            // The judge of the soaks goes by this word: such a one is not held to the order of what came at once.
            let waited = rig.log.entries.filter { $0.reason.contains("waited") }
            #expect(waited.contains { $0.message == "live in the slow one" })
            #expect(waited.allSatisfy { $0.source == .live && $0.message != "before" })
            #expect(rig.log.duplicates == [])
        }
    }

    @Test func aConnectionThatIsLostInTheMiddleOfACatchUpLosesNothing() async throws {
        let gate = Gate()
        let isSlow = Lock(false)
        try await DeliveryRig.run(
            world: { loop, _, _ in
                InterceptedWorld(
                    loop,
                    before: { request in
                        if isSlow.withLock({ $0 }), request.url.contains("/posts?") { await gate.pass() }
                    })
            }
        ) { rig in
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            isSlow.withLock { $0 = true }
            try await rig.deafen()
            for number in 0..<300 { try await rig.post("missed \(number)") }
            try await rig.recover()
            try await rig.post("live")
            // Deaf again while the posts are being asked for.
            let generation = await rig.connection.generation
            try await rig.deafen()
            for number in 300..<600 { try await rig.post("missed \(number)") }
            #expect(try await rig.rig.probe().outcome == .deaf)
            try await rig.rig.reopened(after: generation)
            gate.open()
            try await rig.post("after")
            try await rig.log.wait(for: "after")
            let messages = rig.log.posts(in: rig.fixture.channelID).map(\.message).filter { $0.hasPrefix("missed") }
            #expect(messages == (0..<600).map { "missed \($0)" })
            #expect(rig.log.duplicates == [])
        }
    }

    // MARK: Traps

    @Test func aStaleCacheOfTheServerHidesNoEdit() async throws {
        try await DeliveryRig.run { rig in
            let old = try await rig.post("old")
            for number in 0..<1100 {
                _ = await rig.rig.simulator.post(
                    "\(number)", channelID: rig.fixture.channelID, userID: rig.fixture.userID)
            }
            let newest = try await rig.post("newest")
            try await rig.log.wait(for: "newest")
            try await rig.deafen()
            try await rig.edit(old, "edited while deaf")
            try await rig.delete(newest)
            // Somebody else asks for everything: the server cuts its answer, and believes from then on that nothing changed
            // after the last row of it.
            try await rig.perform("GET", "/channels/\(rig.fixture.channelID)/posts?since=1")
            try await rig.recover()
            try await rig.log.wait("the edit and the deletion") { entries in
                entries.contains { $0.kind == "edited" && $0.id == old && $0.message == "edited while deaf" }
                    && entries.contains { $0.kind == "deleted" && $0.id == newest }
            }
            #expect(rig.log.duplicates == [])
        }
    }

    @Test func moreThanAThousandEditsAreAllFound() async throws {
        try await DeliveryRig.run { rig in
            var ids: [String] = []
            for number in 0..<1500 {
                let id = await rig.rig.simulator.post(
                    "\(number)", channelID: rig.fixture.channelID, userID: rig.fixture.userID)
                ids.append(try #require(id))
            }
            try await rig.log.wait(for: "1499")
            try await rig.deafen()
            // Each leaves a copy in the history: three answers' worth, of which the oldest posts fill the first again and again.
            let deleted = [ids.removeLast(), ids.remove(at: 1400)]
            for id in ids { try await rig.edit(id, "edited") }
            for id in deleted { try await rig.delete(id) }
            try await rig.recover()
            try await rig.log.wait("all edits and deletions") { [count = ids.count] entries in
                entries.count { $0.kind == "edited" } >= count && entries.count { $0.kind == "deleted" } >= 2
            }
            let edited = rig.log.entries.filter { $0.kind == "edited" }.map(\.id)
            #expect(edited.count == ids.count)
            #expect(Set(edited) == Set(ids))
            #expect(Set(rig.log.entries.filter { $0.kind == "deleted" }.map(\.id)) == Set(deleted))
            #expect(rig.log.duplicates.count == 0)
        }
    }

    @Test func anAnchorThatTheServerDoesNotKnowIsNoticed() async throws {
        let store = MemoryStore()
        let channel = Lock("")
        try await DeliveryRig.run(store: store) { rig in
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            channel.withLock { $0 = rig.fixture.channelID }
            // As if the post had been removed for good, by whatever keeps the server small.
            try await rig.deafen()
            for number in 0..<450 { try await rig.post("missed \(number)") }
            await rig.connection.stop()
            let mailbox = try await store.open("")
            var batch = MailboxBatch()
            var position = try #require(mailbox.state.channels[rig.fixture.channelID])
            position.anchor = String(repeating: "x", count: 26)
            batch.positions[rig.fixture.channelID] = position
            for item in mailbox.state.known[rig.fixture.channelID] ?? [] {
                batch.memory.append(.forget(key: item.key, channel: rig.fixture.channelID))
            }
            position.createdHorizon = position.createdAt
            batch.positions[rig.fixture.channelID] = position
            try await mailbox.commit(batch)
            let again = try rig.rig.connect(token: rig.fixture.botToken, store: store)
            let log = DeliveryLog()
            let consumer = Task {
                for try await delivery in again.deliveries {
                    log.note(try DeliveryLog.Entry(delivery))
                    try await delivery.acknowledge()
                }
            }
            await again.start()
            try await log.wait(for: "missed 449")
            let messages = log.posts(in: rig.fixture.channelID).map(\.message).filter { $0.hasPrefix("missed") }
            #expect(
                messages == (0..<450).map { "missed \($0)" },
                "\(rig.rig.log.transitions.map { "\($0.id) \($0.reason)" })")
            #expect(log.duplicates == [])
            await again.stop()
            try await consumer.value
        }
    }

    @Test func aDeletedThreadIsToldByItsFirstPostAlone() async throws {
        try await DeliveryRig.run { rig in
            let root = try await rig.post("root")
            let reply = try await rig.post("reply", reply: root)
            try await rig.log.wait(for: "reply")
            try await rig.deafen()
            try await rig.delete(root)
            try await rig.recover()
            try await rig.log.wait("the deletion") { $0.contains { $0.kind == "deleted" } }
            try await rig.post("after")
            try await rig.log.wait(for: "after")
            let deleted = rig.log.entries.filter { $0.kind == "deleted" }.map(\.id)
            #expect(deleted == [root], "as the server tells it live; the reply \(reply) goes with it")
        }
    }

    @Test func whatWasBeforeTheFirstStartIsNotDelivered() async throws {
        try await ServiceRig.run(store: MemoryStore()) { rig in
            for number in 0..<5 { await rig.post("past \(number)") }
            let log = DeliveryLog()
            let consumer = Task {
                for try await delivery in rig.connection.deliveries { log.note(try DeliveryLog.Entry(delivery)) }
            }
            await rig.connection.start()
            try await rig.log.wait("the listing") { _ in rig.log.catchUps.contains { $0.phase == .finished } }
            await rig.post("now")
            try await log.wait(for: "now")
            #expect(log.posts(in: rig.fixture.channelID).map(\.message) == ["now"])
            await rig.connection.stop()
            try await consumer.value
        }
    }
}

extension DeliveryRig {
    /// The account disabled and enabled: deaf.
    func deafen() async throws {
        try await perform("POST", "/bots/\(fixture.botID)/disable", admin: true)
        try await perform("POST", "/bots/\(fixture.botID)/enable", admin: true)
    }

    /// Lets a probe find it, and waits for the new connection.
    func recover() async throws {
        let generation = await connection.generation
        let verdict = try await rig.probe()
        #expect(verdict.outcome == .deaf, "\(verdict); \(rig.log.transitions.map { "\($0.id) \($0.reason)" })")
        try await rig.reopened(after: generation)
    }
}

/// Lets nobody through until it is opened.
final class Gate: Sendable {
    private let waiters = Lock<[CheckedContinuation<Void, Never>]?>([])

    func pass() async {
        await withCheckedContinuation { continuation in
            let isOpen = waiters.withLock { waiters in
                waiters?.append(continuation)
                return waiters == nil
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = waiters.withLock { waiters in
            defer { waiters = nil }
            return waiters ?? []
        }
        for waiter in waiting { waiter.resume() }
    }
}
