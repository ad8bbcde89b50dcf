import ConnectionLifecycle
import Holdfast
import WebSocketCodec
import WorldInterface

/// One link to a Mattermost server: identify, dial, authenticate, wait for `hello`, prove that it answers; then deliver
/// events and run probes; then close. Loop-confined; runs a task only while a REST request is in flight.
final class MattermostLink: Link {
    /// Where the link is in its life. What belongs to a phase lives in its case, so that it cannot outlive it.
    private enum Phase {
        case created
        /// `GET /users/me`, before dialling, so that whatever changes later is noticed.
        case identifying(Task<Void, Never>)
        case dialling
        /// Upgraded; `hello` is awaited.
        case greeting(since: Instant)
        /// Greeted; the reply to the first ping is awaited.
        case proving(sequence: Int64)
        case established
        case closing
        case ended
    }

    let world: any World
    let port: LinkPort<MattermostEvent>
    private let service: MattermostService
    private var decoder = FrameDecoder()
    private var phase = Phase.created
    private var socket: WebSocketClient?
    private var lastRequest: Int64 = 0
    private var lastSequence: Int64?
    private var lastSuspicion: Instant?
    private var probe: MattermostProbe?
    /// Told only if the dial succeeds in spite of it: otherwise the dial tells the same, and that counts.
    private var identifyFailure: MattermostError?

    /// The account's revision as it was before dialling, or since a probe last proved the connection.
    var baseline: Revision?
    /// The account, from identify or from `hello`.
    var userID = ""
    /// What looked wrong and has not been disproved by a canary yet.
    var suspicion: String?

    init(service: MattermostService, port: LinkPort<MattermostEvent>, world: any World) {
        self.service = service
        self.port = port
        self.world = world
    }

    var options: MattermostOptions { service.options }

    /// Made when it is needed: a request is rare, and there are many idle connections.
    var client: MattermostClient {
        MattermostClient(
            server: service.server, token: service.token, tls: options.tls, timeout: options.requestTimeout,
            world: world)
    }

    // MARK: - Attempt

    func begin() {
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
            userID = user.id
        case .success(.unchanged): break
        case .failure(.unauthorized(let id, _)):
            return fail(.unauthorized, "identify: the token was refused (401 \(id))")
        case .failure(.rateLimited(let retryAfter)):
            return fail(.rateLimited, "identify: rate limited", retryAfter: retryAfter)
        case .failure(let error):
            // The event plane is judged by its own evidence: dial, and let the first probe find the revision.
            identifyFailure = error
        }
        dial()
    }

    private func dial() {
        phase = .dialling
        var headers: [(name: String, value: String)] = []
        if options.authentication == .header {
            headers.append(("Authorization", service.token.authorization))
        }
        let server = service.server
        do throws(WebSocketHandshakeError) {
            let socket = try WebSocketClient(
                endpoint: server.endpoint, tls: server.isSecure ? options.tls : nil, hostHeader: server.hostHeader,
                path: server.webSocketPath, headers: headers, world: world, handler: self)
            self.socket = socket
            socket.connect()
        } catch {
            fail(.fatal, "dial: \(error)")
        }
    }

    private func greeted(_ hello: MattermostEvent) {
        if userID.isEmpty { userID = hello.broadcast.userID }
        phase = .proving(sequence: sendPing())
    }

    private func fail(_ failure: Failure, _ evidence: String, retryAfter: Duration? = nil) {
        release()
        port.report(.attemptFailed(failure, evidence, retryAfter: retryAfter))
    }

    // MARK: - Probe

    func beginProbe(round: UInt32, cause: ProbeCause, due: Instant) {
        if case .suspicion(let evidence) = cause { suspicion = evidence }
        let probe = MattermostProbe(link: self, round: round, due: due)
        self.probe = probe
        probe.begin()
    }

    func cancelProbe() {
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

    private func release() {
        if case .identifying(let task) = phase { task.cancel() }
        phase = .ended
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
        guard case .dialling = phase else { return }
        phase = .greeting(since: world.now)
        guard options.authentication == .challenge else { return }
        lastRequest += 1
        socket?.send(text: service.token.challenge(sequence: lastRequest))
    }

    func webSocketReceived(_ message: UnsafeRawBufferPointer) {
        let frame: Frame
        do throws(DecodingFailure) {
            frame = try decoder.decode(message)
        } catch {
            // Nothing we asked for and nothing we can read: not a reason to end a connection that works.
            return port.report(.note(.warning, "unreadable message of \(message.count) bytes: \(error)"))
        }
        switch frame {
        case .event(let event): received(event)
        case .reply(let reply): received(reply)
        }
    }

    func webSocketReadEnded() { port.flush() }

    private func received(_ event: MattermostEvent) {
        port.deliver(event, byteCount: event.byteCount)
        let expected = lastSequence.map { $0 + 1 } ?? event.sequence
        lastSequence = event.sequence
        if case .greeting = phase, event.kind == .hello { greeted(event) }
        if event.sequence != expected, case .established = phase {
            suspect("sequence gap: expected \(expected), got \(event.sequence)")
        }
        probe?.received(event)
    }

    /// The next probe looks into it. It runs at once, but not again and again where every message gives a reason.
    private func suspect(_ evidence: String) {
        suspicion = evidence
        let now = world.now
        if let last = lastSuspicion, now.nanoseconds(since: last) < MattermostLink.suspicionPause { return }
        lastSuspicion = now
        port.report(.suspicion(evidence))
    }

    /// Nanoseconds.
    private static let suspicionPause: UInt64 = 5_000_000_000

    private func received(_ reply: Reply) {
        if case .proving(let sequence) = phase, reply.sequenceReply == sequence {
            guard reply.isOK else { return fail(.unauthorized, "first ping: \(reply.failureDescription)") }
            phase = .established
            if let identifyFailure {
                port.report(.note(.warning, "connected without a revision baseline: identify: \(identifyFailure)"))
            }
            return port.report(.ready("hello, and the first ping was answered"))
        }
        if case .greeting = phase, !reply.isOK {
            return fail(.unauthorized, "authentication: \(reply.failureDescription)")
        }
        probe?.received(reply)
    }

    func webSocketClosed(_ closure: WebSocketClosure) {
        switch phase {
        case .created, .identifying, .ended: break
        case .dialling: failedToDial(closure)
        case .greeting(let since): droppedBeforeHello(closure, after: world.now.nanoseconds(since: since))
        case .proving: fail(.retryable, "after hello: \(closure)")
        case .established:
            release()
            port.report(.lost("\(closure)"))
        case .closing:
            release()
            port.report(.closed("\(closure)"))
        }
    }

    private func failedToDial(_ closure: WebSocketClosure) {
        guard case .upgradeRefused(let status, let retryAfter) = closure else {
            return fail(.retryable, "dial: \(closure)")
        }
        switch status {
        case 401: fail(.unauthorized, "upgrade: the token was refused (HTTP 401)")
        case 429: fail(.rateLimited, "upgrade: rate limited (HTTP 429)", retryAfter: retryAfter)
        default:
            fail(.retryable, "upgrade: HTTP \(status); is this a Mattermost server, and may its WebSocket be reached?")
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
            fail(.retryable, "before hello: \(closure)")
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
    var failureDescription: String { "FAIL \(error.map { "\($0.id) (\($0.statusCode))" } ?? "without a reason")" }
}

/// The account's revision.
struct Revision: Equatable {
    var updateAt: Int64
    var etag: String?
}
