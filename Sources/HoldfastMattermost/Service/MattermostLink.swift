import ConnectionLifecycle
import Holdfast
import WebSocketCodec
import WorldInterface

/// One link to a Mattermost server: identify, dial, authenticate, wait for `hello`, prove that it answers; then deliver
/// events and run probes; then close. Loop-confined; runs a task only while a REST request is in flight.
///
/// Where the connection before was merely dropped, it asks the server to go on there. Whether that holds, the server does
/// not say: a ping is sent at once, and what comes first tells, a `hello` (no) or the reply (yes).
final class MattermostLink: Link {
    /// Where the link is in its life. What belongs to a phase lives in its case, so that it cannot outlive it; what only
    /// short phases need lies behind a reference, for there are many idle connections.
    private enum Phase {
        case created
        /// `GET /users/me`, before dialling, so that whatever changes later is noticed.
        case identifying(Task<Void, Never>)
        indirect case dialling(asking: ResumePoint?)
        /// Upgraded; `hello` is awaited.
        case greeting(since: Instant)
        /// Upgraded, and a resume was asked for: the reply to the ping tells that it holds, a `hello` that it does not.
        indirect case resuming(ResumePoint, ping: Int64, since: Instant)
        /// Greeted; the reply to the first ping is awaited.
        case proving(ping: Int64, sessionID: String)
        /// `start` is the number that a resume began with; nil after a `hello`.
        case established(sessionID: String, start: Int64?)
        case closing
        indirect case ended(ResumePoint?)
    }

    /// What looked wrong. Behind a reference, for with most connections nothing ever does.
    private final class Doubts {
        /// What is wrong with the numbers of the events; nobody may go on from a connection that has such a gap.
        var gap: String?
        /// What has not been disproved by a canary yet.
        var suspicion: String?
        var lastSuspicion: Instant?
        /// Told only if the dial succeeds in spite of it: otherwise the dial tells the same, and that counts.
        var identifyFailure: MattermostError?
    }

    let world: any World
    let port: LinkPort<MattermostEvent>
    private let service: MattermostService
    private var decoder = FrameDecoder()
    private var phase = Phase.created
    private var socket: WebSocketClient?
    private var lastRequest: Int64 = 0
    /// Unchecked, for it is touched for each event: nothing is called while it is.
    @exclusivity(unchecked) private var lastSequence: Int64?
    private var probe: MattermostProbe?
    private var doubts: Doubts?
    #if CLASSIC_BUGS
        private var forgotten: [MattermostProbe] = []
    #endif

    /// The account's revision as it was before dialling, or since a probe last proved the connection.
    var baseline: Revision?
    /// The account, from identify or from `hello`; empty where no canary will ask for it.
    var userID = ""

    init(service: MattermostService, port: LinkPort<MattermostEvent>, world: any World) {
        self.service = service
        self.port = port
        self.world = world
    }

    var options: MattermostOptions { service.options }

    /// What looked wrong and has not been disproved by a canary yet.
    var suspicion: String? {
        get { doubts?.suspicion }
        set { if newValue == nil { doubts?.suspicion = nil } else { ownDoubts.suspicion = newValue } }
    }

    private var ownDoubts: Doubts {
        let own = doubts ?? Doubts()
        doubts = own
        return own
    }

    /// Made when it is needed: a request is rare, and there are many idle connections.
    var client: MattermostClient { service.client(on: world, timeout: options.requestTimeout) }

    // MARK: - Attempt

    var awaited: String {
        switch phase {
        case .identifying: "the answer to GET /users/me"
        case .dialling: socket?.awaited ?? ""
        case .greeting, .resuming: "the server's hello"
        case .proving: "the reply to the first ping"
        case .created, .established, .closing, .ended: ""
        }
    }

    func begin() {
        // The revision is what identifying is for. The account's id comes with the hello too, and what is wrong with the token
        // shows when dialling, if later.
        guard options.revisionCheck else { return dial() }
        phase = .identifying(
            world.run { [client] in
                await client.revision(ifNoneMatch: nil)
            } then: { [self] in
                identified($0)
            })
    }

    private func identified(_ answer: Result<Me, MattermostError>) {
        guard case .identifying = phase else { return }
        switch answer {
        case .success(.user(let user, let etag)):
            baseline = Revision(updateAt: user.updateAt, etag: etag)
            #if CLASSIC_BUGS
                if ClassicBug.active == .lateBaseline { baseline = nil }
            #endif
            userID = user.id
        case .success(.unchanged): break
        case .failure(.unauthorized(let id, _)):
            return fail(.unauthorized, "identify: the token was refused (401 \(id))")
        case .failure(.rateLimited(let retryAfter)):
            return fail(.rateLimited, "identify: rate limited", retryAfter: retryAfter)
        case .failure(let error):
            // The event plane is judged by its own evidence: dial, and let the first probe find the revision.
            ownDoubts.identifyFailure = error
        }
        dial()
    }

    private func dial() {
        let point = wantedPoint
        phase = .dialling(asking: point)
        var headers: [(name: String, value: String)] = []
        if options.authentication == .header {
            headers.append(("Authorization", service.token.authorization))
        }
        let server = service.server
        do throws(WebSocketHandshakeError) {
            let socket = try WebSocketClient(
                url: server.url(server.webSocketPath + (point?.query ?? "")), basePath: server.basePath,
                tls: options.tls, transport: options.transport, headers: headers, world: world, handler: self)
            self.socket = socket
            socket.connect()
        } catch {
            fail(.fatal, "dial: \(error)")
        }
    }

    /// Begins anew: the first ping, sent already where a resume was asked for, must be answered.
    private func greeted(_ hello: MattermostEvent, ping: Int64) {
        if userID.isEmpty, options.canary != .never, hello.broadcast.userID.isKeepable {
            userID = hello.broadcast.userID
        }
        var sessionID = ""
        // A name that is kept, and sent in a request's first line.
        if mayResume, case .hello(let hello)? = try? hello.content, hello.connectionID.isKeepable {
            sessionID = hello.connectionID
        }
        phase = .proving(ping: ping, sessionID: sessionID)
    }

    private func establish(_ sessionID: String, start: Int64?, _ evidence: String) {
        phase = .established(sessionID: sessionID, start: start)
        if let failure = doubts?.identifyFailure {
            port.report(.note(.warning, "connected without a revision baseline: identify: \(failure)"))
        }
        port.report(.ready(evidence, isResumed: start != nil))
        if let gap = doubts?.gap { suspect(gap) }
    }

    /// - Parameter isStrike: a resume was asked for, and may be what the server did not like.
    private func fail(
        _ failure: Failure, _ evidence: String, retryAfter: Duration? = nil, isStrike: Bool = false
    ) {
        // While the token is refused events pass by without a number: no resume brings them back.
        release(keeping: failure == .unauthorized || isStrike ? nil : resumePoint)
        port.report(.attemptFailed(failure, evidence, retryAfter: retryAfter))
    }

    // MARK: - Resume

    var resumePoint: ResumePoint? {
        switch phase {
        case .created, .identifying, .dialling: inheritedPoint
        // One strike: whatever goes wrong between the answer to the upgrade and the decision means a clean start.
        case .greeting, .resuming, .proving, .closing: nil
        case .established(let sessionID, let start): ownPoint(sessionID, start: start)
        case .ended(let point): point
        }
    }

    /// What the port says, unless the account has changed since.
    private var inheritedPoint: ResumePoint? {
        guard let baseline else { return port.resumePoint }
        return port.resumePoint?.revision == baseline.updateAt ? port.resumePoint : nil
    }

    /// What to ask for now.
    private var wantedPoint: ResumePoint? { mayResume && baseline != nil ? inheritedPoint : nil }

    /// A resume is asked for only where the account is known to be as it was. By challenge the server ignores it.
    private var mayResume: Bool { options.authentication == .header && options.revisionCheck }

    /// A resume that ends where it began is not asked for again: what comes next may be what ends it.
    private func ownPoint(_ sessionID: String, start: Int64?) -> ResumePoint? {
        guard !sessionID.isEmpty, doubts?.gap == nil, let lastSequence,
            (0..<Int64.max).contains(lastSequence), lastSequence + 1 != start
        else { return nil }
        return ResumePoint(sessionID: sessionID, nextSequence: lastSequence + 1, revision: baseline?.updateAt)
    }

    // MARK: - Probe

    func beginProbe(round: UInt32, cause: ProbeCause, due: Instant) {
        if case .suspicion(let evidence) = cause { suspicion = evidence }
        let probe = MattermostProbe(link: self, round: round, due: due)
        self.probe = probe
        probe.begin()
    }

    func cancelProbe() {
        #if CLASSIC_BUGS
            if ClassicBug.active == .lateVerdict, case .established = phase, let probe {
                forgotten.append(probe)
                return self.probe = nil
            }
        #endif
        probe?.end()
        probe = nil
    }

    /// Sends a `ping` action and returns its sequence number.
    func sendPing() -> Int64 {
        lastRequest += 1
        socket?.send(text: #"{"seq":\#(lastRequest),"action":"ping"}"#)
        return lastRequest
    }

    /// A number that nobody else uses, for the canary.
    func makeNonce() -> String { String(world.makeSeed(), radix: 36) }

    // MARK: - Close

    func beginClose() {
        if case .identifying(let task) = phase { task.cancel() }
        phase = .closing
        guard let socket else { return port.report(.closed("nothing was open")) }
        socket.close()
    }

    func destroy() { release() }

    private func release(keeping point: ResumePoint? = nil) {
        if case .identifying(let task) = phase { task.cancel() }
        phase = .ended(point)
        cancelProbe()
        socket?.destroy()
        socket = nil
    }

    func pauseReading() { socket?.pauseReading() }

    func resumeReading() { socket?.resumeReading() }
}

// MARK: - What the socket says

extension MattermostLink: WebSocketClientHandler {
    func webSocketOpened() {
        guard case .dialling(let point) = phase else { return }
        if let point {
            lastSequence = point.nextSequence - 1
            phase = .resuming(point, ping: sendPing(), since: world.now)
            return
        }
        phase = .greeting(since: world.now)
        guard options.authentication == .challenge else { return }
        lastRequest += 1
        socket?.send(text: service.token.challenge(sequence: lastRequest))
    }

    func webSocketReceived(_ message: UnsafeRawBufferPointer) -> Bool {
        let frame: Frame
        do throws(DecodingFailure) {
            frame = try decoder.decode(message, attempt: port.generation, isReplayed: isReplaying)
        } catch {
            // Nothing we asked for and nothing we can read: not a reason to end a connection that works.
            port.report(.note(.warning, "unreadable message of \(message.count) bytes: \(error)"))
            return false
        }
        switch frame {
        case .event(let event): received(event)
        case .reply(let reply): received(reply)
        }
        return true
    }

    func webSocketReadEnded() { port.flush() }

    private var isReplaying: Bool {
        if case .resuming = phase { true } else { false }
    }

    private func received(_ event: MattermostEvent) {
        port.deliver(event, byteCount: event.byteCount)
        let expected = lastSequence.map { $0 &+ 1 } ?? event.sequence
        lastSequence = event.sequence
        switch phase {
        case .greeting where event.kind == .hello: greeted(event, ping: sendPing())
        case .resuming(_, let ping, _) where event.kind == .hello: greeted(event, ping: ping)
        case .resuming, .proving, .established:
            if event.sequence != expected { missed("sequence gap: expected \(expected), got \(event.sequence)") }
        case .created, .identifying, .dialling, .greeting, .closing, .ended: break
        }
        probe?.received(event)
    }

    /// Before the connection is established nobody can look into it: it is told then.
    private func missed(_ evidence: String) {
        ownDoubts.gap = evidence
        if case .established = phase { suspect(evidence) }
    }

    /// The next probe looks into it. It runs at once, but not again and again where every message gives a reason.
    private func suspect(_ evidence: String) {
        let doubts = ownDoubts
        doubts.suspicion = evidence
        let now = world.now
        if let last = doubts.lastSuspicion, now.nanoseconds(since: last) < MattermostLink.suspicionPause { return }
        doubts.lastSuspicion = now
        port.report(.suspicion(evidence))
    }

    /// Nanoseconds.
    private static let suspicionPause: UInt64 = 5_000_000_000

    private func received(_ reply: Reply) {
        switch phase {
        case .proving(let ping, let sessionID) where reply.sequenceReply == ping:
            guard reply.isOK else { return fail(.unauthorized, "first ping: \(told(reply))") }
            establish(sessionID, start: nil, "hello, and the first ping was answered")
        case .resuming(let point, let ping, _) where reply.sequenceReply == ping:
            guard reply.isOK else { return fail(.unauthorized, "first ping: \(told(reply))") }
            establish(
                point.sessionID, start: point.nextSequence,
                "resumed at event \(point.nextSequence): the first ping was answered before any hello")
        case .greeting where !reply.isOK: fail(.unauthorized, "authentication: \(told(reply))")
        case .created, .identifying, .dialling, .greeting, .resuming, .proving, .established, .closing, .ended:
            probe?.received(reply)
        }
    }

    /// A FAIL, in the server's words but for the token.
    func told(_ reply: Reply) -> String { reply.failureDescription(hiding: service.token.secret) }

    /// The same of an end.
    private func told(_ closure: WebSocketClosure) -> String {
        switch closure {
        case .closedByPeer(let code, let reason):
            "\(WebSocketClosure.closedByPeer(code: code, reason: service.token.hidden(in: reason)))"
        // A redirect names where to.
        case .handshakeFailed(let what): "\(WebSocketClosure.handshakeFailed(service.token.hidden(in: what)))"
        case .upgradeRefused, .closedLocally, .protocolViolation, .dropped, .failed: "\(closure)"
        }
    }

    func webSocketClosed(_ closure: WebSocketClosure) {
        switch phase {
        case .created, .identifying, .ended: break
        case .dialling(let point): failedToDial(closure, asking: point)
        case .greeting(let since), .resuming(_, _, let since):
            droppedBeforeHello(closure, after: world.now.nanoseconds(since: since))
        case .proving: fail(.retryable, "after hello: \(told(closure))")
        case .established:
            release(keeping: resumePoint)
            port.report(.lost(told(closure)))
        case .closing:
            release()
            port.report(.closed(told(closure)))
        }
    }

    private func failedToDial(_ closure: WebSocketClosure, asking point: ResumePoint?) {
        let isStrike = point != nil && closure.mayAnswerRequest
        guard case .upgradeRefused(let status, let retryAfter) = closure else {
            return fail(.retryable, "dial: \(told(closure))", isStrike: isStrike)
        }
        switch status {
        case 401: fail(.unauthorized, "upgrade: the token was refused (HTTP 401)")
        case 429: fail(.rateLimited, "upgrade: rate limited (HTTP 429)", retryAfter: retryAfter)
        default:
            fail(
                .retryable, "upgrade: HTTP \(status); is this a Mattermost server, and may its WebSocket be reached?",
                isStrike: isStrike)
        }
    }

    /// A wrong token is not refused: in the header it is dropped after 5 s, in a challenge at once, and neither says why.
    private func droppedBeforeHello(_ closure: WebSocketClosure, after nanoseconds: UInt64) {
        let looksRefused = nanoseconds > 4_000_000_000 || (options.authentication == .challenge && baseline == nil)
        let seconds = Double(nanoseconds / 10_000_000) / 100
        if looksRefused {
            fail(
                .unauthorized,
                "the server dropped the connection after \(seconds) s without a hello: the token was refused")
        } else {
            fail(.retryable, "before hello: \(told(closure))")
        }
    }
}

extension ResumePoint {
    /// What the upgrade asks with (server: `api4/websocket.go`).
    fileprivate var query: String { "?connection_id=\(sessionID.percentEncoded)&sequence_number=\(nextSequence)" }
}

extension WebSocketClosure {
    /// Whether a dial that ended so may have been ended because of what it asked for. Not when the server cannot have
    /// read it, or only asks to come later.
    fileprivate var mayAnswerRequest: Bool {
        switch self {
        case .upgradeRefused(let status, _): ![429, 502, 503, 504].contains(status)
        case .handshakeFailed, .closedByPeer, .protocolViolation, .dropped: true
        case .closedLocally: false
        case .failed(let error):
            switch error.kind {
            case .nameNotFound, .refused, .unreachable, .timedOut, .tlsUntrusted, .tlsHostMismatch, .tlsFailed: false
            case .addressInUse, .accessDenied, .tooManyDescriptors, .outOfMemory, .portsExhausted, .cancelled: false
            case .proxyAuthentication, .proxyRefused: false
            case .reset, .tooLarge, .malformed, .other: true
            }
        }
    }
}

extension MattermostClient {
    /// `me` as a value.
    nonisolated(nonsending) func revision(ifNoneMatch etag: String?) async -> Result<Me, MattermostError> {
        do throws(MattermostError) {
            return .success(try await me(ifNoneMatch: etag))
        } catch {
            return .failure(error)
        }
    }
}

extension Token {
    /// The first message of a connection that signs in by challenge.
    fileprivate func challenge(sequence: Int64) -> String {
        let token = secret.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return #"{"seq":\#(sequence),"action":"authentication_challenge","data":{"token":"\#(token)"}}"#
    }
}

extension Reply {
    /// A FAIL in one line: what the server says about it.
    func failureDescription(hiding secret: String) -> String {
        guard let error else { return "FAIL without a reason" }
        let printable = error.id.unicodeScalars.filter { $0.value > 0x20 && $0.value != 0x7F }
        // Such a line is kept in the history: a server's words are cut to what an id can be.
        let id = String(String.UnicodeScalarView(printable)).hiding(secret).prefix(200)
        return "FAIL \(id) (\(error.statusCode))"
    }
}

/// The account's revision.
struct Revision: Equatable {
    var updateAt: Int64
    var etag: String?
}
