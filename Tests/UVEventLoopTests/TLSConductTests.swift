import Foundation
import TestCertificates
import Testing
import UVEventLoop
import WorldInterface

/// How servers behave once they are trusted, or do not speak TLS at all. Prints the matrix's other rows.
@Suite(.timeLimit(.minutes(10)), .enabled(if: OpenSSLServer.path != nil, "openssl is not here: .ci/setup --all"))
struct TLSConductTests {
    private static func trust(_ certificates: TestCertificates) -> TLSClientOptions {
        TLSClientOptions(certificateAuthorityFile: certificates.authorityFile)
    }

    /// A TLS 1.2 server that wants to negotiate anew gets no_renegotiation (RFC 5246 §7.2.2).
    @Test(arguments: ["R\n", "r\n"]) func renegotiationIsRefusedAndNothingHangs(command: String) async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await OpenSSLServer(certificates.server, answers: false, ["-tls1_2"])
            let endpoint = Endpoint(host: "127.0.0.1", port: server.port)
            let stream = await rig.outcomeByStream(endpoint, TLSConductTests.trust(certificates), asks: false) {
                await server.process.say(command)
            }
            #expect(stream.kind == .tlsFailed, "\(stream)")
            let loop = rig.loop
            let url = "https://\(endpoint)/"
            let options = TLSConductTests.trust(certificates)
            let asked = Task(executorPreference: loop) { () -> String in
                do throws(NetworkError) {
                    return "answered: \(try await loop.perform(HTTPRequest(url: url, tls: options)).status)"
                } catch {
                    return "\(error.kind): \(error.message)"
                }
            }
            #expect(await server.process.until { $0.contains("GET / HTTP") })
            await server.process.say(command)
            let request = await asked.value
            #expect(request.hasPrefix("tlsFailed"), "\(request)")
            print("| renegotiation by the server | s_server | \(stream) | \(request) |".without(server.port))
        }
    }

    /// The server's new keys are taken, and the stream goes on (RFC 8446 §4.6.3).
    @Test func aKeyUpdateIsFollowed() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await OpenSSLServer(certificates.server, answers: false, ["-tls1_3"])
            let client = TLSTranscript()
            client.stream = rig.loop.connect(
                to: Endpoint(host: "127.0.0.1", port: server.port), tls: TLSConductTests.trust(certificates),
                handler: client)
            await client.untilOpen()
            for command in ["k\n", "K\n"] { await server.process.say(command) }
            await server.process.say("after\n")
            await client.until { client.received == Array("after\n".utf8) }
            client.stream?.write(Array("also after\n".utf8))
            #expect(await server.process.until { $0.contains("also after") })
            client.stream?.close()
            await client.untilClosed()
            #expect(client.closure?.isLocal == true)
        }
    }

    /// Anybody on the way can end TCP, but not say close_notify (RFC 8446 §6.1): only the latter is a proper end.
    @Test func anEndWithoutCloseNotifyIsNotTakenForAnEnd() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let options = TLSConductTests.trust(certificates)
            let server = try await OpenSSLServer(certificates.server, answers: false)
            let endpoint = Endpoint(host: "127.0.0.1", port: server.port)
            let stream = await rig.outcomeByStream(endpoint, options, asks: false) {
                await server.process.say("half of\n")
                server.process.kill()
            }
            #expect(stream.kind == .reset && "\(stream)".contains("close_notify"), "\(stream)")

            let other = try await OpenSSLServer(certificates.server, answers: false)
            let loop = rig.loop
            let url = "https://127.0.0.1:\(other.port)/"
            let asked = Task(executorPreference: loop) { () -> String in
                do throws(NetworkError) {
                    let answer = try await loop.perform(HTTPRequest(url: url, tls: options))
                    return "answered: \(answer.status) \(String(decoding: answer.body, as: UTF8.self))"
                } catch {
                    return "\(error.kind): \(error.message)"
                }
            }
            #expect(await other.process.until { $0.contains("GET / HTTP") })
            await other.process.say("HTTP/1.0 200 OK\r\nContent-Length: 100\r\n\r\nhalf of\n")
            await other.process.say("Q\n")
            let request = await asked.value
            #expect(request.hasPrefix("reset"), "\(request)")
            print("| ends without close_notify | s_server | \(stream) | \(request) |".without(server.port, other.port))
        }
    }

    /// TLS with a server that answers in plain HTTP.
    @Test(.enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"))
    func aPlainServerIsToldFromABrokenOne() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await NginxServer(rig, in: certificates.directory, [NginxServer.Block()])
            let endpoint = Endpoint(host: "127.0.0.1", port: server.ports[0])
            let stream = await rig.outcomeByStream(endpoint, TLSConductTests.trust(certificates))
            let request = await rig.outcomeByRequest(endpoint, TLSConductTests.trust(certificates))
            for outcome in [stream, request] {
                #expect(outcome.kind == .tlsFailed && "\(outcome)".contains("http instead of https"), "\(outcome)")
            }
            server.end(in: certificates.directory)
            print(TLSCase.row("plain HTTP on the TLS port", "nginx", stream, request, endpoint.port))
        }
    }

    /// Plain HTTP with a server that wants TLS.
    @Test(.enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"))
    func aPlainRequestToATLSServerIsToldToUseHTTPS() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await OpenSSLServer(certificates.server)
            let other = try await NginxServer(
                rig, in: certificates.directory, [NginxServer.Block(identity: certificates.server)])
            for (peer, port) in [("s_server", server.port), ("nginx", other.ports[0])] {
                let endpoint = Endpoint(host: "127.0.0.1", port: port)
                let request = await rig.outcomeByRequest(endpoint, TLSClientOptions(), scheme: "http")
                #expect(request.kind != nil && "\(request)".contains("use https"), "\(peer): \(request)")
                print("| TLS on the plain port | \(peer) | see the WebSocket | \(request) |".without(port))
            }
            rig.loop.closeHTTPConnections()
            other.end(in: certificates.directory)
        }
    }

    /// Who listens and says nothing is waited for as long as the caller likes; nothing is left then.
    @Test func aHandshakeWithoutAnswerIsBoundedByTheCaller() async throws {
        try await LoopRig.run { rig in
            var held: [any ByteStream] = []
            let silent = Transcript()
            let listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                held.append(stream)
                return silent
            }
            let endpoint = Endpoint(host: "127.0.0.1", port: listener.port)
            let client = TLSTranscript()
            client.stream = rig.loop.connect(to: endpoint, tls: TLSClientOptions(), handler: client)
            // The server has the client's hello.
            await silent.until { !silent.received.isEmpty }
            #expect(!client.isOpen)
            client.stream?.close()
            await client.untilClosed()
            #expect(client.closure?.isLocal == true)
            let request = await rig.outcomeByRequest(endpoint, TLSClientOptions(), timeout: .milliseconds(200))
            #expect(request.kind == .timedOut, "\(request)")
            rig.loop.closeHTTPConnections()
            for stream in held { stream.close() }
            listener.close()
            print("| never answers | silent | waits for the caller's deadline | \(request) |".without(endpoint.port))
        }
    }

    /// A server that ends the connection instead of shaking hands.
    @Test func anEndDuringTheHandshakeIsNamed() async throws {
        try await LoopRig.run { rig in
            let rude = Transcript()
            var held: [any ByteStream] = []
            let listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                held.append(stream)
                return rude
            }
            rude.onReceive = { _ in held.last?.finishWriting() }
            let endpoint = Endpoint(host: "127.0.0.1", port: listener.port)
            let stream = await rig.outcomeByStream(endpoint, TLSClientOptions())
            let request = await rig.outcomeByRequest(endpoint, TLSClientOptions())
            for outcome in [stream, request] { #expect(outcome.kind == .tlsFailed, "\(outcome)") }
            listener.close()
            for stream in held { stream.close() }
            print(TLSCase.row("ends during the handshake", "rude", stream, request, endpoint.port))
        }
    }
}

extension String {
    /// Without what differs from run to run.
    fileprivate func without(_ ports: UInt16...) -> String {
        ports.reduce(self) { $0.replacingOccurrences(of: ":\($1)", with: "") }
    }
}
