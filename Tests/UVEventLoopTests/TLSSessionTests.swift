import COpenSSL
import Foundation
import TestCertificates
import Testing
import WorldInterface

@testable import UVEventLoop

/// Sessions are resumed where they may be, and nowhere else: nginx tells whether one was.
@Suite(.timeLimit(.minutes(10))) struct TLSSessionTests {
    /// What a server is told about versions and tickets, and how many of three connections at once resume after one other:
    /// a session of TLS 1.2 serves all, the two tickets of TLS 1.3 one each.
    static let kinds: [([String], Int)] = [
        (["ssl_protocols TLSv1.2;"], 3),
        (["ssl_protocols TLSv1.2;", "ssl_session_tickets off;", "ssl_session_cache shared:S:1m;"], 3),
        (["ssl_protocols TLSv1.3;"], 2),
    ]

    @Test(.enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"), arguments: kinds)
    func aReconnectResumes(lines: [String], atOnce: Int) async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await NginxServer(
                rig, in: certificates.directory, [NginxServer.Block(identity: certificates.server, lines: lines)])
            let endpoint = Endpoint(host: "127.0.0.1", port: server.ports[0])
            let options = TLSClientOptions(certificateAuthorityFile: certificates.authorityFile)
            #expect("\(await rig.outcomeByStream(endpoint, options))".contains("reused=."))
            let clients = (0..<3).map { _ in
                let client = TLSTranscript()
                client.stream = rig.loop.connect(to: endpoint, tls: options, handler: client)
                client.stream?.write(Array("GET / HTTP/1.0\r\n\r\n".utf8))
                return client
            }
            for client in clients { await client.untilClosed() }
            let resumed = clients.count { String(decoding: $0.received, as: UTF8.self).contains("reused=r") }
            #expect(resumed == atOnce)
            for _ in 0..<5 { #expect("\(await rig.outcomeByStream(endpoint, options))".contains("reused=r")) }
            server.end(in: certificates.directory)
        }
    }

    /// Other trust, another client, other lists, another protocol, another name of the same server: each begins anew.
    @Test(
        .enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"), arguments: ["TLSv1.2", "TLSv1.3"])
    func nothingIsResumedUnderOtherOptions(version: String) async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let lines = [
                "ssl_protocols \(version);", "ssl_client_certificate \(certificates.authorityFile);",
                "ssl_verify_client optional_no_ca;",
            ]
            let server = try await NginxServer(
                rig, in: certificates.directory, [NginxServer.Block(identity: certificates.server, lines: lines)])
            let endpoint = Endpoint(host: "127.0.0.1", port: server.ports[0])
            let authority = certificates.authorityFile
            var kinds = [TLSClientOptions(certificateAuthorityFile: authority)]
            for client in [certificates.client, certificates.strangeClient] {
                kinds.append(
                    TLSClientOptions(
                        certificateAuthorityFile: authority, certificateChainFile: client.certificateChainFile,
                        privateKeyFile: client.privateKeyFile))
            }
            kinds.append(
                TLSClientOptions(
                    certificateAuthorityFile: authority, revocationListFile: certificates.revocationListFile))
            kinds.append(TLSClientOptions(certificateAuthorityFile: authority, applicationProtocols: ["http/1.1"]))
            for options in kinds {
                let first = await rig.outcomeByStream(endpoint, options)
                #expect("\(first)".contains("reused=."), "\(first)")
            }
            let byName = Endpoint(host: "localhost", port: endpoint.port)
            #expect("\(await rig.outcomeByStream(byName, kinds[0]))".contains("reused=."))
            for options in kinds {
                #expect("\(await rig.outcomeByStream(endpoint, options))".contains("reused=r"))
            }
            // Who does not trust the server does not get in by somebody else's session.
            let distrusting = TLSClientOptions(certificateAuthorityFile: certificates.strangeAuthorityFile)
            #expect(await rig.outcomeByStream(endpoint, distrusting).kind == .tlsUntrusted)
            server.end(in: certificates.directory)
        }
    }

    /// Requests go over connections that are kept; one that was made for other eyes must not serve.
    @Test(.enabled(if: NginxServer.path != nil, "nginx is not here: .ci/setup --all"))
    func aKeptConnectionServesOnlyRequestsOfItsOptions() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let lines = [
                "ssl_client_certificate \(certificates.authorityFile);", "ssl_verify_client optional_no_ca;",
            ]
            let server = try await NginxServer(
                rig, in: certificates.directory,
                [
                    NginxServer.Block(identity: certificates.server, lines: lines),
                    NginxServer.Block(identity: certificates.revoked),
                ])
            let authority = certificates.authorityFile
            let anonymous = TLSClientOptions(certificateAuthorityFile: authority)
            let client = TLSClientOptions(
                certificateAuthorityFile: authority, certificateChainFile: certificates.client.certificateChainFile,
                privateKeyFile: certificates.client.privateKeyFile)
            let other = TLSClientOptions(
                certificateAuthorityFile: authority,
                certificateChainFile: certificates.strangeClient.certificateChainFile,
                privateKeyFile: certificates.strangeClient.privateKeyFile)
            let endpoint = Endpoint(host: "127.0.0.1", port: server.ports[0])
            for (options, name) in [
                (anonymous, "."), (client, "CN=client."), (other, "CN=strange-client."), (client, "CN=client."),
            ] {
                let answer = "\(await rig.outcomeByRequest(endpoint, options))"
                // nginx refuses what it cannot verify by a page of its own.
                #expect(answer.hasSuffix("client=\(name)"), "\(answer)")
            }
            let distrusting = TLSClientOptions(certificateAuthorityFile: certificates.strangeAuthorityFile)
            #expect(await rig.outcomeByRequest(endpoint, distrusting).kind == .tlsUntrusted)

            let revoked = Endpoint(host: "127.0.0.1", port: server.ports[1])
            #expect(await rig.outcomeByRequest(revoked, anonymous).kind == nil)
            let strict = TLSClientOptions(
                certificateAuthorityFile: authority, revocationListFile: certificates.revocationListFile)
            #expect(await rig.outcomeByRequest(revoked, strict).kind == .tlsUntrusted)
            rig.loop.closeHTTPConnections()
            server.end(in: certificates.directory)
        }
    }

    /// Connections are rarely ended politely; their sessions are good all the same (RFC 5246 §7.2.1).
    @Test(
        .enabled(if: OpenSSLServer.path != nil, "openssl is not here: .ci/setup --all"),
        arguments: ["-tls1_2", "-tls1_3"])
    func aDroppedConnectionIsResumedToo(version: String) async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let server = try await OpenSSLServer(certificates.server, answers: false, [version])
            let endpoint = Endpoint(host: "127.0.0.1", port: server.port)
            let options = TLSClientOptions(certificateAuthorityFile: certificates.authorityFile)
            for round in 0..<3 {
                let client = TLSTranscript()
                client.stream = rig.loop.connect(to: endpoint, tls: options, handler: client)
                client.stream?.write(Array("round \(round)\n".utf8))
                #expect(await server.process.until { $0.contains("round \(round)\n") })
                // What the server says comes behind its tickets.
                await server.process.say("go\n")
                await client.until { client.received.count == 3 }
                client.stream?.reset()
                await client.untilClosed()
                let handshakes = server.process.text.components(separatedBy: "Reused session-id").count - 1
                #expect(handshakes == round, "\(server.process.text)")
            }
        }
    }

    /// A server that was replaced meanwhile by one that cannot be agreed with.
    @Test(.enabled(if: OpenSSLServer.path != nil, "openssl is not here: .ci/setup --all"))
    func aFailedHandshakeForgetsTheSessions() async throws {
        try await LoopRig.run { rig in
            let certificates = TestCertificates()
            let options = TLSClientOptions(certificateAuthorityFile: certificates.authorityFile)
            let server = try await OpenSSLServer(certificates.server)
            let endpoint = Endpoint(host: "127.0.0.1", port: server.port)
            #expect(await rig.outcomeByStream(endpoint, options).kind == nil)
            let sessions = try #require(try rig.loop.clientContext(options).sessions)
            #expect(sessions.count > 0)
            server.process.kill()
            let rude = Transcript()
            var far: (any ByteStream)?
            // The port may still be the dead server's for a moment.
            var listener: (any Listener)?
            while listener == nil {
                listener = try? rig.loop.listen(on: endpoint, tls: nil) { stream in
                    far = stream
                    return rude
                }
                await Task.yield()
            }
            rude.onReceive = { _ in far?.write(Array("HTTP/1.1 400 Bad Request\r\n\r\n".utf8)) }
            #expect(await rig.outcomeByStream(endpoint, options).kind == .tlsFailed)
            #expect(sessions.count == 0)
            listener?.close()
        }
    }

    @Test func theCacheIsBounded() async throws {
        try await LoopRig.run { rig in
            let context = try rig.loop.clientContext(TLSClientOptions())
            let cache = TLSSessionCache()
            for number in 0..<1_000 {
                let endpoint = Endpoint(host: "host\(number % 100)", port: 443)
                if let session = SSL_SESSION_new() {
                    cache.insert(TLSSession(owning: session), of: context, for: endpoint)
                }
            }
            #expect(cache.count == TLSSessionCache.capacity)
            for _ in 0..<10 {
                if let session = SSL_SESSION_new() {
                    cache.insert(TLSSession(owning: session), of: context, for: Endpoint(host: "one", port: 443))
                }
            }
            #expect(cache.count == TLSSessionCache.capacity)
            cache.forget(Endpoint(host: "one", port: 443), in: context)
            #expect(cache.count == TLSSessionCache.capacity - TLSSessionCache.capacityPerEndpoint)
            // None of these came from a server: none can be resumed, and who asks throws them out.
            #expect(cache.take(for: Endpoint(host: "host99", port: 443), in: context) == nil)
        }
    }
}
