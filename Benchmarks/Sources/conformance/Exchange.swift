import Holdfast
import UVEventLoop
import WebSocketCodec
import WorldInterface

/// One WebSocket of the product's client, from its dial to its end. Confined to the loop.
final class Exchange: WebSocketClientHandler {
    enum Purpose: Sendable {
        /// Sends back what comes, text as text and binary as binary.
        case echo
        /// Keeps the text that comes.
        case ask
    }

    struct Outcome: Sendable {
        var wasOpened = false
        /// The first text, of `ask`.
        var answer: String?
        /// Nil when the time was over.
        var closure: WebSocketClosure?
    }

    private let purpose: Purpose
    private let finish: (Outcome) -> Void
    private var client: WebSocketClient?
    private var timer: (any DeadlineTimer)?
    private var outcome = Outcome()

    private init(_ purpose: Purpose, finish: @escaping (Outcome) -> Void) {
        self.purpose = purpose
        self.finish = finish
    }

    /// - Throws: `WebSocketHandshakeError` when `path` may not stand in a request.
    static func run(
        _ purpose: Purpose, _ path: String, with peer: Peer, on loop: EventLoop, within timeout: Duration
    ) async throws -> Outcome {
        try await Task(executorPreference: loop) {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Outcome, any Error>) in
                let exchange = Exchange(purpose) { continuation.resume(returning: $0) }
                do {
                    try exchange.begin(path, peer, loop, timeout)
                } catch {
                    continuation.resume(throwing: error)
                }
            }
        }.value
    }

    private func begin(
        _ path: String, _ peer: Peer, _ loop: EventLoop, _ timeout: Duration
    ) throws(WebSocketHandshakeError) {
        let client = try WebSocketClient(
            url: RequestURL(
                isSecure: peer.tls != nil, host: peer.endpoint.host, port: peer.endpoint.port, target: path),
            tls: peer.tls ?? TLSClientOptions(), world: loop, handler: self)
        self.client = client
        let timer = loop.makeTimer { self.end(nil) }
        timer.arm(at: loop.now + timeout)
        self.timer = timer
        client.connect()
    }

    func webSocketOpened() { outcome.wasOpened = true }

    func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool {
        // What is no text is not echoed: the client fails the connection behind this call.
        guard WebSocketDecoder.isUTF8(message) else { return false }
        switch purpose {
        case .echo: client?.send(text: message)
        case .ask: if outcome.answer == nil { outcome.answer = String(decoding: message, as: UTF8.self) }
        }
        return true
    }

    func webSocketReceived(binary message: UnsafeRawBufferPointer) {
        if case .echo = purpose { client?.send(binary: message) }
    }

    func webSocketReadEnded() {}

    func webSocketClosed(_ closure: WebSocketClosure) { end(closure) }

    private func end(_ closure: WebSocketClosure?) {
        // The client and the timer hold on to this object, and it to them.
        guard let client, let timer else { return }
        self.client = nil
        self.timer = nil
        client.destroy()
        timer.close()
        outcome.closure = closure
        finish(outcome)
    }
}
