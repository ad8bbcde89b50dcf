import Locking
import Testing
import UVEventLoop
import WorldInterface

/// A client that sends what it is told, byte by byte, and notes what comes. Lives on a loop.
actor RawClient {
    nonisolated let unownedExecutor: UnownedSerialExecutor
    /// What came, in pieces; nil at the end.
    nonisolated let received = Record<String?>()
    private let loop: EventLoop
    private var stream: (any ByteStream)?

    init(on loop: EventLoop) {
        self.loop = loop
        unownedExecutor = loop.executor.asUnownedSerialExecutor()
    }

    /// - Parameter text: sent at once, in the same turn of the loop: a busy machine may let the test itself wait for longer than
    ///   a server does.
    func connect(to port: UInt16, sending text: String = "") {
        stream = loop.connect(to: Endpoint(host: "127.0.0.1", port: port), tls: nil, handler: Ear(received))
        if !text.isEmpty { send(text) }
    }

    func send(_ text: String) { stream?.write(Array(text.utf8)) }
    func pauseReading() { stream?.pauseReading() }
    func resumeReading() { stream?.resumeReading() }
    func close() { stream?.close() }

    nonisolated var text: String { received.all.compactMap(\.self).joined() }

    nonisolated func wait(_ what: String, until condition: @escaping @Sendable (String) -> Bool) async throws {
        try await received.wait(what) { condition($0.compactMap(\.self).joined()) }
    }

    nonisolated func waitForEnd() async throws { try await received.wait("the end") { $0.contains { $0 == nil } } }

    private final class Ear: StreamHandler {
        let received: Record<String?>
        init(_ received: Record<String?>) { self.received = received }
        func streamOpened() {}
        func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
            received.add(String(decoding: bytes, as: UTF8.self))
        }
        func streamDrained() {}
        func streamClosed(_ reason: StreamClosure) { received.add(nil) }
    }

    /// One request on a connection of its own, and all of the answer.
    static func ask(
        _ path: String, port: UInt16, on loop: EventLoop, method: String = "GET", host: String = "127.0.0.1",
        token: String? = nil, accept: String? = nil
    ) async throws -> Answer {
        let client = RawClient(on: loop)
        let fields =
            (token.map { "Authorization: Bearer \($0)\r\n" } ?? "") + (accept.map { "Accept: \($0)\r\n" } ?? "")
        await client.connect(
            to: port,
            sending: "\(method) \(path) HTTP/1.1\r\nHost: \(host)\r\n\(fields)Connection: close\r\n\r\n")
        try await client.waitForEnd()
        return try Answer(client.text)
    }

    struct Answer {
        var status: Int
        var head: String
        var body: String

        init(_ text: String) throws {
            let end = try #require(text.firstRange(of: "\r\n\r\n"), "no head: \(text.prefix(200))")
            head = String(text[..<end.lowerBound])
            body = String(text[end.upperBound...])
            status = try #require(Int(head.split(separator: " ")[1]))
        }
    }
}
