import Locking
import UVEventLoop
import WebSocketCodec
import WorldInterface

/// What a hostile server sends back.
enum HostileReply: Sendable {
    case silence
    case bytes([UInt8])
    /// `head`, and `chunk` again and again, as fast as it is taken.
    case endless(head: [UInt8] = [], chunk: [UInt8])
    /// The bytes that `next` makes, until it makes none.
    case made(@Sendable () -> [UInt8])
    /// One byte at a time, the last one for ever.
    case trickle([UInt8], every: Duration)

    static func text(_ text: String) -> HostileReply { .bytes(Array(text.utf8)) }

    static func json(_ body: String, status: String = "200 OK", headers: String = "") -> HostileReply {
        .text("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(headers)\r\n\(body)")
    }
}

/// What it does. A request that nothing is said of is answered as Mattermost would.
struct HostileScript: Sendable {
    /// By the request's head; nil for what is usual.
    var answer: @Sendable (String) -> HostileReply? = { _ in nil }
    /// Behind a good upgrade, the hello and the answer to the first ping.
    var socket: HostileReply = .silence
    /// The hello; nil for the usual one.
    var hello: String?
    /// Whether it reads what comes behind the upgrade.
    var reads = true
}

/// A server that means harm, on a loop of its own. Counts what it got rid of.
final class HostileServer: Sendable {
    let loop: EventLoop
    let port: UInt16
    private let counts: Lock<(written: Int, requests: Int)>

    /// Bytes that the operating system took from it.
    var written: Int { counts.withLock(\.written) }
    var requests: Int { counts.withLock(\.requests) }

    init(_ script: HostileScript) async throws {
        let loop = try EventLoop.start(name: "hostile")
        let counts = Lock((written: 0, requests: 0))
        self.loop = loop
        self.counts = counts
        port = try await loop.run { () async throws(NetworkError) in
            try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { stream in
                HostileStream(stream, script, loop, counts)
            }.port
        }
    }
}

private final class HostileStream: StreamHandler {
    private let stream: any ByteStream
    private let script: HostileScript
    private let loop: EventLoop
    private let counts: Lock<(written: Int, requests: Int)>
    private var head: [UInt8] = []
    private var next: () -> [UInt8] = { [] }
    private var timer: (any DeadlineTimer)?
    private var isUpgraded = false
    private var isOver = false

    /// Enough to show that there is no bound, where there is none.
    private static let maximumBytes = 1 << 30

    init(
        _ stream: any ByteStream, _ script: HostileScript, _ loop: EventLoop,
        _ counts: Lock<(written: Int, requests: Int)>
    ) {
        self.stream = stream
        self.script = script
        self.loop = loop
        self.counts = counts
    }

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        guard !isUpgraded else { return }
        head += bytes
        let text = String(decoding: head, as: UTF8.self)
        // What is no HTTP is TLS: it gets the same treatment.
        guard text.contains("\r\n\r\n") || bytes.first == 0x16 else { return }
        head = []
        counts.withLock { $0.requests += 1 }
        answer(text)
    }

    private func answer(_ request: String) {
        if let reply = script.answer(request) { return send(reply) }
        guard request.contains("/websocket") else { return send(HostileServer.usual(request)) }
        let line = request.split(separator: "\r\n").first { $0.lowercased().hasPrefix("sec-websocket-key:") } ?? ""
        guard let key = WebSocketHandshakeKey(headerValue: String(line.dropFirst(19))) else { return stream.close() }
        isUpgraded = true
        write(
            Array(
                ("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                    + "Sec-WebSocket-Accept: \(key.acceptHeaderValue)\r\n\r\n").utf8)
                + Frames.text(script.hello ?? Frames.hello) + Frames.text(#"{"status":"OK","seq_reply":1}"#))
        if !script.reads { stream.pauseReading() }
        send(script.socket)
    }

    private func send(_ reply: HostileReply) {
        switch reply {
        case .silence: break
        case .bytes(let bytes): write(bytes)
        case .endless(let head, let chunk):
            write(head)
            go { chunk }
        case .made(let make): go(make)
        case .trickle(let bytes, let pause):
            var rest = bytes[...]
            let timer = loop.makeTimer { [unowned self] in
                if let byte = rest.count > 1 ? rest.popFirst() : rest.first { write([byte]) }
                if !isOver { self.timer?.arm(at: loop.now + pause) }
            }
            self.timer = timer
            timer.arm(at: loop.now + pause)
        }
    }

    private func go(_ next: @escaping () -> [UInt8]) {
        self.next = next
        pump()
    }

    private func pump() {
        while !isOver, stream.queuedByteCount < 256 << 10, counts.withLock(\.written) < HostileStream.maximumBytes {
            let bytes = next()
            if bytes.isEmpty { return }
            write(bytes)
        }
    }

    private func write(_ bytes: [UInt8]) {
        guard !isOver else { return }
        stream.write(bytes)
        counts.withLock { $0.written += bytes.count }
    }

    func streamDrained() { pump() }

    func streamClosed(_ reason: StreamClosure) {
        isOver = true
        timer?.close()
        timer = nil
    }
}

extension HostileServer {
    /// As Mattermost answers an account with one channel.
    static func usual(_ request: String) -> HostileReply {
        let target = request.split(separator: " ").dropFirst().first ?? ""
        let date = "Date: Sun, 06 Nov 2044 08:49:37 GMT\r\n"
        if target.hasSuffix("/users/me") { return .json(#"{"id":"me","username":"bot","update_at":1}"#, headers: date) }
        if target.hasSuffix("/users/me/channels") {
            return .json(#"[{"id":"c","type":"O","name":"c","last_post_at":\#(Frames.now)}]"#, headers: date)
        }
        if target.contains("/posts") { return .json(#"{"order":[],"posts":{}}"#) }
        return .json("[]")
    }
}

/// Frames as a server sends them.
enum Frames {
    static let now: Int64 = 2_362_031_377_000
    static let hello =
        #"{"event":"hello","data":{"connection_id":"k","server_version":"6.6.1"},"broadcast":{"user_id":"me"},"seq":0}"#

    static func text(_ text: String) -> [UInt8] { frame(.text, Array(text.utf8)) }

    static func frame(_ opcode: WebSocketOpcode, _ payload: [UInt8], isFinal: Bool = true) -> [UInt8] {
        var bytes: [UInt8] = []
        payload.withUnsafeBytes {
            WebSocketEncoder.appendFrame(opcode, isFinal: isFinal, payload: $0, maskingKey: nil, to: &bytes)
        }
        return bytes
    }

    static func posted(_ id: String, channel: String = "c", at time: Int64 = now, sequence: Int64) -> [UInt8] {
        text(
            #"{"event":"posted","data":{"post":"{\"id\":\"\#(id)\",\"create_at\":\#(time),\"update_at\":\#(time),"#
                + #"\"user_id\":\"u\",\"channel_id\":\"\#(channel)\",\"message\":\"m\"}"},"#
                + #""broadcast":{"channel_id":"\#(channel)"},"seq":\#(sequence)}"#)
    }
}

/// Counts up; used from the hostile loop.
final class Counter: Sendable {
    private let value: Lock<Int64>
    init(_ start: Int64 = 0) { value = Lock(start) }
    func next() -> Int64 {
        value.withLock { value in
            value += 1
            return value
        }
    }
    var current: Int64 { value.withLock { $0 } }
}
