import HoldfastMattermost

/// Frames in the shape that a Mattermost server of version 6.6 sends.
enum Fixture {
    static let broadcast = #"{"omit_users":null,"user_id":"","channel_id":"c1","team_id":""}"#

    static let posted = event(
        "posted",
        #"{"channel_display_name":"Town Square","channel_name":"town-square","channel_type":"O","#
            + #""mentions":"[\"u2\",\"u3\"]","post":"#
            + quoted(post("Grüße \u{1F44B} \"quoted\"\nnext <b>"))
            + #","sender_name":"@admin","set_online":true,"team_id":"t1"}"#,
        sequence: 2)

    static func event(_ name: String, _ data: String, broadcast: String = broadcast, sequence: Int = 1) -> String {
        #"{"event":"\#(name)","data":\#(data),"broadcast":\#(broadcast),"seq":\#(sequence)}"# + "\n"
    }

    static func post(_ message: String, id: String = "p1", props: String = #"{"from_bot":"true"}"#) -> String {
        #"{"id":"\#(id)","create_at":1795453375035,"update_at":1795453375036,"edit_at":3,"delete_at":4,"#
            + #""is_pinned":true,"user_id":"u1","channel_id":"c1","root_id":"r1","original_id":"o1","message":"#
            + quoted(message)
            + ##","type":"custom","props":\##(props),"hashtags":"#a","pending_post_id":"pp1","reply_count":5,"##
            + #""last_reply_at":0,"participants":null,"metadata":{"embeds":[{"type":"link"}]}}"#
    }

    /// A JSON string, with the escapes that Go's encoder writes.
    static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": result += "\\\""
            case "\\": result += "\\\\"
            case "\n": result += "\\n"
            case "<": result += "\\u003c"
            case ">": result += "\\u003e"
            case "&": result += "\\u0026"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }

    static func decode(_ text: String) throws(DecodingFailure) -> Frame {
        try FrameDecoder().decode(text)
    }

    static func event(_ text: String) throws -> MattermostEvent {
        guard case .event(let event) = try decode(text) else { throw NotTheFrame() }
        return event
    }

    static func reply(_ text: String) throws -> Reply {
        guard case .reply(let reply) = try decode(text) else { throw NotTheFrame() }
        return reply
    }

    struct NotTheFrame: Error {}
}
