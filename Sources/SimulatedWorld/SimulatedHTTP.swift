import WorldInterface

/// HTTP/1.1 for the hosts of a simulation: one exchange at a time on a connection, which is kept for the next.
final class SimulatedHTTP {
    private static let maximumIdle = 8
    /// As long as the real client keeps one.
    private static let maximumIdleTime: UInt64 = 40_000_000_000

    private unowned let host: SimulatedHost
    private var idle: [Endpoint: [HTTPExchangeStream]] = [:]

    init(_ host: SimulatedHost) { self.host = host }

    nonisolated(nonsending) func perform(_ request: HTTPRequest) async throws(NetworkError) -> HTTPResponse {
        guard let (endpoint, target) = Self.parse(request.url) else {
            throw NetworkError(.malformed, "not an http URL of this simulation")
        }
        let exchange = HTTPExchange(request, target: target, endpoint: endpoint, http: self, host: host)
        let result: Result<HTTPResponse, NetworkError> = await withTaskCancellationHandler {
            await withCheckedContinuation { exchange.begin($0) }
        } onCancel: { [host] in
            Task(executorPreference: host) { @concurrent in exchange.cancel() }
        }
        return try result.get()
    }

    private static func parse(_ url: String) -> (Endpoint, target: String)? {
        guard url.hasPrefix("http://") else { return nil }
        let rest = url.dropFirst(7)
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        let authority = rest[..<slash].split(separator: ":")
        guard let name = authority.first else { return nil }
        let port = authority.count > 1 ? UInt16(authority[1]) ?? 0 : 80
        return (Endpoint(host: String(name), port: port), slash == rest.endIndex ? "/" : String(rest[slash...]))
    }

    // MARK: - Connections

    func takeIdle(_ endpoint: Endpoint) -> HTTPExchangeStream? {
        guard let stream = idle[endpoint]?.popLast() else { return nil }
        guard host.now.nanoseconds(since: stream.idleSince) > Self.maximumIdleTime else { return stream }
        // Those below are older.
        let old = idle.removeValue(forKey: endpoint) ?? []
        for stream in old + [stream] { stream.close() }
        return nil
    }

    func keep(_ stream: HTTPExchangeStream) {
        stream.idleSince = host.now
        guard idle[stream.endpoint, default: []].count < Self.maximumIdle else { return stream.close() }
        idle[stream.endpoint, default: []].append(stream)
    }

    func forget() { idle = [:] }

    func forget(_ stream: HTTPExchangeStream) { idle[stream.endpoint]?.removeAll { $0 === stream } }

    func connect(_ endpoint: Endpoint) -> HTTPExchangeStream { HTTPExchangeStream(endpoint, http: self, host: host) }
}

/// One request and its answer.
final class HTTPExchange: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    private let request: HTTPRequest
    private let target: String
    private let endpoint: Endpoint
    private let http: SimulatedHTTP
    private let host: SimulatedHost
    private var continuation: CheckedContinuation<Result<HTTPResponse, NetworkError>, Never>?
    private var isOver = false
    private var timer: (any DeadlineTimer)?
    private var stream: HTTPExchangeStream?
    /// An idle connection may have ended on the other side: then the request is sent again, once, on a new one.
    private var mayRepeat = false

    init(_ request: HTTPRequest, target: String, endpoint: Endpoint, http: SimulatedHTTP, host: SimulatedHost) {
        self.request = request
        self.target = target
        self.endpoint = endpoint
        self.http = http
        self.host = host
    }

    func begin(_ continuation: CheckedContinuation<Result<HTTPResponse, NetworkError>, Never>) {
        guard !isOver else { return continuation.resume(returning: .failure(Self.cancelled)) }
        self.continuation = continuation
        let timer = host.makeTimer { [unowned self] in
            finish(.failure(NetworkError(.timedOut, "\(endpoint) did not answer in time")))
        }
        timer.arm(at: host.now + request.timeout)
        self.timer = timer
        let old = http.takeIdle(endpoint)
        mayRepeat = old != nil
        send(over: old ?? http.connect(endpoint))
    }

    private func send(over stream: HTTPExchangeStream) {
        self.stream = stream
        var head = "\(request.method) \(target) HTTP/1.1\r\nHost: \(endpoint)\r\n"
        for (name, value) in request.headers { head += "\(name): \(value)\r\n" }
        if !request.body.isEmpty { head += "Content-Length: \(request.body.count)\r\n" }
        head += "\r\n"
        stream.send(Array(head.utf8) + request.body, for: self, maximumBytes: request.maximumBodyBytes)
    }

    func cancel() { finish(.failure(Self.cancelled)) }

    private static let cancelled = NetworkError(.cancelled, "cancelled")

    func answered(_ response: HTTPResponse) { finish(.success(response)) }

    func failed(_ error: NetworkError) {
        guard mayRepeat else { return finish(.failure(error)) }
        mayRepeat = false
        stream = nil
        send(over: http.connect(endpoint))
    }

    private func finish(_ result: Result<HTTPResponse, NetworkError>) {
        guard !isOver else { return }
        isOver = true
        timer?.close()
        timer = nil
        if case .failure = result { stream?.close() }
        stream = nil
        let continuation = continuation
        self.continuation = nil
        continuation?.resume(returning: result)
    }
}

/// One connection for exchanges.
final class HTTPExchangeStream: StreamHandler {
    let endpoint: Endpoint
    private unowned let http: SimulatedHTTP
    private var stream: SimulatedStream?
    private var exchange: HTTPExchange?
    private var maximumBytes = 0
    private var received: [UInt8] = []
    private var head: ResponseHead?
    var idleSince = Instant(nanoseconds: 0)

    init(_ endpoint: Endpoint, http: SimulatedHTTP, host: SimulatedHost) {
        self.endpoint = endpoint
        self.http = http
        stream = host.open(to: endpoint, handler: self, isCounted: false)
    }

    func send(_ bytes: [UInt8], for exchange: HTTPExchange, maximumBytes: Int) {
        self.exchange = exchange
        self.maximumBytes = maximumBytes
        stream?.write(bytes)
    }

    func close() {
        exchange = nil
        stream?.close()
        stream = nil
    }

    func streamOpened() {}
    func streamDrained() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        guard exchange != nil else { return }
        received.append(contentsOf: bytes)
        if head == nil {
            guard let (head, length) = ResponseHead.read(received) else { return }
            received.removeFirst(length)
            self.head = head
        }
        guard let head else { return }
        guard head.contentLength <= maximumBytes else {
            return fail(NetworkError(.tooLarge, "\(endpoint) answers with more than \(maximumBytes) bytes"))
        }
        guard received.count >= head.contentLength else { return }
        let response = HTTPResponse(status: head.status, headers: head.fields, body: received)
        let exchange = exchange
        self.exchange = nil
        self.head = nil
        received = []
        if head.isLast { close() } else { http.keep(self) }
        exchange?.answered(response)
    }

    func streamClosed(_ reason: StreamClosure) {
        stream = nil
        http.forget(self)
        switch reason {
        case .failed(let error): fail(error)
        case .endOfStream, .closedLocally:
            fail(NetworkError(.reset, "\(endpoint) ended the connection without an answer"))
        }
    }

    private func fail(_ error: NetworkError) {
        let exchange = exchange
        close()
        exchange?.failed(error)
    }
}

/// The head of an answer.
struct ResponseHead {
    var status: Int
    var fields: [(name: String, value: String)]
    var contentLength: Int
    var isLast: Bool

    /// And how many bytes it takes; nil while it is incomplete.
    static func read(_ bytes: [UInt8]) -> (ResponseHead, Int)? {
        var head = ResponseHead(status: 0, fields: [], contentLength: 0, isLast: false)
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0A) {
            let line = bytes[start..<end].dropLast()
            if line.isEmpty { return (head, end + 1) }
            if start == 0 {
                // HTTP/1.1 200 OK
                head.status = line.dropFirst(9).prefix(3).reduce(0) { $0 * 10 + Int($1 & 0x0F) }
                head.fields.reserveCapacity(12)
            } else if let colon = line.firstIndex(of: UInt8(ascii: ":")) {
                head.add(
                    String(decoding: line[..<colon], as: UTF8.self),
                    String(decoding: line[(colon + 1)...].drop { $0 == 0x20 }, as: UTF8.self))
            }
            start = end + 1
        }
        return nil
    }

    private mutating func add(_ name: String, _ value: String) {
        fields.append((name, value))
        if name == "Content-Length" { contentLength = Int(value) ?? 0 }
        if name == "Connection" { isLast = value == "close" }
    }
}
