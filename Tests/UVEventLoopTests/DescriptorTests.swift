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
            try await withLoop { loop in
                let server = try Server(loop)
                let before = openSockets()
                #expect(before > 0)
                for count in 1...200 { await connectAndClose(loop, server, count: count) }
                #expect(openSockets() == before)
                server.close()
            }
        }
    }

    @Test func outOfDescriptorsTheListenerRefusesAndRecovers() async throws {
        await #expect(processExitsWith: .success) {
            try await withLoop { loop in
                let server = try Server(loop)
                await connectAndClose(loop, server, count: 1)
                let fillers = takeAllDescriptors()
                #expect(!fillers.isEmpty)
                let failed = connect(loop, to: server.endpoint)
                #expect(await failed.untilClosed()?.kind == .tooManyDescriptors)

                // One is left: the client takes it, and the listener has none to accept with.
                Glibc.close(fillers[0])
                let refused = connect(loop, to: server.endpoint)
                await refused.untilClosed()
                #expect(server.accepted.count == 1)

                for filler in fillers.dropFirst() { Glibc.close(filler) }
                await connectAndClose(loop, server, count: 2)
                server.close()
            }
        }
    }
}

/// Duplicates a descriptor until the process may have no more.
private func takeAllDescriptors() -> [Int32] {
    var limit = rlimit()
    let resource = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    getrlimit(resource, &limit)
    limit.rlim_cur = 128
    setrlimit(resource, &limit)
    var taken: [Int32] = []
    while case let filler = dup(0), filler >= 0 { taken.append(filler) }
    return taken
}

/// Only sockets: the library that runs the tests has descriptors of other kinds, and opens and closes them meanwhile.
private func openSockets() -> Int {
    (0..<1024).count { descriptor in
        var status = stat()
        return fstat(Int32(descriptor), &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
