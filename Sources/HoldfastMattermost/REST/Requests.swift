internal import CSimdJSON
import Holdfast
internal import WorldInterface

/// One's own account, asked for with the Etag of an earlier answer.
public enum Me: Hashable, Sendable {
    /// Nothing has changed since that answer (304).
    case unchanged
    /// The account, and the Etag to ask with the next time. It moves with `updateAt`.
    case user(User, etag: String?)
}

/// Accounts and the server itself.
extension MattermostClient {
    /// `GET /users/me`.
    public nonisolated(nonsending) func me(ifNoneMatch etag: String? = nil) async throws(MattermostError) -> Me {
        let response = try await exchange("GET", "/users/me", ifNoneMatch: etag)
        if response.status == 304, etag != nil { return .unchanged }
        guard response.status == 200 else { throw failure(response) }
        return .user(
            try read(response) { json throws(DecodingFailure) in try User(json: json) }, etag: response.header("Etag"))
    }

    /// `GET /users/me`, as it is now.
    public nonisolated(nonsending) func account() async throws(MattermostError) -> User {
        try await user("me")
    }

    /// `GET /users/{id}`.
    public nonisolated(nonsending) func user(_ id: String) async throws(MattermostError) -> User {
        let response = try await request("GET", "/users/\(id.percentEncoded)")
        return try read(response) { json throws(DecodingFailure) in try User(json: json) }
    }

    /// `POST /users/ids`: those of them that there are.
    public nonisolated(nonsending) func users(_ ids: [String]) async throws(MattermostError) -> [User] {
        var writer = JSONWriter()
        writer.write(.array(ids.map { .string($0) }))
        let response = try await request("POST", "/users/ids", body: writer.bytes)
        return try read(response) { json throws(DecodingFailure) in try User.list(json) }
    }

    /// `POST /users/login`: the token of a new session. `self.token` need not be set.
    public nonisolated(nonsending) func login(id: String, password: String) async throws(MattermostError) -> Token {
        let body = JSONWriter.object(["login_id": .string(id), "password": .string(password)])
        let response = try await request("POST", "/users/login", body: body, hiding: [password])
        do {
            return try Token(response.header("Token") ?? "")
        } catch {
            throw .unexpected("the server's answer to the login has no token; check the server URL")
        }
    }

    /// `GET /system/ping`: the server answers. Says nothing about its database or its events.
    public nonisolated(nonsending) func ping() async throws(MattermostError) {
        _ = try await request("GET", "/system/ping")
    }
}

/// Preferences of one's own account.
extension MattermostClient {
    /// `GET /users/me/preferences`.
    public nonisolated(nonsending) func preferences() async throws(MattermostError) -> [Preference] {
        let response = try await request("GET", "/users/me/preferences")
        return try read(response) { json throws(DecodingFailure) in try Preference.list(json) }
    }

    /// `PUT /users/me/preferences`. Pushes `preferences_changed` to the account's own sockets; does not move `updateAt`.
    public nonisolated(nonsending) func setPreferences(_ preferences: [Preference]) async throws(MattermostError) {
        var writer = JSONWriter()
        writer.write(
            .array(
                preferences.map { preference in
                    .object([
                        "user_id": .string(preference.userID), "category": .string(preference.category),
                        "name": .string(preference.name), "value": .string(preference.value),
                    ])
                }))
        _ = try await request("PUT", "/users/me/preferences", body: writer.bytes)
    }
}

/// Teams and channels.
extension MattermostClient {
    /// `GET /users/me/teams`.
    public nonisolated(nonsending) func myTeams() async throws(MattermostError) -> [Team] {
        let response = try await request("GET", "/users/me/teams")
        return try read(response) { json throws(DecodingFailure) in try Team.list(json) }
    }

    /// `GET /users/me/channels`, or `/users/me/teams/{team}/channels`: public, private, direct and group channels.
    public nonisolated(nonsending) func myChannels(
        team: String? = nil
    ) async throws(MattermostError) -> [Channel] {
        let path = team.map { "/users/me/teams/\($0.percentEncoded)/channels" } ?? "/users/me/channels"
        let response = try await request("GET", path)
        return try read(response) { json throws(DecodingFailure) in try Channel.list(json) }
    }

    /// All of one's own channels, and the server's clock before it listed them. Servers before 6.2 list them by team only.
    nonisolated(nonsending) func myChannelsAndTime() async throws(MattermostError) -> ([Channel], time: Int64?) {
        let response = try await exchange("GET", "/users/me/channels")
        if response.status == 200 {
            let channels = try read(response) { json throws(DecodingFailure) in try Channel.list(json) }
            return (channels, response.serverTime)
        }
        guard response.status == 404 else { throw failure(response) }
        var channels: [String: Channel] = [:]
        for team in try await myTeams() {
            // Direct channels are in the list of each team.
            for channel in try await myChannels(team: team.id) { channels[channel.id] = channel }
        }
        return (channels.values.sorted { $0.id < $1.id }, response.serverTime)
    }

    /// `GET /channels/{id}`.
    public nonisolated(nonsending) func channel(_ id: String) async throws(MattermostError) -> Channel {
        let response = try await request("GET", "/channels/\(id.percentEncoded)")
        return try read(response) { json throws(DecodingFailure) in try Channel(json: json) }
    }
}
