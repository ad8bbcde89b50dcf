import Testing
import WebSocketCodec
import WorldInterface

@testable import Holdfast

private let plain = RequestURL(isSecure: false, host: "chat.example", port: 80, target: "/base/api/socket?id=secret")
private let secure = RequestURL(isSecure: true, host: "chat.example", port: 443, target: "/base/api/socket?id=secret")

@Suite struct RedirectTests {
    /// From, `Location`, what it means.
    static let locations: [(RequestURL, String, String?)] = [
        (plain, "https://chat.example/x?y#z", "https://chat.example/x?y"),
        (plain, "HTTPS://CHAT.example:443", "https://chat.example/"),
        (plain, "https://chat.example?x", "https://chat.example/?x"),
        (secure, "//chat.example/x", "https://chat.example/x"), (plain, "//h:81/x", "http://h:81/x"),
        (secure, "/x", "https://chat.example/x"), (secure, "x", "https://chat.example/base/api/x"),
        (secure, "?x", "https://chat.example/base/api/socket?x"),
        (secure, "", "https://chat.example/base/api/socket?id=secret"),
        (plain, "http://[::1]:8065/x", "http://[::1]:8065/x"), (plain, "http://u:p@h/x", "http://h/x"),
        (plain, "wss://chat.example/x", nil), (plain, "mailto:someone", nil), (plain, "https:///x", nil),
        (plain, "https://h:99999/", nil), (plain, "https://h:0/", nil), (plain, "http://[::1/", nil),
        (plain, "http://[::1]x/", nil), (plain, "https://h/a b", nil), (plain, "/\u{1}", nil),
        (plain, "https:\\\\evil/", nil), (plain, "/b\u{FC}cher", nil),
    ]

    @Test(arguments: locations.indices) func aLocationIsResolved(index: Int) {
        let (url, location, expected) = Self.locations[index]
        #expect(url.resolving(location)?.description == expected, "\(location)")
    }

    /// From, `Location`, where it goes; or words of the refusal.
    static let decisions: [(RequestURL, String, String?, String)] = [
        (plain, "https://chat.example/base/api/socket", "https://chat.example/base/api/socket", ""),
        (plain, "https://chat.example:8443/other", "https://chat.example:8443/other", ""),
        (plain, "/other/api/socket", "http://chat.example/other/api/socket", ""),
        (secure, "https://Chat.Example/x", "https://chat.example/x", ""),
        (secure, "http://chat.example/base/api/socket", nil, "unencrypted"),
        (secure, "https://evil.example/base/api/socket?id=secret", nil, "another host"),
        (plain, "https://evil.example/base/api/socket", nil, "give https://evil.example/base as the server URL"),
        (plain, "https://www.chat.example/chat/api/socket", nil, "give https://www.chat.example/chat as"),
        (plain, "https://chat.example.evil.example/", nil, "another host"),
        (secure, "https://chat.example:8443/base/api/socket", nil, "another port"),
        (plain, "http://chat.example:8065/base/api/socket", nil, "another port"),
        (secure, "https://evil.example/login?next=secret", nil, "in front of the server"),
    ]

    @Test(arguments: decisions.indices) func onlyTheSameHostGetsTheToken(index: Int) {
        let (url, location, expected, words) = Self.decisions[index]
        do throws(RefusedRedirect) {
            let next = try Redirect.target(302, location, from: url, basePath: "/base", after: 0)
            #expect(next.description == expected)
        } catch {
            #expect(expected == nil, "\(error)")
            #expect(error.description.contains(words), "\(error)")
            #expect(!error.description.contains("secret"), "\(error)")
        }
    }

    @Test func aFourthRedirectIsRefused() {
        #expect(throws: Never.self) { try Redirect.target(307, "/x", from: secure, basePath: "", after: 2) }
        #expect(throws: RefusedRedirect.self) { try Redirect.target(307, "/x", from: secure, basePath: "", after: 3) }
        #expect(throws: RefusedRedirect.self) { try Redirect.target(307, nil, from: secure, basePath: "", after: 0) }
    }
}

/// Records how a WebSocket begins and ends.
private final class Ears: WebSocketClientHandler {
    var said: [String] = []
    func webSocketOpened() { said.append("opened") }
    func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool { true }
    func webSocketReadEnded() {}
    func webSocketClosed(_ closure: WebSocketClosure) { said.append("closed: \(closure)") }
}

@Suite struct WebSocketRedirectTests {
    private let world = ManualWorld()
    private let ears = Ears()

    private func client(_ url: RequestURL) throws -> WebSocketClient {
        let client = try WebSocketClient(
            url: url, basePath: "/base", tls: TLSClientOptions(certificateAuthorityFile: "authority.pem"),
            headers: [("Authorization", "Bearer token")], world: world, handler: ears)
        client.connect()
        return client
    }

    /// Opens the last stream, and answers its request; returns the request.
    private func answer(_ answer: String) -> String {
        let stream = world.streams[world.streams.count - 1]
        stream.open()
        let request = String(decoding: stream.takeWritten(), as: UTF8.self)
        stream.receive(Array(answer.utf8))
        if stream.isClosed { stream.end(.closedLocally) }
        return request
    }

    private func redirect(_ status: Int, _ location: String) -> String {
        "HTTP/1.1 \(status) Moved\r\nLocation: \(location)\r\nContent-Length: 5\r\n\r\nmoved"
    }

    @Test(arguments: [301, 302, 307, 308]) func theUpgradeIsRepeatedWithTLSAndTokenAndAFreshKey(status: Int) throws {
        let client = try client(plain)
        let first = answer(redirect(status, "https://chat.example/base/api/socket?id=secret"))
        #expect(world.streams.count == 2)
        #expect(world.connects.map(\.endpoint.description) == ["chat.example:80", "chat.example:443"])
        #expect(world.connects[0].tls == nil)
        #expect(world.connects[1].tls?.certificateAuthorityFile == "authority.pem")
        let second = world.streams[1]
        second.open()
        let request = String(decoding: second.takeWritten(), as: UTF8.self)
        #expect(request.hasPrefix("GET /base/api/socket?id=secret HTTP/1.1\r\nHost: chat.example\r\n"))
        #expect(request.contains("\r\nAuthorization: Bearer token\r\n"))
        func key(_ request: String) -> Substring? { request.split(separator: "\r\n").first { $0.hasPrefix("Sec-") } }
        #expect(key(first) != key(request))
        let value = try #require(key(request)?.split(separator: " ").last)
        let accept = try #require(WebSocketHandshakeKey(headerValue: String(value))).acceptHeaderValue
        second.receive(
            Array(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(accept)\r\n\r\n").utf8))
        #expect(ears.said == ["opened"])
        client.destroy()
    }

    @Test func onlyOneStreamIsOpenAtATime() throws {
        let client = try client(plain)
        world.streams[0].open()
        world.streams[0].receive(Array(redirect(302, "/base/x").utf8))
        #expect(world.streams.count == 1)
        #expect(world.streams[0].isClosed)
        world.streams[0].end(.closedLocally)
        #expect(world.streams.count == 2)
        client.destroy()
    }

    @Test func aCircleEndsAfterThree() throws {
        let client = try client(secure)
        for _ in 0..<4 { _ = answer(redirect(302, "/base/api/socket")) }
        #expect(world.streams.count == 4)
        #expect(ears.said.count == 1)
        #expect(ears.said.first?.contains("after 3 redirects already") == true, "\(ears.said)")
        client.destroy()
    }

    @Test func anotherHostIsRefusedWithTheURLToConfigure() throws {
        let client = try client(plain)
        _ = answer(redirect(301, "https://other.example/base/api/socket"))
        #expect(world.streams.count == 1)
        #expect(ears.said.first?.contains("give https://other.example/base as the server URL") == true, "\(ears.said)")
        client.destroy()
    }

    @Test func closingBetweenTwoStreamsIsTheEnd() throws {
        let client = try client(plain)
        world.streams[0].open()
        world.streams[0].receive(Array(redirect(302, "/base/x").utf8))
        client.close()
        world.streams[0].end(.closedLocally)
        #expect(world.streams.count == 1)
        #expect(ears.said == ["closed: closed"])
    }
}
