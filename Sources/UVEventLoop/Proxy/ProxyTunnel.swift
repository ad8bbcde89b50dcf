import WorldInterface

/// A stream through an HTTP proxy: asks for a tunnel by CONNECT, and from then on passes everything through. Its handler
/// cannot tell it from a direct connection, but by errors that name the proxy. Loop-confined.
final class ProxyTunnel: ByteStream {
    /// What only the way to the tunnel needs.
    private final class Opening {
        let target: Endpoint
        let proxy: ProxyServer
        /// Of the proxy's answer, so far.
        var head: [UInt8] = []
        /// Written before the tunnel was there.
        var early: [UInt8] = []
        var isFinishing = false
        var timer: LoopTimer?

        init(_ target: Endpoint, _ proxy: ProxyServer) {
            self.target = target
            self.proxy = proxy
        }

        func settle() {
            timer?.close()
            timer = nil
        }
    }

    private enum Phase {
        case opening(Opening)
        case open
        /// The stream below is closing, for this reason.
        indirect case ending(StreamClosure)
    }

    /// How long the way to the tunnel may take in all. Less than the engine's deadline for an attempt (15 s, of which REST has
    /// up to 5 before), so that the error names the proxy.
    static let patience = Duration.seconds(8)

    private let loop: EventLoop
    private var inner: (any ByteStream)?
    private var handler: (any StreamHandler)?
    private var phase: Phase
    private var isPaused = false
    /// What arrived behind the head, while reading was paused.
    private var held: [UInt8] = []
    /// TLS decrypts into one buffer of the loop, and TLS within the tunnel would overwrite there what it still reads.
    private let copiesInput: Bool

    private init(loop: EventLoop, opening: Opening, handler: any StreamHandler) {
        self.loop = loop
        self.handler = handler
        phase = .opening(opening)
        copiesInput = opening.proxy.isSecure
    }

    /// - Parameter tls: the demands on the server's TLS, if it has any; its authorities are trusted for the proxy as well.
    static func connecting(
        on loop: EventLoop, to target: Endpoint, through proxy: ProxyServer, tls: TLSClientOptions?,
        liveness: TCPLiveness, patience: Duration = patience, handler: any StreamHandler
    ) -> any ByteStream {
        let opening = Opening(target, proxy)
        let tunnel = ProxyTunnel(loop: loop, opening: opening, handler: handler)
        let timer = LoopTimer(loop: loop) { [weak tunnel] in
            tunnel?.end(
                .failed(
                    NetworkError(.timedOut, "the proxy \(proxy) did not answer within \(patience) for \(target)")))
        }
        opening.timer = timer
        timer.arm(at: loop.now + patience)
        // A client's certificate is for the server alone.
        let demands = TLSClientOptions(certificateAuthorityFile: tls?.certificateAuthorityFile)
        let direct = TransportOptions(proxy: .none, liveness: liveness)
        tunnel.inner = loop.connect(
            to: proxy.endpoint, tls: proxy.isSecure ? demands : nil, transport: direct, handler: tunnel)
        return tunnel
    }

    // MARK: - Above: the user's stream

    func write(_ bytes: UnsafeRawBufferPointer) {
        switch phase {
        case .opening(let opening): if !opening.isFinishing { opening.early.append(contentsOf: bytes) }
        case .open: inner?.write(bytes)
        case .ending: break
        }
    }

    var queuedByteCount: Int {
        switch phase {
        case .opening(let opening): opening.early.count
        case .open: inner?.queuedByteCount ?? 0
        case .ending: 0
        }
    }

    func pauseReading() {
        guard !isPaused else { return }
        isPaused = true
        if case .open = phase { inner?.pauseReading() }
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        guard case .open = phase else { return }
        guard !held.isEmpty else {
            inner?.resumeReading()
            return
        }
        // What is held comes first, and never from within this call.
        loop.onNextTurn { [self] in
            guard !isPaused, case .open = phase else { return }
            deliverHeld()
            if !isPaused, case .open = phase { inner?.resumeReading() }
        }
    }

    func finishWriting() {
        switch phase {
        case .opening(let opening): opening.isFinishing = true
        case .open: inner?.finishWriting()
        case .ending: break
        }
    }

    func close() { end(.closedLocally) }

    func reset() {
        switch phase {
        case .opening: end(.closedLocally)
        case .open:
            phase = .ending(.closedLocally)
            inner?.reset()
        case .ending: break
        }
    }

    /// The proxy's.
    var peerDescription: String { inner?.peerDescription ?? "" }

    private func end(_ reason: StreamClosure) {
        switch phase {
        case .opening(let opening): opening.settle()
        case .open: break
        case .ending: return
        }
        phase = .ending(reason)
        held = []
        inner?.close()
    }

    // MARK: - Inside

    /// Takes the answer's head out of what arrived; the rest belongs to the tunnel.
    private func readAnswer(_ bytes: UnsafeMutableRawBufferPointer, _ opening: Opening) {
        var used = 0
        while used < bytes.count {
            opening.head.append(bytes[used])
            used += 1
            guard !opening.head.endsWithEmptyLine else {
                let head = opening.head[...]
                opening.head = []
                guard let answer = ProxyHead.parse(head) else { return endOfJunk(opening) }
                // Interim answers may precede the real one (RFC 9110 §15.2).
                if (100...199).contains(answer.status), answer.status != 101 { continue }
                guard (200...299).contains(answer.status) else {
                    return end(
                        .failed(
                            opening.proxy.refusal(
                                of: opening.target, status: answer.status, reason: answer.reason,
                                schemes: answer.schemes)))
                }
                return open(opening, behind: UnsafeMutableRawBufferPointer(rebasing: bytes[used...]))
            }
            // What speaks no HTTP is told apart before it has sent as much as may be sent.
            guard opening.head.looksLikeHTTP, opening.head.count < ProxyHead.maximumBytes else {
                return endOfJunk(opening)
            }
        }
    }

    private func endOfJunk(_ opening: Opening) {
        let (proxy, target) = (opening.proxy, opening.target)
        let isLong = opening.head.count >= ProxyHead.maximumBytes
        let error =
            isLong
            ? NetworkError(
                .tooLarge, "the proxy \(proxy) answered with a head of more than \(ProxyHead.maximumBytes) bytes")
            : NetworkError(.malformed, "the proxy \(proxy) did not answer in HTTP for \(target); is it an HTTP proxy?")
        end(.failed(error))
    }

    private func open(_ opening: Opening, behind rest: UnsafeMutableRawBufferPointer) {
        opening.settle()
        phase = .open
        if !opening.early.isEmpty { inner?.write(opening.early) }
        if opening.isFinishing { inner?.finishWriting() }
        // Copied: the handler may close, and the buffer is the stream's below.
        held = Array(rest)
        if isPaused { inner?.pauseReading() }
        handler?.streamOpened()
        if !opening.early.isEmpty, queuedByteCount == 0, case .open = phase { handler?.streamDrained() }
        if !isPaused, case .open = phase { deliverHeld() }
    }

    private func deliverHeld() {
        guard !held.isEmpty else { return }
        let bytes = held
        held = []
        pass(bytes)
    }

    /// In a buffer that may be changed, with what must lie behind it.
    private func pass(_ bytes: [UInt8]) {
        var padded = bytes + [UInt8](repeating: 0, count: streamBufferPadding)
        padded.withUnsafeMutableBytes {
            handler?.streamReceived(UnsafeMutableRawBufferPointer(rebasing: $0[..<bytes.count]))
        }
    }
}

extension ProxyTunnel: StreamHandler {
    func streamOpened() {
        guard case .opening(let opening) = phase else { return }
        inner?.write(ProxyHead.request(for: opening.target, through: opening.proxy))
    }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        switch phase {
        case .opening(let opening): readAnswer(bytes, opening)
        case .open where copiesInput: pass(Array(bytes))
        case .open: handler?.streamReceived(bytes)
        case .ending: break
        }
    }

    func streamDrained() { if case .open = phase { handler?.streamDrained() } }

    func streamClosed(_ reason: StreamClosure) {
        let told: StreamClosure
        switch (phase, reason) {
        case (.ending(let ending), _): told = ending
        case (.opening(let opening), .failed(let error)): told = .failed(opening.proxy.failure(error))
        case (.opening(let opening), .endOfStream):
            told = .failed(
                NetworkError(
                    .reset,
                    "the proxy \(opening.proxy) ended the connection without an answer for \(opening.target)"))
        case (.opening, .closedLocally), (.open, _): told = reason
        }
        if case .opening(let opening) = phase { opening.settle() }
        phase = .ending(told)
        held = []
        inner = nil
        let listener = handler
        handler = nil
        listener?.streamClosed(told)
    }
}

extension [UInt8] {
    fileprivate var endsWithEmptyLine: Bool {
        last == 0x0A && (suffix(2).elementsEqual([0x0A, 0x0A]) || suffix(4).elementsEqual([0x0D, 0x0A, 0x0D, 0x0A]))
    }

    /// Whether it may be the beginning of an HTTP answer.
    fileprivate var looksLikeHTTP: Bool { zip(self, "HTTP/".utf8).allSatisfy { $0 == $1 } }
}
