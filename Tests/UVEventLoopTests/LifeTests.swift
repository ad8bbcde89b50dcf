import CLibuv
import Testing
import WorldInterface

@testable import UVEventLoop

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

@Suite struct LifeTests {
    @Test func stopNamesWhatWasLeftOpen() async throws {
        let loop = try EventLoop.start()
        await loop.run { _ = loop.makeTimer {} }
        #expect(throws: LeakedHandles(types: ["timer"])) { try loop.stop() }
        try loop.stop()
    }

    @Test func stopClosesStreamsThatWereLeftOpen() async throws {
        let loop = try EventLoop.start()
        try await loop.run { () async throws in
            let (client, server) = try await connectedPair(loop)
            client.call { $0.write([UInt8](repeating: 1, count: 16 << 20)) }
            _ = server
        }
        #expect(throws: LeakedHandles(types: ["tcp", "tcp"])) { try loop.stop() }
    }

    @Test func stopDeliversTheEndOfStreamsThatWereJustClosed() async throws {
        let loop = try EventLoop.start()
        let (client, server) = try await loop.run { () async throws in
            let pair = try await connectedPair(loop)
            pair.client.call { $0.close() }
            pair.server.call { $0.close() }
            return Unchecked((pair.client, pair.server))
        }.value
        try loop.stop()
        #expect(client.closure?.isLocal == true)
        #expect(server.closure?.isLocal == true)
    }

    @Test func aHostRunsTheLoop() throws {
        let host = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        defer { host.deallocate() }
        #expect(uv_loop_init(host) == 0)
        let loop = try EventLoop(adopting: host)
        #expect(loop.rawLoop == UnsafeMutableRawPointer(host))
        // Nothing to do: the loop's own handles do not keep the host's run from returning.
        #expect(uv_run(host, UV_RUN_DEFAULT) == 0)

        let finished = Unchecked(Recorder(loop))
        Task(executorPreference: loop) {
            let (client, server) = try await connectedPair(loop)
            client.call { $0.write(Array("hosted".utf8)) }
            await server.untilReceived(6)
            finished.value.received = server.received
            await close(client, server)
        }
        // Returns by itself when the job and all that it opened are over.
        #expect(uv_run(host, UV_RUN_DEFAULT) == 0)
        #expect(finished.value.received == Array("hosted".utf8))

        #expect(loop.liveHandleCount == 0)
        loop.close()
        #expect(uv_run(host, UV_RUN_DEFAULT) == 0)
        #expect(uv_loop_close(host) == 0)
    }

    @Test func aHostCanWaitForJobsOfOtherThreads() throws {
        let host = UnsafeMutablePointer<uv_loop_t>.allocate(capacity: 1)
        defer { host.deallocate() }
        #expect(uv_loop_init(host) == 0)
        let loop = try EventLoop(adopting: host)
        loop.keepsHostRunning = true
        Task.detached {
            await loop.run { loop.keepsHostRunning = false }
        }
        #expect(uv_run(host, UV_RUN_DEFAULT) == 0)
        #expect(!loop.keepsHostRunning)
        loop.close()
        #expect(uv_run(host, UV_RUN_DEFAULT) == 0)
        #expect(uv_loop_close(host) == 0)
    }

    @Test func signalsAreHeardUntilTheWatchIsClosed() async throws {
        try await withLoop { loop in
            let signal = Signal(loop)
            var count = 0
            let watch = try loop.onSignal(SIGUSR1) {
                count += 1
                signal.check()
            }
            // A second watch, so that the signal stays harmless after the first is closed.
            var witnessed = 0
            let witness = try loop.onSignal(SIGUSR1) {
                witnessed += 1
                signal.check()
            }
            kill(getpid(), SIGUSR1)
            await signal.wait("both watches") { count == 1 && witnessed == 1 }
            watch.close()
            watch.close()
            kill(getpid(), SIGUSR1)
            await signal.wait("the second signal") { witnessed == 2 }
            #expect(count == 1)
            witness.close()
        }
    }

    @Test func aSignalThatCannotBeWatchedIsAnError() async throws {
        try await withLoop { loop in
            _ = #expect(throws: NetworkError.self) { try loop.onSignal(SIGKILL) {} }
        }
    }
}

/// Carries a loop-confined object out of the loop. Sound where the loop has ended, or is run by the same thread.
struct Unchecked<Value>: @unchecked Sendable {
    var value: Value

    init(_ value: Value) { self.value = value }
}
