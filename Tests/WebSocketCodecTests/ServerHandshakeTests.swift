import Testing
import WebSocketCodec

struct ServerHandshakeTests {
    static let request =
        "GET /chat?a=b HTTP/1.1\r\nHost: server.example.com\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: http://example.com\r\n"
        + "Sec-WebSocket-Version: 13\r\n\r\n"

    private static func receive(_ text: String) throws -> WebSocketUpgradeRequest? {
        var handshake = WebSocketServerHandshake()
        var request: WebSocketUpgradeRequest?
        try withPadded(Array(text.utf8)) { buffer in
            var input = WebSocketInput(buffer)
            request = try handshake.receive(&input)
        }
        return request
    }

    @Test func theExampleIsAcceptedWithTheExampleAnswer() throws {
        let request = try #require(try Self.receive(Self.request))
        #expect(request.head.target == "/chat?a=b")
        #expect(request.head.headers["ORIGIN"] == "http://example.com")
        let answer = try request.acceptance(headers: [("X-Server", "s")])
        #expect(
            String(decoding: answer, as: UTF8.self)
                == "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\nX-Server: s\r\n\r\n")
        #expect(throws: WebSocketHandshakeError.self) { try request.acceptance(headers: [("X", "a\r\nb: c")]) }
    }

    @Test func eachFaultHasItsStatus() {
        let good = Self.request
        let bad: [(String, Int)] = [
            (good.replacing("GET", with: "POST"), 405),
            (good.replacing("HTTP/1.1", with: "HTTP/1.0"), 400),
            (good.replacing("Version: 13", with: "Version: 8"), 426),
            (good.replacing("Sec-WebSocket-Version: 13\r\n", with: ""), 426),
            (good.replacing("Upgrade: websocket\r\n", with: ""), 400),
            (good.replacing("Connection: Upgrade", with: "Connection: close"), 400),
            (good.replacing("Host: server.example.com\r\n", with: ""), 400),
            (good.replacing("Host:", with: "Host: a\r\nHost:"), 400),
            (good.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "c2hvcnQ="), 400),
            (good.replacing("dGhlIHNhbXBsZSBub25jZQ==", with: "!!!!IHNhbXBsZSBub25jZQ=="), 400),
            (good.replacing("Origin:", with: "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin:"), 400),
            (good.replacing("Origin:", with: " Origin:"), 400),
            (good.replacing("GET /", with: "GET  /"), 400),
            (good.replacing("Origin: ", with: "Origin: " + String(repeating: "o", count: 17_000)), 431),
            (good.replacing("Origin:", with: String(repeating: "X: y\r\n", count: 100) + "Origin:"), 431),
        ]
        for (text, status) in bad {
            do {
                _ = try Self.receive(text)
                Issue.record("accepted \(text)")
            } catch let error as WebSocketHandshakeError {
                #expect(error.responseStatus == status, "\(text.prefix(300))")
                let answer = String(decoding: WebSocketServerHandshake.rejection(of: error), as: UTF8.self)
                #expect(answer.hasPrefix("HTTP/1.1 \(status) "))
                #expect(answer.contains("Sec-WebSocket-Version: 13\r\n") == (status == 426))
            } catch {
                Issue.record("\(error)")
            }
        }
    }

    @Test func aClientUnderstandsTheRejection() throws {
        let bytes = try WebSocketServerHandshake.rejection(
            status: 429, reason: "Too Many Requests", headers: [("Retry-After", "3")], body: Array("slow down".utf8))
        var client = try WebSocketClientHandshake(host: "h", path: "/", key: WebSocketHandshakeKey(1, 2))
        let result = Result {
            try withPadded(bytes) { buffer in
                var input = WebSocketInput(buffer)
                _ = try client.receive(&input)
            }
        }
        #expect {
            try result.get()
        } throws: { error in
            guard let error = error as? WebSocketHandshakeError, case .rejected(let rejection) = error else {
                return false
            }
            return rejection.status == 429 && rejection.retryAfterSeconds == 3
                && rejection.bodyPrefix == Array("slow down".utf8) && rejection.contentLength == 9
        }
        #expect(throws: WebSocketHandshakeError.self) {
            try WebSocketServerHandshake.rejection(status: 101, reason: "")
        }
        #expect(throws: WebSocketHandshakeError.self) {
            try WebSocketServerHandshake.rejection(status: 400, reason: "a\r\nb")
        }
    }

    /// Client and server, wired back to back, with frames right behind both header blocks.
    @Test func bothSidesAgreeAndFramesFollowAtOnce() throws {
        var client = try WebSocketClientHandshake(host: "h", path: "/", key: WebSocketHandshakeKey(3, 4))
        var server = WebSocketServerHandshake()
        var answer: [UInt8] = []
        try withPadded(client.requestBytes + frame(.text, "to server".utf8, from: .client)) { buffer in
            var input = WebSocketInput(buffer)
            guard let request = try server.receive(&input) else { throw Missing(what: "request") }
            answer = try request.acceptance()
            var decoder = WebSocketDecoder(role: .server)
            let event = try decoder.next(&input).map { RecordedEvent($0) }
            #expect(event == .text("to server"))
        }
        try withPadded(answer + frame(.text, "to client".utf8, from: .server)) { buffer in
            var input = WebSocketInput(buffer)
            guard try client.receive(&input) != nil else { throw Missing(what: "answer") }
            var decoder = WebSocketDecoder(role: .client)
            let event = try decoder.next(&input).map { RecordedEvent($0) }
            #expect(event == .text("to client"))
        }
    }

    @Test func plainRequestsAreReadOneAfterTheOther() throws {
        var reader = HTTPRequestHeadReader()
        let text = "GET /a HTTP/1.1\r\nHost: h\r\n\r\nPOST /b HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nxy"
        try withPadded(Array(text.utf8)) { buffer in
            var input = WebSocketInput(buffer)
            let first = try reader.receive(&input)
            let second = try reader.receive(&input)
            #expect(first?.method == "GET" && first?.target == "/a")
            #expect(second?.method == "POST" && second?.headers["content-length"] == "2")
            #expect(Array(input.unread) == Array("xy".utf8))
        }
    }
}
