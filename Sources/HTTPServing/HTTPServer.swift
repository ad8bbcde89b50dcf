/// HTTP/1.1 over the streams of a world: what a program serves beside its real work, such as a status page. Loop-confined.
///
/// It must never know what is served, nor libuv. Everything from outside is bounded by `HTTPServerLimits`.
package import WorldInterface

/// A small server. Belongs to the loop of its world, as do all that it hands out; `stop` must be called before it is dropped.
package final class HTTPServer {
    /// Answers a request: at once or later by `HTTPExchange.answer`, or with a stream that goes on.
    package typealias Handler = (HTTPServerRequest, HTTPExchange) -> Void

    let world: any World
    let limits: HTTPServerLimits
    let handler: Handler
    private var listener: (any Listener)?
    private var connections: [ObjectIdentifier: HTTPServerConnection] = [:]
    private var timer: (any DeadlineTimer)?

    package init(world: any World, limits: HTTPServerLimits = HTTPServerLimits(), handler: @escaping Handler) {
        self.world = world
        self.limits = limits
        self.handler = handler
    }

    /// Begins to listen on a numeric address; port 0 takes a free one.
    ///
    /// - Returns: the port.
    package func listen(on endpoint: Endpoint, tls: TLSServerOptions? = nil) throws(NetworkError) -> UInt16 {
        let world = world
        let listener = try listen { accept throws(NetworkError) in
            try world.listen(on: endpoint, tls: tls, accept: accept)
        }
        return listener.port
    }

    /// Begins to listen wherever `open` does, given what takes the streams.
    @discardableResult
    package func listen(
        by open: (@escaping (any ByteStream) -> (any StreamHandler)?) throws(NetworkError) -> any Listener
    ) throws(NetworkError) -> any Listener {
        precondition(listener == nil, "it listens already")
        let listener = try open { [weak self] in self?.accept($0) }
        self.listener = listener
        return listener
    }

    /// Closes the listener and all connections, whatever is on its way. May be called again.
    package func stop() {
        listener?.close()
        listener = nil
        timer?.close()
        timer = nil
        for connection in Array(connections.values) { connection.drop() }
    }

    package var connectionCount: Int { connections.count }

    private func accept(_ stream: any ByteStream) -> (any StreamHandler)? {
        guard listener != nil, connections.count < limits.connections else { return nil }
        let connection = HTTPServerConnection(stream, server: self)
        connections[ObjectIdentifier(connection)] = connection
        watch()
        return connection
    }

    func closed(_ connection: HTTPServerConnection) { connections[ObjectIdentifier(connection)] = nil }

    /// One timer looks after the deadlines of all, twice a second while there are any.
    private func watch() {
        guard timer == nil else { return }
        let timer = world.makeTimer { [weak self] in self?.look() }
        self.timer = timer
        timer.arm(at: world.now + .milliseconds(500))
    }

    private func look() {
        let now = world.now
        for connection in connections.values where connection.deadline <= now { connection.expire() }
        guard !connections.isEmpty else {
            timer?.close()
            timer = nil
            return
        }
        timer?.arm(at: now + .milliseconds(500))
    }
}

/// Bounds of a server.
package struct HTTPServerLimits: Sendable {
    /// More are refused.
    package var connections = 64
    package var bodyBytes = 64 << 10
    /// Bytes that a stream may have queued; a client that lets more come together is dropped.
    package var queuedBytes = 1 << 20
    /// For a whole request, from its first byte; for the first one from the beginning of the connection.
    package var requestTime = Duration.seconds(10)
    /// Between two requests; also for an answer, and for a client to take one.
    package var idleTime = Duration.seconds(60)

    package init() {}
}

/// What was asked for.
package struct HTTPServerRequest: Sendable {
    package var method: String
    /// Without the query, not decoded: begins with a slash.
    package var path: String
    /// Behind the question mark, not decoded.
    package var query: String
    /// Names in lower case; of several equal ones the first.
    package var headers: [String: String]
    package var body: [UInt8]
}

/// An answer. `Date`, `Content-Length` and `Connection` are added.
package struct HTTPServerResponse: Sendable {
    package var status: Int
    package var headers: [(name: String, value: String)]
    package var body: [UInt8]

    package init(_ status: Int, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// - Parameter text: a line break is added.
    package static func plain(_ status: Int, _ text: String) -> HTTPServerResponse {
        HTTPServerResponse(status, [("Content-Type", "text/plain; charset=utf-8")], body: Array("\(text)\n".utf8))
    }
}
