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

/// A port on which nobody listens: it was free a moment ago.
private func unusedPort(_ loop: EventLoop) throws -> UInt16 {
    let server = try Server(loop)
    defer { server.close() }
    return server.endpoint.port
}

@Suite struct ConnectTests {
    @Test func aRefusedPortIsReportedAsRefused() async throws {
        try await withLoop { loop in
            let port = try unusedPort(loop)
            let client = connect(loop, to: Endpoint(host: "127.0.0.1", port: port))
            let closure = await client.untilClosed()
            #expect(closure?.kind == .refused)
            #expect(closure?.message.contains("127.0.0.1:\(port)") == true)
            #expect(client.openedCount == 0)
        }
    }

    @Test func anUnknownNameIsReportedAsSuch() async throws {
        try await withLoop { loop in
            let client = connect(loop, to: Endpoint(host: "nonexistent.invalid", port: 80))
            let closure = await client.untilClosed()
            #expect(closure?.kind == .nameNotFound)
            #expect(closure?.message.contains("nonexistent.invalid") == true)
        }
    }

    @Test(arguments: ["", "a\0b", String(repeating: "x", count: 300)])
    func aHostThatIsNoNameIsReportedOnALaterTurn(host: String) async throws {
        try await withLoop { loop in
            let client = connect(loop, to: Endpoint(host: host, port: 80))
            #expect(client.closure == nil)
            #expect(await client.untilClosed()?.kind == .malformed)
        }
    }

    @Test func namesAreResolved() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let client = connect(loop, to: Endpoint(host: "localhost", port: server.endpoint.port))
            let accepted = await server.untilAccepted()
            await client.untilOpened()
            server.close()
            await close(client, accepted)
        }
    }

    @Test func theNextAddressIsTriedWhenOneRefuses() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let refusing = Endpoint(host: "127.0.0.1", port: try unusedPort(loop))
            let addresses = [refusing, refusing, server.endpoint].compactMap(SocketAddress.init(numeric:))
            let client = Recorder(loop)
            client.stream = TCPStream.connecting(on: loop, to: server.endpoint, at: addresses, handler: client)
            client.call { $0.write(Array("kept".utf8)) }
            let accepted = await server.untilAccepted()
            await accepted.untilReceived(4)
            #expect(accepted.received == Array("kept".utf8))
            server.close()
            await close(client, accepted)
        }
    }

    @Test func allFailuresStandInOneError() async throws {
        try await withLoop { loop in
            let ports = [try unusedPort(loop), try unusedPort(loop)]
            let addresses = ports.compactMap { SocketAddress(numeric: Endpoint(host: "127.0.0.1", port: $0)) }
            let client = Recorder(loop)
            let endpoint = Endpoint(host: "example.invalid", port: 1)
            client.stream = TCPStream.connecting(on: loop, to: endpoint, at: addresses, handler: client)
            let closure = await client.untilClosed()
            #expect(closure?.kind == .refused)
            #expect(closure?.message.contains("example.invalid:1") == true)
            for port in ports { #expect(closure?.message.contains("127.0.0.1:\(port)") == true) }
        }
    }

    @Test func anAddressThatDoesNotAnswerIsGivenUpForTheNext() async throws {
        try await withLoop { loop in
            // A listener that accepts nothing and whose backlog is full drops further SYNs: silence on loopback.
            let silent = try SilentListener()
            defer { silent.close() }
            let server = try Server(loop)
            let addresses = [Endpoint(host: "127.0.0.1", port: silent.port), server.endpoint]
                .compactMap(SocketAddress.init(numeric:))
            let client = Recorder(loop)
            let start = loop.now
            client.stream = TCPStream.connecting(on: loop, to: server.endpoint, at: addresses, handler: client)
            await client.untilOpened()
            if client.stream?.peerDescription == server.endpoint.description {
                #expect(loop.now >= start + TCPStream.patience)
                await close(client, await server.untilAccepted())
            } else {
                // This kernel accepts beyond the backlog; there is no silence to test with.
                await close(client)
            }
            server.close()
        }
    }

    @Test func closingWhileTheNameIsLookedUpEndsTheStream() async throws {
        try await withLoop { loop in
            let client = connect(loop, to: Endpoint(host: "localhost", port: 9))
            client.call { $0.close() }
            #expect(await client.untilClosed()?.isLocal == true)
        }
    }

    @Test func closingWhileConnectingEndsTheStream() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let client = connect(loop, to: server.endpoint)
            client.call {
                $0.write([1, 2, 3])
                $0.close()
                $0.close()
                $0.write([4])
                $0.resumeReading()
                $0.finishWriting()
                $0.reset()
            }
            #expect(client.closure == nil)
            #expect(await client.untilClosed()?.isLocal == true)
            server.close()
            for accepted in server.accepted { await close(accepted) }
        }
    }

    @Test func closingBetweenTwoAddressesEndsTheStream() async throws {
        try await withLoop { loop in
            let refusing = Endpoint(host: "127.0.0.1", port: try unusedPort(loop))
            let unreachable = Endpoint(host: "255.255.255.255", port: 1)
            let addresses = [unreachable, refusing].compactMap(SocketAddress.init(numeric:))
            let client = Recorder(loop)
            // The first address fails inside the call, so that the handle is being replaced when `close` comes.
            client.stream = TCPStream.connecting(on: loop, to: refusing, at: addresses, handler: client)
            client.call { $0.close() }
            #expect(await client.untilClosed()?.isLocal == true)
        }
    }

    @Test func aPortInUseAndAForeignAddressAreErrors() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            #expect { try loop.listen(on: server.endpoint, tls: nil) { _ in nil } } throws: {
                ($0 as? NetworkError)?.kind == .addressInUse
            }
            #expect { try loop.listen(on: Endpoint(host: "localhost", port: 0), tls: nil) { _ in nil } } throws: {
                ($0 as? NetworkError)?.kind == .malformed
            }
            #expect { try loop.listen(on: Endpoint(host: "192.0.2.1", port: 0), tls: nil) { _ in nil } } throws: {
                ($0 as? NetworkError)?.kind == .unreachable
            }
            server.close()
        }
    }

    @Test func aRefusedStreamIsClosedAndTheListenerGoesOn() async throws {
        try await withLoop { loop in
            var offers = 0
            let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { _ in
                offers += 1
                return nil
            }
            for expected in 1...3 {
                let client = connect(loop, to: Endpoint(host: "127.0.0.1", port: listener.port))
                #expect(await client.untilClosed()?.isEndOfStream == true)
                #expect(offers == expected)
            }
            listener.close()
            listener.close()
        }
    }

    @Test func anIPv6AddressWorks() async throws {
        try await withLoop { loop in
            guard let server = try? Server(loop, host: "::1") else { return }  // no IPv6 on this machine
            let client = connect(loop, to: Endpoint(host: "::1", port: server.endpoint.port))
            let accepted = await server.untilAccepted()
            await client.untilOpened()
            #expect(client.stream?.peerDescription == "[::1]:\(server.endpoint.port)")
            server.close()
            await close(client, accepted)
        }
    }
}

/// A TCP socket with a full backlog that nobody accepts from.
private final class SilentListener {
    private var descriptors: [Int32] = []
    private(set) var port: UInt16 = 0

    init() throws {
        let server = try tcpSocket()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(server, $0, length)
                _ = listen(server, 0)
                _ = getsockname(server, $0, &length)
            }
        }
        port = UInt16(bigEndian: address.sin_port)
        for _ in 0..<4 {
            let filler = try tcpSocket()
            withUnsafePointer(to: address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    _ = Glibc.connect(filler, $0, length)
                }
            }
        }
    }

    private func tcpSocket() throws -> Int32 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue), 0)
        try #require(descriptor >= 0)
        descriptors.append(descriptor)
        return descriptor
    }

    func close() {
        for descriptor in descriptors { Glibc.close(descriptor) }
    }
}
