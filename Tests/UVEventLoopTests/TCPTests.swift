import Testing
import UVEventLoop
import WorldInterface

private let loopback = Endpoint(host: "127.0.0.1", port: 0)

/// A listener that hands each stream to one recorder.
private func listen(
    _ rig: isolated LoopRig, _ server: Recorder, _ accepted: @escaping (any ByteStream) -> Void = { _ in }
) throws -> (any Listener, Endpoint) {
    let listener = try rig.loop.listen(on: loopback, tls: nil) { stream in
        accepted(stream)
        return server
    }
    return (listener, Endpoint(host: "127.0.0.1", port: listener.port))
}

@Suite(.timeLimit(.minutes(1))) struct TCPTests {
    @Test func bytesTravelBothWays() async throws {
        try await LoopRig.run { rig in
            let (server, client) = (Recorder(), Recorder())
            var far: (any ByteStream)?
            let (listener, endpoint) = try listen(rig, server) { far = $0 }
            let near = rig.loop.connect(to: endpoint, tls: nil, handler: client)
            near.write(Array("early".utf8))
            await server.until { server.received.count == 5 }
            far?.write(Array("answer".utf8))
            await client.until { client.received.count == 6 }
            #expect(client.said == ["opened"])
            near.close()
            await client.untilSaid("closed locally")
            await server.untilSaid("end of stream")
            #expect(server.received == Array("early".utf8))
            #expect(client.received == Array("answer".utf8))
            listener.close()
        }
    }

    @Test func aRefusedPortIsReportedAsRefused() async throws {
        try await LoopRig.run { rig in
            let (listener, endpoint) = try listen(rig, Recorder())
            listener.close()
            let client = Recorder()
            _ = rig.loop.connect(to: endpoint, tls: nil, handler: client)
            await client.untilSaid("failed refused")
            #expect(client.said == ["failed refused"])
        }
    }

    @Test func anUnknownNameIsReportedAsNotFound() async throws {
        try await LoopRig.run { rig in
            let client = Recorder()
            _ = rig.loop.connect(to: Endpoint(host: "nonexistent.invalid", port: 1), tls: nil, handler: client)
            await client.until { !client.said.isEmpty }
            #expect(client.said == ["failed nameNotFound"])
        }
    }

    @Test func allAddressesOfANameAreTried() async throws {
        try await LoopRig.run { rig in
            let (server, client) = (Recorder(), Recorder())
            // Only on IPv4; where `localhost` is ::1 first, that one refuses.
            let (listener, endpoint) = try listen(rig, server)
            let stream = rig.loop.connect(
                to: Endpoint(host: "localhost", port: endpoint.port), tls: nil, handler: client)
            await client.untilSaid("opened")
            stream.close()
            await client.untilSaid("closed locally")
            listener.close()
            await server.untilSaid("end of stream")
        }
    }

    @Test func aResetIsToldFromAnEnd() async throws {
        try await LoopRig.run { rig in
            let (server, client) = (Recorder(), Recorder())
            var far: (any ByteStream)?
            let (listener, endpoint) = try listen(rig, server) { far = $0 }
            _ = rig.loop.connect(to: endpoint, tls: nil, handler: client)
            await client.untilSaid("opened")
            await server.untilSaid("opened")
            far?.reset()
            await client.untilSaid("failed reset")
            listener.close()
        }
    }

    @Test func aPausedReaderPushesBack() async throws {
        try await LoopRig.run { rig in
            let (server, client) = (Recorder(), Recorder())
            let (listener, endpoint) = try listen(rig, server) { $0.pauseReading() }
            var far: (any ByteStream)?
            listener.close()
            let (second, reopened) = try listen(rig, server) {
                far = $0
                $0.pauseReading()
            }
            _ = endpoint
            let near = rig.loop.connect(to: reopened, tls: nil, handler: client)
            let total = 32 << 20
            near.write([UInt8](repeating: 7, count: total))
            await client.untilSaid("opened")
            await server.untilSaid("opened")
            #expect(server.received.isEmpty)
            #expect(near.queuedByteCount > 0, "the kernel cannot hold it all")
            far?.resumeReading()
            await server.until { server.received.count == total }
            await client.untilSaid("drained")
            near.close()
            await client.untilSaid("closed locally")
            await server.untilSaid("end of stream")
            second.close()
        }
    }

    @Test(arguments: ["127.0.0.1", "localhost"])
    func closingWhileConnectingTellsOnceAndLeavesNothing(host: String) async throws {
        try await LoopRig.run { rig in
            let server = Recorder()
            let (listener, endpoint) = try listen(rig, server)
            let client = Recorder()
            let stream = rig.loop.connect(
                to: Endpoint(host: host, port: endpoint.port), tls: nil, handler: client)
            stream.close()
            stream.close()
            #expect(client.said.isEmpty, "never from within the call")
            await client.untilSaid("closed locally")
            #expect(client.said == ["closed locally"])
            listener.close()
        }
    }
}
