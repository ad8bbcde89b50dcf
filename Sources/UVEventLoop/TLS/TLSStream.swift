import WorldInterface

/// TLS between a byte stream and its user: a `ByteStream` above, a `StreamHandler` below. Loop-confined.
///
/// The user hears `streamOpened` only after a verified handshake. An end of TCP without close_notify is reported as
/// a failure, because what was on its way may have been cut off (RFC 8446 §6.1). A WebSocket loses nothing by that: without a
/// close frame any end is an abnormal one for it (RFC 6455 §7.1.5), and after a close frame it does not listen any more.
final class TLSStream: ByteStream, StreamHandler {
    private enum Phase {
        case handshaking
        case open
        /// Over; what the user is told once TCP has ended.
        case ending(StreamClosure)
    }

    private let loop: EventLoop
    private let engine: TLSEngine
    private var inner: (any ByteStream)?
    private var handler: (any StreamHandler)?
    private var phase = Phase.handshaking
    /// Plaintext that was written before the handshake was done.
    private var early: [UInt8] = []
    /// The end that was found behind bytes which the user must have first.
    private var discovered: StreamClosure?
    private var isPaused = false
    private var isFinishing = false
    /// What TLS itself has answered since TCP had last taken all that it was given.
    private var answeredByteCount: UInt32 = 0

    /// The most that may wait so; a peer that asks for new keys and does not read the answers is cut off.
    static let maximumAnswerBytes = 64 << 10

    init(loop: EventLoop, engine: TLSEngine, handler: (any StreamHandler)?) {
        self.loop = loop
        self.engine = engine
        self.handler = handler
    }

    /// The stream below, whose handler this is. Once, right after the creation.
    func attach(inner: any ByteStream) { self.inner = inner }

    /// An accepted stream learns its user later than it is made.
    func attach(handler: any StreamHandler) { self.handler = handler }

    // MARK: - Below: the stream's handler

    func streamOpened() { advance() }

    func streamReceived(_ bytes: UnsafeMutableRawBufferPointer) {
        if case .ending = phase { return }
        engine.feed(UnsafeRawBufferPointer(bytes))
        advance()
        engine.keepRest()
    }

    func streamDrained() { if case .open = phase { handler?.streamDrained() } }

    func streamClosed(_ reason: StreamClosure) {
        let told: StreamClosure
        switch (phase, reason) {
        case (.ending(let ending), _): told = ending
        case (.handshaking, .endOfStream): told = .failed(engine.abruptEnd)
        case (.open, .endOfStream): told = .failed(engine.truncation)
        case (_, .closedLocally), (_, .failed): told = reason
        }
        phase = .ending(told)
        inner = nil
        let listener = handler
        handler = nil
        listener?.streamClosed(told)
    }

    // MARK: - Above: the user's stream

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard !isFinishing else { return }
        switch phase {
        case .handshaking: early.append(contentsOf: bytes)
        case .open:
            if let error = engine.write(bytes) { return end(.failed(error)) }
            flush()
        case .ending: break
        }
    }

    var queuedByteCount: Int { early.count + (inner?.queuedByteCount ?? 0) }

    func pauseReading() {
        isPaused = true
        inner?.pauseReading()
    }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        // What was fed and not read yet comes first, and never from within this call.
        loop.onNextTurn { [self] in
            guard !isPaused else { return }
            advance()
            engine.keepRest()
            if !isPaused { inner?.resumeReading() }
        }
    }

    func finishWriting() {
        guard case .open = phase, !isFinishing else { return }
        isFinishing = true
        engine.close()
        flush()
        inner?.finishWriting()
    }

    func close() {
        if case .open = phase, !isFinishing {
            engine.close()
            flush()
        }
        end(.closedLocally)
    }

    func reset() {
        if case .ending = phase { return }
        phase = .ending(.closedLocally)
        inner?.reset()
    }

    var peerDescription: String { inner?.peerDescription ?? "" }

    // MARK: - Inside

    private func advance() {
        if case .handshaking = phase { handshake() }
        if case .open = phase { read() }
    }

    private func handshake() {
        let progress = engine.handshake()
        flush()
        switch progress {
        case .needsInput: return
        case .ended: end(.endOfStream)
        case .failed(let error): end(.failed(error))
        case .done:
            phase = .open
            let queued = early
            early = []
            if !queued.isEmpty { write(queued) }
            handler?.streamOpened()
        }
    }

    private func read() {
        while case .open = phase, !isPaused {
            if let discovered { return end(discovered) }
            let (bytes, isDry) = decrypt()
            if !bytes.isEmpty { handler?.streamReceived(bytes) }
            if isDry { return answer() }
        }
    }

    /// As much as fits into the loop's buffer: a server writes a record for each message, and what arrived as one read is
    /// one read for the user too. `isDry`: more ciphertext is needed.
    private func decrypt() -> (bytes: UnsafeMutableRawBufferPointer, isDry: Bool) {
        let buffer = loop.plaintextBuffer.bytes
        var filled = 0
        var isDry = false
        while filled < buffer.count, discovered == nil, !isDry {
            var count = 0
            switch engine.read(into: UnsafeMutableRawBufferPointer(rebasing: buffer[filled...]), count: &count) {
            case .done: filled += count
            case .needsInput: isDry = true
            case .ended: discovered = .endOfStream
            case .failed(let error): discovered = .failed(error)
            }
        }
        return (UnsafeMutableRawBufferPointer(rebasing: buffer[..<filled]), isDry)
    }

    private func flush() {
        engine.drain { inner?.write($0) }
    }

    /// Sends what TLS says by itself: new keys, refusals to negotiate anew.
    private func answer() {
        var count: UInt32 = 0
        engine.drain {
            inner?.write($0)
            count += UInt32($0.count)
        }
        guard count > 0, let inner else { return }
        answeredByteCount = inner.queuedByteCount == 0 ? 0 : answeredByteCount + count
        if answeredByteCount > TLSStream.maximumAnswerBytes { end(.failed(engine.unreadAnswers)) }
    }

    /// Closes TCP; the user is told when that is done.
    private func end(_ reason: StreamClosure) {
        if case .ending = phase { return }
        phase = .ending(reason)
        early = []
        inner?.close()
    }
}

/// Where TLS decrypts to: one for the loop, like its read buffer.
final class PlaintextBuffer {
    /// As long as the read buffer, so that what one read brings is handed over at once; the padding lies behind.
    let bytes: UnsafeMutableRawBufferPointer
    private let memory: UnsafeMutableRawBufferPointer

    init() {
        let byteCount = EventLoop.readBufferSize
        memory = .allocate(byteCount: byteCount + streamBufferPadding, alignment: 64)
        memory.initializeMemory(as: UInt8.self, repeating: 0)
        bytes = UnsafeMutableRawBufferPointer(rebasing: memory[..<byteCount])
    }

    deinit { memory.deallocate() }
}
