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

    @Test func whereNotEvenTheSpareDescriptorServesTheListenerNeitherHangsNorIsLost() async throws {
        await #expect(processExitsWith: .success) {
            try await withLoop { loop in
                let server = try Server(loop)
                let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
                await connectAndClose(loop, server, count: 1)
                let shortage = Shortage()
                rawConnect(raw, to: server.endpoint)
                // While libuv hung in its callback no timer would fire, and the test would wait for ever.
                let before = processorSeconds()
                await sleep(loop, .milliseconds(500))
                #expect(processorSeconds() - before < 0.25, "spins: \(processorSeconds() - before) s of 0.5 s")
                shortage.end()
                await untilTrue(loop, "the port is open again") { canConnect(to: server.endpoint) }
                await untilTrue(loop, "accepted") { server.accepted.count >= 2 }
                for accepted in server.accepted.dropFirst() { await accepted.untilClosed() }
                Glibc.close(raw)
                server.close()
            }
        }
    }

    @Test func aLoopIsNotStartedWithoutDescriptorsAndLeavesNoneBehind() async throws {
        await #expect(processExitsWith: .success) {
            let before = openDescriptors()
            let shortage = Shortage()
            for _ in 0..<3 {
                #expect {
                    _ = try EventLoop.start()
                } throws: {
                    ($0 as? NetworkError)?.kind == .tooManyDescriptors && "\($0)".contains("ulimit -n")
                }
            }
            shortage.end()
            // With a few descriptors part of a loop can be had, where libuv would abort. The library that runs the tests opens some
            // meanwhile; a leak would be one each time.
            for round in 0..<60 {
                let fillers = takeAllDescriptors()
                for filler in fillers.prefix(1 + round % 10) { Glibc.close(filler) }
                if let loop = try? EventLoop.start() { try loop.stop() }
                for filler in fillers.dropFirst(1 + round % 10) { Glibc.close(filler) }
            }
            #expect(openDescriptors() < before + 20)
            try EventLoop.start().stop()
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func outOfDescriptorsConnectsAndRequestsSaySoAndWorkAgainAfterwards(host: String) async throws {
        await #expect(processExitsWith: .success) { [host] in
            try await withLoop { loop in
                let server = try Server(loop) { recorder in
                    recorder.whenReceived = { recorder, _ in
                        guard String(decoding: recorder.received, as: UTF8.self).hasSuffix("\r\n\r\n") else { return }
                        recorder.stream?.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))
                    }
                }
                let endpoint = Endpoint(host: host, port: server.endpoint.port)
                let shortage = Shortage()
                let failed = connect(loop, to: endpoint)
                let closure = await failed.untilClosed()
                #expect(closure?.kind == .tooManyDescriptors, "\(closure?.message ?? "")")
                #expect(closure?.message.contains("ulimit -n") == true)
                let request = HTTPRequest(url: "http://\(endpoint)/", timeout: .seconds(5))
                await #expect {
                    try await loop.perform(request)
                } throws: {
                    ($0 as? NetworkError)?.kind == .tooManyDescriptors && "\($0)".contains("ulimit -n")
                }
                shortage.end()
                let client = connect(loop, to: endpoint)
                await client.untilOpened()
                #expect(try await loop.perform(request).status == 200)
                loop.closeHTTPConnections()
                await close(client)
                for accepted in server.accepted { await accepted.untilClosed() }
                server.close()
            }
        }
    }
}

/// While it lasts nobody in this process can open a descriptor, not even where one was closed: the limit lies below all.
private final class Shortage {
    private var before = rlimit()

    init() {
        getrlimit(descriptorLimit, &before)
        var low = before
        low.rlim_cur = 3
        setrlimit(descriptorLimit, &low)
    }

    func end() { setrlimit(descriptorLimit, &before) }
}

private let descriptorLimit = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)

private func sleep(_ loop: EventLoop, _ duration: Duration) async {
    let end = loop.now + duration
    await untilTrue(loop, "the time") { loop.now >= end }
}

/// Of this process, user and system.
private func processorSeconds() -> Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return [usage.ru_utime, usage.ru_stime].reduce(0) { $0 + Double($1.tv_sec) + Double($1.tv_usec) / 1e6 }
}

private func rawConnect(_ descriptor: Int32, to endpoint: Endpoint) {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    address.sin_port = endpoint.port.bigEndian
    withUnsafePointer(to: address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
            _ = Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
    }
}

private func canConnect(to endpoint: Endpoint) -> Bool {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { Glibc.close(descriptor) }
    rawConnect(descriptor, to: endpoint)
    var error: Int32 = -1
    var peer = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    error = withUnsafeMutablePointer(to: &peer) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &length) }
    }
    return error == 0
}

private func openDescriptors() -> Int { (0..<1024).count { fcntl(Int32($0), F_GETFD) >= 0 } }

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
