import CHoldfast
import CLibuv
import Synchronization
import Testing

@testable import HoldfastC

@Suite struct HostedTests {
    /// One thread: the host's loop runs the connection, its callbacks and their answers, and is empty afterwards.
    @Test func aHostsLoopRunsAllOfIt() async throws {
        let rig = try await Rig()
        let witness = Witness()
        let fixture = rig.fixture
        let isFirst = Once()
        let left = await onThread { () -> Int32 in
            let loop = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
            defer { loop.deallocate() }
            uv_loop_init(loop)
            let thread = clibuv_current_thread()
            witness.isOnLoop.withLock { $0 = { clibuv_current_thread() == thread } }
            var engine: holdfast_engine = 0
            var connection: holdfast_connection = 0
            #expect(holdfast_engine_adopt(loop, &engine) == Status.done)
            let number = engine
            rig.withOptions { options in
                witness.listen(&options)
                #expect(holdfast_connection_open(engine, &options, &connection) == Status.done)
            }
            // The bot posts, hears itself, and the engine leaves from within the callback.
            witness.onMessage.withLock {
                $0 = { connection, delivery, message in
                    holdfast_acknowledge(connection, delivery)
                    guard message == "from the host" else { return }
                    let status = holdfast_engine_leave(
                        number, 1000, { Witness.at($0).note { $0.isLeft = true } }, witness.pointer)
                    #expect(status == Status.done)
                }
            }
            witness.onState.withLock {
                $0 = { connection, state in
                    guard state == HOLDFAST_STATE_OPEN, isFirst.take() else { return }
                    let status = holdfast_post(
                        connection, fixture.channelID, "from the host", nil, nil, noteResult, witness.pointer)
                    #expect(status == Status.done)
                }
            }
            #expect(holdfast_connection_start(connection) == Status.done)
            #expect(uv_run(loop, UV_RUN_DEFAULT) == 0)
            return uv_loop_close(loop)
        }
        #expect(left == 0)
        witness.told.withLock { told in
            #expect(told.messages == ["from the host"])
            #expect(told.ends == [Status.done])
            #expect(told.isLeft)
            #expect(told.wasOnLoop)
            #expect(told.states.last == Int32(HOLDFAST_STATE_STOPPED))
        }
        try await rig.end()
    }
}

private final class Once: Sendable {
    private let isTaken = Atomic(false)

    /// True the first time.
    func take() -> Bool { !isTaken.exchange(true, ordering: .relaxed) }
}
