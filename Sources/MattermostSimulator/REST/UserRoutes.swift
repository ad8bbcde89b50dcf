/// `/users`: reading accounts, and what an account does to itself.
extension Router {
    static let userRoutes: [Route] = [
        Route("GET", "/users/me") { (model, call) throws(APIError) in
            try answer(model.requireUser(call.userID), model, call)
        },
        Route("GET", "/users/{user_id}") { (model, call) throws(APIError) in
            try answer(model.requireUser(call.id("user_id")), model, call)
        },
        Route("GET", "/users/username/{username}") { (model, call) throws(APIError) in
            guard let id = model.userIDByName[call.name("username").lowercased()] else { throw .userNotFound }
            return try answer(model.requireUser(id), model, call)
        },
        Route("GET", "/users/email/{email}") { (model, call) throws(APIError) in
            guard let user = model.users.values.first(where: { $0.email == call.name("email") }) else {
                throw .userNotFound
            }
            return answer(user, model, call)
        },
        Route("GET", "/users") { (model, call) throws(APIError) in
            let team = call.request.query("in_team")
            let channel = call.request.query("in_channel").flatMap { model.channels[$0] }
            let found = model.users.values.filter { user in
                (team == nil || model.isMember(user.id, ofTeam: team ?? ""))
                    && (channel == nil || channel?.memberSet.contains(user.id) == true)
            }
            return list(call.paged(found.sorted { $0.username < $1.username }), model, call)
        },
        Route("POST", "/users/ids") { (model, call) throws(APIError) in
            list(try call.strings("user_ids").compactMap { model.users[$0] }, model, call)
        },
        Route("POST", "/users/usernames") { (model, call) throws(APIError) in
            let ids = try call.strings("usernames").compactMap { model.userIDByName[$0.lowercased()] }
            return list(ids.compactMap { model.users[$0] }, model, call)
        },
        Route("PUT", "/users/{user_id}/patch", patch), Route("PATCH", "/users/{user_id}/patch", patch),
        Route("POST", "/users/{user_id}/image", changeImage), Route("DELETE", "/users/{user_id}/image", changeImage),
        Route("GET", "/users/{user_id}/preferences") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            return Answer(json: .array((model.preferences[id] ?? []).map(\.json)))
        },
        Route("PUT", "/users/{user_id}/preferences", savePreferences),
        Route("GET", "/users/{user_id}/status") { (model, call) throws(APIError) in
            let id = try model.requireUser(call.id("user_id")).id
            return Answer(json: model.statusJSON(of: id))
        },
        Route("PUT", "/users/{user_id}/status") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            guard let status = try call.object("status")["status"]?.string,
                ["online", "away", "dnd", "offline"].contains(status)
            else { throw .invalidParameter(inBody: "status") }
            model.setStatus(status, of: id, isManual: true)
            return Answer(json: model.statusJSON(of: id))
        },
        Route("POST", "/users/status/ids") { (model, call) throws(APIError) in
            let ids = try call.strings("user_ids")
            return Answer(json: .array(ids.map { model.statusJSON(of: $0) }))
        },
        Route("PUT", "/users/{user_id}/status/custom") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            model.setCustomStatus(try call.object("custom_status"), userID: id)
            return .ok
        },
        Route("DELETE", "/users/{user_id}/status/custom") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            model.setCustomStatus(nil, userID: id)
            return .ok
        },
    ]

    static func list(_ users: [User], _ model: ServerModel, _ call: Call) -> Answer {
        let isAdmin = model.isAdmin(call.userID)
        return Answer(json: .array(users.map { $0.json(isComplete: isAdmin || $0.id == call.userID) }))
    }

    static func answer(_ user: User, _ model: ServerModel, _ call: Call) -> Answer {
        let isComplete = user.id == call.userID || model.isAdmin(call.userID)
        return Answer(json: user.json(isComplete: isComplete), etag: user.etag)
    }

    private static func patch(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let id = try call.id("user_id")
        let patch = try call.object("user")
        _ = try model.requireUser(id)
        try model.requireSelfOrAdmin(call, id)
        if let name = patch["username"]?.string {
            guard isValidName(name) else { throw .invalidParameter(inBody: "username") }
            guard model.userIDByName[name].map({ $0 == id }) ?? true else {
                throw APIError(
                    id: "app.user.save.username_exists.app_error",
                    message: "An account with that username already exists.", status: 400)
            }
        }
        model.updateUser(id) { user in
            user.username = patch["username"]?.string ?? user.username
            user.nickname = patch["nickname"]?.string ?? user.nickname
            user.firstName = patch["first_name"]?.string ?? user.firstName
            user.lastName = patch["last_name"]?.string ?? user.lastName
            user.position = patch["position"]?.string ?? user.position
            user.email = patch["email"]?.string ?? user.email
            user.locale = patch["locale"]?.string ?? user.locale
            user.notifyProps = patch["notify_props"]?.sortedLikeMap ?? user.notifyProps
            user.props = patch["props"]?.sortedLikeMap ?? user.props
        }
        return answer(try model.requireUser(id), model, call)
    }

    static func isValidName(_ name: String) -> Bool {
        (1...64).contains(name.utf8.count)
            && name.allSatisfy { $0.isASCII && ($0.isLowercase || $0.isNumber || "._-".contains($0)) }
    }

    /// The picture itself is not kept.
    private static func changeImage(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let id = try call.id("user_id")
        try model.requireSelfOrAdmin(call, id)
        model.updateUser(id) { _ in }
        return .ok
    }

    private static func savePreferences(_ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        let id = try call.id("user_id")
        try model.requireSelfOrAdmin(call, id)
        var changes: [Preference] = []
        for element in try call.array("preferences") {
            guard let userID = element["user_id"]?.string, let category = element["category"]?.string,
                let name = element["name"]?.string, let value = element["value"]?.string
            else { throw .invalidParameter(inBody: "preferences") }
            guard userID == id else {
                throw APIError(
                    id: "api.preference.update_preferences.set.app_error", message: "Unable to set the preferences.",
                    status: 403)
            }
            guard (1...32).contains(category.utf8.count), name.utf8.count <= 32, value.utf8.count <= 2000 else {
                throw APIError(
                    id: "model.preference.is_valid.category.app_error", message: "Invalid category.", status: 400)
            }
            changes.append(Preference(userID: userID, category: category, name: name, value: value))
        }
        guard !changes.isEmpty else { throw .invalidParameter(inBody: "preferences") }
        model.savePreferences(changes, of: id)
        return .ok
    }
}
