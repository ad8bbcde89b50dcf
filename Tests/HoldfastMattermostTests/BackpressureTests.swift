import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop

/// Handlers that are slow, throw, or never return, and stores that fail: bounded, visible, and nobody else's trouble.
@Suite(.timeLimit(.minutes(10))) struct BackpressureTests {
    @Test func aHandlerThatDoesNotReturnStopsTheReadingAndNothingIsLost() async throws {
        let gate = Gate()
        let isStuck = Lock(false)
        try await DeliveryRig.run(
            engine: { $0.maximumBufferedEvents = 16 },
            handle: { delivery in
                if case .posted(let posted)? = try? delivery.content, posted.post.message == "stop here" {
                    isStuck.withLock { $0 = true }
                    await gate.pass()
                }
            }
        ) { rig in
            // Somebody else on the same loop.
            let other = try #require(await rig.rig.simulator.makeBot(named: "other"))
            let otherConnection = try rig.rig.connect(token: other.token, store: MemoryStore())
            let otherLog = DeliveryLog()
            let otherConsumer = Task {
                for try await delivery in otherConnection.deliveries {
                    otherLog.note(try DeliveryLog.Entry(delivery))
                    try await delivery.acknowledge()
                }
            }
            let listed = ObservationLog(otherConnection.observations(capacity: 10_000))
            await otherConnection.start()
            try await listed.wait("the listing") { _ in listed.catchUps.contains { $0.phase == .finished } }

            try await rig.post("stop here")
            var made: [String] = []
            for number in 0..<3000 {
                made.append(try await rig.post("\(number) \(String(repeating: "x", count: 1000))"))
                // The other one keeps up; what it is not sent yet is little.
                if number % 100 == 99 {
                    try await otherLog.wait("\(number)") { [last = made[number]] in $0.contains { $0.id == last } }
                }
            }
            #expect(otherLog.posts(in: rig.fixture.channelID).map(\.id).filter(Set(made).contains) == made)
            try await rig.rig.log.wait("the pause") { _ in
                rig.rig.log.notes.contains { $0.contains("reading is paused") }
            }
            #expect(isStuck.withLock { $0 })
            #expect(await rig.connection.counters.pauses >= 1)
            #expect(!rig.log.entries.contains { $0.message == "stop here" })
            let verdict = try await rig.rig.probe()
            #expect(verdict.outcome == .alive, "not judged while nothing is read")
            #expect(verdict.check == "backpressure")

            gate.open()
            try await rig.log.wait("all posts") { [last = made[made.count - 1]] in $0.contains { $0.id == last } }
            let seen = rig.log.posts(in: rig.fixture.channelID).map(\.id).filter(Set(made).contains)
            let isSame = seen == made
            #expect(isSame, "each once, in order: \(seen.count) of \(made.count)")
            #expect(rig.log.duplicates == [])
            await otherConnection.stop()
            try await otherConsumer.value
        }
    }

    @Test func aHandlerThatThrowsEndsItsOwnLoopAndTheNextOneGoesOn() async throws {
        struct Trouble: Error {}
        let hasThrown = Lock(false)
        try await DeliveryRig.run(
            handle: { delivery in
                guard case .posted(let posted)? = try? delivery.content, posted.post.message == "trouble" else {
                    return
                }
                let isFirst = hasThrown.withLock { hasThrown in
                    defer { hasThrown = true }
                    return !hasThrown
                }
                if isFirst { throw Trouble() }
            }
        ) { rig in
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            try await rig.post("trouble")
            try await rig.log.ended()
            #expect(rig.log.failure?.contains("Trouble") == true)
            #expect(await rig.connection.state == .open)
            try await rig.post("while nobody listens")
            #expect(try await rig.rig.probe().outcome == .alive)

            let again = rig.consume(log: rig.log)
            try await rig.post("after")
            try await rig.log.wait(for: "after")
            let messages = rig.log.posts(in: rig.fixture.channelID).map(\.message)
            #expect(messages == ["before", "trouble", "while nobody listens", "after"])
            #expect(rig.log.entries.first { $0.message == "trouble" }?.isRepeated == true)
            #expect(rig.log.duplicates == [])
            await rig.connection.stop()
            await again.value
        }
    }

    @Test func aConsumerThatLeavesDoesNotStopTheConnection() async throws {
        try await DeliveryRig.run(engine: { $0.maximumBufferedEvents = 8 }) { rig in
            let log = DeliveryLog()
            let leaving = Task {
                for try await delivery in rig.connection.deliveries {
                    log.note(try DeliveryLog.Entry(delivery))
                    if delivery.event.kind == .posted { break }
                }
            }
            // It takes over from the rig's own consumer.
            try await rig.log.ended()
            try await rig.post("taken")
            try await leaving.value
            for number in 0..<100 { try await rig.post("\(number)") }
            #expect(try await rig.rig.probe().check == "reply", "the connection still reads")
            #expect(await rig.connection.state == .open)
            let again = rig.consume(log: rig.log)
            try await rig.log.wait(for: "99")
            let messages = rig.log.posts(in: rig.fixture.channelID).map(\.message)
            #expect(messages == ["taken"] + (0..<100).map { "\($0)" })
            await rig.connection.stop()
            await again.value
        }
    }

    @Test func aStoreThatIsFullEndsTheDeliveriesAndLosesNothing() async throws {
        let store = MoodyStore()
        try await DeliveryRig.run(store: store) { rig in
            try await rig.post("before")
            try await rig.log.wait(for: "before")
            store.isFull.withLock { $0 = true }
            try await rig.post("too much")
            try await rig.log.ended()
            #expect(rig.log.failure?.contains("no space") == true)
            #expect(!rig.log.entries.contains { $0.message == "too much" }, "nothing is handed over that is not stored")
            #expect(await rig.connection.state == .open)
            #expect(rig.rig.log.notes.contains { $0.contains("no space") })
            try await rig.post("meanwhile")
            store.isFull.withLock { $0 = false }
            let again = rig.consume(log: rig.log)
            try await rig.log.wait(for: "meanwhile")
            let messages = rig.log.posts(in: rig.fixture.channelID).map(\.message)
            #expect(messages == ["before", "too much", "meanwhile"])
            #expect(rig.log.duplicates == [])
            await rig.connection.stop()
            await again.value
        }
    }

    @Test func theMailboxOfAnotherAccountIsRefused() async throws {
        let store = MemoryStore()
        try await DeliveryRig.run(store: store) { rig in
            await rig.connection.stop()
            let other = try rig.rig.connect(token: rig.fixture.userToken, store: store)
            await other.start()
            do throws(StoreError) {
                for try await _ in other.deliveries {}
                Issue.record("it should have thrown")
            } catch {
                #expect(error.kind == .otherAccount)
                #expect(error.message.contains(rig.fixture.botID))
            }
            await other.stop()
        }
    }

    @Test func withoutAStoreThereAreNoDeliveries() async throws {
        try await ServiceRig.run { rig in
            do throws(StoreError) {
                for try await _ in rig.connection.deliveries {}
                Issue.record("it should have thrown")
            } catch {
                #expect(error.kind == .notGiven)
                #expect(error.message.contains("MemoryStore()"))
            }
        }
    }
}

/// A store in memory whose disk can be full.
private final class MoodyStore: DeliveryStore {
    let isFull = Lock(false)
    private let store = MemoryStore()

    func open(_ mailbox: String) async throws(StoreError) -> any Mailbox {
        Moody(isFull: isFull, mailbox: try await store.open(mailbox))
    }

    private struct Moody: Mailbox {
        let isFull: Lock<Bool>
        let mailbox: any Mailbox

        var state: MailboxState { mailbox.state }

        func commit(_ batch: MailboxBatch) async throws(StoreError) {
            if isFull.withLock({ $0 }) { throw StoreError(.full, "no space is left; make some") }
            try await mailbox.commit(batch)
        }

        func acknowledge(_ number: Int64) async throws(StoreError) { try await mailbox.acknowledge(number) }

        func unacknowledged(after number: Int64, limit: Int) async throws(StoreError) -> [StoredDelivery] {
            try await mailbox.unacknowledged(after: number, limit: limit)
        }
    }
}
