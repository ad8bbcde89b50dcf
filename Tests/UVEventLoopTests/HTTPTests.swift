import Testing
import UVEventLoop
import WorldInterface

/// A server that answers each request head on a connection with the next of its answers; nil never answers.
private final class TinyServer: StreamHandler {
    private let answers: [String?]
    private var served = 0
    private var pending: [UInt8] = []
    private(set) var requests: [String] = []
    var stream: (any ByteStream)?

    init(_ answers: [String?]) { self.answers = answers }

    func streamOpened() {}
    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        pending.append(contentsOf: bytes)
        let text = String(decoding: pending, as: UTF8.self)
        guard text.contains("\r\n\r\n") else { return }
        pending = []
        requests.append(text)
        guard served < answers.count, let answer = answers[served] else { return }
        served += 1
        stream?.write(Array(answer.utf8))
    }
    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) { stream = nil }
}

/// A tiny server that listens.
private struct Served {
    let server: TinyServer
    let listener: any Listener
    var url: String { "http://127.0.0.1:\(listener.port)" }

    init(_ rig: isolated LoopRig, _ server: TinyServer) throws {
        self.server = server
        listener = try rig.loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
            server.stream = stream
            return server
        }
    }

    /// Closes both sides, and waits until the server's has heard of it: that takes the kernel its time.
    func end(_ rig: isolated LoopRig) async {
        listener.close()
        rig.loop.closeHTTPConnections()
        while server.stream != nil { await Task.yield() }
    }
}

private func answer(_ status: String, _ body: String, _ headers: String = "") -> String {
    "HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)"
}

@Suite(.timeLimit(.minutes(10))) struct HTTPTests {
    @Test func anAnswerComesWithStatusHeadersAndBodyAndTheConnectionIsReused() async throws {
        try await LoopRig.run { rig in
            let server = TinyServer([answer("200 OK", "one", "ETag: x\r\n"), answer("404 Not Found", "two")])
            let served = try Served(rig, server)
            let url = served.url
            let first = try await rig.loop.perform(HTTPRequest(url: url + "/a?q", headers: [("X-One", "1")]))
            #expect(first.status == 200)
            #expect(first.body == Array("one".utf8))
            #expect(first.header("etag") == "x")
            let second = try await rig.loop.perform(
                HTTPRequest(method: "PUT", url: url + "/b", body: Array("payload".utf8)))
            #expect(second.status == 404)
            #expect(server.requests.count == 2)
            #expect(server.requests[0].hasPrefix("GET /a?q HTTP/1.1\r\n"))
            #expect(server.requests[0].contains("X-One: 1\r\n"))
            #expect(server.requests[1].hasPrefix("PUT /b HTTP/1.1\r\n"))
            await served.end(rig)
        }
    }

    @Test func anActorOfTheLoopMayAskInATaskThatDoesNotPreferTheLoop() async throws {
        actor Caller {
            private let loop: EventLoop
            nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }
            init(_ loop: EventLoop) { self.loop = loop }
            func ask(_ url: String) async throws -> Int { try await loop.perform(HTTPRequest(url: url)).status }
        }
        try await LoopRig.run { rig in
            let served = try Served(rig, TinyServer([answer("200 OK", "one")]))
            let (caller, url) = (Caller(rig.loop), served.url)
            let task = Task.detached { try await caller.ask(url) }
            #expect(try await task.value == 200)
            await served.end(rig)
        }
    }

    @Test func aServerThatNeverAnswersTimesOut() async throws {
        try await LoopRig.run { rig in
            let served = try Served(rig, TinyServer([nil]))
            let url = served.url
            await #expect {
                try await rig.loop.perform(HTTPRequest(url: url, timeout: .milliseconds(50)))
            } throws: { ($0 as? NetworkError)?.kind == .timedOut }
            await served.end(rig)
        }
    }

    @Test func cancellingTheTaskEndsTheTransfer() async throws {
        try await LoopRig.run { rig in
            let server = TinyServer([nil])
            let served = try Served(rig, server)
            let url = served.url
            let loop = rig.loop
            let task = Task(executorPreference: loop) { try await loop.perform(HTTPRequest(url: url)) }
            while server.requests.isEmpty { await Task.yield() }
            task.cancel()
            let result = await task.result
            #expect(throws: NetworkError.self) { try result.get() }
            await served.end(rig)
        }
    }

    @Test func aLongAnswerIsRefused() async throws {
        try await LoopRig.run { rig in
            let served = try Served(rig, TinyServer([answer("200 OK", String(repeating: "x", count: 5000))]))
            let url = served.url
            await #expect {
                try await rig.loop.perform(HTTPRequest(url: url, maximumBodyBytes: 1000))
            } throws: { ($0 as? NetworkError)?.kind == .tooLarge }
            await served.end(rig)
        }
    }

    @Test func redirectsAreReturnedUnlessAskedFor() async throws {
        try await LoopRig.run { rig in
            let served = try Served(
                rig, TinyServer([answer("302 Found", "", "Location: /elsewhere\r\n")]))
            let url = served.url
            let response = try await rig.loop.perform(HTTPRequest(url: url))
            #expect(response.status == 302)
            #expect(response.header("Location") == "/elsewhere")
            await served.end(rig)
        }
    }

    @Test func headersThatWouldInjectAreRefusedAndSecretsStayOutOfErrors() async throws {
        try await LoopRig.run { rig in
            for (url, value) in [
                ("http://127.0.0.1:1/?token=hunter2", "a\r\nX: y"), ("http://u:hunter2@127.0.0.1:1/", "a"),
            ] {
                await #expect {
                    try await rig.loop.perform(HTTPRequest(url: url, headers: [("X", value)]))
                } throws: { !"\($0)".contains("hunter2") }
            }
            rig.loop.closeHTTPConnections()
        }
    }

    @Test func aRequestFromElsewhereIsDoneOnTheLoop() async throws {
        let loop = try EventLoop.start()
        await #expect {
            try await loop.perform(HTTPRequest(url: "http://127.0.0.1:1/"))
        } throws: { ($0 as? NetworkError)?.kind == .refused }
        try loop.stop()
    }
}
