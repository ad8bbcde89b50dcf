/// The API under `/api/v4`: finds the row, checks the session, and dresses the answer as the server does.
struct Router {
    private static let prefix = "/api/v4"
    private static let table: [String: [Route]] = Dictionary(
        grouping: userRoutes + accountRoutes + sessionRoutes + botRoutes + teamRoutes + channelRoutes + postRoutes
            + systemRoutes,
        by: \.method)

    static func respond(to request: APIRequest, by model: ServerModel) -> APIResponse {
        guard let (route, parameters) = find(request) else { return unknownRoute(request) }
        let requestID = model.makeID()
        var headers: [(name: String, value: String)] = []
        if request.method == "GET" { headers.append(("Expires", "0")) }
        headers += commonHeaders(requestID: requestID)
        do throws(APIError) {
            let call = try admit(request, route, parameters, model)
            let answer = try route.handler(model, call)
            headers += answer.headers
            if let etag = answer.etag {
                headers.append(("Etag", etag))
                if request.headers["if-none-match"] == etag {
                    return APIResponse(status: 304, headers: headers, body: [])
                }
            }
            headers.append(("Content-Type", "application/json"))
            return APIResponse(status: answer.status, headers: headers, body: answer.json.bytes)
        } catch {
            if error == .sessionExpired, request.token != nil {
                headers.append(("Set-Cookie", "MMAUTHTOKEN=; Path=/; Max-Age=0; HttpOnly"))
            }
            return failure(error, headers: headers, requestID: requestID)
        }
    }

    static func commonHeaders(requestID: String) -> [(name: String, value: String)] {
        [("Vary", "Accept-Encoding"), ("X-Request-Id", requestID), ("X-Version-Id", fullServerVersion)]
    }

    static func failure(
        _ error: APIError, headers: [(name: String, value: String)], requestID: String
    ) -> APIResponse {
        APIResponse(
            status: error.status, headers: headers + [("Content-Type", "application/json")],
            body: error.json(requestID: requestID).bytes)
    }

    /// A token in the query is refused for sessions that are not OAuth's, and there are no others.
    static func checkQueryToken(_ request: APIRequest, _ model: ServerModel) throws(APIError) {
        guard request.token == nil, let token = request.query("access_token") else { return }
        throw model.session(forToken: token) == nil ? .sessionExpired : .tokenInQuery
    }

    private static func find(_ request: APIRequest) -> (Route, [String: String])? {
        guard request.path.hasPrefix(prefix + "/") else { return nil }
        let segments = request.path.dropFirst(prefix.count).split(separator: "/")
        for route in table[request.method] ?? [] {
            if let parameters = route.match(segments) { return (route, parameters) }
        }
        return nil
    }

    private static func admit(
        _ request: APIRequest, _ route: Route, _ parameters: [String: String], _ model: ServerModel
    ) throws(APIError) -> Call {
        try checkQueryToken(request, model)
        let session = request.token.flatMap { model.session(forToken: $0) }
        if route.needsSession {
            guard session != nil else { throw .sessionExpired }
            guard !model.isDatabaseDown else { throw .databaseDown }
        }
        return Call(request: request, parameters: parameters, userID: session?.userID ?? "", session: session)
    }

    private static func unknownRoute(_ request: APIRequest) -> APIResponse {
        let error = APIError(
            id: "api.context.404.app_error", message: "Sorry, we could not find the page.",
            detail: "There doesn't appear to be an api call for the url='\(request.path)'.  "
                + "Typo? are you missing a team_id or user_id as part of the url?", status: 404)
        return APIResponse(
            status: 404, headers: [("Content-Type", "text/plain; charset=utf-8")],
            body: error.json(requestID: nil).bytes)
    }
}
