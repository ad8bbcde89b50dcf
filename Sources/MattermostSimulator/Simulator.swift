public import WorldInterface

/// A Mattermost server that behaves like a real 6.6.1 down to its oddities: it goes deaf, blanks tokens, truncates
/// listings. For demos, tests and soaks.
///
/// It serves the real API and WebSocket on a port; what goes wrong on purpose is ordered by the methods here, or by
/// `POST /simulator/…`. The actor runs on the loop of the world that it is given, so its methods may be called from
/// anywhere. It must never know the client.
public actor Simulator {
    private nonisolated let executor: any LoopExecutor
    private let server: SimulatorServer

    public nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

    /// Makes the server and its accounts; nothing listens before `start`.
    public init(world: any World, configuration: SimulatorConfiguration = .init()) {
        executor = world.executor
        server = SimulatorServer(world: world, configuration: configuration)
    }

    /// Listens; port 0 takes a free one. Returns the port. Throws when the address cannot be had.
    @discardableResult
    public func start(on endpoint: Endpoint = Endpoint(host: "127.0.0.1", port: 0)) throws(NetworkError) -> UInt16 {
        try server.listen(on: endpoint)
        return server.port
    }

    /// Listens on one more address, such as 127.0.0.2, after `start`: a client has only so many ports for connections to one. A
    /// restart and a refusal are about all of them. Returns the port. Throws when the address cannot be had.
    public func listen(on endpoint: Endpoint) throws(NetworkError) -> UInt16 { try server.listen(on: endpoint) }

    /// Closes the listeners, all sockets and timers. Not to be started again.
    public func stop() { server.stop() }

    /// Accounts, tokens and ids. The port is right only after `start`.
    public var fixture: SimulatorFixture { server.fixture }

    /// What was posted, and what the open WebSockets were sent.
    public var log: SimulatorLog { server.log }

    /// Calls `observer` for everything that happens from now on; nil ends it. It runs on the server's loop, so it must not block
    /// for long.
    public func watch(_ observer: (@Sendable (SimulatorChange) -> Void)?) { server.model.onChange = observer }

    /// Drops the oldest posts that have not changed for `age`, as data retention does, but leaves at least `count` in each
    /// channel: what keeps a server that runs for hours small.
    public func forgetPosts(olderThan age: Duration, keeping count: Int) {
        server.refreshTime()
        server.model.forgetPosts(
            unchangedSince: server.model.now - Int64(clamping: age.wholeNanoseconds / 1_000_000), keeping: max(0, count)
        )
    }

    /// WebSockets open now.
    public var webSocketCount: Int { server.openConnections.count { $0.webConnection != nil } }

    /// Upgrades to a WebSocket that were asked for since the start, refused ones too: the attempts that the server saw.
    public var upgradeCount: Int { server.upgradeCount }

    // MARK: Faults

    /// Nothing is written and no WebSocket is read until `thaw` or the end of `duration`, as under SIGSTOP: the kernel goes on
    /// accepting and acknowledging. Requests that arrive wait.
    public func freeze(for duration: Duration? = nil) { server.freeze(for: duration) }

    public func thaw() { server.thaw() }

    /// Drops the WebSockets of one account, or all. Returns how many.
    @discardableResult
    public func drop(_ how: SimulatorDrop, userID: String? = nil) -> Int {
        defer { server.flush() }
        return server.drop(how, userID: userID)
    }

    /// Drops all sockets, refuses connections for `duration`, then listens on the same port again. Tokens stay valid;
    /// what the process had in memory, places to resume and pending ids of posts, is gone.
    public func restart(downFor duration: Duration) { server.restart(downFor: duration) }

    /// API answers come that much late; nil or zero ends it. WebSockets that are open are not concerned.
    public func delayAnswers(by delay: Duration?) {
        server.faults.answerDelay = delay.flatMap { $0 > .zero ? $0 : nil }
    }

    /// Closes the listener for `duration`, or until `acceptConnections`. Open sockets live on.
    public func refuseConnections(for duration: Duration? = nil) { server.refuseConnections(for: duration) }

    public func acceptConnections() { server.acceptConnections() }

    /// The next `count` requests whose path begins with `pathPrefix` (the upgrade too) are answered with `status`.
    public func failRequests(status: Int, pathPrefix: String = "/api/", count: Int = 1) {
        guard count > 0 else { return }
        server.faults.failures.append(.init(status: status, pathPrefix: pathPrefix, remaining: count))
    }

    /// No request is failed, and no answer lost any more.
    public func stopFailing() {
        server.faults.failures = []
        server.faults.losses = []
    }

    /// Replies on WebSockets are given twice.
    public func repeatReplies(_ isOn: Bool) {
        server.faults.repeatsReplies = isOn
        server.detourReplies()
    }

    /// Replies on WebSockets are given that much late, events as ever; nil ends it.
    public func delayReplies(by delay: Duration?) {
        server.faults.replyDelay = delay
        server.detourReplies()
    }

    /// The next `count` requests whose path begins with `pathPrefix` (the upgrade too) are performed, but their socket is
    /// dropped instead of an answer.
    public func loseAnswers(pathPrefix: String = "/api/", count: Int = 1) {
        guard count > 0 else { return }
        server.faults.losses.append(.init(pathPrefix: pathPrefix, remaining: count))
    }

    /// Requests beyond the limit, the upgrade too, get 429. Nil lifts it; 0 allows `burst` requests and no more. `burst` is
    /// `perSecond` when nil, and at least 1.
    public func limitRate(perSecond: Int?, burst: Int? = nil) {
        server.refreshTime()
        server.limitRate(perSecond: perSecond, burst: burst)
    }

    /// Lets all sessions of an account run out after `delay`. A personal access token's session too: it is not renewed.
    public func expireSessions(userID: String, after delay: Duration = .zero) {
        server.refreshTime()
        let milliseconds = Int64(clamping: delay.wholeNanoseconds / 1_000_000)
        server.model.expireSessions(of: userID, at: server.model.now + milliseconds)
    }

    public func setDatabaseDown(_ isDown: Bool) { server.model.isDatabaseDown = isDown }

    // MARK: Beside the network

    /// Performs a request of the API (`path` begins with `/api/v4/` and may have a query) without a socket.
    public func perform(
        _ method: String, _ path: String, token: String? = nil, body: String = ""
    ) -> SimulatorResponse {
        defer { server.flush() }
        return server.perform(method, path, token: token, body: body)
    }

    /// Posts as an account of the fixture. Returns the post's id; nil when there is no such channel or account.
    @discardableResult
    public func post(_ message: String, channelID: String, userID: String) -> String? {
        defer { server.flush() }
        server.refreshTime()
        return server.model.createPost(in: channelID, by: userID, message: message)?.id
    }

    /// Makes another bot with a token, a member of team and channel: for many connections. Nil when the name is taken.
    public func makeBot(named username: String) -> (id: String, token: String)? {
        defer { server.flush() }
        server.refreshTime()
        return server.makeBot(named: username)
    }

    /// The same, but of no channel besides that one, as a guest is: where thousands shared a channel, each post in it would be
    /// thousands of events. Nil when the name is taken or there is no such channel.
    public func makeBot(named username: String, onlyIn channelID: String) -> SimulatorBot? {
        defer { server.flush() }
        server.refreshTime()
        return server.makeBot(named: username, onlyIn: channelID)
    }
}
