import HTTPServing
import WebSocketCodec
import WorldInterface

/// The shell around the model: sockets, time and faults. Loop-confined; `Simulator` is its public face.
final class SimulatorServer {
    /// A client's message may be this long, in bytes; longer ones end the connection with 1009.
    static let maximumMessageBytes = 8192

    let world: any World
    let configuration: SimulatorConfiguration
    let model: ServerModel
    let demo: ServerModel.DemoWorld
    private(set) var deadlines: Deadlines
    var faults = Faults()
    private(set) var isFrozen = false
    private(set) var upgradeCount = 0

    private var listeners: [any Listener] = []
    /// Where it listens, or will again.
    private var endpoints: [Endpoint] = []
    private var connections: [UInt64: ServerConnection] = [:]
    private var nextNumber: UInt64 = 1
    /// Requests that arrived while frozen, by connection.
    private var parked: [(connection: ServerConnection, request: RequestReader.Request)] = []
    private var thawTimer: (any DeadlineTimer)?
    private var isStopped = false
    /// Counts orders to listen or not, so that a later one overrules a listening that is still due.
    private var listeningOrder = 0
    /// Wall clock minus monotonic time at the start, in milliseconds: times in answers never jump.
    private let clockOffset: Int64

    init(world: any World, configuration: SimulatorConfiguration) {
        self.world = world
        self.configuration = configuration
        clockOffset = world.wallClockMilliseconds - Int64(world.now.nanoseconds / 1_000_000)
        model = ServerModel(
            now: world.wallClockMilliseconds, seed: configuration.seed ?? world.makeSeed(),
            keepsLog: configuration.keepsLog)
        demo = model.makeDemoWorld()
        deadlines = Deadlines(world: world) { _ in }
        deadlines = Deadlines(world: world) { [unowned self] due in self.handle(due) }
    }

    func refreshTime() { model.now = max(model.now, Int64(world.now.nanoseconds / 1_000_000) + clockOffset) }

    /// The first of them.
    var endpoint: Endpoint { endpoints.first ?? Endpoint(host: "127.0.0.1", port: 0) }
    var port: UInt16 { endpoint.port }
    var scheme: String { configuration.tls == nil ? "http" : "https" }
    var openConnections: [ServerConnection] { connections.values.sorted { $0.number < $1.number } }

    // MARK: Listening

    /// Besides where it does already. Returns the port. The listener keeps this object alive until `stop`.
    @discardableResult
    func listen(on endpoint: Endpoint) throws(NetworkError) -> UInt16 {
        let listener = try openListener(on: endpoint)
        endpoints.append(Endpoint(host: endpoint.host, port: listener.port))
        return listener.port
    }

    private func openListener(on endpoint: Endpoint) throws(NetworkError) -> any Listener {
        let listener = try world.listen(on: endpoint, tls: configuration.tls) { self.accept($0) }
        listeners.append(listener)
        return listener
    }

    func stop() {
        isStopped = true
        isFrozen = false
        thawTimer?.close()
        thawTimer = nil
        closeListeners()
        deadlines.close()
        for connection in openConnections { connection.stream.close() }
    }

    private func closeListeners() {
        listeningOrder += 1
        for listener in listeners { listener.close() }
        listeners = []
    }

    private func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
        guard !isStopped else { return nil }
        let connection = ServerConnection(number: nextNumber, stream: stream, server: self)
        connections[nextNumber] = connection
        nextNumber += 1
        return connection
    }

    func closed(_ connection: ServerConnection, _ web: WebConnection?) {
        connections[connection.number] = nil
        parked.removeAll { $0.connection === connection }
        if let web { left(web) }
        flush()
    }

    /// The socket of a web connection is gone.
    func left(_ web: WebConnection) {
        refreshTime()
        model.disconnect(web)
    }

    /// Writes what the hub has queued since the last call.
    func flush() {
        for web in model.hub.takeDirty() { connections[web.number]?.pump(web) }
    }

    // MARK: Requests

    func received(_ request: RequestReader.Request, on connection: ServerConnection) {
        refreshTime()
        guard let (path, query) = APIRequest.parse(target: request.head.target) else {
            return connection.answer(.plain(400, "Bad Request\n"), to: request)
        }
        var api = APIRequest(method: request.head.method, path: path, query: query, body: request.body)
        for field in request.head.headers.fields { api.headers[field.name.lowercased()] = field.value }
        if path.hasPrefix("/simulator/") {
            return control(api, request, connection)
        }
        // A stopped process reads nothing; the request waits unseen.
        guard !isFrozen else { return parked.append((connection, request)) }
        guard let delay = faults.answerDelay else { return handle(api, request, connection) }
        let pendingID = api.pendingPostID
        // The same creation while the first is held back is refused at once.
        if let pendingID, !model.pendingIDsInWork.insert(pendingID).inserted {
            return handle(api, request, connection)
        }
        deadlines.add(
            .action { [unowned self] in
                if let pendingID { model.pendingIDsInWork.remove(pendingID) }
                refreshTime()
                handle(api, request, connection)
                connection.resume()
                flush()
            }, after: delay)
    }

    private func handle(_ api: APIRequest, _ request: RequestReader.Request, _ connection: ServerConnection) {
        var limitHeaders: [(name: String, value: String)] = []
        if let (isAdmitted, headers) = faults.rateLimit?.admit(now: model.now) {
            guard isAdmitted else { return connection.answer(RateLimit.refusal(headers), to: request) }
            limitHeaders = headers
        }
        if let failure = faults.takeFailure(for: api.path) {
            return connection.answer(.plain(failure, "\(reasonPhrase(of: failure))\n"), to: request)
        }
        if api.path == "/api/v4/websocket" { return upgrade(api, request, connection) }
        var response = Router.respond(to: api, by: model)
        response.headers += limitHeaders
        guard !faults.takeLoss(for: api.path) else { return connection.stream.close() }
        connection.answer(response, to: request)
    }

    // MARK: Upgrade

    private func upgrade(_ api: APIRequest, _ request: RequestReader.Request, _ connection: ServerConnection) {
        upgradeCount += 1
        let requestID = model.makeID()
        do throws(APIError) {
            try Router.checkQueryToken(api, model)
        } catch {
            let headers = [("Expires", "0")] + Router.commonHeaders(requestID: requestID)
            return connection.answer(
                Router.failure(error, headers: headers, requestID: requestID), to: request)
        }
        guard isSameOrigin(api) else { return connection.answer(refusal(403, requestID), to: request) }
        let acceptance: [UInt8]
        do throws(WebSocketHandshakeError) {
            acceptance = try WebSocketUpgradeRequest(request.head).acceptance()
        } catch {
            return connection.answer(refusal(400, requestID), to: request)
        }
        let resume = api.query("connection_id").map {
            ServerModel.ResumeRequest(connectionID: $0, sequenceNumber: api.query("sequence_number"))
        }
        guard let web = model.connect(token: api.token, resume: resume) else {
            connection.upgrade(acceptance, to: WebConnection(id: ""))
            return connection.stream.close()
        }
        web.number = connection.number
        guard !faults.takeLoss(for: api.path) else {
            left(web)
            return connection.stream.close()
        }
        connection.upgrade(acceptance, to: web)
        deadlines.add(.authenticationCheck(connection: connection.number), after: configuration.authenticationCheck)
        deadlines.add(.ping(connection: connection.number), after: configuration.pingInterval)
        deadlines.add(.pong(connection: connection.number), after: configuration.pongTimeout)
    }

    /// The upgrader's own word stands before the API's error in the body, and the statuses differ.
    private func refusal(_ status: Int, _ requestID: String) -> APIResponse {
        let headers = [
            ("Content-Type", "text/plain; charset=utf-8"), ("Expires", "0"), ("Sec-Websocket-Version", "13"),
            ("X-Content-Type-Options", "nosniff"),
        ]
        let error = APIError.upgradeFailed.json(requestID: requestID).bytes
        return APIResponse(
            status: status, headers: headers + Router.commonHeaders(requestID: requestID),
            body: Array("\(reasonPhrase(of: status))\n".utf8) + error)
    }

    private func isSameOrigin(_ api: APIRequest) -> Bool {
        guard let origin = api.headers["origin"] else { return true }
        let parts = origin.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count >= 3, parts[1].isEmpty, let host = api.headers["host"] else { return false }
        return parts[2].lowercased() == host.lowercased()
    }

    // MARK: Deadlines

    private func handle(_ due: Deadlines.Due) {
        refreshTime()
        switch due {
        case .authenticationCheck(let number):
            guard let connection = connections[number], let web = connection.webConnection,
                !model.passesAuthenticationCheck(web)
            else { return }
            connection.stream.close()
        case .ping(let number):
            guard let connection = connections[number], connection.webConnection != nil else { return }
            connection.sendPing()
            deadlines.add(.ping(connection: number), after: configuration.pingInterval)
            model.hub.removeStale(now: model.now)
        case .pong(let number):
            guard let connection = connections[number], connection.webConnection != nil else { return }
            let deadline = connection.lastPong + configuration.pongTimeout
            let left = deadline.nanoseconds(since: world.now)
            guard left > 0 else { return connection.stream.close() }
            deadlines.add(.pong(connection: number), after: .nanoseconds(left))
        case .close(let number): connections[number]?.stream.close()
        case .action(let action): action()
        }
    }

    // MARK: Faults

    func freeze(for duration: Duration?) {
        guard !isStopped else { return }
        isFrozen = true
        deadlines.isHeld = true
        for connection in connections.values where connection.webConnection != nil { connection.stream.pauseReading() }
        if thawTimer == nil { thawTimer = world.makeTimer { [unowned self] in self.thaw() } }
        thawTimer?.disarm()
        if let duration { thawTimer?.arm(at: world.now + duration) }
    }

    func thaw() {
        guard isFrozen else { return }
        isFrozen = false
        thawTimer?.disarm()
        refreshTime()
        let requests = parked
        parked = []
        for connection in openConnections {
            guard let web = connection.webConnection else { continue }
            connection.stream.resumeReading()
            connection.pump(web)
        }
        for (connection, request) in requests {
            received(request, on: connection)
            connection.resume()
        }
        deadlines.isHeld = false
        flush()
    }

    /// Replies are sent as the faults want it.
    func detourReplies() {
        guard faults.repeatsReplies || faults.replyDelay != nil else { return model.replyDetour = nil }
        let count = faults.repeatsReplies ? 2 : 1
        let delay = faults.replyDelay
        model.replyDetour = { [unowned self] message, connection in
            let send = { [unowned self] in for _ in 0..<count { model.hub.send(message, to: connection) } }
            guard let delay else { return send() }
            deadlines.add(
                .action { [unowned self] in
                    send()
                    flush()
                }, after: delay)
        }
    }

    /// How many sockets were dropped.
    @discardableResult
    func drop(_ how: SimulatorDrop, userID: String?) -> Int {
        let victims = openConnections.filter { connection in
            guard let web = connection.webConnection else { return false }
            return userID == nil || web.userID == userID
        }
        for connection in victims {
            switch how {
            case .finish: connection.stream.close()
            case .reset: connection.stream.reset()
            }
        }
        return victims.count
    }

    /// All sockets drop, then connections are refused, then the same port listens again. Sessions and posts survive,
    /// web connections do not.
    func restart(downFor duration: Duration, sparing spared: ServerConnection? = nil) {
        closeListeners()
        for connection in openConnections where connection !== spared { connection.stream.close() }
        model.hub.removeAll()
        model.forgetPendingIDs()
        for userID in model.statuses.keys { model.statuses[userID]?.status = "offline" }
        faults.refusesConnections = true
        listenAgain(after: duration)
    }

    func refuseConnections(for duration: Duration?) {
        closeListeners()
        faults.refusesConnections = true
        if let duration { listenAgain(after: duration) }
    }

    func acceptConnections() {
        faults.refusesConnections = false
        guard listeners.isEmpty, !isStopped else { return }
        do throws(NetworkError) {
            for endpoint in endpoints { _ = try openListener(on: endpoint) }
        } catch {
            closeListeners()
            // The port may be taken for a moment by another process's outgoing connection.
            listenAgain(after: .milliseconds(50))
        }
    }

    private func listenAgain(after duration: Duration) {
        let order = listeningOrder
        deadlines.add(
            .action { [unowned self] in if order == listeningOrder { acceptConnections() } }, after: duration)
    }
}

extension APIRequest {
    /// Of a request that creates a post.
    fileprivate var pendingPostID: String? {
        guard method == "POST", path == "/api/v4/posts", let json = try? JSONValue(parsing: body),
            let id = json["pending_post_id"]?.string, !id.isEmpty
        else { return nil }
        return id
    }
}
