import TestProxy
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

/// What the kernel was told about this process's sockets to a port.
private struct SocketOptions: Equatable {
    var keepAlive: Int32, idle: Int32, interval: Int32, count: Int32, userTimeout: Int32

    init(_ descriptor: Int32) {
        func get(_ level: Int32, _ option: Int32) -> Int32 {
            var value: Int32 = -1
            var length = socklen_t(MemoryLayout<Int32>.size)
            getsockopt(descriptor, level, option, &value, &length)
            return value
        }
        keepAlive = get(SOL_SOCKET, SO_KEEPALIVE)
        idle = get(Int32(IPPROTO_TCP), TCP_KEEPIDLE)
        interval = get(Int32(IPPROTO_TCP), TCP_KEEPINTVL)
        count = get(Int32(IPPROTO_TCP), TCP_KEEPCNT)
        userTimeout = get(Int32(IPPROTO_TCP), TCP_USER_TIMEOUT)
    }

    init(keepAlive: Int32, idle: Int32, interval: Int32, count: Int32, userTimeout: Int32) {
        (self.keepAlive, self.idle, self.interval) = (keepAlive, idle, interval)
        (self.count, self.userTimeout) = (count, userTimeout)
    }

    /// Of the client's ends of connections to `port`.
    static func all(to port: UInt16) -> [SocketOptions] {
        (Int32(0)..<1024).compactMap { descriptor in
            let peer = SocketAddress { address, length in
                var size = socklen_t(length.pointee)
                return getpeername(descriptor, address, &size)
            }
            return peer?.port == port ? SocketOptions(descriptor) : nil
        }
    }
}

@Suite struct LivenessTests {
    static let set = TCPLiveness(idle: .seconds(11), interval: .seconds(7), count: 5, userTimeout: .seconds(46))

    @Test(arguments: [TCPLiveness(), set])
    func theKernelIsToldForStreamsAndForRequests(liveness: TCPLiveness) async throws {
        let isDefault = liveness == TCPLiveness()
        let expected =
            isDefault
            ? SocketOptions(keepAlive: 1, idle: 45, interval: 15, count: 3, userTimeout: 90_000)
            : SocketOptions(keepAlive: 1, idle: 11, interval: 7, count: 5, userTimeout: 46_000)
        try await withLoop { loop in
            let server = try Server(loop) { recorder in
                recorder.whenReceived = { recorder, _ in
                    recorder.stream?.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n".utf8))
                }
            }
            let port = server.endpoint.port
            let transport = TransportOptions(liveness: liveness)
            let client = Recorder(loop)
            client.stream = loop.connect(to: server.endpoint, tls: nil, transport: transport, handler: client)
            await client.untilOpened()
            #expect(SocketOptions.all(to: port) == [expected])
            _ = try await loop.perform(HTTPRequest(url: "http://\(server.endpoint)/", transport: transport))
            #expect(SocketOptions.all(to: port) == [expected, expected])
            loop.closeHTTPConnections()
            // By a race, and through a proxy.
            await close(client)
            let racer = Recorder(loop)
            racer.stream = loop.connect(
                to: Endpoint(host: "localhost", port: port), tls: nil, transport: transport, handler: racer)
            await racer.untilOpened()
            #expect(SocketOptions.all(to: port) == [expected])
            await close(racer)
            let proxy = try TestProxy(loop) { .tunnel(of: $0, to: server.endpoint) }
            var through = transport
            through.proxy = .proxy(ProxyServer(endpoint: proxy.endpoint))
            let tunnel = Recorder(loop)
            tunnel.stream = loop.connect(to: server.endpoint, tls: nil, transport: through, handler: tunnel)
            await tunnel.untilOpened()
            #expect(SocketOptions.all(to: proxy.endpoint.port) == [expected])
            await close(tunnel)
            proxy.close()
            for accepted in server.accepted { await accepted.untilClosed() }
            server.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    @Test func valuesThatTheKernelRefusesBecomeTheNearestThatItTakes() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let client = Recorder(loop)
            let none = TCPLiveness(idle: .zero, interval: .milliseconds(1), count: 0, userTimeout: .zero)
            client.stream = loop.connect(
                to: server.endpoint, tls: nil, transport: TransportOptions(liveness: none), handler: client)
            await client.untilOpened()
            #expect(
                SocketOptions.all(to: server.endpoint.port) == [
                    SocketOptions(keepAlive: 1, idle: 1, interval: 1, count: 1, userTimeout: 0)
                ])
            server.close()
            await close(client, await server.untilAccepted())
        }
    }
}
