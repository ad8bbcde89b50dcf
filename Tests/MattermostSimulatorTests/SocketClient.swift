import Testing
import UVEventLoop
import WebSocketCodec
import WorldInterface

@testable import MattermostSimulator

/// A client on the loop that speaks raw bytes, HTTP and WebSocket frames, and waits for what it expects.
actor SocketClient {
    enum End: Equatable {
        case endOfStream, reset, refused, closedLocally, other
    }

    private nonisolated let loop: EventLoop
    private let peer = Peer()
    private var stream: (any ByteStream)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop) { self.loop = loop }

    func connect(to port: UInt16) {
        stream = loop.connect(to: Endpoint(host: "127.0.0.1", port: port), tls: nil, handler: peer)
    }

    func write(_ text: String) { stream?.write(Array(text.utf8)) }

    func write(_ bytes: [UInt8]) { stream?.write(bytes) }

    func pauseReading() { stream?.pauseReading() }

    func close() { stream?.close() }

    /// Connects and upgrades; the frames that follow are decoded.
    func openWebSocket(
        port: UInt16, token: String? = nil, query: String = "", headers: [String] = []
    ) async throws -> Int {
        connect(to: port)
        var lines = [
            "GET /api/v4/websocket\(query) HTTP/1.1", "Host: 127.0.0.1:\(port)", "Upgrade: websocket",
            "Connection: Upgrade", "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        write((lines + headers).joined(separator: "\r\n") + "\r\n\r\n")
        let head = try await head()
        let status = Int(head.split(separator: " ")[1]) ?? 0
        if status == 101 { peer.startDecoding() }
        return status
    }

    func send(_ text: String, opcode: WebSocketOpcode = .text) {
        var frame: [UInt8] = []
        Array(text.utf8).withUnsafeBytes {
            WebSocketEncoder.appendFrame(opcode, payload: $0, maskingKey: 0x0102_0304, to: &frame)
        }
        stream?.write(frame)
    }

    /// The next text message.
    func message() async throws -> JSONValue {
        try await wait { !$0.texts.isEmpty }
        return try JSONValue(parsing: peer.texts.removeFirst())
    }

    /// Skips to the next message of that kind.
    func message(_ kind: String) async throws -> JSONValue {
        while true {
            let message = try await message()
            if message.kind == kind { return message }
        }
    }

    func closeCode() async throws -> UInt16? {
        try await wait { $0.closeCode != nil }
        return peer.closeCode
    }

    func pingCount(atLeast count: Int) async throws { try await wait { $0.pingCount >= count } }

    var receivedTexts: Int { peer.texts.count }

    func end() async throws -> End {
        try await wait { $0.end != nil }
        return peer.end ?? .other
    }

    /// One request on a connection of its own, read to the end.
    func request(
        port: UInt16, _ method: String, _ path: String, token: String? = nil, headers: [String] = [], body: String = ""
    ) async throws -> (status: Int, head: String, body: [UInt8]) {
        connect(to: port)
        var lines = [
            "\(method) \(path) HTTP/1.1", "Host: 127.0.0.1", "Connection: close", "Content-Length: \(body.utf8.count)",
        ]
        if let token { lines.append("Authorization: Bearer \(token)") }
        write((lines + headers).joined(separator: "\r\n") + "\r\n\r\n" + body)
        let head = try await head()
        try await wait { $0.end != nil }
        return (Int(head.split(separator: " ")[1]) ?? 0, head, peer.bytes)
    }

    /// Waits for a header block and takes it.
    func head() async throws -> String {
        try await wait { $0.headEnd != nil }
        guard let end = peer.headEnd else { return "" }
        let head = String(decoding: peer.bytes[..<end], as: UTF8.self)
        peer.bytes.removeSubrange(..<end)
        return head
    }

    func body(count: Int) async throws -> String {
        try await wait { $0.bytes.count >= count }
        let body = String(decoding: peer.bytes[..<count], as: UTF8.self)
        peer.bytes.removeSubrange(..<count)
        return body
    }

    private func wait(until isMet: @escaping (Peer) -> Bool) async throws {
        guard !isMet(peer) else { return }
        // The safety net of a test that would hang; nothing is measured with it.
        let timer = loop.makeTimer { [peer] in peer.expire() }
        timer.arm(at: loop.now + .seconds(20))
        let isExpired = await withCheckedContinuation { continuation in
            peer.wait(until: isMet, continuation)
        }
        timer.close()
        if isExpired { throw Timeout() }
    }

    struct Timeout: Error {}
}

/// What the stream told. On the loop, as the actor is.
private final class Peer: StreamHandler {
    var bytes: [UInt8] = []
    var texts: [[UInt8]] = []
    var pingCount = 0
    var closeCode: UInt16?
    var end: SocketClient.End?
    private var decoder: WebSocketDecoder?
    private var waiting: ((Peer) -> Bool, CheckedContinuation<Bool, Never>)?

    var headEnd: Int? {
        guard bytes.count >= 4 else { return nil }
        return (4...bytes.count).first { Array(bytes[($0 - 4)..<$0]) == Array("\r\n\r\n".utf8) }
    }

    func wait(until isMet: @escaping (Peer) -> Bool, _ continuation: CheckedContinuation<Bool, Never>) {
        waiting = (isMet, continuation)
    }

    func expire() {
        waiting?.1.resume(returning: true)
        waiting = nil
    }

    func startDecoding() {
        decoder = WebSocketDecoder(role: .client)
        decode()
    }

    private func decode() {
        let count = bytes.count
        var padded = bytes + [UInt8](repeating: 0, count: streamBufferPadding)
        bytes = []
        padded.withUnsafeMutableBytes { padded in
            var input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: padded[..<count]))
            while let event = try? decoder?.next(&input) {
                switch event {
                case .text(let text): texts.append(Array(text))
                case .ping: pingCount += 1
                case .close(let code, _): closeCode = code?.rawValue ?? 0
                case .binary, .pong: break
                }
            }
        }
    }

    private func check() {
        guard let (isMet, continuation) = waiting, isMet(self) else { return }
        waiting = nil
        continuation.resume(returning: false)
    }

    func streamOpened() {}

    func streamReceived(_ received: UnsafeMutableRawBufferPointer) {
        bytes.append(contentsOf: received)
        if decoder != nil { decode() }
        check()
    }

    func streamDrained() {}

    func streamClosed(_ reason: StreamClosure) {
        switch reason {
        case .closedLocally: end = .closedLocally
        case .endOfStream: end = .endOfStream
        case .failed(let error):
            end = error.kind == .reset ? .reset : error.kind == .refused ? .refused : .other
        }
        check()
    }
}

/// A simulator on a loop of its own, stopped behind the test.
func withSimulator(
    _ configuration: SimulatorConfiguration = .init(seed: 1),
    _ body: (Simulator, SimulatorFixture, UInt16, EventLoop) async throws -> Void
) async throws {
    let loop = try EventLoop.start()
    defer { try? loop.stop() }
    let simulator = Simulator(world: loop, configuration: configuration)
    let port = try await simulator.start()
    try await body(simulator, await simulator.fixture, port, loop)
    await simulator.stop()
}
