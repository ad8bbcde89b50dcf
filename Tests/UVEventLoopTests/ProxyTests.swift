import TestCertificates
import TestProxy
import Testing
import WorldInterface

@testable import UVEventLoop

private func policy(_ proxy: TestProxy, isSecure: Bool = false, user: String? = nil) throws -> ProxyPolicy {
    let credentials = try user.map { try ProxyCredentials(user: $0, password: "hunter2") }
    return .proxy(ProxyServer(isSecure: isSecure, endpoint: proxy.endpoint, credentials: credentials))
}

/// A server that answers each connection's request with `hello`.
private func helloServer(_ loop: EventLoop) throws -> Server {
    try Server(loop) { recorder in
        recorder.whenReceived = { recorder, _ in
            guard String(decoding: recorder.received, as: UTF8.self).hasSuffix("\r\n\r\n") else { return }
            recorder.stream?.write(Array("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello".utf8))
        }
    }
}

/// Both through the proxy to `chat.invalid`, which only the proxy can know: how the stream and the request end.
private func outcomes(
    _ loop: EventLoop, _ policy: ProxyPolicy, timeout: Duration = .seconds(10)
) async -> (stream: NetworkError?, request: NetworkError?) {
    let transport = TransportOptions(proxy: policy)
    let client = Recorder(loop)
    client.stream = loop.connect(
        to: Endpoint(host: "chat.invalid", port: 80), tls: nil, transport: transport, handler: client)
    var stream: NetworkError?
    if case .failed(let error)? = await client.untilClosed() { stream = error }
    #expect(client.openedCount == 0)
    var request: NetworkError?
    do throws(NetworkError) {
        _ = try await loop.perform(HTTPRequest(url: "http://chat.invalid/", timeout: timeout, transport: transport))
    } catch {
        request = error
    }
    loop.closeHTTPConnections()
    return (stream, request)
}

@Suite(.timeLimit(.minutes(10))) struct ProxyTests {
    @Test(arguments: [nil, "us er"]) func aStreamAndARequestGoThroughATunnel(user: String?) async throws {
        try await withLoop { loop in
            let server = try helloServer(loop)
            let proxy = try TestProxy(loop) { .tunnel(of: $0, to: server.endpoint) }
            let transport = TransportOptions(proxy: try policy(proxy, user: user))
            let client = Recorder(loop)
            client.stream = loop.connect(
                to: Endpoint(host: "chat.invalid", port: 80), tls: nil, transport: transport, handler: client)
            client.call { $0.write(Array("GET / HTTP/1.1\r\n\r\n".utf8)) }
            await client.untilReceived(10)
            #expect(String(decoding: client.received, as: UTF8.self).hasPrefix("HTTP/1.1 200 OK"))
            #expect(client.stream?.peerDescription == proxy.endpoint.description)
            for _ in 0..<2 {
                let answer = try await loop.perform(
                    HTTPRequest(url: "http://chat.invalid/", transport: transport))
                #expect(answer.body == Array("hello".utf8))
                #expect(answer.header("Content-Length") == "5")
            }
            #expect(proxy.heads.count == 2, "a tunnel is used again")
            for head in proxy.heads {
                #expect(head.hasPrefix("CONNECT chat.invalid:80 HTTP/1.1\r\nHost: chat.invalid:80"))
                let credentials = "\r\nProxy-Authorization: Basic dXMgZXI6aHVudGVyMg=="
                #expect(head.contains(credentials) == (user != nil), "\(head)")
            }
            await close(client)
            loop.closeHTTPConnections()
            proxy.close()
            server.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    @Test(arguments: [false, true]) func tlsGoesThroughTheTunnelAlsoToAProxyWithTLS(isSecure: Bool) async throws {
        try await withLoop { loop in
            let certificates = TestCertificates()
            let trust = TLSClientOptions(certificateAuthorityFile: certificates.authorityFile)
            let server = Recorder(loop)
            // 300 KB: many records, so that one level of TLS would disturb the other if they shared a buffer.
            let many = (0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            server.whenReceived = { recorder, _ in
                if recorder.receivedCount == 4 { recorder.stream?.write(many) }
            }
            let listener = try loop.listen(
                on: Endpoint(host: "127.0.0.1", port: 0), tls: certificates.server
            ) { stream in
                server.stream = stream
                return server
            }
            let target = Endpoint(host: "127.0.0.1", port: listener.port)
            let proxy = try TestProxy(loop, tls: isSecure ? certificates.server : nil) { .tunnel(of: $0, to: target) }
            let client = Recorder(loop)
            client.stream = loop.connect(
                to: Endpoint(host: "localhost", port: 443), tls: trust,
                transport: TransportOptions(proxy: try policy(proxy, isSecure: isSecure)), handler: client)
            client.call { $0.write(Array("ping".utf8)) }
            await client.untilReceived(many.count)
            #expect(client.received == many)
            #expect(proxy.heads.first?.hasPrefix("CONNECT localhost:443 ") == true)
            await close(client)
            await server.untilClosed()
            listener.close()
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    @Test func bytesBehindTheHeadBelongToTheTunnelAndWaitWhileReadingIsPaused() async throws {
        try await withLoop { loop in
            let server = try Server(loop)
            let proxy = try TestProxy(loop) { _ in .tunnel(server.endpoint, greeting: Array("first".utf8)) }
            let client = Recorder(loop)
            client.whenOpened = { $0.stream?.pauseReading() }
            client.stream = loop.connect(
                to: Endpoint(host: "chat.invalid", port: 80), tls: nil,
                transport: TransportOptions(proxy: try policy(proxy)), handler: client)
            let accepted = await server.untilAccepted()
            await client.untilOpened()
            accepted.call { $0.write(Array(" second".utf8)) }
            await turns(loop)
            #expect(client.received == [])
            client.call { $0.resumeReading() }
            await client.untilReceived(12)
            #expect(client.received == Array("first second".utf8))
            // An end of the server comes through as such.
            accepted.call { $0.close() }
            #expect(await client.untilClosed()?.isEndOfStream == true)
            server.close()
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    /// What the proxy says; with a user or without; kind; words of the message.
    static let refusals: [(String, String?, NetworkError.Kind, [String])] = [
        (
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"", nil, .proxyAuthentication,
            ["407", "none are given"]
        ),
        (
            "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=\"x\"", "u", .proxyAuthentication,
            ["407", "does not accept the user"]
        ),
        (
            "407 No\r\nProxy-Authenticate: Negotiate\r\nProxy-Authenticate: NTLM", "u", .proxyAuthentication,
            ["Negotiate or NTLM", "only Basic"]
        ),
        ("403 Forbidden", nil, .proxyRefused, ["403", "does not allow"]),
        ("502 Bad Gateway", nil, .proxyRefused, ["502", "does not reach the server"]),
        ("504 Gateway Timeout", nil, .proxyRefused, ["504", "does not reach the server"]),
        ("301 Moved\r\nLocation: http://elsewhere/", nil, .proxyRefused, ["301", "is it an HTTP proxy?"]),
    ]

    @Test(arguments: refusals.indices) func aRefusalNamesProxyStatusAndWhatToDo(index: Int) async throws {
        let (answer, user, kind, words) = Self.refusals[index]
        try await withLoop { loop in
            let proxy = try TestProxy(loop) { _ in .answer("HTTP/1.1 \(answer)\r\nContent-Length: 0\r\n\r\n") }
            let (stream, request) = await outcomes(loop, try policy(proxy, user: user))
            for error in [stream, request] {
                #expect(error?.kind == kind)
                let message = error?.message ?? ""
                for word in words + ["\(proxy.endpoint)", "chat.invalid:80"] {
                    #expect(message.contains(word), "\(message)")
                }
                #expect(!message.contains("hunter2"))
            }
            print("\(answer.prefix(3)): \(stream?.message ?? "")")
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    /// What comes instead of an answer, the stream's error and words of it. libcurl's words are its own.
    static let nonsense: [(TestProxy.Decision, NetworkError.Kind, String)] = [
        (.answer("SSH-2.0-OpenSSH_9.2\r\n", ends: false), .malformed, "is it an HTTP proxy?"),
        (.answer("HTTP/1.1 abc\r\n\r\n"), .malformed, "is it an HTTP proxy?"),
        (
            .answer("HTTP/1.1 200 OK\r\nX: " + String(repeating: "x", count: 70_000), ends: false), .tooLarge,
            "more than 16384 bytes"
        ),
        (.hangUp, .reset, "without an answer"),
        (.answer("HTTP/1.1 200 OK\r\n"), .reset, "without an answer"),
    ]

    @Test(arguments: nonsense.indices) func whatIsNoAnswerIsAnError(index: Int) async throws {
        let (decision, kind, words) = Self.nonsense[index]
        try await withLoop { loop in
            let proxy = try TestProxy(loop) { _ in decision }
            let (stream, request) = await outcomes(loop, try policy(proxy), timeout: .seconds(2))
            #expect(stream?.kind == kind)
            #expect(stream?.message.contains(words) == true, "\(stream?.message ?? "opened")")
            #expect(stream?.message.contains("\(proxy.endpoint)") == true)
            #expect(request != nil)
            print("stream: \(stream?.message ?? ""); request: \(request?.message ?? "")")
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    @Test func aProxyThatNeverAnswersIsGivenUp() async throws {
        try await withLoop { loop in
            let proxy = try TestProxy(loop) { _ in .silence }
            let server = ProxyServer(endpoint: proxy.endpoint)
            let client = Recorder(loop)
            client.stream = ProxyTunnel.connecting(
                on: loop, to: Endpoint(host: "chat.invalid", port: 80), through: server, tls: nil, liveness: .init(),
                patience: .milliseconds(50), handler: client)
            let closure = await client.untilClosed()
            #expect(closure?.kind == .timedOut)
            #expect(closure?.message.contains("the proxy http://\(proxy.endpoint) did not answer") == true)
            await #expect {
                try await loop.perform(
                    HTTPRequest(
                        url: "http://chat.invalid/", timeout: .milliseconds(50),
                        transport: TransportOptions(proxy: .proxy(server))))
            } throws: {
                ($0 as? NetworkError)?.kind == .timedOut && "\($0)".contains("\(server)")
            }
            loop.closeHTTPConnections()
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }

    @Test func aProxyThatIsNotThereIsNamed() async throws {
        try await withLoop { loop in
            let server = ProxyServer(endpoint: Endpoint(host: "127.0.0.1", port: try unusedPort(loop)))
            let (stream, request) = await outcomes(loop, .proxy(server))
            for error in [stream, request] {
                #expect(error?.kind == .refused)
                #expect(error?.message.contains("the proxy \(server): ") == true, "\(error?.message ?? "")")
            }
            let unknown = ProxyServer(endpoint: Endpoint(host: "proxy.invalid", port: 1))
            let (stream2, request2) = await outcomes(loop, .proxy(unknown))
            for error in [stream2, request2] {
                #expect(error?.kind == .nameNotFound)
                #expect(error?.message.contains("the proxy \(unknown): ") == true, "\(error?.message ?? "")")
            }
        }
    }

    @Test func closingWhileTheTunnelOpensEndsTheStream() async throws {
        try await withLoop { loop in
            let proxy = try TestProxy(loop) { _ in .silence }
            for wait in [false, true] {
                let client = Recorder(loop)
                client.stream = loop.connect(
                    to: Endpoint(host: "chat.invalid", port: 80), tls: nil,
                    transport: TransportOptions(proxy: try policy(proxy)), handler: client)
                if wait { await untilTrue(loop, "the proxy was asked") { proxy.heads.count == 1 } }
                client.call {
                    $0.write([1])
                    $0.close()
                    $0.close()
                    $0.write([2])
                    $0.reset()
                }
                #expect(await client.untilClosed()?.isLocal == true)
            }
            proxy.close()
            await untilTrue(loop, "all streams are closed") { proxy.openCount == 0 }
        }
    }
}
