import CHoldfast
import Foundation
import Testing

@testable import HoldfastC

@Suite struct ConnectionTests {
    @Test func deliveriesArePulledAndAnEchoGoesBack() async throws {
        let rig = try await Rig()
        let witness = Witness()
        var engine: holdfast_engine = 0
        var connection: holdfast_connection = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        rig.withOptions { options in
            witness.listen(&options, deliveries: false)
            #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
        }
        #expect(holdfast_connection_start(connection) == Status.done)
        await onThread { witness.wait { $0.states.contains(Int32(HOLDFAST_STATE_OPEN)) } }
        try await rig.post("hello")
        let (handle, channel) = (connection, rig.fixture.channelID)
        #expect(await onThread { pullMessage(handle)?.text } == "hello")

        #expect(holdfast_post(handle, channel, "hello back", nil, nil, noteResult, witness.pointer) == Status.done)
        #expect(holdfast_account(handle, noteResult, witness.pointer) == Status.done)
        await onThread { witness.wait { $0.results.count == 2 } }
        let results = witness.told.withLock { $0.results }
        #expect(results.map(\.status) == [Status.done, Status.done])
        #expect(results.contains { $0.id == rig.fixture.botID })
        #expect(await onThread { pullMessage(handle)?.text } == "hello back")

        var counters = holdfast_counters()
        counters.size = MemoryLayout<holdfast_counters>.size
        #expect(holdfast_connection_counters(handle, &counters) == Status.done)
        #expect(counters.ready == 1)
        #expect(counters.deliveries >= 2)
        let number = engine
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        #expect(witness.told.withLock { $0.ends } == [Status.done])
        #expect(witness.told.withLock { $0.states.last } == Int32(HOLDFAST_STATE_STOPPED))
        try await rig.end()
    }

    @Test func whatWasNotAcknowledgedComesAgainFromTheFile() async throws {
        let rig = try await Rig()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = folder.appendingPathComponent("bot.holdfast").path
        var engine: holdfast_engine = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        let number = engine

        func open() async -> holdfast_connection {
            let witness = Witness()
            var connection: holdfast_connection = 0
            rig.withOptions(store: store) { options in
                witness.listen(&options, deliveries: false)
                #expect(holdfast_connection_open(number, &options, &connection) == Status.done)
            }
            #expect(holdfast_connection_start(connection) == Status.done)
            await onThread { witness.wait { $0.states.contains(Int32(HOLDFAST_STATE_OPEN)) } }
            let handle = connection
            // It is kept for as long as the callbacks may come.
            witnesses.append(witness)
            return handle
        }
        var witnesses: [Witness] = []

        let first = await open()
        try await rig.post("kept")
        try await rig.post("done")
        let kept = await onThread { pullMessage(first, acknowledging: false) }
        let done = await onThread { pullMessage(first) }
        #expect(kept?.text == "kept")
        #expect(done?.text == "done")
        #expect(holdfast_connection_close(first) == Status.done)

        // At once: the file is handed over from one connection to the other.
        let second = await open()
        try await rig.post("new")
        let again = await onThread { pullMessage(second) }
        #expect(again?.text == "kept")
        #expect(again?.isRepeated == true)
        let new = await onThread { pullMessage(second) }
        #expect(new?.text == "new")
        #expect(new?.isRepeated == false)
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        #expect(witnesses.allSatisfy { $0.told.withLock { $0.ends } == [Status.done] })
        try await rig.end()
    }

    /// Also where it is closed while it still opens the file: then it must not take the mailbox from its successor.
    @Test func aClosedConnectionLeavesItsMailboxToTheNext() async throws {
        let rig = try await Rig()
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent(UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let store = folder.appendingPathComponent("bot.holdfast").path
        var engine: holdfast_engine = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        var connection: holdfast_connection = 0
        let witnesses = (0..<20).map { _ in Witness() }
        for (index, witness) in witnesses.enumerated() {
            rig.withOptions(store: store) { options in
                witness.listen(&options)
                #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
            }
            #expect(holdfast_connection_start(connection) == Status.done)
            if index + 1 < witnesses.count { #expect(holdfast_connection_close(connection) == Status.done) }
        }
        let (last, number) = (witnesses[witnesses.count - 1], engine)
        await onThread { last.wait { $0.states.contains(Int32(HOLDFAST_STATE_OPEN)) || !$0.ends.isEmpty } }
        try await rig.post("to the last")
        await onThread { last.wait { !$0.messages.isEmpty || !$0.ends.isEmpty } }
        #expect(last.told.withLock { $0.messages } == ["to the last"])
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        // None failed, and only the last one heard something.
        for witness in witnesses { #expect(witness.told.withLock { $0.ends } == [Status.done]) }
        #expect(witnesses.allSatisfy { $0 === last || $0.told.withLock { $0.messages.isEmpty } })
        try await rig.end()
    }

    @Test func aStoreThatCannotBeOpenedStopsTheConnection() async throws {
        let rig = try await Rig()
        let witness = Witness()
        var engine: holdfast_engine = 0
        var connection: holdfast_connection = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        rig.withOptions(store: "/nonexistent/bot.holdfast") { options in
            witness.listen(&options, deliveries: false)
            #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
        }
        #expect(holdfast_connection_start(connection) == Status.done)
        let (handle, number) = (connection, engine)
        let status = await onThread { () -> Int32 in
            var delivery: holdfast_delivery = 0
            return holdfast_next(handle, UInt32.max, &delivery)
        }
        #expect(status == Status.store)
        #expect(await onThread { holdfast_connection_wait(handle, UInt32.max) } == Status.done)
        #expect(witness.told.withLock { $0.ends } == [Status.store])
        // It never connected.
        #expect(witness.told.withLock { $0.states } == [Int32(HOLDFAST_STATE_STOPPED)])
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        try await rig.end()
    }

    @Test func aHostThatDoesNotPullStopsTheReadingAndGetsEverything() async throws {
        let rig = try await Rig()
        let witness = Witness()
        var engine: holdfast_engine = 0
        var connection: holdfast_connection = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        rig.withOptions { options in
            witness.listen(&options, deliveries: false)
            options.maximum_waiting = 8
            #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
        }
        #expect(holdfast_connection_start(connection) == Status.done)
        await onThread { witness.wait { $0.states.contains(Int32(HOLDFAST_STATE_OPEN)) } }
        // Far more than the buffers hold: 16 in the queue, one beside it, 8 before and 8 behind the store.
        let count = 200
        for number in 1...count { try await rig.post("post \(number)") }
        let (handle, number) = (connection, engine)
        let pulled = await onThread { () -> [String] in
            (1...count).compactMap { _ in pullMessage(handle)?.text }
        }
        #expect(pulled == (1...count).map { "post \($0)" })
        var counters = holdfast_counters()
        counters.size = MemoryLayout<holdfast_counters>.size
        #expect(holdfast_connection_counters(handle, &counters) == Status.done)
        #expect(counters.pauses >= 1)
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        try await rig.end()
    }
}
