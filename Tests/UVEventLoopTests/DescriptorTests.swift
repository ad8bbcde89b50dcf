import Testing
import UVEventLoop
import WorldInterface

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Each in a process of its own: descriptors belong to the process, and other tests run beside.
@Suite struct DescriptorTests {
    @Test func connectsAndClosesLeaveNoDescriptorBehind() async throws {
        await #expect(processExitsWith: .success) {
            let atStart = openDescriptors()
            try await withLoop { loop in
                let server = try Server(loop)
                // Once: libuv opens a spare descriptor with its first stream.
                await close(connect(loop, to: server.endpoint), await server.untilAccepted())
                let before = openDescriptors()
                #expect(before > atStart)
                for count in 2...200 {
                    let client = connect(loop, to: server.endpoint)
                    let accepted = await server.untilAccepted(count)
                    count.isMultiple(of: 2) ? client.call { $0.reset() } : client.call { $0.close() }
                    await client.untilClosed()
                    await accepted.untilClosed()
                }
                for host in ["localhost", "127.0.0.1", "nonexistent.invalid"] {
                    for _ in 0..<20 { await close(connect(loop, to: Endpoint(host: host, port: 9))) }
                }
                await pass(loop)
                #expect(openDescriptors() == before)
                server.close()
            }
            // The loop's own are gone with it. A lookup's thread may keep nothing open either.
            #expect(openDescriptors() == atStart)
        }
    }

    @Test func outOfDescriptorsTheListenerRefusesAndRecovers() async throws {
        await #expect(processExitsWith: .success) {
            try await withLoop { loop in
                let server = try Server(loop)
                await close(connect(loop, to: server.endpoint), await server.untilAccepted())
                // The client's socket takes the last descriptor, so the listener has none to accept with.
                var fillers: [Int32] = []
                var limit = rlimit()
                getrlimit(RLIMIT_NOFILE_, &limit)
                limit.rlim_cur = 64
                setrlimit(RLIMIT_NOFILE_, &limit)
                while case let filler = dup(0), filler >= 0 { fillers.append(filler) }
                Glibc.close(fillers.removeLast())
                let refused = connect(loop, to: server.endpoint)
                await refused.untilClosed()
                #expect(server.accepted.count == 1)

                let failed = connect(loop, to: server.endpoint)
                fillers.append(dup(0))
                await failed.untilClosed()

                let witness = connect(loop, to: server.endpoint)
                #expect(await witness.untilClosed()?.kind == .tooManyDescriptors)

                for filler in fillers where filler >= 0 { Glibc.close(filler) }
                let client = connect(loop, to: server.endpoint)
                let accepted = await server.untilAccepted(2)
                await client.untilOpened()
                await close(client, accepted)
                server.close()
            }
        }
    }
}

#if canImport(Glibc)
    private let RLIMIT_NOFILE_ = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
#else
    private let RLIMIT_NOFILE_ = RLIMIT_NOFILE
#endif

private func openDescriptors() -> Int { (0..<1024).count { fcntl($0, F_GETFD) >= 0 } }
