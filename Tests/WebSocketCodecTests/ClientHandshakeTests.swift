import Testing
import WebSocketCodec

struct ClientHandshakeTests {
    /// The nonce of RFC 6455 §1.3: "the sample nonce".
    static let key = WebSocketHandshakeKey(bytes: Array("the sample nonce".utf8)) ?? WebSocketHandshakeKey(0, 0)
    static let accepted =
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n"

    private static func handshake(limits: WebSocketLimits = WebSocketLimits()) throws -> WebSocketClientHandshake {
        try WebSocketClientHandshake(host: "example.com", path: "/chat", key: key, limits: limits)
    }

    /// The headers and what is left behind the block.
    private static func receive(
        _ text: String, limits: WebSocketLimits = WebSocketLimits()
    ) throws -> (HTTPHeaderFields?, rest: [UInt8]) {
        var handshake = try handshake(limits: limits)
        var headers: HTTPHeaderFields?
        var rest: [UInt8] = []
        try withPadded(Array(text.utf8)) { buffer in
            var input = WebSocketInput(buffer)
            headers = try handshake.receive(&input)
            rest = Array(input.unread)
        }
        return (headers, rest)
    }

    private static func failure(_ text: String, limits: WebSocketLimits = WebSocketLimits()) -> WebSocketHandshakeError?
    {
        do {
            _ = try receive(text, limits: limits)
            return nil
        } catch {
            return error as? WebSocketHandshakeError
        }
    }

    @Test func theExampleKeyHasTheExampleAccept() {
        #expect(Self.key.headerValue == "dGhlIHNhbXBsZSBub25jZQ==")
        #expect(Self.key.acceptHeaderValue == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
        #expect(WebSocketHandshakeKey(0x7468_6520_7361_6D70, 0x6C65_206E_6F6E_6365) == Self.key)
        #expect(WebSocketHandshakeKey(bytes: [1, 2, 3]) == nil)
        #expect(WebSocketHandshakeKey(headerValue: "AAAA") == nil)
    }

    @Test func theRequestIsWrittenInFull() throws {
        let handshake = try WebSocketClientHandshake(
            host: "chat.example:8065", path: "/api/v4/websocket?x=1", headers: [("Authorization", "Bearer t")],
            key: Self.key)
        #expect(
            String(decoding: handshake.requestBytes, as: UTF8.self)
                == "GET /api/v4/websocket?x=1 HTTP/1.1\r\nHost: chat.example:8065\r\nUpgrade: websocket\r\n"
                + "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
                + "Sec-WebSocket-Version: 13\r\nAuthorization: Bearer t\r\n\r\n")
    }

    @Test func aCallersLineBreakOrReservedHeaderIsRefusedWithoutRepeatingIt() {
        let bad: [(String, String, [(name: String, value: String)], String)] = [
            ("a\r\nX: y", "/", [], "host"), ("", "/", [], "host"), ("a b", "/", [], "host"),
            ("a", "/x\r\nX: y", [], "path"), ("a", "/x y", [], "path"), ("a", "x", [], "path"), ("a", "", [], "path"),
            ("a", "/é", [], "path"),
            ("a", "/", [("Authorization", "secret\r\nX: y")], "Authorization"),
            ("a", "/", [("Authorization", "secret\nX: y")], "Authorization"),
            ("a", "/", [("Authorization", "secret\rX: y")], "Authorization"),
            ("a", "/", [("Authorization", "secret\0")], "Authorization"),
            ("a", "/", [("secret: y\r\nX", "1")], "a header's name"), ("a", "/", [("", "1")], "a header's name"),
            ("a", "/", [("Host", "b")], "Host"), ("a", "/", [("sec-websocket-KEY", "b")], "sec-websocket-KEY"),
            ("a", "/", [("Sec-WebSocket-Extensions", "permessage-deflate")], "Sec-WebSocket-Extensions"),
            ("a", "/", [("Transfer-Encoding", "chunked")], "Transfer-Encoding"),
        ]
        for (host, path, headers, field) in bad {
            do {
                _ = try WebSocketClientHandshake(host: host, path: path, headers: headers, key: Self.key)
                Issue.record("accepted \(host) \(path) \(headers)")
            } catch {
                guard case .invalidField(let name) = error else {
                    Issue.record("\(error)")
                    continue
                }
                #expect(name == field)
                #expect(!error.description.contains("secret"))
            }
        }
    }

    @Test func bytesBehindTheBlockAreLeftForTheDecoder() throws {
        let frame = "\u{01}\u{02}frame"
        let (headers, rest) = try Self.receive(Self.accepted + frame)
        #expect(headers?["upgrade"] == "websocket")
        #expect(rest == Array(frame.utf8))
    }

    @Test func everySplitIsAccepted() throws {
        let bytes = Array((Self.accepted + "rest").utf8)
        let end = Self.accepted.utf8.count
        for split in 0...bytes.count {
            var handshake = try Self.handshake()
            var isDone = false
            var unread = 0
            for part in [bytes[..<split], bytes[split...]] {
                try withPadded(part) { buffer in
                    var input = WebSocketInput(buffer)
                    if !isDone { isDone = try handshake.receive(&input) != nil }
                    unread += input.unreadByteCount
                }
            }
            #expect(isDone && unread == bytes.count - end, "split at \(split)")
        }
    }

    @Test func variantsThatTheStandardAllowsAreAccepted() throws {
        let accept = "sec-websocket-accept:s3pPLMBiTxaQ9kYGzzhZRbK+xOo= \t\r\n"
        for text in [
            "HTTP/1.1 101 \r\nupgrade: WebSocket\r\nCONNECTION: keep-alive, Upgrade\r\n\(accept)\r\n",
            "HTTP/1.1 101\r\nUpgrade: websocket\r\nConnection: keep-alive\r\nConnection: upgrade\r\n\(accept)\r\n",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + Self.accepted,
            Self.accepted.replacing("\r\n\r\n", with: "\r\nX-Empty:\r\n\r\n"),
        ] {
            #expect(try Self.receive(text).0 != nil, "\(text)")
        }
    }

    @Test func bytesThatAreNotUTF8AreOpaqueInAValue() throws {
        var handshake = try Self.handshake()
        let server = Array("Server: ".utf8) + [0xFC, 0xFF] + Array("\r\n\r\n".utf8)
        try withPadded(Array(Self.accepted.utf8).dropLast(2) + server) { buffer in
            var input = WebSocketInput(buffer)
            let headers = try handshake.receive(&input)
            #expect(headers?["Server"] == "\u{FC}\u{FF}")
        }
    }

    @Test func anUpgradeThatBreaksTheStandardIsRefused() {
        let good = Self.accepted
        let bad: [(String, String)] = [
            (good.replacing("Upgrade: websocket\r\n", with: ""), "Upgrade is not websocket"),
            (good.replacing("websocket\r\n", with: "websocket2\r\n"), "Upgrade is not websocket"),
            (good.replacing("Connection: Upgrade", with: "Connection: close"), "Connection does not name Upgrade"),
            (good.replacing("Connection: Upgrade", with: "Connection: Upgraded"), "Connection does not name Upgrade"),
            (good.replacing("s3pP", with: "S3pP"), "Sec-WebSocket-Accept does not match the key"),
            (
                good.replacing("Sec-WebSocket-Accept", with: "Sec-WebSocket-Accept: x\r\nSec-WebSocket-Accept"),
                "Sec-WebSocket-Accept does not match the key"
            ),
            (
                good.replacing("Connection:", with: "Sec-WebSocket-Extensions: permessage-deflate\r\nConnection:"),
                "an extension nobody asked for"
            ),
            (
                good.replacing("Connection:", with: "Sec-WebSocket-Protocol: chat\r\nConnection:"),
                "a subprotocol nobody asked for"
            ),
            (good.replacing("HTTP/1.1", with: "HTTP/1.0"), "its HTTP version is not 1.1"),
        ]
        for (text, reason) in bad {
            guard case .invalidUpgrade(reason) = Self.failure(text) else {
                Issue.record("\(text) → \(String(describing: Self.failure(text)))")
                continue
            }
        }
    }

    @Test func whatIsNotHTTPIsRefusedAsEarlyAsItShows() {
        let start = "HTTP/1.1 101 Switching Protocols\r\n"
        for text in [
            "\u{15}\u{03}\u{01}", "HTTP/1.1 101\n", "HTTP/1.1 101\rX", "\r\n", start + "A: b\r\n c\r\n\r\n",
            start + "A: b\r\n\tc\r\n\r\n", start + "A : b\r\n\r\n", start + ": b\r\n\r\n", start + "nocolon\r\n\r\n",
            start + "A: \u{0}", start + "A: \u{7F}", "HTTP/2 101 x\r\n\r\n", "HTTP/1.1 1O1 x\r\n\r\n",
            "HTTP/1.1 99 x\r\n\r\n", "HTTP/1.1 600 x\r\n\r\n", "HTTP/1.1  101 x\r\n\r\n", "ICY 200 OK\r\n\r\n",
            String(repeating: "HTTP/1.1 100 Continue\r\n\r\n", count: 9),
        ] {
            guard case .malformed = Self.failure(text) else {
                Issue.record("\(text.debugDescription) → \(String(describing: Self.failure(text)))")
                continue
            }
        }
    }

    @Test(arguments: [" c", "\tc", " c: d"]) func aFoldedLineIsCalledOne(_ line: String) {
        guard case .malformed("a folded header line") = Self.failure("HTTP/1.1 101 x\r\nA: b\r\n\(line)\r\n\r\n") else {
            Issue.record("not recognised")
            return
        }
    }

    @Test func endlessAndCrowdedBlocksAreBounded() {
        let limits = WebSocketLimits(maximumHandshakeBytes: 200)
        let endless = "HTTP/1.1 101 x\r\nA: " + String(repeating: "a", count: 200)
        guard case .headTooLong(limit: 200) = Self.failure(endless, limits: limits) else {
            Issue.record("an endless line")
            return
        }
        let crowded = "HTTP/1.1 101 x\r\n" + String(repeating: "A: b\r\n", count: 101) + "\r\n"
        guard case .tooManyHeaderFields(limit: 100) = Self.failure(crowded) else {
            Issue.record("101 fields")
            return
        }
        let exact = WebSocketLimits(maximumHandshakeBytes: Self.accepted.utf8.count)
        #expect(Self.failure(Self.accepted, limits: exact) == nil)
    }

    @Test func anotherStatusIsARejectionWithWhatTheCallerNeeds() throws {
        let body = String(repeating: "b", count: 2000)
        guard
            case .rejected(let limited) = Self.failure(
                "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 2000\r\n\r\n" + body)
        else {
            Issue.record("429")
            return
        }
        #expect(limited.status == 429 && limited.reason == "Too Many Requests")
        #expect(limited.retryAfterSeconds == 7 && limited.contentLength == 2000 && limited.location == nil)
        #expect(limited.bodyPrefix == Array(body.utf8.prefix(1024)))
        #expect(limited.description.contains("429"))

        guard
            case .rejected(let moved) = Self.failure(
                "HTTP/1.0 302 \r\nLocation: https://x/y\r\nRetry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n\r\n")
        else {
            Issue.record("302")
            return
        }
        #expect(moved.location == "https://x/y" && moved.retryAfterSeconds == nil && moved.bodyPrefix.isEmpty)
        #expect(moved.headers["retry-after"] == "Fri, 31 Dec 1999 23:59:59 GMT")

        for hostile in ["-1", "+5", "", "99999999999999999999999", "1 2", "0x10"] {
            guard case .rejected(let odd) = Self.failure("HTTP/1.1 503 x\r\nRetry-After: \(hostile)\r\n\r\n") else {
                Issue.record("503")
                return
            }
            #expect(odd.retryAfterSeconds == nil, "\(hostile)")
        }
    }
}
