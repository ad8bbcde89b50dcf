import WebSocketCodec

extension FuzzTarget {
    static let clientHandshake = FuzzTarget(
        name: "client-handshake", summary: "what a server answers to the upgrade, however it is cut",
        maximumBytes: 4096, dictionary: fields + ["HTTP/1.1 101 ", "HTTP/1.1 100 ", "HTTP/1.1 503 ", "HTTP/1.0 "],
        seeds: {
            let upgrade =
                "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(key.acceptHeaderValue)\r\n\r\n"
            let refusal =
                "HTTP/1.1 429 Too Many Requests\r\nRetry-After: 1\r\nContent-Length: 15\r\n\r\nlimit exceeded\n"
            return [
                Pieces.seed(upgrade.utf8), Pieces.seed(upgrade.utf8, lengths: [1]),
                Pieces.seed(upgrade.utf8 + [0x81, 0x02, 0x7B, 0x7D], lengths: [100]),
                Pieces.seed(("HTTP/1.1 100 Continue\r\n\r\n" + upgrade).utf8, options: 1, lengths: [7, 19]),
                Pieces.seed(refusal.utf8, lengths: [40]),
                Pieces.seed("HTTP/1.1 302 Found\r\nLocation: https://elsewhere/\r\nX: é\u{1}\r\n\r\n".utf8),
            ]
        },
        run: { input in
            guard let pieces = Pieces(input) else { return }
            let whole = client([pieces.whole], pieces.options)
            Violation.check(client(pieces.cut, pieces.options) == whole, "cut, the answer means something else")
            Violation.check(
                client(pieces.bytes, pieces.options) == whole, "byte by byte the answer means something else")
        })

    static let serverHandshake = FuzzTarget(
        name: "server-handshake", summary: "what a client asks, however it is cut", maximumBytes: 4096,
        dictionary: fields + ["GET ", " HTTP/1.1", "POST ", "/api/v4/websocket"],
        seeds: {
            let request =
                "GET /api/v4/websocket?connection_id=a&sequence_number=1 HTTP/1.1\r\nHost: localhost\r\n"
                + "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: \(key.headerValue)\r\nAuthorization: Bearer abc\r\n\r\n"
            return [
                Pieces.seed(request.utf8), Pieces.seed(request.utf8, lengths: [1]),
                Pieces.seed(request.utf8 + [0x81, 0x80, 1, 2, 3, 4], options: 1, lengths: [33]),
                Pieces.seed("POST /x HTTP/1.1\r\nHost: a\r\n\r\n".utf8),
            ]
        },
        run: { input in
            guard let pieces = Pieces(input) else { return }
            let whole = server([pieces.whole], pieces.options)
            Violation.check(server(pieces.cut, pieces.options) == whole, "cut, the request means something else")
            Violation.check(
                server(pieces.bytes, pieces.options) == whole, "byte by byte the request means something else")
        })

    private static let fields = [
        "\r\n", "\r\n\r\n", ": ", "Upgrade: websocket\r\n", "Connection: Upgrade\r\n", "Sec-WebSocket-Accept: ",
        "Sec-WebSocket-Key: ", "Sec-WebSocket-Version: 13\r\n", "Sec-WebSocket-Extensions: ", "Host: ", "Retry-After: ",
    ]
    private static let key = WebSocketHandshakeKey(0x0123_4567_89AB_CDEF, 0xFEDC_BA98_7654_3210)
    private static let smallLimit = 256

    private static func limits(_ options: UInt8) -> WebSocketLimits {
        options & 1 == 0 ? WebSocketLimits() : WebSocketLimits(maximumHandshakeBytes: smallLimit)
    }

    /// What comes of it, and how many bytes it took.
    private static func client(_ pieces: [UnsafeBufferPointer<UInt8>], _ options: UInt8) -> String {
        guard var handshake = try? WebSocketClientHandshake(host: "h", path: "/", key: key, limits: limits(options))
        else { preconditionFailure("the request is valid") }
        var consumed = 0
        for piece in pieces {
            let outcome = withInput(piece) { input -> String? in
                defer { consumed += input.consumedByteCount }
                do throws(WebSocketHandshakeError) {
                    guard let headers = try handshake.receive(&input) else { return nil }
                    check(headers)
                    return "upgraded \(headers.fields)"
                } catch {
                    return told(error)
                }
            }
            // Of a refusal as much of the body is taken as had come with it.
            if let outcome { return outcome.hasPrefix("rejected") ? outcome : "\(outcome) after \(consumed)" }
        }
        return "incomplete"
    }

    private static func server(_ pieces: [UnsafeBufferPointer<UInt8>], _ options: UInt8) -> String {
        var handshake = WebSocketServerHandshake(limits: limits(options))
        var consumed = 0
        for piece in pieces {
            let outcome = withInput(piece) { input -> String? in
                defer { consumed += input.consumedByteCount }
                do throws(WebSocketHandshakeError) {
                    guard let request = try handshake.receive(&input) else { return nil }
                    check(request.head.headers)
                    Violation.check((try? request.acceptance()) != nil, "a request that cannot be accepted")
                    return "\(request.head.method) \(request.head.target) \(request.head.headers.fields)"
                } catch {
                    Violation.check(
                        !WebSocketServerHandshake.rejection(of: error).isEmpty, "a request that cannot be refused")
                    return told(error)
                }
            }
            if let outcome { return "\(outcome) after \(consumed)" }
        }
        return "incomplete"
    }

    private static func check(_ headers: HTTPHeaderFields) {
        Violation.check(headers.fields.count <= 100, "more header fields than the limit")
        for (name, value) in headers.fields {
            Violation.check(!name.isEmpty && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }, "a name that is none")
            Violation.check(
                value.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F || $0 == "\t" },
                "a control character in a value")
        }
    }

    private static func told(_ error: WebSocketHandshakeError) -> String {
        guard case .rejected(let rejection) = error else { return "\(error)" }
        check(rejection.headers)
        Violation.check((200...599).contains(rejection.status), "a status that is none")
        Violation.check(rejection.bodyPrefix.count <= WebSocketRejection.maximumBodyBytes, "too much of a body is kept")
        Violation.check(rejection.reason.count <= 128, "too much of a reason is kept")
        return
            "rejected \(rejection) \(rejection.headers.fields) \(String(describing: rejection.retryAfterSeconds)) "
            + "\(String(describing: rejection.contentLength)) \(String(describing: rejection.location))"
    }
}
