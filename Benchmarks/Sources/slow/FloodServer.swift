import Synchronization
import UVEventLoop
import WebSocketCodec
import WorldInterface

/// Speaks as much of Mattermost as a connection needs, and sends `posted` events as fast as its socket takes them: TCP alone
/// holds it back.
final class FloodServer: @unchecked Sendable {
    // Sound as Sendable: but for the atomics, all that changes is touched on its loop only.
    private let loop: EventLoop
    private let target: Int
    private let frameBytes: Int
    private var listener: (any Listener)?
    private var socket: FloodSocket?
    /// Bytes of events that the socket has taken.
    let sentBytes = Atomic<Int>(0)
    let sentEvents = Atomic<Int>(0)

    /// - Parameters:
    ///   - target: bytes of events in all.
    ///   - frameBytes: about how long an event is.
    init(on loop: EventLoop, target: Int, frameBytes: Int) {
        self.loop = loop
        self.target = target
        self.frameBytes = frameBytes
    }

    var isDone: Bool { sentBytes.load(ordering: .relaxed) >= target }

    /// Returns the port.
    func listen() async throws -> UInt16 {
        try await Task(executorPreference: loop) { [self] in
            let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { [self] stream in
                FloodSocket(stream: stream, server: self)
            }
            self.listener = listener
            return listener.port
        }.value
    }

    /// Begins to send.
    func flood() async { await Task(executorPreference: loop) { [self] in socket?.flood() }.value }

    func close() async { await Task(executorPreference: loop) { [self] in listener?.close() }.value }

    /// The socket of events.
    fileprivate func opened(_ socket: FloodSocket) { self.socket = socket }

    fileprivate var padding: Int { max(0, frameBytes - 700) }

    fileprivate func sent(_ events: Int, _ bytes: Int) {
        sentEvents.wrappingAdd(events, ordering: .relaxed)
        sentBytes.wrappingAdd(bytes, ordering: .relaxed)
    }
}

private final class FloodSocket: StreamHandler {
    private enum Phase {
        case http
        case webSocket
    }

    private let stream: any ByteStream
    private unowned let server: FloodServer
    private var phase = Phase.http
    private var heads = HTTPRequestHeadReader()
    private var decoder = WebSocketDecoder(role: .server)
    private var sequence = 0
    private var isFlooding = false
    private let filler: String

    private static let user = "bot00000000000000000000000"
    private static let channel = "channel0000000000000000000"

    init(stream: any ByteStream, server: FloodServer) {
        self.stream = stream
        self.server = server
        filler = String(repeating: "x", count: server.padding)
    }

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        while case .http = phase {
            guard let head = try? heads.receive(&input) else { return }
            answer(head)
        }
        while let event = try? decoder.next(&input) {
            guard case .text(let text) = event else { continue }
            reply(String(decoding: text, as: UTF8.self))
        }
    }

    func streamDrained() { if isFlooding { flood() } }

    func streamClosed(_ reason: StreamClosure) { isFlooding = false }

    // MARK: - HTTP

    private func answer(_ head: HTTPRequestHead) {
        if let upgrade = try? WebSocketUpgradeRequest(head), let acceptance = try? upgrade.acceptance() {
            phase = .webSocket
            stream.write(acceptance)
            send(
                #"{"event":"hello","data":{"connection_id":"connection0000000000000000","server_version":"6.6.1"},"#
                    + #""broadcast":{"omit_users":null,"user_id":"\#(Self.user)","channel_id":"","team_id":""},"seq":0}"#
            )
            sequence = 1
            return server.opened(self)
        }
        let body =
            if head.target.hasPrefix("/api/v4/users/me/channels") {
                #"[{"id":"\#(Self.channel)","name":"flood","type":"O","last_post_at":1}]"#
            } else if head.target.hasPrefix("/api/v4/users/me") {
                #"{"id":"\#(Self.user)","username":"bot","update_at":1}"#
            } else {
                #"{"order":[],"posts":{},"next_post_id":"","prev_post_id":""}"#
            }
        stream.write(
            Array(
                ("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Thu, 01 Jan 1970 00:00:01 GMT\r\n"
                    + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8))
    }

    // MARK: - WebSocket

    /// `{"seq":N,"action":"ping"}`
    private func reply(_ text: String) {
        let number = text.split(separator: "\"seq\":").last?.prefix { $0.isNumber } ?? ""
        send(#"{"status":"OK","seq_reply":\#(number),"data":{"text":"pong"}}"#)
    }

    private func send(_ text: String) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendText(text, maskingKey: nil, to: &frame)
        stream.write(frame)
    }

    /// As much as the socket takes, and a little more, so that it reports when it has drained.
    func flood() {
        isFlooding = true
        while stream.queuedByteCount < 64 << 10, !server.isDone {
            var frames: [UInt8] = []
            for _ in 0..<16 {
                WebSocketEncoder.appendText(event(sequence), maskingKey: nil, to: &frames)
                sequence += 1
            }
            stream.write(frames)
            server.sent(16, frames.count)
        }
    }

    private func event(_ number: Int) -> String {
        let id = "\(10_000_000_000_000 + number)"
        let post =
            #"{\"id\":\"post00000000\#(id)\",\"create_at\":\#(2000 + number),\"update_at\":\#(2000 + number),\"#
            + #""edit_at\":0,\"delete_at\":0,\"user_id\":\"user0000000000000000000000\",\"#
            + #""channel_id\":\"\#(Self.channel)\",\"root_id\":\"\",\"message\":\"\#(filler)\",\"type\":\"\"}"#
        return #"{"event":"posted","data":{"channel_display_name":"flood","channel_name":"flood","channel_type":"O","#
            + #""post":"\#(post)","sender_name":"@user","set_online":true,"team_id":"team0000000000000000000000"},"#
            + #""broadcast":{"omit_users":null,"user_id":"","channel_id":"\#(Self.channel)","team_id":""},"seq":\#(number)}"#
    }
}
