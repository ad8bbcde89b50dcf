/// Logins, sessions and personal access tokens.
extension Router {
    static let sessionRoutes: [Route] = [
        Route("POST", "/users/login", needsSession: false) { (model, call) throws(APIError) in
            guard !model.isDatabaseDown else { throw .databaseDown }
            let body = try call.object("login_id")
            let name = body["login_id"]?.string ?? ""
            let user =
                model.userIDByName[name].flatMap { model.users[$0] } ?? model.users.values.first { $0.email == name }
            guard let user, user.bot == nil, user.isActive, user.password == body["password"]?.string else {
                throw .wrongCredentials
            }
            let session = model.logIn(user.id)
            let cookie = "MMAUTHTOKEN=\(session.token); Path=/; Max-Age=2592000; HttpOnly"
            return Answer(
                json: user.json(isComplete: true), headers: [("Token", session.token), ("Set-Cookie", cookie)])
        },
        Route("POST", "/users/logout", needsSession: false) { (model, call) throws(APIError) in
            if let session = call.session { model.revokeSession(token: session.token) }
            return .ok
        },
        Route("GET", "/users/{user_id}/sessions") { (model, call) throws(APIError) in
            let user = try model.requireUser(call.id("user_id"))
            try model.requireSelfOrAdmin(call, user.id)
            let teams = model.teams(of: user.id)
            return Answer(json: .array(model.sessions(of: user.id).map { $0.json(of: user, teams: teams) }))
        },
        Route("POST", "/users/{user_id}/sessions/revoke") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            guard let sessionID = try call.object("session_id")["session_id"]?.string,
                let session = model.sessions.values.first(where: { $0.id == sessionID && $0.userID == id })
            else { throw .invalidParameter(inBody: "session_id") }
            model.revokeSession(token: session.token)
            return .ok
        },
        Route("POST", "/users/{user_id}/sessions/revoke/all") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            model.revokeAllSessions(of: id)
            return .ok
        },
        Route("POST", "/users/sessions/revoke/all") { (model, call) throws(APIError) in
            try model.requireAdmin(call)
            model.revokeAllSessions()
            return .ok
        },
        Route("POST", "/users/{user_id}/tokens") { (model, call) throws(APIError) in
            let user = try model.requireUser(call.id("user_id"))
            try model.requireSelfOrAdmin(call, user.id)
            guard let description = try call.object("description")["description"]?.string, !description.isEmpty else {
                throw .invalidParameter(inBody: "description")
            }
            return Answer(
                json: model.createAccessToken(for: user.id, description: description).json(showsToken: true))
        },
        Route("GET", "/users/{user_id}/tokens") { (model, call) throws(APIError) in
            let user = try model.requireUser(call.id("user_id"))
            try model.requireSelfOrAdmin(call, user.id)
            return Answer(
                json: .array(call.paged(model.accessTokens(of: user.id)).map { $0.json(showsToken: false) }))
        },
        Route("GET", "/users/tokens/{token_id}") { (model, call) throws(APIError) in
            let id = try call.id("token_id")
            guard let token = model.accessTokens[id] else { throw .tokenNotFound }
            try model.requireSelfOrAdmin(call, token.userID)
            return Answer(json: token.json(showsToken: false))
        },
        Route("POST", "/users/tokens/disable") { (model, call) throws(APIError) in
            model.setAccessToken(try token(model, call).id, isActive: false)
            return .ok
        },
        Route("POST", "/users/tokens/enable") { (model, call) throws(APIError) in
            model.setAccessToken(try token(model, call).id, isActive: true)
            return .ok
        },
        Route("POST", "/users/tokens/revoke") { (model, call) throws(APIError) in
            model.revokeAccessToken(try token(model, call).id)
            return .ok
        },
    ]

    /// The token that the body names.
    private static func token(_ model: ServerModel, _ call: Call) throws(APIError) -> AccessToken {
        guard let id = try call.object("token_id")["token_id"]?.string else {
            throw .invalidParameter(inBody: "token_id")
        }
        guard let token = model.accessTokens[id] else { throw .tokenNotFound }
        try model.requireSelfOrAdmin(call, token.userID)
        return token
    }
}
