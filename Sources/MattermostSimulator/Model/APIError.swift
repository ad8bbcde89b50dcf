/// An error as the API and the WebSocket router answer it (server: `model.AppError`).
struct APIError: Error, Equatable {
    var id: String
    var message: String
    var detail = ""
    var status: Int

    func json(requestID: String?) -> JSONValue {
        var members: [JSONValue.Member] = [
            .init(name: "id", value: .string(id)), .init(name: "message", value: .string(message)),
            .init(name: "detailed_error", value: .string(detail)),
        ]
        if let requestID { members.append(.init(name: "request_id", value: .string(requestID))) }
        members.append(.init(name: "status_code", value: .integer(Int64(status))))
        return .object(members)
    }

    static let sessionExpired = APIError(
        id: "api.context.session_expired.app_error", message: "Invalid or expired session, please login again.",
        status: 401)
    static let tokenInQuery = APIError(
        id: "api.context.token_provided.app_error",
        message: "Session is not OAuth but token was provided in the query string.", status: 401)
    static let noPermission = APIError(
        id: "api.context.permissions.app_error", message: "You do not have the appropriate permissions.", status: 403)
    static let userNotFound = APIError(
        id: "app.user.missing_account.const", message: "Unable to find the user.", status: 404)
    static let postNotFound = APIError(id: "app.post.get.app_error", message: "Unable to get the post.", status: 404)
    static let channelNotFound = APIError(
        id: "app.channel.get.existing.app_error", message: "Unable to find the existing channel.", status: 404)
    static let teamNotFound = APIError(
        id: "app.team.get.find.app_error", message: "Unable to find the existing team.", status: 404)
    static let botNotFound = APIError(
        id: "store.sql_bot.get.missing.app_error", message: "Bot does not exist.", status: 404)
    static let tokenNotFound = APIError(
        id: "app.user_access_token.get_by_user.app_error", message: "Unable to get the personal access token.",
        status: 404)
    static let wrongCredentials = APIError(
        id: "api.user.login.invalid_credentials_email_username",
        message: "Enter a valid email or username and/or password.", status: 401)
    static let databaseDown = APIError(
        id: "app.user.get.app_error", message: "We encountered an error finding the account.", status: 500)
    static let postPending = APIError(
        id: "api.post.deduplicate_create_post.pending", message: "Rejected post since another client is making the same request.",
        status: 500)
    static let messageTooLong = APIError(
        id: "model.post.is_valid.msg.app_error", message: "Invalid message.", status: 400)
    static let upgradeFailed = APIError(
        id: "api.web_socket.connect.upgrade.app_error", message: "Failed to upgrade websocket connection.", status: 500)

    static func invalidParameter(inURL name: String) -> APIError {
        APIError(
            id: "api.context.invalid_url_param.app_error",
            message: "Invalid or missing \(name) parameter in request URL.", status: 400)
    }

    static func invalidParameter(inBody name: String) -> APIError {
        APIError(
            id: "api.context.invalid_body_param.app_error", message: "Invalid or missing \(name) in request body.",
            status: 400)
    }

    // MARK: WebSocket router

    static let noAction = APIError(
        id: "api.web_socket_router.no_action.app_error", message: "No websocket action.", status: 400)
    static let badSequence = APIError(
        id: "api.web_socket_router.bad_seq.app_error", message: "Invalid sequence for WebSocket message.", status: 400)
    static let badAction = APIError(
        id: "api.web_socket_router.bad_action.app_error", message: "Unknown WebSocket action.", status: 500)
    static let notAuthenticated = APIError(
        id: "api.web_socket_router.not_authenticated.app_error",
        message: "WebSocket connection is not authenticated. Please log in and try again.", status: 401)
    /// The original names the token in the message; a secret has no place there.
    static let invalidToken = APIError(
        id: "api.context.invalid_token.error", message: "Invalid session token.", status: 401)

    static func invalidParameter(inAction name: String) -> APIError {
        APIError(
            id: "api.websocket_handler.invalid_param.app_error", message: "Invalid \(name) parameter.", status: 400)
    }
}
