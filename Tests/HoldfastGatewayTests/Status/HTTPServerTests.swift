import HTTPServing
import Testing
import UVEventLoop
import WorldInterface

@testable import HoldfastGateway

/// The little server, over real sockets.
@Suite(.timeLimit(.minutes(10))) struct HTTPServerTests {
    /// A server on a loop, whose handler answers by the path.
    private actor Rig {
        nonisolated let unownedExecutor: UnownedSerialExecutor
        nonisolated let ended = Record<Int>()
        private let loop: EventLoop
        private var server: HTTPServer?
        private var late: [HTTPExchange] = []
        private var streams: [HTTPBodyStream] = []
        private var onlooker: Onlooker?

        init(on loop: EventLoop) {
            self.loop = loop
            unownedExecutor = loop.executor.asUnownedSerialExecutor()
        }

        func start(_ limits: HTTPServerLimits = patient) throws -> UInt16 {
            let server = HTTPServer(world: loop, limits: limits) { request, exchange in
                self.answer(request, exchange)
            }
            self.server = server
            return try server.listen(on: Endpoint(host: "127.0.0.1", port: 0))
        }

        func stop() {
            server?.stop()
            server = nil
        }

        var connectionCount: Int { server?.connectionCount ?? 0 }

        func answerTheLate() {
            for exchange in late { exchange.answer(.plain(200, "late")) }
            late = []
        }

        private func answer(_ request: HTTPServerRequest, _ exchange: HTTPExchange) {
            switch request.path {
            case "/late": late.append(exchange)
            case "/body": exchange.answer(HTTPServerResponse(200, body: request.body))
            case "/flood": flood(exchange)
            case "/rows": showRows(exchange)
            default: exchange.answer(.plain(200, "\(request.method) \(request.path) \(request.query)"))
            }
        }

        /// Writes without asking whether anybody takes it.
        private func flood(_ exchange: HTTPExchange) {
            guard let stream = exchange.stream(200, []) else { return }
            stream.onEnd = { [ended] in ended.add(1) }
            streams.append(stream)
            let part = [UInt8](repeating: 0x61, count: 1 << 16)
            for _ in 0..<1024 { stream.write(part) }
        }

        private func showRows(_ exchange: HTTPExchange) {
            guard let stream = exchange.stream(200, []) else { return }
            stream.onEnd = { [ended] in ended.add(1) }
            let onlooker = Onlooker(stream)
            stream.onDrained = { [weak onlooker] in onlooker?.pump() }
            streams.append(stream)
            self.onlooker = onlooker
            onlooker.show(all: (0..<100_000).map { .array([.string("account-\($0)"), .string("chat.example.com")]) })
        }

        var queued: Int { streams.last?.queuedByteCount ?? 0 }
    }

    /// Nothing is dropped because the machine is slow.
    private static let patient = {
        var limits = HTTPServerLimits()
        limits.requestTime = .seconds(3600)
        limits.idleTime = .seconds(3600)
        return limits
    }()

    private func run(
        _ limits: HTTPServerLimits = patient,
        _ body: (Rig, UInt16, EventLoop) async throws -> Void
    ) async throws {
        let loop = try EventLoop.start(name: "http")
        let rig = Rig(on: loop)
        let port = try await rig.start(limits)
        do {
            try await body(rig, port, loop)
        } catch {
            Issue.record("\(error)")
        }
        await rig.stop()
        #expect(throws: Never.self) { try loop.stop() }
    }

    @Test func requestsOfOneConnectionAreAnsweredInOrderHoweverTheyCome() async throws {
        try await run { rig, port, loop in
            let client = RawClient(on: loop)
            await client.connect(
                to: port, sending: "GET /a?x=1 HTTP/1.1\r\nHost: h\r\n\r\nGET /late HTTP/1.1\r\nHost: h\r\n\r\n")
            await client.send("HEAD /b HTTP/1.1\r\nHo")
            try await client.wait("the first") { $0.contains("GET /a x=1\n") }
            await client.send("st: h\r\n\r\nPOST /body HTTP/1.1\r\nHost: h\r\n")
            await client.send("Content-Length: 5\r\nConnection: close\r\n\r\nhello")
            await rig.answerTheLate()
            try await client.waitForEnd()
            let answers = client.text.split(separator: "HTTP/1.1 200 OK\r\n")
            #expect(answers.count == 4)
            #expect(answers[1].hasSuffix("\r\n\r\nlate\n"))
            // The length of what GET would give, and nothing behind it.
            #expect(answers[2].contains("Content-Length: 9\r\n") && answers[2].hasSuffix("\r\n\r\n"))
            #expect(answers[3].contains("Connection: close\r\n") && answers[3].hasSuffix("\r\n\r\nhello"))
        }
    }

    @Test func thousandsOfRequestsInOnePieceAreAllAnswered() async throws {
        try await run { _, port, loop in
            let client = RawClient(on: loop)
            await client.connect(to: port)
            let many = String(repeating: "GET /x HTTP/1.1\r\nHost: h\r\n\r\n", count: 5000)
            await client.send(many + "GET /end HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
            try await client.waitForEnd()
            #expect(client.text.split(separator: "GET /x \n").count == 5001 && client.text.hasSuffix("GET /end \n"))
        }
    }

    @Test(arguments: [
        ("nonsense\r\n\r\n", 400), ("GET / HTTP/1.1\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400),
        ("GET * HTTP/1.1\r\nHost: a\r\n\r\n", 400), ("GET / HTTP/1.0\r\nHost: a\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65537\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\nHost: a\r\nX: LONG\r\n\r\n", 413),
    ]) func whatIsNoRequestIsRefused(text: String, status: Int) async throws {
        try await run { _, port, loop in
            let client = RawClient(on: loop)
            await client.connect(to: port, sending: text.replacing("LONG", with: String(repeating: "x", count: 70_000)))
            try await client.waitForEnd()
            #expect(client.text.hasPrefix("HTTP/1.1 \(status) "))
        }
    }

    @Test func aHeadThatDoesNotEndAndASilentClientAreDropped() async throws {
        var limits = HTTPServerLimits()
        limits.requestTime = .milliseconds(100)
        limits.idleTime = .milliseconds(100)
        try await run(limits) { _, port, loop in
            let (slow, silent, done) = (RawClient(on: loop), RawClient(on: loop), RawClient(on: loop))
            await slow.connect(to: port, sending: "GET / HTTP/1.1\r\n")
            await silent.connect(to: port)
            await done.connect(to: port, sending: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            for client in [slow, silent, done] { try await client.waitForEnd() }
            #expect(slow.text.hasPrefix("HTTP/1.1 408 "))
            #expect(silent.text.isEmpty)
            #expect(done.text.hasPrefix("HTTP/1.1 200 "))
        }
    }

    @Test func moreConnectionsThanAllowedAreRefused() async throws {
        var limits = Self.patient
        limits.connections = 2
        try await run(limits) { rig, port, loop in
            let clients = [RawClient(on: loop), RawClient(on: loop)]
            for client in clients {
                await client.connect(to: port, sending: "GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                try await client.wait("an answer") { $0.hasSuffix("GET / \n") }
            }
            let third = RawClient(on: loop)
            await third.connect(to: port)
            try await third.waitForEnd()
            #expect(third.text.isEmpty)
            #expect(await rig.connectionCount == 2)
        }
    }

    @Test func whoTakesNothingIsDroppedBeforeMuchIsQueued() async throws {
        try await run { rig, port, loop in
            let client = RawClient(on: loop)
            await client.connect(to: port, sending: "GET /flood HTTP/1.1\r\nHost: a\r\n\r\n")
            await client.pauseReading()
            try await rig.ended.wait("it is dropped") { !$0.isEmpty }
            await client.resumeReading()
            try await client.waitForEnd()
            #expect(client.text.utf8.count < 64 << 20, "not all of the flood came")
        }
    }

    @Test func aHundredThousandAccountsGoInPartsToWhoTakesThemSlowly() async throws {
        try await run { rig, port, loop in
            let client = RawClient(on: loop)
            await client.connect(to: port)
            await client.pauseReading()
            await client.send("GET /rows HTTP/1.1\r\nHost: a\r\n\r\n")
            // Connected over loopback: the answer is under way when this one is.
            _ = try await RawClient.ask("/x", port: port, on: loop)
            #expect(await rig.queued < 256 << 10, "the parts wait for the client")
            await client.resumeReading()
            try await client.wait("the last part") { $0.contains(#""last":true"#) && $0.contains("account-99999") }
            #expect(rig.ended.all.isEmpty, "it was not dropped")
            #expect(client.text.split(separator: "account-").count == 100_001)
            await client.close()
            try await client.waitForEnd()
        }
    }
}
