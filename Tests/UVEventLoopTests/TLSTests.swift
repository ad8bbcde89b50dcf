import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// One TLS connection on loopback between two recorders.
private struct Pair {
    let server = Transcript()
    let client = Transcript()
    let listener: any Listener
    let near: any ByteStream

    init(
        _ rig: isolated LoopRig, _ identity: TLSServerOptions, trust: String?, host: String = "127.0.0.1",
        accepted: @escaping (any ByteStream) -> Void = { _ in }
    ) throws {
        let server = server
        listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: identity) { stream in
            accepted(stream)
            return server
        }
        near = rig.loop.connect(
            to: Endpoint(host: host, port: listener.port), tls: TLSClientOptions(certificateAuthorityFile: trust),
            handler: client)
    }

    nonisolated(nonsending) func end() async {
        near.close()
        await client.until { [client] in client.said.contains { $0.hasPrefix("closed") || $0.hasPrefix("failed") } }
        await server.until { [server] in !server.said.isEmpty }
        listener.close()
    }
}

@Suite(.timeLimit(.minutes(10))) struct TLSTests {
    @Test(arguments: ["127.0.0.1", "localhost"])
    func aTrustedServerIsAnsweredAndBytesTravelBothWays(host: String) async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            var far: (any ByteStream)?
            let pair = try Pair(rig, certificates.server, trust: certificates.authorityFile, host: host) { far = $0 }
            pair.near.write(Array("early".utf8))
            await pair.server.until { pair.server.received.count == 5 }
            far?.write(Array("answer".utf8))
            await pair.client.until { pair.client.received.count == 6 }
            #expect(pair.client.said == ["opened"])
            pair.near.close()
            await pair.server.untilSaid("end of stream")
            await pair.end()
        }
    }

    @Test func muchTravelsThroughAPausedReader() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let total = 8 << 20
            var far: (any ByteStream)?
            let pair = try Pair(rig, certificates.server, trust: certificates.authorityFile) { far = $0 }
            // Pauses after each piece, as a consumer that lags does.
            var pieces = 0
            pair.server.onReceive = { _ in
                pieces += 1
                if pieces % 7 == 0 {
                    far?.pauseReading()
                    far?.resumeReading()
                }
            }
            pair.near.write((0..<total).map { UInt8(truncatingIfNeeded: $0 &* 31) })
            await pair.server.until { pair.server.received.count >= total }
            #expect(pair.server.received.elementsEqual((0..<total).lazy.map { UInt8(truncatingIfNeeded: $0 &* 31) }))
            await pair.end()
        }
    }

    @Test func manyRecordsAreOneReadAndTheEndWaitsBehindThem() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            var far: (any ByteStream)?
            let pair = try Pair(rig, certificates.server, trust: certificates.authorityFile) { far = $0 }
            await pair.client.untilSaid("opened")
            await pair.server.untilSaid("opened")
            var pieces = 0
            let near = pair.near
            pair.client.onReceive = { _ in
                pieces += 1
                near.pauseReading()
            }
            // Fewer than TCP sends without an answer: all is in the kernel before the client's socket is looked at.
            for _ in 0..<8 { far?.write([UInt8](repeating: 0x61, count: 100)) }
            far?.finishWriting()
            await pair.client.until { pair.client.received.count == 800 }
            #expect(pieces == 1)
            #expect(pair.client.said == ["opened"])
            near.resumeReading()
            await pair.client.untilSaid("end of stream")
            // The client closes TCP without a close_notify of its own: the server may call that a failure.
            await pair.server.until { pair.server.said.count > 1 }
            pair.listener.close()
        }
    }

    @Test func aCertificateForAnotherHostIsRefused() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let pair = try Pair(rig, certificates.elsewhere, trust: certificates.authorityFile)
            await pair.client.untilSaid("failed tlsHostMismatch")
            #expect(pair.client.said == ["failed tlsHostMismatch"])
            await pair.end()
        }
    }

    @Test func anUnknownAuthorityIsRefused() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let pair = try Pair(rig, certificates.server, trust: nil)
            await pair.client.untilSaid("failed tlsUntrusted")
            await pair.end()
        }
    }

    @Test func anExpiredCertificateIsRefused() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let pair = try Pair(rig, certificates.expired, trust: certificates.authorityFile)
            await pair.client.untilSaid("failed tlsUntrusted")
            await pair.end()
        }
    }

    @Test func aMissingAuthorityFileIsReported() async throws {
        try await LoopRig.run { rig in
            let client = Transcript()
            _ = rig.loop.connect(
                to: Endpoint(host: "127.0.0.1", port: 1),
                tls: TLSClientOptions(certificateAuthorityFile: "/nonexistent.pem"), handler: client)
            await client.untilSaid("failed tlsFailed")
        }
    }

    @Test func aServerWithoutTLSIsReported() async throws {
        try await LoopRig.run { rig in
            let (server, client) = (Transcript(), Transcript())
            var far: (any ByteStream)?
            let listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                far = stream
                return server
            }
            server.onReceive = { _ in far?.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
            _ = rig.loop.connect(
                to: Endpoint(host: "127.0.0.1", port: listener.port), tls: TLSClientOptions(), handler: client)
            await client.untilSaid("failed tlsFailed")
            listener.close()
            await server.untilSaid("end of stream")
        }
    }

    @Test func anEndWithoutCloseNotifyIsAFailure() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            var far: (any ByteStream)?
            let pair = try Pair(rig, certificates.server, trust: certificates.authorityFile) { far = $0 }
            await pair.client.untilSaid("opened")
            await pair.server.untilSaid("opened")
            far?.reset()
            await pair.client.untilSaid("failed reset")
            await pair.end()
        }
    }

    @Test func closingDuringTheHandshakeLeavesNothing() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let pair = try Pair(rig, certificates.server, trust: certificates.authorityFile)
            pair.server.onReceive = { _ in }
            pair.near.close()
            await pair.client.untilSaid("closed locally")
            #expect(pair.client.said == ["closed locally"])
            pair.listener.close()
        }
    }
}
