import WebSocketCodec

/// What the server says, in the words of a Mattermost 6.6.
enum Answers {
    static let user = "aw7p1cpw9bgfxmy5pjgh73hwsw"
    private static let updateAt = 1_795_453_375_000
    private static let version = "6.6.1"

    /// Text frames end in a line feed, as the real server's do.
    static func hello(_ number: Int) -> String {
        #"{"event":"hello","data":{"connection_id":"\#(connectionID(number))","server_version":"\#(version).\#(version)"#
            + #".84b89fc4b5e11d7caeb1c730fd269241.false"},"broadcast":{"omit_users":null,"user_id":"\#(user)","#
            + #""channel_id":"","team_id":""},"seq":0}"# + "\n"
    }

    /// 26 characters, as all ids are.
    private static func connectionID(_ number: Int) -> String {
        let digits = String(number)
        return "connection" + String(repeating: "y", count: max(0, 16 - digits.count)) + digits
    }

    static func pong(_ sequence: Int) -> String {
        #"{"status":"OK","seq_reply":\#(sequence),"data":{"node_id":"","server_time":\#(updateAt),"text":"pong","#
            + #""version":"\#(version)"}}"# + "\n"
    }

    static func unknownAction(_ sequence: Int) -> String {
        #"{"status":"FAIL","seq_reply":\#(sequence),"error":{"id":"api.web_socket_router.bad_action.app_error","#
            + #""message":"","detailed_error":"","status_code":500}}"# + "\n"
    }

    static func json(_ status: Int, _ body: String, headers: String = "") -> [UInt8] {
        let reasons = [
            200: "OK", 304: "Not Modified", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found",
            409: "Conflict",
        ]
        let reason = reasons[status] ?? ""
        return Array(
            ("HTTP/1.1 \(status) \(reason)\r\nContent-Type: application/json\r\n\(headers)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)").utf8)
    }

    static func me(ifNoneMatch: String?) -> [UInt8] {
        let etag = "\"\(version).\(user).\(updateAt)\""
        let header = "Etag: \(etag)\r\n"
        if ifNoneMatch == etag { return Array("HTTP/1.1 304 Not Modified\r\n\(header)\r\n".utf8) }
        return json(
            200,
            #"{"id":"\#(user)","create_at":\#(updateAt),"update_at":\#(updateAt),"delete_at":0,"username":"testbot","#
                + #""roles":"system_user","locale":"en","is_bot":true}"#,
            headers: header)
    }
}

extension LoadServer {
    /// The answer to a request that is no upgrade.
    func answer(_ head: HTTPRequestHead, path: String) -> [UInt8] {
        switch (head.method, path) {
        case ("GET", "/api/v4/users/me"):
            guard head.headers["authorization"] != nil else {
                return Answers.json(401, #"{"id":"api.context.session_expired.app_error","status_code":401}"#)
            }
            return Answers.me(ifNoneMatch: head.headers["if-none-match"])
        case ("GET", "/blast/state"):
            return Answers.json(
                200,
                #"{"connections":\#(connections),"proven":\#(proven),"pings":\#(pings),"flood":{"events":\#(flood.events),"#
                    + #""bytes":\#(flood.bytes),"checksum":\#(flood.checksum),"done":\#(flood.isDone)}}"#)
        case ("POST", "/blast/drop"):
            return Answers.json(200, #"{"dropped":\#(dropAll())}"#)
        case ("POST", "/blast/flood"):
            guard let events = number("events", of: head), (0...1_000_000_000).contains(events),
                let bytes = number("bytes", of: head), (1...1_000_000).contains(bytes)
            else {
                return Answers.json(
                    400, #"{"message":"events is a number to 1000000000, bytes one from 1 to 1000000"}"#)
            }
            let seed = UInt64(number("seed", of: head) ?? 1)
            if let problem = beginFlood(events: events, bytes: bytes, seed: seed) {
                return Answers.json(409, #"{"message":"\#(problem)"}"#)
            }
            return Answers.json(200, #"{"events":\#(events),"bytes":\#(bytes),"seed":\#(seed)}"#)
        default:
            return Answers.json(404, #"{"id":"api.context.404.app_error","status_code":404}"#)
        }
    }

    /// A parameter of the request's query; nil where it is missing or negative.
    private func number(_ name: String, of head: HTTPRequestHead) -> Int? {
        let query = head.target.drop { $0 != "?" }.dropFirst()
        let pair = query.split(separator: "&").first { $0.hasPrefix(name + "=") }
        return pair.flatMap { Int($0.dropFirst(name.count + 1)) }.flatMap { $0 >= 0 ? $0 : nil }
    }
}
