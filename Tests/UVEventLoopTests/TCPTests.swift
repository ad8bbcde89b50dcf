import Testing
import UVEventLoop
import WorldInterface

@Suite struct TCPTests {
    @Test func bytesFlowBothWays() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            client.call { $0.write(Array("ping".utf8)) }
            await server.untilReceived(4)
            server.call { $0.write(Array("pong!".utf8)) }
            await client.untilReceived(5)
            #expect(server.received == Array("ping".utf8))
            #expect(client.received == Array("pong!".utf8))
            #expect(client.stream?.peerDescription.hasPrefix("127.0.0.1:") == true)
            await close(client, server)
            #expect(client.closure?.isLocal == true)
        }
    }

    @Test func bytesWrittenBeforeTheConnectionOpensAreSentAfterIt() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let client = connect(loop, to: server.endpoint)
            client.call { $0.write(Array("early ".utf8)) }
            #expect(client.stream?.queuedByteCount == 6)
            client.whenOpened = { client in client.stream?.write(Array("late".utf8)) }
            let accepted = await server.untilAccepted()
            await accepted.untilReceived(10)
            #expect(accepted.received == Array("early late".utf8))
            #expect(client.drainedCount == 1)
            server.close()
            await close(client, accepted)
        }
    }

    @Test func anEchoOfManyMegabytesIsExact() async throws {
        try await withLoop { loop in
            let server = try Server(loop) { echo in
                echo.keepsBytes = false
                echo.whenReceived = { echo, bytes in echo.stream?.write(UnsafeRawBufferPointer(bytes)) }
            }
            let client = connect(loop, to: server.endpoint)
            let sent = (0..<(8 << 20)).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
            client.call { $0.write(sent) }
            await client.untilReceived(sent.count)
            #expect(client.received == sent)
            #expect(client.drainedCount >= 1)
            server.close()
            await close(client, server.accepted[0])
        }
    }
}
