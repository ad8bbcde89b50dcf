import UVEventLoop
import WebSocketCodec
import WorldInterface

/// Sends back what comes, on the codec's server side.
///
/// Sound as Sendable: all that changes is touched on its loop only.
final class EchoServer: @unchecked Sendable {
    private let loop: EventLoop
    private var listener: (any Listener)?

    init(on loop: EventLoop) { self.loop = loop }

    /// Returns the port. It listens until the process ends.
    func listen(on endpoint: Endpoint, tls: TLSServerOptions?) async throws -> UInt16 {
        try await Task(executorPreference: loop) { [self] in
            let listener = try loop.listen(on: endpoint, tls: tls) { EchoSocket(stream: $0) }
            self.listener = listener
            return listener.port
        }.value
    }
}

private final class EchoSocket: StreamHandler {
    private enum Phase {
        case upgrading(WebSocketServerHandshake)
        case open
        /// The last bytes are on their way; what still comes is not read.
        case closing
    }

    /// A client that does not read its echoes is not read from.
    private static let highWater = 1 << 20

    private let stream: any ByteStream
    private var phase = Phase.upgrading(WebSocketServerHandshake())
    private var decoder = WebSocketDecoder(role: .server)

    init(stream: any ByteStream) { self.stream = stream }

    func streamOpened() {}

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        if case .upgrading = phase { upgrade(&input) }
        while case .open = phase {
            do throws(WebSocketProtocolError) {
                guard let event = try decoder.next(&input) else { break }
                take(event)
            } catch {
                close(error.closeCode)
            }
        }
        if stream.queuedByteCount > Self.highWater { stream.pauseReading() }
    }

    func streamDrained() { stream.resumeReading() }

    func streamClosed(_ reason: StreamClosure) { phase = .closing }

    private func upgrade(_ input: inout WebSocketInput) {
        guard case .upgrading(var handshake) = phase else { return }
        do throws(WebSocketHandshakeError) {
            guard let request = try handshake.receive(&input) else { return phase = .upgrading(handshake) }
            stream.write(try request.acceptance(headers: [("Server", "holdfast")]))
            phase = .open
        } catch {
            stream.write(WebSocketServerHandshake.rejection(of: error))
            finish()
        }
    }

    private func take(_ event: WebSocketEvent) {
        switch event {
        case .text(let message): send(.text, message)
        case .binary(let message): send(.binary, message)
        case .ping(let payload): send(.pong, payload)
        case .pong: break
        case .close(let code, _): close(code)
        }
    }

    private func send(_ opcode: WebSocketOpcode, _ payload: UnsafeRawBufferPointer) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendFrame(opcode, payload: payload, maskingKey: nil, to: &frame)
        stream.write(frame)
    }

    /// The first and last close frame of this side: the reply, or the word why the connection fails.
    private func close(_ code: WebSocketCloseCode?) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendClose(code, maskingKey: nil, to: &frame)
        stream.write(frame)
        finish()
    }

    private func finish() {
        phase = .closing
        stream.finishWriting()
    }
}
