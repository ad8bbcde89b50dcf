import WorldInterface

/// One end of a TCP connection of a simulation.
///
/// Each direction is an ordered row of segments. What the other side does not read stays in its kernel, up to the link's
/// capacity; beyond that it stays here, as `queuedByteCount`.
final class SimulatedStream: ByteStream {
    private enum Phase {
        case connecting
        case open
        /// The reason is told on the next turn.
        case ending
        case closed
    }

    let owner: SimulatedHost
    let link: SimulatedLink
    private var handler: (any StreamHandler)?
    private var phase = Phase.connecting
    private let isCounted: Bool
    private var number: UInt64 = 0
    /// The other end; nil before there is one, and once both are closed.
    private(set) var peer: SimulatedStream?
    private var endpoint = Endpoint(host: "", port: 0)

    // Outgoing.
    private var early: [UInt8] = []
    private var unsent: [UInt8] = []
    /// Bytes on their way or unread on the other side.
    private var inFlight = 0
    private var lastArrival: UInt64 = 0
    private var isFinished = false
    private var hasSentEnd = false
    /// Nobody is there to say that this end is gone.
    private var isSilent = false

    // Incoming.
    private var isPaused = false
    private var unread: [Segment.Load] = []

    init(on owner: SimulatedHost, link: SimulatedLink, handler: (any StreamHandler)?, isCounted: Bool) {
        self.owner = owner
        self.link = link
        self.handler = handler
        self.isCounted = isCounted
        number = owner.add(self)
    }

    var peerDescription: String { peer == nil ? "" : "\(endpoint)" }

    // MARK: - Connecting

    func begin(to endpoint: Endpoint) {
        self.endpoint = endpoint
        guard owner.simulation.resolvesNames else {
            return end(.failed(NetworkError(.nameNotFound, "no address is known for \(endpoint.host)")))
        }
        send(.request)
    }

    /// The request arrives at the address.
    private func requested() {
        guard case .connecting = phase else { return }
        guard let listener = owner.simulation.listeners[endpoint] else { return send(.refusal, to: self) }
        // The system accepts; the process hears of it when it runs.
        let far = SimulatedStream(on: listener.host, link: link, handler: nil, isCounted: false)
        far.peer = self
        far.endpoint = Endpoint(host: owner.name, port: 0)
        owner.simulation.agenda.add(
            Incident(on: listener.host) { far.accepted(by: listener) }, at: owner.simulation.now)
        peer = far
        far.send(.acceptance)
    }

    /// On the listening side, in its process.
    private func accepted(by listener: SimulatedListener) {
        guard case .connecting = phase else { return }
        guard let handler = listener.accept(self) else { return close() }
        self.handler = handler
        open()
    }

    private func open() {
        phase = .open
        let early = early
        self.early = []
        if !early.isEmpty { early.withUnsafeBytes { transmit($0) } }
        handler?.streamOpened()
        if !early.isEmpty, unsent.isEmpty, case .open = phase { handler?.streamDrained() }
        if isFinished { sendEnd() }
        readOn()
    }

    // MARK: - Writing

    func write(_ bytes: UnsafeRawBufferPointer) {
        guard !bytes.isEmpty, !isFinished else { return }
        switch phase {
        case .connecting: early.append(contentsOf: bytes)
        case .open: transmit(bytes)
        case .ending, .closed: break
        }
    }

    var queuedByteCount: Int {
        switch phase {
        case .connecting: early.count
        case .open: unsent.count
        case .ending, .closed: 0
        }
    }

    private func transmit(_ bytes: UnsafeRawBufferPointer) {
        let taken = unsent.isEmpty ? min(bytes.count, max(0, link.capacity - inFlight)) : 0
        var rest = UnsafeRawBufferPointer(rebasing: bytes[..<taken])
        while !rest.isEmpty {
            let piece = link.nextPiece(of: rest.count)
            inFlight += piece
            send(.bytes(Segment.buffer(UnsafeRawBufferPointer(rebasing: rest[..<piece])), piece))
            rest = UnsafeRawBufferPointer(rebasing: rest[piece...])
        }
        unsent.append(contentsOf: bytes[taken...])
    }

    /// The other side has read so many bytes: there is room again.
    private func acknowledged(_ count: Int) {
        inFlight -= count
        guard case .open = phase, !unsent.isEmpty, inFlight < link.capacity else { return }
        owner.simulation.agenda.add(Segment(.room, to: self, over: link), at: owner.simulation.now)
    }

    private func sendMore() {
        guard case .open = phase, !unsent.isEmpty else { return }
        let waiting = unsent
        unsent = []
        waiting.withUnsafeBytes { transmit($0) }
        guard unsent.isEmpty else { return }
        if isFinished { sendEnd() } else { handler?.streamDrained() }
    }

    func finishWriting() {
        guard !isFinished else { return }
        isFinished = true
        if case .open = phase, unsent.isEmpty { sendEnd() }
    }

    private func sendEnd() {
        guard !hasSentEnd else { return }
        hasSentEnd = true
        send(.end)
    }

    /// Towards the other end, behind what was sent before.
    private func send(_ load: Segment.Load) {
        // A request comes back to the stream that made it, for there is no other end yet.
        if case .request = load { return send(load, to: self) }
        guard let peer else { return }
        send(load, to: peer)
    }

    private func send(_ load: Segment.Load, to target: SimulatedStream) {
        let simulation = owner.simulation
        lastArrival = max(lastArrival, simulation.now + link.nextLatency())
        simulation.agenda.add(Segment(load, to: target, over: link), at: lastArrival)
    }

    // MARK: - Reading

    func pauseReading() { isPaused = true }

    func resumeReading() {
        guard isPaused else { return }
        isPaused = false
        guard !unread.isEmpty else { return }
        owner.simulation.agenda.add(Segment(.room, to: self, over: link), at: owner.simulation.now)
    }

    /// A segment reaches this side. Bytes and ends wait while nobody reads.
    func arrive(_ load: Segment.Load) {
        switch load {
        case .request: requested()
        case .refusal:
            if case .connecting = phase {
                end(.failed(NetworkError(.refused, "\(endpoint) refused the connection")))
            }
        case .acceptance: if case .connecting = phase { open() }
        case .room:
            readOn()
            sendMore()
        case .bytes, .end, .reset:
            switch phase {
            case .connecting, .open:
                unread.append(load)
                readOn()
            // Nobody is there any more: the system says so, to whoever still sends.
            case .ending, .closed:
                guard case .bytes(let buffer, _) = load else { return }
                buffer.deallocate()
                if !isSilent { send(.reset) }
            }
        }
    }

    private func readOn() {
        while case .open = phase, !isPaused, !unread.isEmpty {
            switch unread.removeFirst() {
            case .bytes(let buffer, let count):
                handler?.streamReceived(UnsafeMutableRawBufferPointer(start: buffer.baseAddress, count: count))
                buffer.deallocate()
                peer?.acknowledged(count)
            case .end: end(.endOfStream)
            case .reset:
                end(.failed(NetworkError(.reset, "lost the connection to \(endpoint): connection reset by peer")))
            case .request, .refusal, .acceptance, .room: break
            }
        }
    }

    // MARK: - Ending

    func close() { end(.closedLocally) }

    func reset() {
        if case .open = phase, !hasSentEnd {
            hasSentEnd = true
            send(.reset)
        }
        end(.closedLocally)
    }

    private func end(_ reason: StreamClosure) {
        switch phase {
        case .connecting, .open: break
        case .ending, .closed: return
        }
        if case .failed = reason {} else { sendEnd() }
        phase = .ending
        letGo()
        if isCounted { owner.openStreamCount -= 1 }
        owner.simulation.agenda.add(Incident(on: owner) { [self] in told(reason) }, at: owner.simulation.now)
    }

    /// What was not read is gone, and what was not sent.
    private func letGo() {
        for case .bytes(let buffer, _) in unread { buffer.deallocate() }
        unread = []
        unsent = []
        early = []
        owner.streams[number] = nil
    }

    private func told(_ reason: StreamClosure) {
        phase = .closed
        let handler = handler
        self.handler = nil
        handler?.streamClosed(reason)
        part()
    }

    /// Two ends hold each other until both have ended: so long, what is sent to the one is answered by a reset.
    private func part() {
        guard let peer, case .closed = peer.phase else { return }
        peer.peer = nil
        self.peer = nil
    }

    /// The system asks whether the other side is still there, as it does on the product's sockets, and gives up by then.
    private static let keepAliveTime: UInt64 = 105_000_000_000

    private func keepAliveFailed(_ answersReset: Bool) {
        let what = answersReset ? "connection reset by peer" : "connection timed out"
        end(.failed(NetworkError(answersReset ? .reset : .timedOut, "lost the connection to \(endpoint): \(what)")))
    }

    /// The other side and what is between forget the connection; this side is not told.
    /// - Parameter answersReset: whether somebody is there who answers what is still sent.
    func sever(answersReset: Bool) {
        guard let peer else { return }
        peer.isSilent = !answersReset
        peer.hasSentEnd = true
        owner.simulation.agenda.add(
            Incident(on: owner) { [self] in keepAliveFailed(answersReset) },
            at: owner.simulation.now + SimulatedStream.keepAliveTime)
        peer.end(.failed(NetworkError(.timedOut, "the connection to \(owner.name) timed out")))
    }

    /// Its world is gone.
    func forget() {
        for case .bytes(let buffer, _) in unread { buffer.deallocate() }
        unread = []
        phase = .closed
        handler = nil
        peer?.peer = nil
        peer = nil
    }

    /// Its host is gone.
    func abandon(_ farewell: SimulatedHost.Farewell) {
        switch farewell {
        case .finish: if case .open = phase { sendEnd() }
        case .reset: if case .open = phase { send(.reset) }
        case .silence: break
        }
        phase = .closed
        for case .bytes(let buffer, _) in unread { buffer.deallocate() }
        unread = []
        part()
    }
}
