internal import WebSocketCodec
internal import WorldInterface

/// One accepted socket: requests, one after the other. Loop-confined.
final class HTTPServerConnection: StreamHandler {
    private enum Phase {
        case reading
        /// A request waits for its answer, or an answer for its client; reading is paused.
        case answering(HTTPServerRequest, isLast: Bool)
        case draining
        case streaming(HTTPBodyStream)
        /// Nothing is read any more; the last bytes are on their way.
        case closing
    }

    let stream: any ByteStream
    /// Kept until the stream has ended.
    private let server: HTTPServer
    private var phase = Phase.reading
    private var reader: RequestReader
    /// Input that came behind a request which is not answered yet.
    private var pending: [UInt8] = []
    /// An answer that comes at once lets the loop over the input go on.
    private var isReading = false
    private(set) var deadline: Instant

    init(_ stream: any ByteStream, server: HTTPServer) {
        self.stream = stream
        self.server = server
        reader = RequestReader(maximumBodyBytes: server.limits.bodyBytes)
        deadline = server.world.now + server.limits.requestTime
    }

    // MARK: - Stream

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        switch phase {
        case .reading: read(bytes)
        case .answering, .draining: pending.append(contentsOf: bytes)
        // A client of a stream has nothing more to say.
        case .streaming, .closing: break
        }
    }

    func streamDrained() {
        switch phase {
        case .draining: readOn()
        case .streaming(let body):
            deadline = .never
            body.onDrained?()
        case .reading, .answering, .closing: break
        }
    }

    func streamClosed(_ reason: StreamClosure) {
        let last = phase
        phase = .closing
        server.closed(self)
        if case .streaming(let body) = last { body.ended() }
    }

    func drop() { stream.close() }

    /// The deadline has passed.
    func expire() {
        guard case .reading = phase else { return stream.reset() }
        if reader.isAtStart { stream.close() } else { refuse(408) }
    }

    // MARK: - Requests

    private func read(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        isReading = true
        defer { isReading = false }
        while case .reading = phase {
            let wasAtStart = reader.isAtStart
            let request: RequestReader.Request?
            do throws(RequestError) {
                request = try reader.next(&input)
            } catch {
                return refuse(error.status)
            }
            if reader.takeWantsContinue(), request == nil { stream.write(Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)) }
            guard let request else {
                if wasAtStart, !reader.isAtStart { deadline = server.world.now + server.limits.requestTime }
                return
            }
            begin(request)
        }
        switch phase {
        case .reading, .streaming, .closing: break
        case .answering, .draining:
            // What is behind the request waits for its answer.
            pending = Array(input.unread)
            stream.pauseReading()
        }
    }

    private func begin(_ request: RequestReader.Request) {
        let parts = request.head.target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let hosts = request.head.headers.values(of: "Host")
        guard parts[0].hasPrefix("/"), hosts.count == 1 else { return refuse(400) }
        let fields = request.head.headers.fields.map { ($0.name.lowercased(), $0.value) }
        let asked = HTTPServerRequest(
            method: request.head.method, path: String(parts[0]), query: parts.count > 1 ? String(parts[1]) : "",
            headers: Dictionary(fields) { first, _ in first }, body: request.body)
        phase = .answering(asked, isLast: request.isLast)
        deadline = server.world.now + server.limits.idleTime
        server.handler(asked, HTTPExchange(self))
    }

    private func readOn() {
        phase = .reading
        deadline = server.world.now + server.limits.idleTime
        guard !isReading else { return }
        stream.resumeReading()
        guard !pending.isEmpty else { return }
        // The readers want padding behind their input.
        let count = pending.count
        var bytes = pending + [UInt8](repeating: 0, count: streamBufferPadding)
        pending = []
        bytes.withUnsafeMutableBytes { read(UnsafeMutableRawBufferPointer(rebasing: $0[..<count])) }
    }

    // MARK: - Answers

    func answer(_ response: HTTPServerResponse) {
        guard case .answering(let request, let isLast) = phase else { return }
        var fields = response.headers
        if response.status != 204, response.status != 304 {
            fields.append(("Content-Length", String(response.body.count)))
        }
        if isLast { fields.append(("Connection", "close")) }
        stream.write(head(response.status, fields) + (request.method == "HEAD" ? [] : response.body))
        deadline = server.world.now + server.limits.idleTime
        if isLast { return finish() }
        // No queue of answers grows for a client that only asks.
        guard stream.queuedByteCount == 0 else { return phase = .draining }
        readOn()
    }

    func stream(_ status: Int, _ fields: [(name: String, value: String)]) -> HTTPBodyStream? {
        guard case .answering(let request, _) = phase else { return nil }
        stream.write(head(status, fields + [("Transfer-Encoding", "chunked"), ("Connection", "close")]))
        guard request.method != "HEAD" else {
            finish()
            return nil
        }
        let body = HTTPBodyStream(self)
        phase = .streaming(body)
        deadline = .never
        pending = []
        if !isReading { stream.resumeReading() }
        return body
    }

    func write(part: [UInt8]) {
        guard case .streaming = phase else { return }
        guard stream.queuedByteCount + part.count <= server.limits.queuedBytes else { return stream.reset() }
        stream.write(Array("\(String(part.count, radix: 16))\r\n".utf8) + part + [0x0D, 0x0A])
        // Whoever takes nothing for long is gone.
        if stream.queuedByteCount > 0, deadline == .never { deadline = server.world.now + server.limits.idleTime }
    }

    private func refuse(_ status: Int) {
        let body = Array("\(reasonPhrase(of: status))\n".utf8)
        stream.write(
            head(
                status,
                [
                    ("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", String(body.count)),
                    ("Connection", "close"),
                ]) + body)
        finish()
    }

    /// FIN behind what is queued; a peer that keeps its side open is dropped soon, one that takes nothing later.
    private func finish() {
        phase = .closing
        pending = []
        if !isReading { stream.resumeReading() }
        stream.finishWriting()
        deadline = server.world.now + (stream.queuedByteCount == 0 ? .seconds(1) : server.limits.idleTime)
    }

    /// Values are the program's own; a line break among them would be its mistake, and is left out.
    private func head(_ status: Int, _ fields: [(name: String, value: String)]) -> [UInt8] {
        var text = "HTTP/1.1 \(status) \(reasonPhrase(of: status))\r\n"
        text += "Date: \(httpDate(milliseconds: server.world.wallClockMilliseconds))\r\n"
        for field in fields {
            text += "\(field.name): "
            text.unicodeScalars.append(contentsOf: field.value.unicodeScalars.filter { $0 != "\r" && $0 != "\n" })
            text += "\r\n"
        }
        return Array("\(text)\r\n".utf8)
    }
}

extension Instant {
    fileprivate static let never = Instant(nanoseconds: .max)
}
