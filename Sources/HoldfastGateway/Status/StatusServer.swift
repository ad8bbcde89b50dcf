internal import HTTPServing
internal import Holdfast
public import WorldInterface

/// Shows how a gateway is: a page for people, and what programs ask for.
///
/// `/` is the page, `/healthz` and `/readyz` are for whoever keeps the process, `/metrics` is OpenMetrics 1.0 for who asks for
/// that and the text format 0.0.4 of Prometheus for everybody else, and `/api/…` is what the page reads. A gateway has one at
/// most: it takes the changes that are told once. It only reads. Stop it before the gateway's loops are stopped.
///
/// Isolation: pinned to the loop that it is given; all methods may be called from anywhere.
public actor StatusServer {
    let gateway: Gateway
    let options: StatusOptions
    let world: any World
    private let admission: Admission
    private let page = StatusPage()
    private var server: HTTPServer?
    /// Who follows the events; the rest serves them.
    var onlookers: [ObjectIdentifier: Onlooker] = [:]
    var timer: (any DeadlineTimer)?
    var nextHeartbeat = Instant(nanoseconds: 0)
    /// What they were told last.
    var told = GatewayFigures()
    /// Every account was tried once: from then on the gateway is ready while one is open.
    private var wereAllTried = false

    public nonisolated let unownedExecutor: UnownedSerialExecutor

    /// - Parameters:
    ///   - gateway: which one; it is kept.
    ///   - world: the loop to serve on; one of the gateway's, or another. It must outlive this.
    public init(of gateway: Gateway, on world: any World, _ options: StatusOptions = StatusOptions()) {
        self.gateway = gateway
        self.options = options
        self.world = world
        admission = Admission(token: options.token, listenHost: options.endpoint.host)
        unownedExecutor = world.executor.asUnownedSerialExecutor()
    }

    /// Begins to serve.
    ///
    /// - Returns: the port in use.
    /// - Throws: where the address cannot be had.
    @discardableResult
    public func start() throws(NetworkError) -> UInt16 {
        // Isolated as this method is, and it keeps this actor until `stop`.
        let server = HTTPServer(world: world) { request, exchange in self.route(request, exchange) }
        let port = try server.listen(on: options.endpoint, tls: options.tls)
        self.server = server
        return port
    }

    /// Ends all connections. May be called again.
    public func stop() {
        server?.stop()
        server = nil
        onlookers = [:]
        endWatching()
    }

    // MARK: - Routes

    private func route(_ request: HTTPServerRequest, _ exchange: HTTPExchange) {
        exchange.headers = Self.securityHeaders
        let isOpen = ["/", "/favicon.ico", "/healthz", "/readyz"].contains(request.path)
        let refusal = admission.refusal(
            host: request.headers["host"], authorization: request.headers["authorization"], isOpen: isOpen)
        if let refusal {
            if refusal == .unauthorized { exchange.headers.append(("WWW-Authenticate", "Bearer")) }
            return exchange.answer(.plain(refusal.status, refusal.message))
        }
        guard request.method == "GET" || request.method == "HEAD" else {
            exchange.headers.append(("Allow", "GET, HEAD"))
            return exchange.answer(.plain(405, "only GET and HEAD are understood here"))
        }
        switch request.path {
        case "/": answerPage(exchange)
        // The page has no icon; browsers ask for one nevertheless.
        case "/favicon.ico": exchange.answer(HTTPServerResponse(204))
        case "/healthz": exchange.answer(.plain(200, "ok"))
        case "/readyz": Task { await answerReadiness(exchange) }
        case "/metrics":
            let format = MetricsFormat(accept: request.headers["accept"])
            Task { await answerMetrics(format, exchange) }
        case "/api/summary": exchange.answer(.json(summary))
        case "/api/accounts": Task { await answerAccounts(exchange) }
        case "/api/events":
            let stream = exchange.stream(200, [("Content-Type", "text/event-stream"), ("X-Accel-Buffering", "no")])
            if let stream { add(stream) }
        case let path where path.hasPrefix("/api/accounts/"):
            Task { await answerAccount(path.dropFirst("/api/accounts/".count), exchange) }
        default: exchange.answer(.plain(404, "there is no \(request.path) here; the page is at /"))
        }
    }

    private static let securityHeaders: [(name: String, value: String)] = [
        ("Cache-Control", "no-store"), ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ("Cross-Origin-Resource-Policy", "same-origin"), ("Cross-Origin-Opener-Policy", "same-origin"),
        ("X-Frame-Options", "DENY"),
    ]

    private func answerPage(_ exchange: HTTPExchange) {
        let nonce = String(world.makeSeed(), radix: 36) + String(world.makeSeed(), radix: 36)
        exchange.answer(
            HTTPServerResponse(
                200,
                [
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("Content-Security-Policy", StatusPage.policy(nonce: nonce)),
                ], body: page.text(nonce: nonce)))
    }

    var summary: StatusText.Value {
        StatusText.summary(
            gateway.figures(), version: options.version, loops: gateway.loops.count, now: world.wallClockMilliseconds)
    }

    private func answerAccounts(_ exchange: HTTPExchange) async {
        let statuses = await gateway.statuses()
        exchange.answer(.json(.object(["accounts": .array(statuses.map(StatusText.row))])))
    }

    private func answerAccount(_ encoded: Substring, _ exchange: HTTPExchange) async {
        guard let name = encoded.percentDecoded else {
            return exchange.answer(.plain(400, "the name of the account is not percent-encoded UTF-8"))
        }
        do throws(GatewayError) {
            let status = try await gateway.status(of: name)
            let (history, counters) = try await gateway.history(of: name)
            exchange.answer(.json(StatusText.account(status, history, counters)))
        } catch {
            exchange.answer(.plain(404, "\(error)"))
        }
    }

    private func answerReadiness(_ exchange: HTTPExchange) async {
        if !wereAllTried {
            let statuses = await gateway.statuses()
            let untried = statuses.count { $0.state == .idle || $0.state == .connecting && $0.generation <= 1 }
            guard untried == 0 else {
                return exchange.answer(
                    .plain(503, "not ready: \(untried) of \(statuses.count) accounts were not tried yet"))
            }
            wereAllTried = true
        }
        // From then on counts are enough, and thousands of accounts need not be asked.
        let states = gateway.figures().states
        let (open, count) = (states[.open, default: 0] + states[.probing, default: 0], states.values.reduce(0, +))
        if open == 0, count > 0 {
            exchange.answer(.plain(503, "not ready: none of \(count) accounts is connected"))
        } else {
            exchange.answer(.plain(200, "ready: \(open) of \(count) accounts are connected"))
        }
    }

    private func answerMetrics(_ format: MetricsFormat, _ exchange: HTTPExchange) async {
        let waiting = await gateway.waitingAttempts
        let metrics = MetricsText(
            figures: gateway.figures(), byLoop: gateway.figuresByLoop,
            waitingAttempts: waiting.map { ($0.key.hostHeader, $0.value) }, version: options.version)
        let text = metrics.written(as: format)
        exchange.answer(
            HTTPServerResponse(
                200, [("Content-Type", format.contentType), ("Vary", "Accept")], body: Array(text.utf8)))
    }
}
