import UVEventLoop
import WorldInterface

/// Somebody who looks on, in the simulator's process: the page's stream of events stays open, `/readyz` is asked for every five
/// seconds and `/metrics` every fifteen, as programs do that watch a gateway.
actor Onlooker {
    private let loop: EventLoop
    private let endpoint: Endpoint
    private var longestAnswer = 0.0

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    init(_ loop: EventLoop, port: UInt16) {
        self.loop = loop
        endpoint = Endpoint(host: "127.0.0.1", port: port)
    }

    /// Looks on for so long.
    func look(for seconds: Int) async throws -> Order.Watched {
        let page = PageReader(host: "\(endpoint)")
        let stream = loop.connect(to: endpoint, tls: nil, handler: page)
        page.stream = stream
        for second in 0..<seconds {
            if second % 5 == 0 { try await ask("/readyz") }
            if second % 15 == 0 { try await ask("/metrics") }
            try await loop.sleep(for: .seconds(1))
        }
        page.stream = nil
        stream.close()
        return Order.Watched(pageBytes: page.bytes, longestAnswer: longestAnswer)
    }

    private func ask(_ path: String) async throws {
        let began = loop.now
        _ = try await loop.perform(HTTPRequest(url: "http://\(endpoint)\(path)"))
        longestAnswer = max(longestAnswer, Double(loop.now.nanoseconds(since: began)) / 1e9)
    }
}

/// Reads the events that the page gets. Loop-confined.
private final class PageReader: StreamHandler {
    var stream: (any ByteStream)?
    private(set) var bytes = 0
    private let host: String

    init(host: String) { self.host = host }

    func streamOpened() {
        stream?.write(Array("GET /api/events HTTP/1.1\r\nHost: \(host)\r\n\r\n".utf8))
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) { self.bytes += bytes.count }

    func streamDrained() {}

    func streamClosed(_ reason: StreamClosure) { stream = nil }
}
