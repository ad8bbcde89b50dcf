import HTTPServing
import WorldInterface

/// The fault controls under `/simulator/`: beside the API, so that no script for a real server finds them by chance.
extension SimulatorServer {
    func control(_ api: APIRequest, _ request: RequestReader.Request, _ connection: ServerConnection) {
        let body: JSONValue
        if api.body.isEmpty {
            body = .object([])
        } else if let json = try? JSONValue(parsing: api.body), case .object = json {
            body = json
        } else {
            return connection.answer(Self.refusal("the body is not a JSON object"), to: request)
        }
        let verb = api.path.dropFirst("/simulator/".count)
        if api.method == "GET", verb == "log" { return connection.answer(Self.answer(logJSON), to: request) }
        if api.method == "GET", verb == "fixture" {
            return connection.answer(Self.answer(fixtureJSON), to: request)
        }
        guard api.method == "POST" else { return connection.answer(Self.refusal("POST a control"), to: request) }
        var dropped = 0
        switch verb {
        case "freeze": freeze(for: body.milliseconds ?? body["seconds"]?.integer.map { .seconds($0) })
        case "thaw": thaw()
        case "drop":
            guard let how = SimulatorDrop(rawValue: body["how"]?.string ?? "fin") else {
                return connection.answer(Self.refusal("how is fin or rst"), to: request)
            }
            dropped = drop(how, userID: body["user_id"]?.string)
        case "restart":
            // This answer goes out first.
            connection.answer(Self.answer(["status": "OK"]), to: request)
            return restart(
                downFor: body["down_ms"]?.integer.map { .milliseconds($0) } ?? .seconds(1), sparing: connection)
        case "delay": faults.answerDelay = body.milliseconds.flatMap { $0 > .zero ? $0 : nil }
        case "refuse": refuseConnections(for: body.milliseconds)
        case "accept": acceptConnections()
        case "error":
            let status = body["status"]?.integer ?? 500
            guard (400...599).contains(status) else {
                return connection.answer(Self.refusal("status is 400 to 599"), to: request)
            }
            faults.failures.append(
                .init(
                    status: Int(status), pathPrefix: body["path_prefix"]?.string ?? "/api/",
                    remaining: Int(clamping: body["count"]?.integer ?? 1)))
        case "lose":
            faults.losses.append(
                .init(
                    pathPrefix: body["path_prefix"]?.string ?? "/api/",
                    remaining: Int(clamping: body["count"]?.integer ?? 1)))
        case "rate_limit":
            limitRate(
                perSecond: body["per_second"]?.integer.map { Int(clamping: $0) },
                burst: body["burst"]?.integer.map { Int(clamping: $0) })
        case "expire_session":
            guard let userID = body["user_id"]?.string else {
                return connection.answer(Self.refusal("user_id is missing"), to: request)
            }
            model.expireSessions(of: userID, at: model.now + (body["in_ms"]?.integer ?? 0))
        case "database_down": model.isDatabaseDown = body["down"]?.bool ?? true
        default: return connection.answer(Self.refusal("unknown control \(verb)"), to: request)
        }
        connection.answer(Self.answer(["status": "OK", "dropped": .integer(Int64(dropped))]), to: request)
    }

    /// Nil lifts the limit.
    func limitRate(perSecond: Int?, burst: Int?) {
        faults.rateLimit = perSecond.map { RateLimit(perSecond: $0, burst: burst ?? $0, now: model.now) }
    }

    var log: SimulatorLog {
        SimulatorLog(
            createdPostIDs: model.createdPostIDs,
            connections: openConnections.compactMap { connection in
                connection.webConnection.map { web in
                    .init(
                        connectionID: web.id, userID: web.userID, sentMessageCount: web.sentCount,
                        sentPostIDs: web.sentPostIDs, isAuthenticated: !web.sessionToken.isEmpty)
                }
            })
    }

    private var logJSON: JSONValue {
        let log = log
        let connections: [JSONValue] = log.connections.map { entry in
            [
                "connection_id": .string(entry.connectionID), "user_id": .string(entry.userID),
                "sent": .integer(Int64(entry.sentMessageCount)),
                "post_ids": .array(entry.sentPostIDs.map { .string($0) }),
                "authenticated": .bool(entry.isAuthenticated),
            ]
        }
        return [
            "posts_created": .integer(Int64(log.createdPostIDs.count)),
            "post_ids": .array(log.createdPostIDs.map { .string($0) }), "connections": .array(connections),
        ]
    }

    private static func answer(_ json: JSONValue) -> APIResponse {
        APIResponse(status: 200, headers: [("Content-Type", "application/json")], body: json.bytes)
    }

    private static func refusal(_ message: String) -> APIResponse {
        APIResponse(
            status: 400, headers: [("Content-Type", "application/json")],
            body: (["message": .string(message)] as JSONValue).bytes)
    }
}

extension JSONValue {
    /// The member `ms`.
    fileprivate var milliseconds: Duration? { self["ms"]?.integer.map { .milliseconds($0) } }
}
