import Testing
import WorldInterface

@testable import UVEventLoop

private func address(_ host: String, _ port: UInt16) throws -> SocketAddress {
    try #require(SocketAddress(numeric: Endpoint(host: host, port: port)))
}

/// RFC 8305 over loopback. That an address is dead is played by a listener that drops all SYNs.
@Suite struct RaceTests {
    @Test func familiesTakeTurnsBeginningWithTheResolversFirst() throws {
        let six = try (1...3).map { try address("2001:db8::\($0)", 1) }
        let four = try (1...2).map { try address("192.0.2.\($0)", 1) }
        let order = ConnectAttempt.interleaved(six + four).map(\.description)
        #expect(
            order == [
                "[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1", "[2001:db8::3]:1",
            ])
        #expect(ConnectAttempt.interleaved(four + six).first?.description == "192.0.2.1:1")
        #expect(ConnectAttempt.interleaved([]).isEmpty)
        let many = try (0...255).map { try address("192.0.2.\($0)", 1) }
        #expect(ConnectAttempt.interleaved(many).count == ConnectAttempt.maximumAddresses)
    }

    @Test(.enabled(if: SilentListener.existsOnIPv6, "no IPv6 here, or a kernel that does not drop SYNs"))
    func whereIPv6IsDeadIPv4WinsWhileIPv6IsStillPending() async throws {
        try await withLoop { loop in
            let silent = try #require(SilentListener(isIPv6: true))
            let server = try Server(loop)
            let dead = try address("::1", silent.port)
            let alive = try address("127.0.0.1", server.endpoint.port)
            let client = Recorder(loop)
            let start = loop.now
            let stream = TCPStream.connecting(on: loop, to: server.endpoint, at: [dead, alive], handler: client)
            client.stream = stream
            client.call { $0.write(Array("early".utf8)) }
            guard case .connecting(let attempt) = stream.phase else {
                Issue.record("not connecting")
                return
            }
            #expect(attempt.candidates.map(\.address.description) == [dead.description], "IPv6 has its head start")
            #expect(attempt.addresses.map(\.description) == [alive.description])
            await client.untilOpened()
            let milliseconds = loop.now.nanoseconds(since: start) / 1_000_000
            print("IPv6 dead, IPv4 alive: connected after \(milliseconds) ms")
            #expect(stream.peerDescription == alive.description)
            #expect(attempt.failures.isEmpty, "the IPv6 attempt was pending when the IPv4 one won")
            #expect(loop.now >= start + ConnectAttempt.delay)
            let accepted = await server.untilAccepted()
            await accepted.untilReceived(5)
            #expect(accepted.received == Array("early".utf8))
            server.close()
            await close(client, accepted)
            withExtendedLifetime(silent) {}
        }
    }

    @Test(.enabled(if: SilentListener.exists, "this kernel does not drop SYNs"))
    func addressesThatAreSilentOrRefuseDoNotKeepALaterOneFromWinning() async throws {
        try await withLoop { loop in
            let silent = try #require(SilentListener(isIPv6: false))
            let server = try Server(loop)
            let addresses = [
                try address("127.0.0.1", silent.port), try address("127.0.0.1", try unusedPort(loop)),
                try address("127.0.0.1", silent.port), try address("127.0.0.1", server.endpoint.port),
            ]
            let client = Recorder(loop)
            let stream = TCPStream.connecting(on: loop, to: server.endpoint, at: addresses, handler: client)
            client.stream = stream
            guard case .connecting(let attempt) = stream.phase else {
                Issue.record("not connecting")
                return
            }
            await client.untilOpened()
            #expect(stream.peerDescription == server.endpoint.description)
            #expect(attempt.failures.map(\.kind) == [.refused])
            #expect(attempt.candidates.isEmpty, "all others are closed")
            server.close()
            await close(client, await server.untilAccepted())
            withExtendedLifetime(silent) {}
        }
    }

    @Test(.enabled(if: SilentListener.exists, "this kernel does not drop SYNs"))
    func closingDuringTheRaceClosesAllSockets() async throws {
        try await withLoop { loop in
            let silent = try #require(SilentListener(isIPv6: false))
            let addresses = try (0..<3).map { _ in try address("127.0.0.1", silent.port) }
            let client = Recorder(loop)
            let stream = TCPStream.connecting(
                on: loop, to: Endpoint(host: "silent.example", port: 1), at: addresses, handler: client)
            client.stream = stream
            guard case .connecting(let attempt) = stream.phase else {
                Issue.record("not connecting")
                return
            }
            await untilTrue(loop, "all have joined") { attempt.candidates.count == 3 }
            client.call { $0.close() }
            #expect(await client.untilClosed()?.isLocal == true)
            // `withLoop` fails where a handle is left.
            withExtendedLifetime(silent) {}
        }
    }

    @Test func aSingleAddressUsesTheStreamsOwnSocketAndNoTimer() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let before = loop.liveHandleCount
            let client = Recorder(loop)
            client.stream = loop.connect(to: server.endpoint, tls: nil, handler: client)
            #expect(loop.liveHandleCount == before + 1)
            #expect(loop.liveTimerCount == 0)
            await client.untilOpened()
            server.close()
            await close(client, await server.untilAccepted())
        }
    }

    @Test func attemptsToOneHostShareALookup() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let endpoint = Endpoint(host: "localhost", port: server.endpoint.port)
            let clients = (0..<50).map { _ in connect(loop, to: endpoint) }
            #expect(loop.resolver.lookupCount == 1)
            #expect(loop.activeRequestCount == 1)
            // One that loses interest takes nobody's answer away.
            clients[0].call { $0.close() }
            await clients[0].untilClosed()
            for client in clients.dropFirst() { await client.untilOpened() }
            #expect(loop.resolver.lookupCount == 0)
            for client in clients.dropFirst() { await close(client) }
            _ = await server.untilAccepted(49)
            for accepted in server.accepted { await close(accepted) }
            server.close()
        }
    }
}
