import WebSocketCodec
import WorldInterface

/// One connection to the server: HTTP requests until one of them asks for the WebSocket.
final class LoadSocket: StreamHandler {
    private enum Phase {
        case http
        /// A request's body, which nobody reads.
        case body(left: Int)
        case webSocket(number: Int)
    }

    private let stream: any ByteStream
    private unowned let server: LoadServer
    private var phase = Phase.http
    private var heads = HTTPRequestHeadReader()
    private var decoder = WebSocketDecoder(role: .server)
    private var isProven = false
    private var flood: Flood?

    init(stream: any ByteStream, server: LoadServer) {
        self.stream = stream
        self.server = server
    }

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        while input.unreadByteCount > 0 {
            switch phase {
            case .http:
                do {
                    guard let head = try heads.receive(&input) else { return }
                    take(head)
                } catch {
                    return stream.close()
                }
            case .body(let left):
                let count = min(left, input.unreadByteCount)
                input = WebSocketInput(UnsafeMutableRawBufferPointer(rebasing: input.unread[count...]))
                phase = left == count ? .http : .body(left: left - count)
            case .webSocket(let number):
                do {
                    guard let event = try decoder.next(&input) else { return }
                    take(event, number)
                } catch {
                    return stream.close()
                }
            }
        }
    }

    func streamDrained() { goOn() }

    func streamClosed(_ reason: StreamClosure) {
        if flood != nil { server.floodBroke() }
        flood = nil
        guard case .webSocket(let number) = phase else { return }
        server.closed(number, wasProven: isProven)
    }

    func drop() { stream.close() }

    // MARK: - HTTP

    private func take(_ head: HTTPRequestHead) {
        if let length = head.headers["content-length"].flatMap({ Int($0) }), length > 0 { phase = .body(left: length) }
        let path = head.target.prefix { $0 != "?" }
        if head.method == "GET", path == "/api/v4/websocket" { return upgrade(head) }
        let answer = server.answer(head, path: String(path))
        stream.write(answer)
        if head.headers.hasToken("close", in: "connection") { stream.finishWriting() }
    }

    private func upgrade(_ head: HTTPRequestHead) {
        let acceptance: [UInt8]
        do {
            acceptance = try WebSocketUpgradeRequest(head).acceptance()
        } catch {
            return stream.write(Answers.json(400, #"{"message":"this is no WebSocket upgrade"}"#))
        }
        // As the real server does: who has no token is let in, but never greeted.
        let isAuthorised = head.headers["authorization"]?.lowercased().hasPrefix("bearer ") ?? false
        let number = server.opened(self)
        phase = .webSocket(number: number)
        var bytes = acceptance
        if isAuthorised { WebSocketEncoder.appendText(Answers.hello(number), maskingKey: nil, to: &bytes) }
        stream.write(bytes)
    }

    // MARK: - WebSocket

    private func take(_ event: WebSocketEvent, _ number: Int) {
        switch event {
        case .text(let text): reply(to: text)
        case .ping(let payload): send { try? WebSocketEncoder.appendPong(payload, maskingKey: nil, to: &$0) }
        case .close(let code, _):
            send { WebSocketEncoder.appendClose(code, maskingKey: nil, to: &$0) }
            stream.finishWriting()
        case .binary, .pong: break
        }
    }

    private func send(_ append: (inout [UInt8]) -> Void) {
        var frame: [UInt8] = []
        append(&frame)
        stream.write(frame)
    }

    /// `{"seq":N,"action":"ping"}`; other actions are not known here.
    private func reply(to text: UnsafeRawBufferPointer) {
        let request = String(decoding: text, as: UTF8.self)
        let digits = request.split(separator: "\"seq\":").last?.drop { $0 == " " }.prefix { $0.isNumber } ?? ""
        let sequence = Int(digits) ?? 0
        let isPing = request.contains("\"ping\"")
        let answer = isPing ? Answers.pong(sequence) : Answers.unknownAction(sequence)
        send { WebSocketEncoder.appendText(answer, maskingKey: nil, to: &$0) }
        guard isPing else { return }
        server.ponged(first: !isProven)
        isProven = true
    }

    // MARK: - Flood

    func flood(_ events: Int, from stock: FrameStock) {
        flood = Flood(left: events, stock: stock, next: nextSequence)
        goOn()
    }

    /// Behind the `hello`, and behind earlier floods.
    private var nextSequence = 1

    /// At most so many batches before the loop looks at its other sockets.
    private static let batchesPerTurn = 8

    /// As much as the socket takes, and a little more, so that it reports when it has drained.
    func goOn() {
        guard var flood else { return }
        for _ in 0..<Self.batchesPerTurn where flood.left > 0 && stream.queuedByteCount == 0 {
            let sums = flood.fill { stream.write($0) }
            server.sent(sums)
        }
        nextSequence = flood.next
        self.flood = flood.left > 0 ? flood : nil
        if flood.left > 0, stream.queuedByteCount == 0 {
            // The socket takes more than this turn is for.
            server.goOnLater()
        }
    }
}
