/// What a handler answers; the router adds the headers.
struct Answer {
    var status: Int
    /// Made when it is needed: whoever has it already is only told that.
    private let make: () -> JSONValue
    var etag: String?
    var headers: [(name: String, value: String)]
    var json: JSONValue { make() }

    init(
        status: Int = 200, json: @autoclosure @escaping () -> JSONValue, etag: String? = nil,
        headers: [(name: String, value: String)] = []
    ) {
        self.status = status
        make = json
        self.etag = etag
        self.headers = headers
    }

    static var ok: Answer { Answer(json: ["status": "OK"]) }
    static func created(_ json: JSONValue) -> Answer { Answer(status: 201, json: json) }
}

/// One row of the API's table. A path is literal segments and `{parameters}`; names that end in `_id` take only ids.
struct Route: Sendable {
    typealias Handler = @Sendable (ServerModel, Call) throws(APIError) -> Answer

    var method: String
    var segments: [Substring]
    var needsSession: Bool
    var handler: Handler

    init(_ method: String, _ path: String, needsSession: Bool = true, _ handler: @escaping Handler) {
        self.method = method
        segments = path.split(separator: "/")
        self.needsSession = needsSession
        self.handler = handler
    }

    /// The parameters of a path that this row matches.
    func match(_ path: [Substring]) -> [String: String]? {
        guard path.count == segments.count else { return nil }
        var parameters: [String: String] = [:]
        for (segment, given) in zip(segments, path) where segment.utf8.first != UInt8(ascii: "{") && segment != given {
            return nil
        }
        for (segment, given) in zip(segments, path) where segment.utf8.first == UInt8(ascii: "{") {
            parameters[String(segment.dropFirst().dropLast())] = String(given)
        }
        return parameters
    }
}

/// A request on its way through a handler.
struct Call {
    var request: APIRequest
    var parameters: [String: String]
    /// The empty id without a session.
    var userID: String
    var session: Session?

    /// A parameter of the path; `me` stands for the caller.
    func id(_ name: String) throws(APIError) -> String {
        guard let value = parameters[name] else { throw .invalidParameter(inURL: name) }
        if value == "me", name == "user_id" { return userID }
        guard IdentifierSource.isValid(value) else { throw .invalidParameter(inURL: name) }
        return value
    }

    func name(_ name: String) -> String { parameters[name] ?? "" }

    /// The body, an object.
    func object(_ name: String) throws(APIError) -> JSONValue {
        guard let json = try? JSONValue(parsing: request.body), case .object = json else {
            throw .invalidParameter(inBody: name)
        }
        return json
    }

    func array(_ name: String) throws(APIError) -> [JSONValue] {
        guard let json = try? JSONValue(parsing: request.body), let array = json.array else {
            throw .invalidParameter(inBody: name)
        }
        return array
    }

    func strings(_ name: String) throws(APIError) -> [String] {
        guard let strings = JSONValue.array(try array(name)).strings else { throw .invalidParameter(inBody: name) }
        return strings
    }

    var page: Int { max(0, request.query("page").flatMap(Int.init) ?? 0) % 1_000_000 }

    /// 60 unless asked; 200 at most.
    var perPage: Int {
        guard let asked = request.query("per_page").flatMap(Int.init), asked >= 0 else { return 60 }
        return min(asked, ServerModel.maximumPageSize)
    }

    func paged<Element>(_ elements: [Element]) -> [Element] {
        Array(elements.dropFirst(page * perPage).prefix(perPage))
    }
}
