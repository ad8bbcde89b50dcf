/// `/teams`, and which teams an account is in.
extension Router {
    static let teamRoutes: [Route] = [
        Route("GET", "/users/{user_id}/teams") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            return Answer(json: .array(model.teams(of: id).map(\.json)))
        },
        Route("GET", "/users/{user_id}/teams/members") { (model, call) throws(APIError) in
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            return Answer(json: .array(model.teams(of: id).map { $0.memberJSON(id) }))
        },
        Route("GET", "/users/{user_id}/teams/unread") { (_, _) throws(APIError) in Answer(json: .array([])) },
        Route("GET", "/teams") { (model, call) throws(APIError) in
            let visible = model.isAdmin(call.userID) ? Array(model.teams.values) : model.teams(of: call.userID)
            return Answer(json: .array(call.paged(visible.sorted { $0.displayName < $1.displayName }).map(\.json)))
        },
        Route("GET", "/teams/name/{name}") { (model, call) throws(APIError) in
            guard let team = model.teams.values.first(where: { $0.name == call.name("name") }) else {
                throw .teamNotFound
            }
            return try answer(team, model, call)
        },
        Route("GET", "/teams/{team_id}") { (model, call) throws(APIError) in
            try answer(model.requireTeam(call.id("team_id")), model, call)
        },
        Route("POST", "/teams") { (model, call) throws(APIError) in
            let body = try call.object("team")
            guard let name = body["name"]?.string, isValidName(name) else { throw .invalidParameter(inBody: "name") }
            try model.requireAdmin(call)
            let team = model.createTeam(name: name, displayName: body["display_name"]?.string ?? name)
            model.joinTeam(team.id, userID: call.userID, by: call.userID)
            return .created(team.json)
        },
        Route("GET", "/teams/{team_id}/members") { (model, call) throws(APIError) in
            let team = try model.requireTeam(call.id("team_id"))
            return Answer(json: .array(call.paged(team.members).map { team.memberJSON($0) }))
        },
        Route("GET", "/teams/{team_id}/members/{user_id}") { (model, call) throws(APIError) in
            let team = try model.requireTeam(call.id("team_id"))
            let id = try call.id("user_id")
            guard team.members.contains(id) else { throw .userNotFound }
            return Answer(json: team.memberJSON(id))
        },
        Route("POST", "/teams/{team_id}/members") { (model, call) throws(APIError) in
            let team = try model.requireTeam(call.id("team_id"))
            guard let id = try call.object("team_member")["user_id"]?.string else {
                throw .invalidParameter(inBody: "user_id")
            }
            _ = try model.requireUser(id)
            guard model.isMember(call.userID, ofTeam: team.id) || model.isAdmin(call.userID) else {
                throw .noPermission
            }
            model.joinTeam(team.id, userID: id, by: call.userID)
            return .created(team.memberJSON(id))
        },
        Route("DELETE", "/teams/{team_id}/members/{user_id}") { (model, call) throws(APIError) in
            let team = try model.requireTeam(call.id("team_id"))
            let id = try call.id("user_id")
            try model.requireSelfOrAdmin(call, id)
            model.leaveTeam(team.id, userID: id)
            return .ok
        },
    ]

    private static func answer(_ team: Team, _ model: ServerModel, _ call: Call) throws(APIError) -> Answer {
        guard model.isMember(call.userID, ofTeam: team.id) || model.isAdmin(call.userID) else { throw .noPermission }
        return Answer(json: team.json)
    }
}
