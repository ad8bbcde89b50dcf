import Testing
import WorldInterface

@testable import UVEventLoop

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

    @Test func aPausedReaderStopsTheSender() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            server.keepsBytes = false
            server.call { $0.pauseReading() }
            // More than both kernels' buffers hold.
            let total = 64 << 20
            client.call { $0.write([UInt8](repeating: 7, count: total)) }
            // The sender is stuck when its queue has not moved for a while; a pass of the loop at a time.
            var last = -1
            var idlePasses = 0
            while idlePasses < 20 {
                let queued = client.stream?.queuedByteCount ?? 0
                idlePasses = queued == last ? idlePasses + 1 : 0
                last = queued
                await pass(loop)
            }
            #expect(last > 0)
            #expect(server.receivedCount == 0)
            #expect(client.drainedCount == 0)
            server.call { $0.resumeReading() }
            await server.untilReceived(total)
            await client.signal.wait("streamDrained") { client.drainedCount == 1 }
            #expect(client.stream?.queuedByteCount == 0)
            await close(client, server)
        }
    }

    @Test func readingCanPauseInsideTheCallback() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            server.whenReceived = { server, _ in server.stream?.pauseReading() }
            let total = 4 << 20
            client.call { $0.write([UInt8](repeating: 7, count: total)) }
            // Each callback brings at most one read buffer, so this many at least are needed.
            var resumptions = 0
            while server.receivedCount < total {
                let before = server.receivedCount
                server.call { $0.resumeReading() }
                resumptions += 1
                await server.untilReceived(before + 1)
                #expect(server.receivedCount - before <= EventLoop.readBufferSize)
            }
            #expect(resumptions >= total / EventLoop.readBufferSize)
            await close(client, server)
        }
    }

    @Test func afterFinishWritingTheOtherDirectionGoesOn() async throws {
        try await withLoop { loop in
            let server = try Server(loop) { server in
                // What is queued when the end comes is still sent.
                server.whenReceived = { server, bytes in server.stream?.write(UnsafeRawBufferPointer(bytes)) }
            }
            let client = connect(loop, to: server.endpoint)
            client.call { $0.pauseReading() }
            let total = 32 << 20
            client.call {
                $0.write([UInt8](repeating: 9, count: total))
                $0.finishWriting()
                $0.write([1])
            }
            let accepted = await server.untilAccepted()
            await accepted.untilReceived(total)
            client.keepsBytes = false
            client.call { $0.resumeReading() }
            #expect(await client.untilClosed()?.isEndOfStream == true)
            #expect(client.receivedCount == total)
            #expect(await accepted.untilClosed()?.isEndOfStream == true)
            #expect(accepted.receivedCount == total)
            server.close()
        }
    }

    @Test func aResetIsSeenAsReset() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            server.call { $0.reset() }
            #expect(await client.untilClosed()?.kind == .reset)
            #expect(await server.untilClosed()?.isLocal == true)
        }
    }

    @Test func aWriteToAPeerThatIsGoneEndsTheStream() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            server.call { $0.reset() }
            await server.untilClosed()
            client.call { $0.write([UInt8](repeating: 1, count: 1 << 20)) }
            #expect(await client.untilClosed()?.kind == .reset)
        }
    }

    @Test func whatThePeerSaidBeforeItResetIsDelivered() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            client.call { $0.pauseReading() }
            server.call { $0.write(Array("last words".utf8)) }
            // The peer's own side must be through before it goes; on loopback that is immediate.
            await pass(loop)
            client.call { $0.resumeReading() }
            server.call { $0.reset() }
            await client.untilClosed()
            #expect(client.received == Array("last words".utf8))
        }
    }

    @Test func closingWithQueuedBytesDropsThem() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            server.call { $0.pauseReading() }
            client.call { $0.write([UInt8](repeating: 7, count: 64 << 20)) }
            #expect((client.stream?.queuedByteCount ?? 0) > 0)
            await close(client, server)
            #expect(client.drainedCount == 0)
            #expect(client.closure?.isLocal == true)
        }
    }

    @Test func aStreamCanBeClosedInEachOfItsCallbacks() async throws {
        try await withLoop { loop in
            let server = try Server(loop) { server in server.whenOpened = { $0.stream?.write([1, 2, 3]) } }
            let inOpened = connect(loop, to: server.endpoint)
            inOpened.whenOpened = { $0.stream?.close() }
            #expect(await inOpened.untilClosed()?.isLocal == true)
            let inReceived = connect(loop, to: server.endpoint)
            inReceived.whenReceived = { recorder, _ in recorder.stream?.close() }
            #expect(await inReceived.untilClosed()?.isLocal == true)
            #expect(inReceived.receivedCount == 3)
            server.close()
            for accepted in server.accepted { await close(accepted) }
        }
    }

    @Test func theHandlerIsRetainedUntilTheEndAndReleasedAfterIt() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let (stream, watch) = connectForgotten(loop, to: server.endpoint)
            let accepted = await server.untilAccepted()
            #expect(watch.recorder != nil)
            await close(accepted)
            let signal = Signal(loop)
            let timer = loop.makeTimer { signal.check() }
            while watch.recorder != nil {
                timer.arm(at: loop.now)
                await pass(loop)
            }
            timer.close()
            stream.close()
            server.close()
        }
    }

    @Test func thePaddingBehindABufferIsReadable() async throws {
        try await withLoop { loop in
            let (client, server) = try await connectedPair(loop)
            var sum = 0
            server.whenReceived = { _, bytes in
                // The sanitizer would object to a byte outside of the allocation.
                for offset in 0..<streamBufferPadding {
                    sum += Int((bytes.baseAddress! + bytes.count + offset).load(as: UInt8.self))
                }
            }
            client.call { $0.write([UInt8](repeating: 0, count: 1 << 20)) }
            await server.untilReceived(1 << 20)
            #expect(sum == 0)
            await close(client, server)
        }
    }

    @Test func hundredsOfConnectionsLeaveNothingBehind() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            // libuv keeps one spare descriptor once it has had a stream.
            await connectAndClose(loop, server, count: 1)
            let handles = loop.liveHandleCount
            for count in 2...200 { await connectAndClose(loop, server, count: count) }
            #expect(loop.liveHandleCount == handles)
            #expect(loop.activeRequestCount == 0)
            server.close()
        }
    }
}

/// One turn of the loop: its poll has run.
func pass(_ loop: EventLoop) async {
    let signal = Signal(loop)
    var hasFired = false
    let timer = loop.makeTimer {
        hasFired = true
        signal.check()
    }
    timer.arm(at: loop.now + .milliseconds(1))
    await signal.wait("a turn") { hasFired }
    timer.close()
}

private struct WeakRecorder { weak var recorder: Recorder? }

/// Connects with a handler that nobody else holds.
private func connectForgotten(_ loop: EventLoop, to endpoint: Endpoint) -> (any ByteStream, WeakRecorder) {
    let recorder = Recorder(loop)
    return (loop.connect(to: endpoint, tls: nil, handler: recorder), WeakRecorder(recorder: recorder))
}
