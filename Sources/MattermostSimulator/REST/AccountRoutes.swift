/// `/users` and `/bots` as an administrator uses them.
extension Router {
    static let accountRoutes: [Route] = [
        Route("POST", "/users") { (model, call) throws(APIError) in
            try model.requireAdmin(call)
            let body = try call.object("user")
            guard let name = body["username"]?.string, isValidName(name), model.userIDByName[name] == nil else {
                throw .invalidParameter(inBody: "username")
            }
            let user = model.createUser(username: name, password: body["password"]?.string ?? "")
            return .created(user.json(isComplete: true))
        },
        Route("PUT", "/users/{user_id}/active") { (model, call) throws(APIError) in
            let id = try model.requireUser(call.id("user_id")).id
            guard let isActive = try call.object("active")["active"]?.bool else {
                throw .invalidParameter(inBody: "active")
            }
            try model.requireAdmin(call)
            model.setActive(isActive, userID: id)
            return .ok
        },
        Route("DELETE", "/users/{user_id}") { (model, call) throws(APIError) in
            try model.requireAdmin(call)
            model.setActive(false, userID: try model.requireUser(call.id("user_id")).id)
            return .ok
        },
        Route("PUT", "/users/{user_id}/roles") { (model, call) throws(APIError) in
            let id = try model.requireUser(call.id("user_id")).id
            guard let roles = try call.object("roles")["roles"]?.string else {
                throw .invalidParameter(inBody: "roles")
            }
            try model.requireAdmin(call)
            model.setRoles(roles, userID: id)
            return .ok
        },
        Route("PUT", "/users/{user_id}/password") { (model, call) throws(APIError) in
            let user = try model.requireUser(call.id("user_id"))
            let body = try call.object("password")
            guard let password = body["new_password"]?.string, !password.isEmpty else {
                throw .invalidParameter(inBody: "new_password")
            }
            try model.requireSelfOrAdmin(call, user.id)
            guard model.isAdmin(call.userID) || body["current_password"]?.string == user.password else {
                throw APIError(
                    id: "api.user.update_password.incorrect.app_error",
                    message: "The \"Current Password\" you entered is incorrect.", status: 400)
            }
            model.setPassword(password, userID: user.id)
            return .ok
        },
    ]

    static let botRoutes: [Route] = [
        Route("POST", "/bots") { (model, call) throws(APIError) in
            let body = try call.object("bot")
            try model.requireAdmin(call)
            guard let name = body["username"]?.string, isValidName(name), model.userIDByName[name] == nil else {
                throw .invalidParameter(inBody: "username")
            }
            let bot = Bot(
                displayName: body["display_name"]?.string ?? "", description: body["description"]?.string ?? "",
                ownerID: call.userID, createAt: model.now, updateAt: model.now)
            return .created(model.createUser(username: name, password: "", bot: bot).botJSON ?? nil)
        },
        Route("GET", "/bots") { (model, call) throws(APIError) in
            let deleted = call.request.query("include_deleted") == "true"
            let bots = model.users.values.filter { user in
                guard let bot = user.bot, deleted || bot.deleteAt == 0 else { return false }
                return bot.ownerID == call.userID || model.isAdmin(call.userID)
            }
            let sorted = bots.sorted { ($0.createAt, $0.id) < ($1.createAt, $1.id) }
            return Answer(json: .array(call.paged(sorted).compactMap(\.botJSON)))
        },
        Route("GET", "/bots/{bot_user_id}") { (model, call) throws(APIError) in
            let user = try model.requireBot(call)
            guard user.isActive || call.request.query("include_deleted") == "true" else { throw .botNotFound }
            return Answer(json: user.botJSON ?? nil)
        },
        Route("PUT", "/bots/{bot_user_id}") { (model, call) throws(APIError) in
            try patchBot(model, call)
        },
        Route("POST", "/bots/{bot_user_id}/disable") { (model, call) throws(APIError) in
            let id = try model.requireBot(call).id
            model.setActive(false, userID: id)
            return Answer(json: model.users[id]?.botJSON ?? nil)
        },
        Route("POST", "/bots/{bot_user_id}/enable") { (model, call) throws(APIError) in
            let id = try model.requireBot(call).id
            model.setActive(true, userID: id)
            return Answer(json: model.users[id]?.botJSON ?? nil)
        },
        Route("POST", "/bots/{bot_user_id}/assign/{user_id}") { (model, call) throws(APIError) in
            let id = try model.requireBot(call).id
            let ownerID = try model.requireUser(call.id("user_id")).id
            model.users[id]?.bot?.ownerID = ownerID
            return Answer(json: model.users[id]?.botJSON ?? nil)
        },
    ]

    /// Unlike a user's patch, one that changes nothing leaves `update_at` alone.
    private static func patchBot(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let user = try model.requireBot(call)
        let patch = try call.object("bot")
        let name = patch["username"]?.string ?? user.username
        guard isValidName(name), model.userIDByName[name].map({ $0 == user.id }) ?? true, let bot = user.bot else {
            throw .invalidParameter(inBody: "username")
        }
        let displayName = patch["display_name"]?.string ?? bot.displayName
        let description = patch["description"]?.string ?? bot.description
        if name != user.username || displayName != bot.displayName || description != bot.description {
            model.updateUser(user.id) { user in
                user.username = name
                user.firstName = displayName
                user.bot?.displayName = displayName
                user.bot?.description = description
                user.bot?.updateAt = model.now
            }
        }
        return Answer(json: model.users[user.id]?.botJSON ?? nil)
    }
}
