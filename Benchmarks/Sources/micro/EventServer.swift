import UVEventLoop
import WebSocketCodec
import WorldInterface

/// Speaks as much of Mattermost as one connection needs, and sends what it is told to.
final class EventServer: @unchecked Sendable {
    // Sound as Sendable: all that changes is touched on its loop only.
    private let loop: EventLoop
    private var listener: (any Listener)?
    private var socket: EventSocket?
    private var sequence = 1

    init(on loop: EventLoop) { self.loop = loop }

    /// Returns the port.
    func listen() async throws -> UInt16 {
        try await Task(executorPreference: loop) { [self] in
            let listener = try loop.listen(on: Endpoint(host: "127.0.0.1", port: 0), tls: nil) { [self] stream in
                EventSocket(stream: stream) { [self] in
                    socket = $0
                    sequence = 1
                }
            }
            self.listener = listener
            return listener.port
        }.value
    }

    /// Sends so many events of so many bytes in one write. On the loop.
    func send(_ count: Int, byteCount: Int) {
        var frames: [UInt8] = []
        for _ in 0..<count {
            WebSocketEncoder.appendText(
                PostedFrame.text(byteCount, number: sequence), maskingKey: nil, to: &frames)
            sequence += 1
        }
        socket?.stream.write(frames)
    }

    /// The same, from anywhere.
    func post(_ count: Int, byteCount: Int) {
        Task(executorPreference: loop) { [self] in send(count, byteCount: byteCount) }
    }

    func close() async { await Task(executorPreference: loop) { [self] in listener?.close() }.value }
}

private final class EventSocket: StreamHandler {
    private enum Phase {
        case http
        case webSocket
    }

    let stream: any ByteStream
    private let upgraded: (EventSocket) -> Void
    private var phase = Phase.http
    private var heads = HTTPRequestHeadReader()
    private var decoder = WebSocketDecoder(role: .server)

    init(stream: any ByteStream, upgraded: @escaping (EventSocket) -> Void) {
        self.stream = stream
        self.upgraded = upgraded
    }

    func streamOpened() {}
    func streamDrained() {}
    func streamClosed(_ reason: StreamClosure) {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        while case .http = phase {
            guard let head = try? heads.receive(&input) else { return }
            answer(head)
        }
        while let event = try? decoder.next(&input) {
            guard case .text(let text) = event else { continue }
            // `{"seq":N,"action":"ping"}`
            let number = String(decoding: text, as: UTF8.self).split(separator: "\"seq\":").last?.prefix { $0.isNumber }
            send(#"{"status":"OK","seq_reply":\#(number ?? "0"),"data":{"text":"pong"}}"#)
        }
    }

    private func answer(_ head: HTTPRequestHead) {
        guard let upgrade = try? WebSocketUpgradeRequest(head), let acceptance = try? upgrade.acceptance() else {
            let body = #"{"id":"\#(PostedFrame.user)","username":"bench","update_at":1}"#
            let response =
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
            return stream.write(Array(response.utf8))
        }
        phase = .webSocket
        stream.write(acceptance)
        send(
            #"{"event":"hello","data":{"connection_id":"connection0000000000000000","server_version":"6.6.1"},"#
                + #""broadcast":{"omit_users":null,"user_id":"\#(PostedFrame.user)","channel_id":"","team_id":""},"#
                + #""seq":0}"#)
        upgraded(self)
    }

    private func send(_ text: String) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendText(text, maskingKey: nil, to: &frame)
        stream.write(frame)
    }
}
