import HTTPServing
import WebSocketCodec
import WorldInterface

/// One accepted socket: HTTP requests, one after the other, until one of them upgrades it to a WebSocket. Loop-confined.
final class ServerConnection: StreamHandler {
    private enum Phase {
        case http
        /// A request waits for its answer (delay, freeze); reading is paused.
        case answering
        case webSocket(WebConnection)
        /// Nothing is read any more; the last bytes are on their way.
        case closing
    }

    let number: UInt64
    let stream: any ByteStream
    private let server: SimulatorServer
    private var phase = Phase.http
    private var reader: RequestReader? = RequestReader()
    /// Input that came behind a request which is not answered yet.
    private var pending: [UInt8] = []
    private var decoder: WebSocketDecoder?
    private(set) var lastPong: Instant

    init(number: UInt64, stream: any ByteStream, server: SimulatorServer) {
        self.number = number
        self.stream = stream
        self.server = server
        lastPong = server.world.now
    }

    var webConnection: WebConnection? {
        guard case .webSocket(let connection) = phase else { return nil }
        return connection
    }

    var isWaitingForAnswer: Bool {
        guard case .answering = phase else { return false }
        return true
    }

    // MARK: StreamHandler

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        switch phase {
        case .http: readRequests(bytes)
        case .answering: pending.append(contentsOf: bytes)
        case .webSocket(let connection): readFrames(bytes, connection)
        case .closing: break
        }
        server.flush()
    }

    func streamDrained() { if let webConnection { pump(webConnection) } }

    func streamClosed(_ reason: StreamClosure) {
        let connection = webConnection
        phase = .closing
        decoder = nil
        reader = nil
        server.closed(self, connection)
    }

    // MARK: HTTP

    private func readRequests(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        while case .http = phase {
            let request: RequestReader.Request?
            do throws(RequestError) {
                request = try reader?.next(&input)
            } catch {
                return finish(APIResponse.plain(error.status, "\(reasonPhrase(of: error.status))\n"))
            }
            if reader?.takeWantsContinue() == true { stream.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
            guard let request else { return }
            phase = .answering
            server.received(request, on: self)
            // Input behind the request belongs to the next one, or to the WebSocket.
            switch phase {
            case .http: continue
            case .answering:
                pending = Array(input.unread)
                return stream.pauseReading()
            case .webSocket(let connection): return readFrames(input.unread, connection)
            case .closing: return
            }
        }
    }

    /// The answer to the request under way.
    func answer(_ response: APIResponse, to request: RequestReader.Request) {
        guard case .answering = phase else { return }
        let acceptsGZip = request.head.headers.hasToken("gzip", in: "Accept-Encoding")
        stream.write(
            response.text(acceptsGZip: acceptsGZip, date: server.model.now, isLast: request.isLast))
        guard !request.isLast else { return finishWriting() }
        phase = .http
    }

    /// After an answer that came late: goes on reading.
    func resume() {
        guard !isWaitingForAnswer else { return }
        stream.resumeReading()
        readPending()
        server.flush()
    }

    private func readPending() {
        guard !pending.isEmpty else { return }
        // The readers want padding behind their input.
        var bytes = pending + [UInt8](repeating: 0, count: streamBufferPadding)
        let count = pending.count
        pending = []
        bytes.withUnsafeMutableBytes { bytes in
            let input = UnsafeMutableRawBufferPointer(rebasing: bytes[..<count])
            switch phase {
            case .http: readRequests(input)
            case .answering: pending = Array(input)
            case .webSocket(let connection): readFrames(input, connection)
            case .closing: break
            }
        }
    }

    private func finish(_ response: APIResponse) {
        stream.write(response.text(acceptsGZip: false, date: server.model.now, isLast: true))
        finishWriting()
    }

    /// Raw bytes instead of an answer; the end of the connection.
    func finish(_ bytes: [UInt8]) {
        stream.write(bytes)
        finishWriting()
    }

    /// FIN behind what is queued; a peer that keeps its side open is dropped soon.
    private func finishWriting() {
        phase = .closing
        stream.resumeReading()
        stream.finishWriting()
        server.deadlines.add(.close(connection: number), after: .seconds(1))
    }

    // MARK: WebSocket

    func upgrade(_ acceptance: [UInt8], to connection: WebConnection) {
        guard case .answering = phase else { return }
        stream.write(acceptance)
        reader = nil
        decoder = WebSocketDecoder(
            role: .server,
            limits: WebSocketLimits(
                maximumFrameBytes: SimulatorServer.maximumMessageBytes,
                maximumMessageBytes: SimulatorServer.maximumMessageBytes))
        phase = .webSocket(connection)
        lastPong = server.world.now
    }

    private func readFrames(_ bytes: UnsafeMutableRawBufferPointer, _ connection: WebConnection) {
        var input = WebSocketInput(bytes)
        while webConnection != nil {
            do throws(WebSocketProtocolError) {
                guard let event = try decoder?.next(&input) else { return }
                handle(event, connection)
            } catch {
                return closeWebSocket(error.closeCode, connection)
            }
        }
    }

    private func handle(_ event: WebSocketEvent, _ connection: WebConnection) {
        switch event {
        case .text(let message):
            server.refreshTime()
            guard server.model.receive(message, from: connection) else { return stream.close() }
        case .binary:
            // The server would read MessagePack here; what is none is dropped like invalid JSON.
            stream.close()
        case .ping(let payload):
            var frame: [UInt8] = []
            WebSocketEncoder.appendFrame(.pong, payload: payload, maskingKey: nil, to: &frame)
            stream.write(frame)
        case .pong: lastPong = server.world.now
        case .close(let code, _): closeWebSocket(code, connection)
        }
    }

    private func closeWebSocket(_ code: WebSocketCloseCode?, _ connection: WebConnection) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendClose(code, maskingKey: nil, to: &frame)
        stream.write(frame)
        finishWriting()
        server.left(connection)
    }

    func sendPing() {
        var frame: [UInt8] = []
        WebSocketEncoder.appendFrame(
            .ping, payload: UnsafeRawBufferPointer(start: nil, count: 0), maskingKey: nil, to: &frame)
        stream.write(frame)
    }

    /// Writes what waits while the kernel takes it; the rest stays in the hub's bounded queue.
    func pump(_ connection: WebConnection) {
        guard !connection.isRemoved else { return stream.close() }
        guard !server.isFrozen else { return }
        while stream.queuedByteCount == 0, !connection.queue.isEmpty {
            var batch: [UInt8] = []
            while batch.count < 1 << 16, let text = connection.takeNext() {
                text.withUnsafeBytes { WebSocketEncoder.appendText($0, maskingKey: nil, to: &batch) }
            }
            stream.write(batch)
        }
    }
}
