import Testing
import WorldInterface

@testable import UVEventLoop

/// A port on which nobody listens: it was free a moment ago.
func unusedPort(_ loop: EventLoop) throws -> UInt16 {
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
