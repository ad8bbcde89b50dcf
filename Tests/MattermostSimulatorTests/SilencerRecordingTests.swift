import Testing

@testable import MattermostSimulator

/// What a connection hears of what is done to its account, step by step, beside the recording.
@Suite struct SilencerRecordingTests {
    let world = ModelWorld()

    @Test("each recorded step is followed by the recorded events", arguments: RecordedShapes.silencers)
    func steps(recorded: String) throws {
        let words = recorded.split(separator: " ").map(String.init)
        let isLogin = words[0].hasPrefix("user_session")
        let login = world.call("POST", "/users/login", nil, ["login_id": "alice", "password": "password"])
        let token = isLogin ? try #require(login.response.header("Token")) : world.demo.botToken
        let known = self.steps(of: words[0], token: token)
        let steps = try #require(known)
        // A second connection of the account would hear the same; one is enough.
        let connection = try #require(world.connect(token))
        _ = connection.drain()
        let heard = steps.map { step in
            step()
            let names = connection.drainNames()
            return names.isEmpty ? "-" : names.joined(separator: ",")
        }
        #expect(heard == Array(words.dropFirst()))
    }

    private func steps(of name: String, token: String) -> [() -> Void]? {
        let (bot, user) = (world.demo.botID, world.demo.userID)
        let (team, channel) = (world.demo.teamID, world.demo.channelID)
        let accessToken: JSONValue = ["token_id": .string(world.demo.botTokenID)]
        let member: JSONValue = ["user_id": .string(bot)]
        func admin(_ method: String, _ target: String, _ body: JSONValue? = nil) {
            let status = world.asAdmin(method, target, body).status
            #expect(status == 200 || status == 201, "\(method) \(target)")
        }
        switch name {
        case "bot:_its_token_disabled,_then_enabled_(POST_/users/tokens/disable|enable)":
            return [
                { admin("POST", "/users/tokens/disable", accessToken) },
                { admin("POST", "/users/tokens/enable", accessToken) },
            ]
        case "bot:_token_disabled,_enabled_at_once_with_no_event_in_between":
            return [
                {
                    admin("POST", "/users/tokens/disable", accessToken)
                    admin("POST", "/users/tokens/enable", accessToken)
                }
            ]
        case "bot:_token_revoked_(deleted)": return [{ admin("POST", "/users/tokens/revoke", accessToken) }]
        case "bot:_sessions/revoke/all": return [{ admin("POST", "/users/\(bot)/sessions/revoke/all") }]
        case "bot:_disable+enable_back_to_back":
            return [
                {
                    admin("POST", "/bots/\(bot)/disable")
                    admin("POST", "/bots/\(bot)/enable")
                }
            ]
        case "bot:_password_reset_by_admin":
            return [{ admin("PUT", "/users/\(bot)/password", ["new_password": "secret"]) }]
        case "bot:_roles_changed":
            return [
                { admin("PUT", "/users/\(bot)/roles", ["roles": "system_user system_post_all"]) },
                { admin("PUT", "/users/\(bot)/roles", ["roles": "system_user"]) },
            ]
        case "bot:_renamed":
            return [
                { admin("PUT", "/bots/\(bot)", ["username": "other"]) },
                { admin("PUT", "/bots/\(bot)", ["username": "holdfast"]) },
            ]
        case "bot:_removed_from_channel_and_added_again":
            return [
                { admin("DELETE", "/channels/\(channel)/members/\(bot)") },
                { admin("POST", "/channels/\(channel)/members", member) },
            ]
        case "bot:_removed_from_team_and_added_again_(and_to_the_channel)":
            return [
                { admin("DELETE", "/teams/\(team)/members/\(bot)") },
                { admin("POST", "/teams/\(team)/members", member) },
                { admin("POST", "/channels/\(channel)/members", member) },
            ]
        case "bot:_POST_/caches/invalidate": return [{ admin("POST", "/caches/invalidate") }]
        case "user_session:_revoked_by_POST_/users/{id}/sessions/revoke":
            let session = world.model.sessions[token]?.id ?? ""
            return [{ admin("POST", "/users/\(user)/sessions/revoke", ["session_id": .string(session)]) }]
        case "user_session:_logout": return [{ world.call("POST", "/users/logout", token) }]
        case "user_session:_password_changed_by_admin":
            return [{ admin("PUT", "/users/\(user)/password", ["new_password": "secret"]) }]
        case "user_session:_password_changed_by_the_user_in_that_session":
            let change: JSONValue = ["new_password": "secret", "current_password": "password"]
            return [{ #expect(world.call("PUT", "/users/me/password", token, change).status == 200) }]
        case "user_session:_custom_status":
            let status: JSONValue = ["emoji": "calendar", "text": "busy"]
            return [{ #expect(world.call("PUT", "/users/me/status/custom", token, status).status == 200) }]
        default: return nil
        }
    }
}
