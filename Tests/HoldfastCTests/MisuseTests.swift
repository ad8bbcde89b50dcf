import CHoldfast
import Testing

@testable import HoldfastC

/// What a host must not do is answered, not followed. Every function, with everything wrong: `Tests/CABI/misuse.c`.
@Suite struct MisuseTests {
    @Test func anEngineIsClosedOnce() async {
        var engine: holdfast_engine = 0
        #expect(holdfast_engine_start(nil) == Status.argument)
        #expect(holdfast_engine_start(&engine) == Status.done)
        let handle = engine
        // Of many threads that try at the same time, one does it.
        let answers = await withTaskGroup(of: Int32.self) { group in
            for _ in 0..<4 { group.addTask { await onThread { holdfast_engine_close(handle, 0) } } }
            return await group.reduce(into: [Int32]()) { $0.append($1) }
        }
        #expect(answers.sorted() == [Status.handle, Status.handle, Status.handle, Status.done])
        #expect(holdfast_engine_close(handle, 0) == Status.handle)
        #expect(lastError().contains("no handle of an engine"))
    }

    @Test func aHandleOfOneKindIsNoneOfAnother() async {
        var engine: holdfast_engine = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        let handle = engine
        #expect(holdfast_connection_start(handle) == Status.handle)
        #expect(lastError().contains("no handle of a connection"))
        #expect(holdfast_delivery_free(handle) == Status.handle)
        #expect(holdfast_engine_leave(handle, 0, nil, nil) == Status.state)
        #expect(await onThread { holdfast_engine_close(handle, 0) } == Status.done)
    }

    @Test func aDeliveryIsFreedOnceAndOutlivesItsConnection() async throws {
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
        try await rig.post("kept")
        let (handle, number) = (connection, engine)
        let (delivery, text) = await onThread { () -> (holdfast_delivery, String) in
            var delivery: holdfast_delivery = 0
            var info = holdfast_delivery_info()
            repeat {
                holdfast_delivery_free(delivery)
                _ = holdfast_next(handle, UInt32.max, &delivery)
                info.size = MemoryLayout<holdfast_delivery_info>.size
                _ = holdfast_delivery_read(delivery, &info)
            } while info.kind != HOLDFAST_KIND_POSTED
            _ = holdfast_engine_close(number, 1000)
            return (delivery, String(cString: info.message.bytes))
        }
        #expect(text == "kept")
        #expect(holdfast_acknowledge(handle, 1) == Status.handle)
        var info = holdfast_delivery_info()
        #expect(holdfast_delivery_read(delivery, &info) == Status.argument)
        #expect(lastError().contains("sizeof"))
        info.size = MemoryLayout<holdfast_delivery_info>.size
        #expect(holdfast_delivery_read(delivery, &info) == Status.done)
        #expect(String(cString: info.message.bytes) == "kept")
        #expect(holdfast_delivery_free(delivery) == Status.done)
        #expect(holdfast_delivery_free(delivery) == Status.handle)
        #expect(holdfast_delivery_read(delivery, &info) == Status.handle)
        try await rig.end()
    }

    @Test func whatWaitsIsRefusedInACallback() async throws {
        let rig = try await Rig()
        let witness = Witness()
        var engine: holdfast_engine = 0
        var connection: holdfast_connection = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        rig.withOptions { options in
            witness.listen(&options, deliveries: false)
            #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
        }
        let number = engine
        witness.onState.withLock {
            $0 = { connection, _ in
                var delivery: holdfast_delivery = 0
                #expect(holdfast_engine_close(number, 0) == Status.thread)
                #expect(holdfast_connection_wait(connection, UInt32.max) == Status.thread)
                #expect(holdfast_next(connection, 1, &delivery) == Status.thread)
            }
        }
        #expect(holdfast_connection_start(connection) == Status.done)
        await onThread { witness.wait { $0.states.contains(Int32(HOLDFAST_STATE_OPEN)) } }
        witness.onState.withLock { $0 = nil }
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        try await rig.end()
    }

    /// Requests are answered, and answered once, when the connection ends under them; `on_stopped` comes last.
    @Test func requestsUnderWayEndWithTheConnection() async throws {
        let rig = try await Rig()
        let witness = Witness()
        var engine: holdfast_engine = 0
        var connection: holdfast_connection = 0
        #expect(holdfast_engine_start(&engine) == Status.done)
        rig.withOptions { options in
            witness.listen(&options, deliveries: false)
            #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
        }
        // The server takes connections and answers nothing.
        await rig.simulator.freeze()
        var status = Status.done
        var accepted = 0
        while status == Status.done {
            status = holdfast_account(connection, noteResult, witness.pointer)
            if status == Status.done { accepted += 1 }
        }
        #expect(status == Status.busy)
        #expect(accepted == Session.maximumRequests)
        let (handle, number) = (connection, engine)
        #expect(holdfast_connection_close(handle) == Status.done)
        #expect(await onThread { holdfast_engine_close(number, 1000) } == Status.done)
        witness.told.withLock { told in
            #expect(told.results.count == accepted)
            #expect(told.results.allSatisfy { $0.status == Status.cancelled })
            #expect(told.ends == [Status.done])
        }
        await rig.simulator.thaw()
        try await rig.end()
    }

    /// Of this thread: to be asked before the next await.
    private func lastError() -> String {
        var buffer = [CChar](repeating: 0, count: 512)
        holdfast_last_error(&buffer, buffer.count)
        return String(cString: &buffer)
    }
}
