@testable import MattermostSimulator

/// A model with the demo's accounts, whose time the test moves, and short words for what tests do with it.
struct ModelWorld {
    let model = ServerModel(now: 1_800_000_000_000, seed: 7)
    let demo: ServerModel.DemoWorld

    init() {
        demo = model.makeDemoWorld()
        pass()
    }

    func pass(_ milliseconds: Int64 = 1000) { model.now += milliseconds }

    /// One API call.
    @discardableResult
    func call(_ method: String, _ target: String, _ token: String?, _ body: JSONValue? = nil) -> Reply {
        pass(1)
        let (path, query) = APIRequest.parse(target: "/api/v4" + target) ?? ("", [])
        var request = APIRequest(method: method, path: path, query: query, body: body?.bytes ?? [])
        if let token { request.headers["authorization"] = "Bearer \(token)" }
        return Reply(response: Router.respond(to: request, by: model))
    }

    @discardableResult
    func asAdmin(_ method: String, _ target: String, _ body: JSONValue? = nil) -> Reply {
        call(method, target, demo.adminToken, body)
    }

    @discardableResult
    func asBot(_ method: String, _ target: String, _ body: JSONValue? = nil) -> Reply {
        call(method, target, demo.botToken, body)
    }

    /// A post by the administrator in the channel; its id.
    @discardableResult
    func post(_ message: String = "hello", rootID: String = "") -> String {
        let reply = asAdmin(
            "POST", "/posts",
            ["channel_id": .string(demo.channelID), "message": .string(message), "root_id": .string(rootID)])
        return reply.json["id"]?.string ?? ""
    }

    /// A connection by header; nil when it is dropped.
    func connect(
        _ token: String? = nil, connectionID: String? = nil, sequence: String? = nil
    ) -> WebConnection? {
        let resume = connectionID.map { ServerModel.ResumeRequest(connectionID: $0, sequenceNumber: sequence) }
        return model.connect(token: token ?? demo.botToken, resume: resume)
    }

    func connectByChallenge(_ token: String? = nil) -> WebConnection {
        let connection = model.connect(token: nil, resume: nil) ?? WebConnection(id: "")
        _ = send(
            ["seq": 1, "action": "authentication_challenge", "data": ["token": .string(token ?? demo.botToken)]],
            on: connection)
        return connection
    }

    /// False when the connection is dropped.
    func send(_ request: JSONValue, on connection: WebConnection) -> Bool { send(request.text, on: connection) }

    func send(_ text: String, on connection: WebConnection) -> Bool {
        var text = text
        return text.withUTF8 { model.receive(UnsafeRawBufferPointer($0), from: connection) }
    }

    func disconnect(_ connection: WebConnection) { model.disconnect(connection) }
}

struct Reply {
    var response: APIResponse
    var status: Int { response.status }
    var json: JSONValue { (try? JSONValue(parsing: response.body)) ?? .null }
    var errorID: String? { json["id"]?.string }
}

extension WebConnection {
    /// All that waits, as JSON, in the order of sending.
    func drain() -> [JSONValue] {
        var messages: [JSONValue] = []
        while let text = takeNext() { messages.append((try? JSONValue(parsing: text)) ?? .null) }
        return messages
    }

    /// The names of what waits: events by name, replies by status.
    func drainNames() -> [String] { drain().map(\.kind) }
}

extension JSONValue {
    /// Of a frame: the event's name or the reply's status.
    var kind: String { self["event"]?.string ?? self["status"]?.string ?? "?" }

    /// JSON inside a JSON string.
    var nested: JSONValue { string.flatMap { try? JSONValue(parsing: $0) } ?? .null }
}
