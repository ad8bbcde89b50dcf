public import WebSocketCodec
public import WorldInterface

/// What a WebSocket tells its owner. All calls are on the loop.
public protocol WebSocketClientHandler: AnyObject {
    /// The upgrade succeeded.
    func webSocketOpened()
    /// A whole text message. The bytes are valid only during this call and are followed by `streamBufferPadding`
    /// readable ones.
    ///
    /// - Returns: whether the handler has found all of it to be UTF-8. If not, it is checked after the call, and the
    ///   connection fails where it is not (RFC 6455 §8.1).
    func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool
    /// A whole binary message, under the same terms. Unless implemented, it goes where text goes.
    func webSocketReceived(binary message: UnsafeRawBufferPointer)
    /// All messages of one read have been handed over.
    func webSocketReadEnded()
    /// The end, exactly once and last, unless `destroy` came first.
    func webSocketClosed(_ closure: WebSocketClosure)
}

extension WebSocketClientHandler {
    public func webSocketReceived(binary message: UnsafeRawBufferPointer) { _ = webSocketReceived(message) }
}

/// Why a WebSocket ended.
public enum WebSocketClosure: Sendable, CustomStringConvertible {
    /// The server answered the upgrade with another status than 101.
    case upgradeRefused(status: Int, retryAfter: Duration?)
    /// The answer to the upgrade was not acceptable.
    case handshakeFailed(String)
    /// A close frame of the peer. `code` is nil when it carried none.
    case closedByPeer(code: UInt16?, reason: String)
    /// The close that this side began is complete.
    case closedLocally
    /// The peer broke RFC 6455 or a limit.
    case protocolViolation(String)
    /// TCP ended without a close frame.
    case dropped
    /// The network failed.
    case failed(NetworkError)

    public var description: String {
        switch self {
        case .upgradeRefused(let status, _): "the server answered HTTP \(status) instead of upgrading"
        case .handshakeFailed(let what): "the upgrade failed: \(what)"
        case .closedByPeer(nil, _): "the server closed the connection without a code"
        case .closedByPeer(let code?, let reason):
            "the server closed the connection: \(code)\(reason.isEmpty ? "" : " \(reason)")"
        case .closedLocally: "closed"
        case .protocolViolation(let what): "the server broke the WebSocket protocol: \(what)"
        case .dropped: "the server dropped the connection"
        case .failed(let error): "\(error)"
        }
    }
}

/// A WebSocket client over one byte stream: the opening handshake, messages in place over the read buffer, pongs, and
/// the close handshake. Loop-confined. It keeps no clock: whoever owns it bounds each phase by a deadline.
public final class WebSocketClient: StreamHandler {
    /// What only connecting needs lies behind a reference, and goes with it: there are many idle connections.
    private enum Phase {
        indirect case created(WebSocketClientHandshake, Endpoint, TLSClientOptions?)
        indirect case upgrading(WebSocketClientHandshake)
        case open(WebSocketCloseHandshake)
        case ended
    }

    private let world: any World
    private var phase: Phase
    private var decoder: WebSocketDecoder
    private var stream: (any ByteStream)?
    private var handler: (any WebSocketClientHandler)?
    private let isPlain: Bool

    /// What may wait to be sent when something is added; a peer that asks for more pongs than it reads is cut off.
    private static let maximumQueuedBytes = 1 << 20

    /// - Parameters:
    ///   - hostHeader: the value of `Host`.
    ///   - path: the request target.
    ///   - headers: further fields of the upgrade request; may carry credentials.
    /// - Throws: when `hostHeader`, `path` or a header must not stand in a request.
    public init(
        endpoint: Endpoint, tls: TLSClientOptions?, hostHeader: String, path: String,
        headers: [(name: String, value: String)] = [], limits: WebSocketLimits = WebSocketLimits(), world: any World,
        handler: any WebSocketClientHandler
    ) throws(WebSocketHandshakeError) {
        self.world = world
        self.handler = handler
        isPlain = tls == nil
        decoder = WebSocketDecoder(role: .client, limits: limits, validatesText: false)
        let handshake = try WebSocketClientHandshake(
            host: hostHeader, path: path, headers: headers,
            key: WebSocketHandshakeKey(world.makeSeed(), world.makeSeed()), limits: limits)
        phase = .created(handshake, endpoint, tls)
    }

    // MARK: - Commands

    /// Begins to connect. Once.
    public func connect() {
        guard case .created(let handshake, let endpoint, let tls) = phase else { return }
        phase = .upgrading(handshake)
        stream = world.connect(to: endpoint, tls: tls?.offeringHTTP, handler: self)
    }

    /// Sends a text message; ignored unless the WebSocket is open.
    public func send(text: String) {
        guard maySendData else { return }
        var frame: [UInt8] = []
        WebSocketEncoder.appendText(text, maskingKey: makeMaskingKey(), to: &frame)
        write(frame)
    }

    /// Sends bytes as a text message; they must be UTF-8 and are not checked. Ignored unless the WebSocket is open.
    ///
    /// A message may be of any size, but who sends while more than 1 MiB waits for the server to read it loses the
    /// connection.
    public func send(text: UnsafeRawBufferPointer) {
        guard maySendData else { return }
        var frame: [UInt8] = []
        WebSocketEncoder.appendText(text, maskingKey: makeMaskingKey(), to: &frame)
        write(frame)
    }

    /// Sends a binary message, under the same terms.
    public func send(binary: UnsafeRawBufferPointer) {
        guard maySendData else { return }
        var frame: [UInt8] = []
        WebSocketEncoder.appendBinary(binary, maskingKey: makeMaskingKey(), to: &frame)
        write(frame)
    }

    private var maySendData: Bool {
        guard case .open(let close) = phase else { return false }
        return close.maySendData
    }

    /// Begins the close handshake, or breaks the attempt off. `webSocketClosed` follows when it is complete.
    public func close() {
        switch phase {
        case .created: end(.closedLocally)
        case .upgrading: stream?.close()
        case .open(var close):
            guard close.send() else { return }
            phase = .open(close)
            sendClose(.normalClosure)
        case .ended: break
        }
    }

    /// Releases the stream at once. Nothing is heard afterwards.
    public func destroy() {
        handler = nil
        phase = .ended
        stream?.close()
        stream = nil
    }

    public func pauseReading() { stream?.pauseReading() }
    public func resumeReading() { stream?.resumeReading() }

    // MARK: - The stream

    public func streamOpened() {
        guard case .upgrading(let handshake) = phase else { return }
        stream?.write(handshake.requestBytes)
    }

    public func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        if case .upgrading = phase {
            if isPlain, PlainUpgrade.isAlert(UnsafeRawBufferPointer(bytes)) { return end(PlainUpgrade.looksLikeTLS) }
            upgrade(&input)
        }
        readMessages(&input)
    }

    public func streamDrained() {}

    public func streamClosed(_ reason: StreamClosure) {
        switch reason {
        case .closedLocally: end(.closedLocally)
        case .endOfStream:
            if isPlain, case .upgrading = phase { return end(PlainUpgrade.silence) }
            end(.dropped)
        case .failed(let error): end(.failed(error))
        }
    }

    // MARK: - Inside

    private func upgrade(_ input: inout WebSocketInput) {
        guard case .upgrading(var handshake) = phase else { return }
        do throws(WebSocketHandshakeError) {
            guard try handshake.receive(&input) != nil else {
                phase = .upgrading(handshake)
                return
            }
        } catch {
            return end(closure(of: error))
        }
        phase = .open(WebSocketCloseHandshake())
        handler?.webSocketOpened()
    }

    private func closure(of error: WebSocketHandshakeError) -> WebSocketClosure {
        guard case .rejected(let rejection) = error else { return .handshakeFailed("\(error)") }
        if isPlain, PlainUpgrade.isRefusal(rejection) { return PlainUpgrade.looksLikeTLS }
        let seconds = rejection.retryAfterSeconds.map { Duration.seconds(min($0, 86_400)) }
        return .upgradeRefused(status: rejection.status, retryAfter: seconds)
    }

    private func readMessages(_ input: inout WebSocketInput) {
        while case .open = phase {
            let event: WebSocketEvent?
            do throws(WebSocketProtocolError) {
                event = try decoder.next(&input)
            } catch {
                return fail(error)
            }
            switch event {
            case .text(let message)?:
                guard handler?.webSocketReceived(message) == false, !WebSocketDecoder.isUTF8(message) else { break }
                fail(.invalidUTF8InText)
            case .binary(let message)?: handler?.webSocketReceived(binary: message)
            case .ping(let payload)?: answer(payload)
            case .pong?: break
            case .close(let code, let reason)?: closed(code, String(decoding: reason, as: UTF8.self))
            case nil:
                handler?.webSocketReadEnded()
                return
            }
        }
    }

    private func fail(_ error: WebSocketProtocolError) {
        guard case .open = phase else { return }
        sendClose(error.closeCode)
        end(.protocolViolation("\(error)"))
    }

    private func answer(_ payload: UnsafeRawBufferPointer) {
        var frame: [UInt8] = []
        // A received ping's payload always fits a pong.
        try? WebSocketEncoder.appendPong(payload, maskingKey: makeMaskingKey(), to: &frame)
        write(frame)
    }

    private func closed(_ code: WebSocketCloseCode?, _ reason: String) {
        guard case .open(var close) = phase else { return }
        handler?.webSocketReadEnded()
        guard close.receive(code: code) else { return end(.closedLocally) }
        if close.send() { sendClose(code) }
        end(.closedByPeer(code: code?.rawValue, reason: printable(reason)))
    }

    private func sendClose(_ code: WebSocketCloseCode?) {
        var frame: [UInt8] = []
        WebSocketEncoder.appendClose(code, maskingKey: makeMaskingKey(), to: &frame)
        write(frame)
    }

    private func write(_ frame: [UInt8]) {
        guard let stream else { return }
        // Asked before: a message of the owner's may be larger than that, a heap of them may not.
        guard stream.queuedByteCount <= WebSocketClient.maximumQueuedBytes else {
            return end(.protocolViolation("it does not read what it asks for"))
        }
        stream.write(frame)
    }

    private func end(_ closure: WebSocketClosure) {
        guard let handler else { return }
        destroy()
        handler.webSocketClosed(closure)
    }

    /// RFC 6455 §5.3: unpredictable, fresh for each frame.
    private func makeMaskingKey() -> UInt32 { UInt32(truncatingIfNeeded: world.makeSeed()) }

    /// A peer's words may stand in a log: no control characters.
    private func printable(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }))
    }
}

extension TLSClientOptions {
    /// The upgrade is a matter of HTTP/1.1 (RFC 6455 §4.1); a server that would rather speak HTTP/2 must be told.
    fileprivate var offeringHTTP: TLSClientOptions {
        guard applicationProtocols.isEmpty else { return self }
        var options = self
        options.applicationProtocols = ["http/1.1"]
        return options
    }
}
