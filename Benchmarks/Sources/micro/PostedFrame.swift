/// A `posted` event as Mattermost 6.6 sends it: compact JSON that ends in a line feed, the post as a string inside it.
enum PostedFrame {
    static let channel = "9bonrcbzu38jmdyu7bttcyo7jo"
    static let user = "furyim7k1ibfpeq7dsa5stj4do"

    /// - Parameters:
    ///   - byteCount: how long the frame's payload is, exactly, the line feed included. At least 700.
    ///   - number: its `seq`.
    static func text(_ byteCount: Int, number: Int = 7) -> String {
        let bare = text(message: "", number: number, isShort: byteCount < 800).utf8.count
        return text(
            message: message(max(0, byteCount - bare)), number: number, isShort: byteCount < 800)
    }

    /// - Parameters:
    ///   - message: escaped twice already: it stands in a string in a string.
    ///   - isShort: as servers before threads had it, without their fields: at 700 bytes there is no room for them.
    static func text(message: String, number: Int, isShort: Bool = false) -> String {
        let threads = isShort ? "" : #",\"reply_count\":0,\"last_reply_at\":0,\"participants\":null"#
        return #"{"event":"posted","data":{"channel_display_name":"Test Channel","channel_name":"testchan","#
            + #""channel_type":"O","post":"{\"id\":\"\#(identifier(number))\",\"create_at\":1795453375035,"#
            + #"\"update_at\":1795453375035,\"edit_at\":0,\"delete_at\":0,\"is_pinned\":false,\"user_id\":\"\#(user)\","#
            + #"\"channel_id\":\"\#(channel)\",\"root_id\":\"\",\"original_id\":\"\",\"message\":\"\#(message)\","#
            + #"\"type\":\"\",\"props\":{},\"hashtags\":\"\",\"pending_post_id\":\"\"\#(threads),\"metadata\":{}}","#
            + #""sender_name":"@admin","set_online":true,"team_id":"e96m656a9tdr7mbzsctjf94kia"},"#
            + #""broadcast":{"omit_users":null,"user_id":"","channel_id":"\#(channel)","team_id":""},"seq":\#(number)}"#
            + "\n"
    }

    /// 26 characters.
    private static func identifier(_ number: Int) -> String {
        let digits = "\(number)"
        return String(repeating: "p", count: max(0, 26 - digits.count)) + digits
    }

    /// So many bytes of prose: mostly ASCII, now and then an umlaut, an emoji, a line break, a quotation mark.
    private static func message(_ byteCount: Int) -> String {
        let words = [
            "the deploy of the gateway went through, ", "Grüße aus Köln, ", #"see \\\"the log\\\" for details,\\n"#,
            "all checks are green 🚀 ", "does anybody know why the second node was restarted? ",
            "please have a look at the pull request before noon; ",
        ]
        var text = ""
        var next = 0
        while text.utf8.count + words[next % words.count].utf8.count <= byteCount {
            text += words[next % words.count]
            next += 1
        }
        return text + String(repeating: "x", count: byteCount - text.utf8.count)
    }
}
