internal import ConnectionLifecycle
internal import HTTPServing
internal import Holdfast
public import UVEventLoop
public import WorldInterface

/// Takes commands for a gateway by HTTP over a Unix socket, which only the user of this process can reach: what `holdfast ctl`
/// sends, or `curl --unix-socket PATH http://localhost/accounts`.
///
/// | Request | Answer |
/// | --- | --- |
/// | `GET /accounts` | how all accounts are; with `?state=STATE` those in that state |
/// | `GET /accounts/NAME` | how one is, with its counters and last 64 transitions |
/// | `GET /accounts/NAME/trace` | these transitions as a trace (`Trace`) |
/// | `POST /accounts/NAME/probe` | the verdict of a proof that is made now |
/// | `POST /accounts/NAME/reconnect` | after the replacement of the connection has begun |
/// | `POST /accounts/NAME/stop` | after the account has ended; it stays until it is started |
/// | `POST /accounts/NAME/start`, `…/restart` | after it has begun |
///
/// Names are percent-encoded. Answers are JSON (`ControlText`), a refusal is one line of text: 404 where there is no such
/// account, 409 where it cannot be done now.
///
/// Isolation: pinned to the loop that it is given; all methods may be called from anywhere.
public actor ControlServer {
    private let gateway: Gateway
    private let loop: EventLoop
    private var server: HTTPServer?

    public nonisolated let unownedExecutor: UnownedSerialExecutor

    /// - Parameters:
    ///   - gateway: which one; it is kept.
    ///   - loop: to serve on; one of the gateway's, or another. It must outlive this.
    public init(of gateway: Gateway, on loop: EventLoop) {
        self.gateway = gateway
        self.loop = loop
        unownedExecutor = loop.asUnownedSerialExecutor()
    }

    /// Begins to listen.
    ///
    /// - Throws: where the path is too long (`EventLoop.longestSocketPath`), or taken by another process or another file.
    public func start(atPath path: String) throws(NetworkError) {
        // Isolated as this method is, and it keeps this actor until `stop`.
        let server = HTTPServer(world: loop) { request, exchange in self.route(request, exchange) }
        let loop = loop
        try server.listen { accept throws(NetworkError) in try loop.listen(atPath: path, accept: accept) }
        self.server = server
    }

    /// Ends all connections and removes the socket. May be called again.
    public func stop() {
        server?.stop()
        server = nil
    }

    // MARK: - Routes

    private func route(_ request: HTTPServerRequest, _ exchange: HTTPExchange) {
        let parts = request.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard parts.first == "accounts", parts.count <= 3 else {
            return exchange.answer(.plain(404, "there is no \(request.path) here; there is /accounts"))
        }
        guard let action = ControlAction(rawValue: parts.count == 3 ? String(parts[2]) : "") else {
            let names = ControlAction.allCases.map(\.rawValue).filter { !$0.isEmpty }.joined(separator: ", ")
            return exchange.answer(.plain(404, "there is no \(parts[2]); there are: \(names)"))
        }
        guard request.method == action.method else {
            exchange.headers.append(("Allow", action.method))
            return exchange.answer(.plain(405, "\(request.path) is asked for by \(action.method)"))
        }
        guard parts.count > 1 else {
            guard let states = Self.states(request.query) else {
                let names = State.allCases.map { "\($0)" }.joined(separator: ", ")
                return exchange.answer(.plain(400, "only ?state=STATE is understood here, one of: \(names)"))
            }
            Task {
                let wanted = await gateway.statuses().filter { states.contains($0.state) }
                exchange.answer(.json(ControlText.list(wanted)))
            }
            return
        }
        guard let name = parts[1].percentDecoded else {
            return exchange.answer(.plain(400, "the name of the account is not percent-encoded UTF-8"))
        }
        Task {
            do throws(GatewayError) {
                exchange.answer(try await perform(action, name))
            } catch {
                exchange.answer(.plain(error.isUnknown ? 404 : 409, "\(error)"))
            }
        }
    }

    /// Those that are asked for, all by default; nil where that is not understood.
    private static func states(_ query: String) -> [State]? {
        if query.isEmpty { return State.allCases }
        let states = State.allCases.filter { query == "state=\($0)" }
        return states.isEmpty ? nil : states
    }

    private func perform(_ action: ControlAction, _ name: String) async throws(GatewayError) -> HTTPServerResponse {
        switch action {
        case .show:
            let status = try await gateway.status(of: name)
            let (history, counters) = try await gateway.history(of: name)
            return .json(ControlText.whole(status, history, counters))
        case .trace:
            let server = try await gateway.status(of: name).server
            let trace = Trace(connection: name, hiding: [server])
            let text = trace.text(of: try await gateway.history(of: name).transitions)
            return HTTPServerResponse(200, [("Content-Type", "application/jsonl")], body: text)
        case .probe:
            let verdict = try await gateway.probe(name)
            let status = try await gateway.status(of: name)
            return .json(ControlText.probed(status, verdict))
        case .reconnect: try await gateway.reconnect(name)
        case .stop: try await gateway.halt(name)
        case .start: try await gateway.start(name)
        case .restart: try await gateway.restart(name)
        }
        return .json(ControlText.one(try await gateway.status(of: name)))
    }
}

/// What can be asked for of one account: the last part of the path.
private enum ControlAction: String, CaseIterable {
    case show = ""
    case trace, probe, reconnect, stop, start, restart

    var method: String { self == .show || self == .trace ? "GET" : "POST" }
}

extension GatewayError {
    fileprivate var isUnknown: Bool {
        if case .unknown = self { true } else { false }
    }
}
