import Holdfast
import HoldfastMattermost
import WebSocketCodec
import WorldInterface

/// On the WebSocket, from the first byte of the answer to the close.
let socketCases: [HostileCase] = [
    HostileCase(name: "endless-header") {
        try await upgrade(
            .endless(head: Array("HTTP/1.1 101 X\r\nA: ".utf8), chunk: [UInt8](repeating: 0x61, count: 8192))
        )
        .line("connecting → backoff", "longer than 16384 bytes")
    },
    HostileCase(name: "many-header-fields") {
        try await upgrade(.endless(head: Array("HTTP/1.1 101 X\r\n".utf8), chunk: Array("A:\r\n".utf8)))
            .line("connecting → backoff", "longer than 16384 bytes")
    },
    HostileCase(name: "too-many-header-fields") {
        let fields = String(repeating: "A:\r\n", count: 101)
        return try await upgrade(.text("HTTP/1.1 101 X\r\n\(fields)\r\n"))
            .line("connecting → backoff", "more than 100 fields")
    },
    HostileCase(name: "endless-interim-answers") {
        try await upgrade(.endless(chunk: Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)))
            .line("connecting → backoff", "too many interim answers")
    },
    HostileCase(name: "slow-loris-upgrade") {
        try await upgrade(.trickle(Array("HTTP/1.1 101 Switching Protocols\r\nA".utf8), every: .milliseconds(50)))
            .line("connecting → terminating on connectTimeout", "waited too long for the answer to the upgrade")
    },
    HostileCase(name: "says-nothing") {
        try await upgrade(.silence).line(
            "connecting → terminating on connectTimeout", "waited too long for the answer to the upgrade")
    },
    HostileCase(name: "tls-trickle") {
        let script = HostileScript(answer: { _ in
            .trickle([0x16, 0x03, 0x03, 0x40, 0x00, 0x02, 0x00], every: .milliseconds(50))
        })
        let stage = try await Stage(script, isSecure: true)
        await stage.connect().start()
        return try await stage.line(
            "connecting → terminating on connectTimeout", "waited too long for a connection to ")
    },
    HostileCase(name: "hello-never-comes") {
        let stage = try await Stage(HostileScript(hello: #"{"event":"typing","data":{},"broadcast":{},"seq":0}"#))
        await stage.connect().start()
        return try await stage.line(
            "connecting → terminating on connectTimeout", "waited too long for the server's hello")
    },
    HostileCase(name: "absurd-hello") {
        // Ten megabytes as the connection's id, and as the account's; then a drop, after which nothing is resumed with it.
        let long = String(repeating: "k", count: 5_000_000)
        let hello = #"{"event":"hello","data":{"connection_id":"\#(long)"},"broadcast":{"user_id":"\#(long)"},"seq":0}"#
        let stage = try await Stage(
            HostileScript(socket: .bytes([0x88, 0x00]), hello: hello), options: { $0.revisionCheck = true })
        let connection = await stage.connect { $0.backoff.initial = .milliseconds(10) }
        await connection.start()
        _ = try await stage.line("attempt 2: hello")
        let longest = stage.seen.map(\.utf8.count).max() ?? 0
        try require(longest < 1000, "an observation of \(longest) bytes")
        return "open, dropped, connected again without a resume"
    },
    HostileCase(name: "absurd-failure") {
        // A FAIL whose error is ten megabytes long must not be kept in the history.
        let long = String(repeating: "e", count: 10_000_000)
        let fail = #"{"status":"FAIL","seq_reply":1,"error":{"id":"\#(long)","message":"m","status_code":401}}"#
        let stage = try await Stage(
            HostileScript(answer: { request in
                guard request.contains("/websocket") else { return nil }
                return upgradeAnswer(request, Frames.text(Frames.hello) + Frames.text(fail))
            }))
        let connection = await stage.connect()
        await connection.start()
        let line = try await stage.line("connecting → backoff", "first ping: FAIL")
        try require(line.utf8.count < 1000, "an observation of \(line.utf8.count) bytes")
        return "\(line.prefix(60))…"
    },
    HostileCase(name: "long-frame") {
        try await opened(.endless(head: [0x82, 127, 0, 0, 0, 0, 1, 0, 0, 1], chunk: zeros))
            .line("open → backoff", "a frame is longer than the limit")
    },
    HostileCase(name: "longest-message") {
        // Fragments of 64 KiB without an end: up to the limit they are held.
        try await opened(
            .endless(
                head: Frames.frame(.binary, zeros, isFinal: false),
                chunk: Frames.frame(.continuation, zeros, isFinal: false))
        )
        .line("open → backoff", "a message is longer than the limit")
    },
    HostileCase(name: "endless-empty-fragments") {
        try await opened(
            .endless(
                head: Frames.frame(.text, [], isFinal: false),
                chunk: Array(repeatElement(Frames.frame(.continuation, [], isFinal: false), count: 1000).joined()))
        ).line("open → backoff", "more fragments than the limit")
    },
    HostileCase(name: "ping-flood-between-fragments") {
        // Its pongs are read; the message is never finished. A probe is not answered, and no flood hides that.
        let ping = Array(repeatElement(Frames.frame(.ping, [UInt8](repeating: 1, count: 125)), count: 100).joined())
        let stage = try await Stage(
            HostileScript(socket: .endless(head: Frames.frame(.text, [0x61], isFinal: false), chunk: ping)))
        let connection = await stage.connect {
            $0.timing.firstProbe = .seconds(1)
            $0.timing.probeAgain = .milliseconds(200)
            $0.timing.probeTimeout = .seconds(1)
        }
        await connection.start()
        let line = try await stage.line("probing → stale")
        return "\(line); \(stage.server.written >> 20) MB of pings"
    },
    HostileCase(name: "pongs-never-read") {
        let ping = Array(repeatElement(Frames.frame(.ping, [UInt8](repeating: 1, count: 125)), count: 100).joined())
        return try await opened(.endless(chunk: ping), reads: false)
            .line("open → backoff", "does not read what it asks for")
    },
    HostileCase(name: "faster-than-the-consumer") {
        // The consumer takes one event and then none: the server gets rid of what the buffers hold and no more.
        let chunk = Array(repeatElement(Frames.posted("p", sequence: 1), count: 100).joined())
        let stage = try await Stage(HostileScript(socket: .endless(chunk: chunk)))
        let connection = await stage.connect()
        let consumer = Task {
            for await _ in connection.events { try? await Task.sleep(for: .seconds(3600)) }
        }
        await connection.start()
        let line = try await stage.line("reading is paused")
        try await stage.standstill()
        consumer.cancel()
        try require(stage.server.written < 64 << 20, "the server got rid of \(stage.server.written >> 20) MB")
        return "\(line); the server stands still after \(stage.server.written >> 20) MB"
    },
    HostileCase(name: "nobody-listens") {
        // Without a consumer the reading goes on, so that the connection stays honest: what is beyond the buffer is counted.
        let chunk = Array(repeatElement(Frames.posted("p", sequence: 1), count: 1000).joined())
        let stage = try await Stage(HostileScript(socket: .endless(chunk: chunk)))
        let connection = await stage.connect()
        await connection.start()
        try await stage.until("100,000 discarded events") { await connection.counters.discarded > 100_000 }
        return "open; \(await connection.counters.discarded) events discarded and counted"
    },
    HostileCase(name: "close-never-answered") {
        let stage = try await Stage(HostileScript(socket: .silence, reads: false))
        let connection = await stage.connect { $0.timing.closeTimeout = .milliseconds(500) }
        await connection.start()
        try await stage.until("open") { await connection.state == .open }
        await connection.stop(deadline: .seconds(5))
        return try await stage.line("terminating → stopped on closeTimeout")
    },
    HostileCase(name: "retry-after-a-million-years") {
        let answer = "HTTP/1.1 429 No\r\nRetry-After: 31536000000000\r\nContent-Length: 0\r\n\r\n"
        let stage = try await upgrade(.text(answer)) {
            $0.backoff.initial = .milliseconds(10)
            $0.backoff.retryAfterCap = .milliseconds(300)
        }
        _ = try await stage.line("connecting → backoff", "rate limited")
        return try await stage.line("backoff → connecting on retryDue")
    },
]

private let zeros = [UInt8](repeating: 0, count: 65_000)

/// A connection whose upgrade is answered so.
private func upgrade(
    _ reply: HostileReply, _ change: (inout Configuration) -> Void = { _ in }
) async throws -> Stage {
    let stage = try await Stage(HostileScript(answer: { $0.contains("/websocket") ? reply : nil }))
    await stage.connect(change).start()
    return stage
}

/// A connection that is open, and then gets this.
private func opened(_ reply: HostileReply, reads: Bool = true) async throws -> Stage {
    let stage = try await Stage(HostileScript(socket: reply, reads: reads))
    await stage.connect().start()
    _ = try await stage.line("connecting → open")
    return stage
}

/// A good upgrade with these frames behind it.
private func upgradeAnswer(_ request: String, _ frames: [UInt8]) -> HostileReply {
    let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") } ?? ""
    guard let key = WebSocketHandshakeKey(headerValue: String(line.dropFirst(19))) else { return .silence }
    return .bytes(
        Array(
            ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                + "Sec-WebSocket-Accept: \(key.acceptHeaderValue)\r\n\r\n").utf8) + frames)
}
