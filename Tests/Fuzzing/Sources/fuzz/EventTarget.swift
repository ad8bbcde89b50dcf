import HoldfastMattermost

extension FuzzTarget {
    /// White space before a frame makes simdjson read it: whatever the one-pass reader accepts, both must understand alike.
    static let event = FuzzTarget(
        name: "event", summary: "a text frame, its content and its post; both ways of reading it agree",
        maximumBytes: 4096,
        dictionary: words.map { "\"\($0)\":" } + [
            "{", "}", "[", "]", ",", "\\\"", "\\\\", "\\n", "\\u003c", "\\ud83d\\ude00", "null", "true", "false", "-1",
            "0",
            "9223372036854775807", "1.5", "1e9", "\"\"", "{}", "[]", "\u{2028}", "\"posted\"", "\"hello\"",
        ],
        seeds: {
            let broadcast = #"{"omit_users":null,"user_id":"","channel_id":"c","team_id":""}"#
            let post =
                #"{\"id\":\"p\",\"create_at\":1795453375035,\"update_at\":1795453375036,\"edit_at\":0,\"delete_at\":0,"#
                + #"\"is_pinned\":false,\"user_id\":\"u\",\"channel_id\":\"c\",\"root_id\":\"\",\"original_id\":\"\","#
                + #"\"message\":\"a \\\"b\\\" \\n\\u003cé\",\"type\":\"\",\"props\":{\"from_bot\":\"true\"},\"hashtags\":\"\","#
                + #"\"pending_post_id\":\"\",\"reply_count\":0,\"metadata\":{}}"#
            let reaction = #"{\"user_id\":\"u\",\"post_id\":\"p\",\"emoji_name\":\"smile\",\"create_at\":5}"#
            let preferences =
                #"[{\"user_id\":\"u\",\"category\":\"holdfast_canary\",\"name\":\"probe\",\"value\":\"n\"}]"#
            let data: [(String, String)] = [
                ("hello", #"{"connection_id":"k","server_version":"6.6.1"}"#),
                (
                    "posted",
                    #"{"channel_display_name":"T","channel_name":"t","channel_type":"O","mentions":"[\"u\"]","post":"\#(post)","#
                        + #""sender_name":"@a","set_online":true,"team_id":"t"}"#
                ),
                ("post_edited", #"{"post":"\#(post)"}"#), ("post_deleted", #"{"post":"\#(post)"}"#),
                ("ephemeral_message", #"{"post":"\#(post)"}"#), ("reaction_added", #"{"reaction":"\#(reaction)"}"#),
                ("reaction_removed", #"{"reaction":"\#(reaction)"}"#), ("typing", #"{"parent_id":"","user_id":"u"}"#),
                ("status_change", #"{"status":"away","user_id":"u"}"#),
                ("user_updated", #"{"user":{"id":"u","username":"n","update_at":3,"roles":"system_user"}}"#),
                ("user_added", #"{"team_id":"t","user_id":"u"}"#),
                ("user_removed", #"{"remover_id":"r","user_id":"u"}"#),
                ("channel_viewed", #"{"channel_id":"c"}"#),
                ("channel_updated", #"{"channel":"{\"id\":\"c\",\"name\":\"n\",\"last_post_at\":7}"}"#),
                ("channel_deleted", #"{"channel_id":"c","delete_at":9}"#),
                ("preferences_changed", #"{"preferences":"\#(preferences)"}"#), ("other", #"{"x":[1,{"y":null}]}"#),
            ]
            let frames = data.map { name, data in
                #"{"event":"\#(name)","data":\#(data),"broadcast":\#(broadcast),"seq":1}"# + "\n"
            }
            let replies = [
                #"{"status":"OK","seq_reply":1,"data":{"text":"pong"}}"#,
                #"{"status":"FAIL","seq_reply":2,"error":{"id":"api.x","message":"m","status_code":401}}"#,
            ]
            return (frames + replies).map { Array($0.utf8) } + Recordings.frames
        },
        run: { input in
            let bytes = Array(input)
            let told = ToldFrame.told(bytes)
            let other = ToldFrame.told([0x20] + bytes)
            Violation.check(told == other, "the one-pass reader says \(told), simdjson says \(other)")
            guard (try? FrameDecoder().decode(String(decoding: input, as: UTF8.self))) != nil else { return }
            Violation.check(
                JSONGrammar.kind(of: Array(String(decoding: input, as: UTF8.self).utf8)) != nil,
                "a frame is accepted that is not JSON")
        })

    private static let words = [
        "event", "data", "broadcast", "seq", "status", "seq_reply", "error", "id", "message", "status_code", "post",
        "reaction", "preferences", "user", "channel", "create_at", "update_at", "edit_at", "delete_at", "is_pinned",
        "user_id", "channel_id", "root_id", "original_id", "type", "props", "hashtags", "pending_post_id",
        "reply_count",
        "omit_users", "team_id", "mentions", "connection_id",
    ]
}
