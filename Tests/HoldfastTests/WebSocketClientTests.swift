import Testing
import WebSocketCodec
import WorldInterface

@testable import Holdfast

/// Records what a WebSocket says.
private final class Listener: WebSocketClientHandler {
    var said: [String] = []
    var onMessage: () -> Void = {}

    func webSocketOpened() { said.append("opened") }
    func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool {
        said.append("message \(String(decoding: message, as: UTF8.self))")
        onMessage()
        return false
    }
    func webSocketReadEnded() { said.append("read ended") }
    func webSocketClosed(_ closure: WebSocketClosure) { said.append("closed: \(closure)") }
}

/// A client and the server's end of its stream, which the test plays.
private struct Wire {
    let world = ManualWorld()
    let listener = Listener()
    let client: WebSocketClient

    /// The handler is the listener, unless the test has one of its own.
    init(handler: (any WebSocketClientHandler)? = nil) throws {
        client = try WebSocketClient(
            url: RequestURL(isSecure: false, host: "chat.example", port: 80, target: "/api"),
            headers: [("Authorization", "Bearer secret")], world: world, handler: handler ?? listener)
    }

    var stream: ManualStream { world.streams[0] }

    /// Connects, and answers the upgrade as a right server does; `behind` arrives in the same read.
    func upgrade(behind: [UInt8] = []) throws {
        client.connect()
        stream.open()
        let request = String(decoding: stream.takeWritten(), as: UTF8.self)
        let prefix = "Sec-WebSocket-Key: "
        let line = try #require(request.split(separator: "\r\n").first { $0.hasPrefix(prefix) })
        let key = try #require(WebSocketHandshakeKey(headerValue: String(line.dropFirst(prefix.count))))
        let answer =
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + "Sec-WebSocket-Accept: \(key.acceptHeaderValue)\r\n\r\n"
        stream.receive(Array(answer.utf8) + behind)
    }

    /// The frames that the client wrote, as the server reads them.
    func frames() throws -> [String] {
        var bytes = stream.takeWritten() + [UInt8](repeating: 0, count: streamBufferPadding)
        var decoder = WebSocketDecoder(role: .server)
        var seen: [String] = []
        try bytes.withUnsafeMutableBytes { buffer in
            var input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: buffer.dropLast(streamBufferPadding)))
            while let event = try decoder.next(&input) {
                switch event {
                case .text(let text): seen.append("text " + String(decoding: text, as: UTF8.self))
                case .binary: seen.append("binary")
                case .ping: seen.append("ping")
                case .pong(let payload): seen.append("pong " + String(decoding: payload, as: UTF8.self))
                case .close(let code, _): seen.append("close \(code?.rawValue ?? 0)")
                }
            }
        }
        return seen
    }
}

private func frame(_ opcode: WebSocketOpcode, _ payload: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var payload = payload
    payload.withUTF8 {
        WebSocketEncoder.appendFrame(opcode, payload: UnsafeRawBufferPointer($0), maskingKey: nil, to: &bytes)
    }
    return bytes
}

private func close(_ code: WebSocketCloseCode?, _ reason: String = "") -> [UInt8] {
    var bytes: [UInt8] = []
    WebSocketEncoder.appendClose(code, reason: reason, maskingKey: nil, to: &bytes)
    return bytes
}

@Suite struct WebSocketClientTests {
    @Test func messagesBehindTheUpgradeInTheSameReadAreDelivered() throws {
        let wire = try Wire()
        try wire.upgrade(behind: frame(.text, "one") + frame(.text, "two"))
        #expect(wire.listener.said == ["opened", "message one", "message two", "read ended"])
    }

    @Test func binaryMessagesAreToldApartByWhoeverWantsTo() throws {
        final class Both: WebSocketClientHandler {
            var said: [String] = []
            func webSocketOpened() {}
            func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool {
                said.append("text \(message.count)")
                return true
            }
            func webSocketReceived(binary message: UnsafeRawBufferPointer) { said.append("binary \(message.count)") }
            func webSocketReadEnded() {}
            func webSocketClosed(_ closure: WebSocketClosure) {}
        }
        let both = Both()
        let wire = try Wire(handler: both)
        try wire.upgrade(behind: frame(.text, "a") + frame(.binary, "bc"))
        #expect(both.said == ["text 1", "binary 2"])
        let plain = try Wire()
        try plain.upgrade(behind: frame(.binary, "bc"))
        #expect(plain.listener.said == ["opened", "message bc", "read ended"])
    }

    @Test func bytesAreSentAsTextOrBinary() throws {
        let wire = try Wire()
        try wire.upgrade()
        Array("grüße".utf8).withUnsafeBytes {
            wire.client.send(text: $0)
            wire.client.send(binary: $0)
        }
        #expect(try wire.frames() == ["text grüße", "binary"])
        wire.client.close()
        [1].withUnsafeBytes { wire.client.send(binary: $0) }
        #expect(try wire.frames() == ["close 1000"])
    }

    /// Nobody has to wait for the end of a text, which may never come.
    @Test func aTextInPartsFailsAtItsFirstWrongByte() throws {
        let wire = try Wire()
        try wire.upgrade()
        // 125 bytes announced; the third makes a surrogate of the first two.
        wire.stream.receive([0x81, 0x7D, 0x61, 0xED])
        #expect(try wire.frames() == [])
        wire.stream.receive([0xA0])
        #expect(try wire.frames() == ["close 1007"])
        #expect(wire.stream.isClosed)
    }

    @Test func pingsAreAnsweredWithTheirPayload() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.stream.receive(frame(.ping, "abc"))
        #expect(try wire.frames() == ["pong abc"])
    }

    @Test func theClientBeginsTheCloseAndHearsItsEnd() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.client.close()
        wire.client.close()
        #expect(try wire.frames() == ["close 1000"])
        // What the server sent before its close is still delivered.
        wire.stream.receive(frame(.text, "late") + close(.normalClosure))
        #expect(wire.listener.said.suffix(3) == ["message late", "read ended", "closed: closed"])
        #expect(wire.stream.isClosed)
    }

    @Test func theServersCloseIsEchoedAndReported() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.stream.receive(close(.messageTooBig, "too\u{1B}[31m big"))
        #expect(try wire.frames() == ["close 1009"])
        #expect(wire.listener.said.last == "closed: the server closed the connection: 1009 too[31m big")
        #expect(wire.stream.isClosed)
    }

    @Test func nothingIsSentAfterTheCloseBegan() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.client.close()
        wire.client.send(text: "too late")
        #expect(try wire.frames() == ["close 1000"])
    }

    @Test func aProtocolViolationIsAnsweredByItsCodeAndEndsTheConnection() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.stream.receive([0xC1, 0x00])
        #expect(try wire.frames() == ["close 1002"])
        #expect(wire.listener.said.last?.hasPrefix("closed: the server broke the WebSocket protocol") == true)
        #expect(wire.stream.isClosed)
    }

    /// What OpenSSL, nginx and Go send to a plain client on a port for TLS.
    @Test(arguments: [
        "\u{15}\u{3}\u{1}\u{0}\u{2}\u{2}\u{46}",
        "HTTP/1.1 400 Bad Request\r\nContent-Length: 55\r\n\r\n<h1>The plain HTTP request was sent to HTTPS port</h1>",
        "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n",
    ])
    func aTLSServerOnThePlainPortIsRecognised(answer: String) throws {
        let wire = try Wire()
        wire.client.connect()
        wire.stream.open()
        wire.stream.receive(Array(answer.utf8))
        #expect(wire.listener.said.count == 1)
        #expect(wire.listener.said[0].contains("use https instead of http"), "\(wire.listener.said)")
    }

    @Test func silenceOfAPlainServerMayBeTLS() throws {
        let wire = try Wire()
        wire.client.connect()
        wire.stream.open()
        wire.stream.end(.endOfStream)
        #expect(wire.listener.said.last?.contains("use https instead of http") == true, "\(wire.listener.said)")
    }

    @Test func anotherStatusThan101IsReportedWithItsRetryAfter() throws {
        let wire = try Wire()
        wire.client.connect()
        wire.stream.open()
        wire.stream.receive(
            Array("HTTP/1.1 429 Too Many Requests\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n".utf8))
        #expect(wire.listener.said == ["closed: the server answered HTTP 429 instead of upgrading"])
        #expect(wire.stream.isClosed)
    }

    @Test func aDropWithoutACloseFrameIsReportedAsSuch() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.stream.end(.endOfStream)
        #expect(wire.listener.said == ["opened", "read ended", "closed: the server dropped the connection"])
    }

    @Test func afterDestroyNothingIsHeard() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.client.destroy()
        wire.stream.receive(frame(.text, "one"))
        wire.stream.end(.closedLocally)
        #expect(wire.listener.said == ["opened", "read ended"])
        #expect(wire.stream.isClosed)
    }

    @Test func destroyFromWithinAMessageEndsTheReading() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.listener.onMessage = { wire.client.destroy() }
        wire.stream.receive(frame(.text, "one") + frame(.text, "two"))
        #expect(wire.listener.said == ["opened", "read ended", "message one"])
    }

    @Test func aPingFloodOfAPeerThatDoesNotReadIsCutOff() throws {
        let wire = try Wire()
        try wire.upgrade()
        wire.stream.queuedByteCount = 2 << 20
        wire.stream.receive(frame(.ping, "abc"))
        #expect(wire.stream.isClosed)
    }

    @Test func headersThatWouldInjectAreRefused() {
        #expect(throws: WebSocketHandshakeError.self) {
            try WebSocketClient(
                url: RequestURL(isSecure: false, host: "chat.example", port: 80, target: "/api"),
                headers: [("Authorization", "Bearer a\r\nX: y")], world: ManualWorld(), handler: Listener())
        }
    }
}
