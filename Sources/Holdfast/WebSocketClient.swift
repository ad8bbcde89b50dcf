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
        case created(WebSocketDial)
        case connecting(WebSocketDial)
        /// Connected: the answer is awaited.
        case upgrading(WebSocketDial)
        /// The server has said where to ask instead; its stream is closing.
        case redirecting(WebSocketDial)
        case open(WebSocketCloseHandshake)
        case ended
    }

    private let world: any World
    private var phase: Phase
    private var decoder: WebSocketDecoder
    private var stream: (any ByteStream)?
    private var handler: (any WebSocketClientHandler)?

    /// What may wait to be sent when something is added; a peer that asks for more pongs than it reads is cut off.
    private static let maximumQueuedBytes = 1 << 20

    /// - Parameters:
    ///   - url: where the WebSocket is, by `http` or `https`. Redirects of the upgrade are followed by the rule of
    ///     ``Redirect``.
    ///   - basePath: the part of its path that belongs to the server's address, for errors.
    ///   - tls: used where the URL is `https`, or a redirect leads from `http` there.
    ///   - headers: further fields of the upgrade request; may carry credentials.
    /// - Throws: when the host, the path or a header must not stand in a request.
    public init(
        url: RequestURL, basePath: String = "", tls: TLSClientOptions = .init(),
        transport: TransportOptions = .init(), headers: [(name: String, value: String)] = [],
        limits: WebSocketLimits = WebSocketLimits(), world: any World, handler: any WebSocketClientHandler
    ) throws(WebSocketHandshakeError) {
        self.world = world
        self.handler = handler
        decoder = WebSocketDecoder(role: .client, limits: limits, validatesText: false)
        phase = .created(
            try WebSocketDial(
                url: url, basePath: basePath, tls: tls, transport: transport, headers: headers, limits: limits,
                world: world))
    }

    /// What it waits for until it is open; empty then.
    public var awaited: String {
        switch phase {
        case .created, .open, .ended: ""
        case .upgrading: "the answer to the upgrade"
        case .connecting(let dial), .redirecting(let dial):
            "a connection to \(Endpoint(host: dial.url.host, port: dial.url.port))"
        }
    }

    // MARK: - Commands

    /// Begins to connect. Once.
    public func connect() {
        guard case .created(let dial) = phase else { return }
        connect(dial)
    }

    private func connect(_ dial: WebSocketDial) {
        phase = .connecting(dial)
        stream = world.connect(
            to: Endpoint(host: dial.url.host, port: dial.url.port),
            tls: dial.url.isSecure ? dial.tls.offeringHTTP : nil,
            transport: dial.transport, handler: self)
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
        case .connecting, .upgrading: stream?.close()
        case .redirecting: end(.closedLocally)
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
        guard case .connecting(let dial) = phase else { return }
        phase = .upgrading(dial)
        stream?.write(dial.handshake.requestBytes)
    }

    public func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        var input = WebSocketInput(bytes)
        if case .upgrading(let dial) = phase {
            if !dial.url.isSecure, PlainUpgrade.isAlert(UnsafeRawBufferPointer(bytes)) {
                return end(PlainUpgrade.looksLikeTLS)
            }
            upgrade(&input)
        }
        readMessages(&input)
    }

    public func streamDrained() {}

    public func streamClosed(_ reason: StreamClosure) {
        if case .redirecting(let dial) = phase { return connect(dial) }
        switch reason {
        case .closedLocally: end(.closedLocally)
        case .endOfStream:
            if case .upgrading(let dial) = phase, !dial.url.isSecure { return end(PlainUpgrade.silence) }
            end(.dropped)
        case .failed(let error): end(.failed(error))
        }
    }

    // MARK: - Inside

    private func upgrade(_ input: inout WebSocketInput) {
        guard case .upgrading(let dial) = phase else { return }
        do throws(WebSocketHandshakeError) {
            guard try dial.handshake.receive(&input) != nil else { return }
        } catch {
            return refused(error, dial)
        }
        phase = .open(WebSocketCloseHandshake())
        handler?.webSocketOpened()
    }

    private func refused(_ error: WebSocketHandshakeError, _ dial: WebSocketDial) {
        guard case .rejected(let rejection) = error else { return end(.handshakeFailed("\(error)")) }
        if !dial.url.isSecure, PlainUpgrade.isRefusal(rejection) { return end(PlainUpgrade.looksLikeTLS) }
        guard Redirect.isRedirect(rejection.status) else {
            let seconds = rejection.retryAfterSeconds.map { Duration.seconds(min($0, 86_400)) }
            return end(.upgradeRefused(status: rejection.status, retryAfter: seconds))
        }
        do throws(RefusedRedirect) {
            let next = try Redirect.target(
                rejection.status, rejection.location, from: dial.url, basePath: dial.basePath,
                after: dial.redirectCount)
            try dial.redirect(to: next, world: world)
        } catch {
            return end(.handshakeFailed(error.description))
        }
        // The next one is opened when this one is closed: two streams at once could not be told apart.
        phase = .redirecting(dial)
        stream?.close()
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
