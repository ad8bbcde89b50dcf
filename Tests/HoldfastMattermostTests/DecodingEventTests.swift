import HoldfastMattermost
import Testing

@Suite("Events are decoded")
struct DecodingEventTests {
    @Test("posted, with its nested post and mentions")
    func posted() throws {
        let event = try Fixture.event(Fixture.posted)
        #expect(event.kind == .posted)
        #expect(event.name == "posted")
        #expect(event.sequence == 2)
        #expect(event.broadcast == .init(channelID: "c1"))
        let expected = Post(
            id: "p1", createAt: 1_795_453_375_035, updateAt: 1_795_453_375_036, editAt: 3, deleteAt: 4,
            isPinned: true, userID: "u1", channelID: "c1", rootID: "r1", originalID: "o1",
            message: "Grüße \u{1F44B} \"quoted\"\nnext <b>", type: "custom", props: #"{"from_bot":"true"}"#,
            hashtags: "#a", pendingPostID: "pp1", replyCount: 5)
        guard case .posted(let posted) = try event.content else {
            Issue.record("not posted")
            return
        }
        #expect(posted.post == expected)
        #expect(posted.channelDisplayName == "Town Square")
        #expect(posted.channelName == "town-square")
        #expect(posted.channelType == "O")
        #expect(posted.mentions == ["u2", "u3"])
        #expect(posted.senderName == "@admin")
        #expect(posted.teamID == "t1")
        #expect(posted.setOnline)
    }

    @Test("the raw text stays, without the line feed behind it")
    func rawText() throws {
        let event = try Fixture.event(Fixture.posted)
        #expect(event.text + "\n" == Fixture.posted)
        #expect(event.byteCount == Fixture.posted.utf8.count - 1)
        #expect(event.broadcastText == Fixture.broadcast)
        let data = try #require(event.dataText)
        #expect(data.hasPrefix(#"{"channel_display_name":"#))
        #expect(data.hasSuffix(#""team_id":"t1"}"#))
        let padding = event.withRawBytes { bytes in
            UnsafeRawBufferPointer(start: bytes.baseAddress.map { $0 + bytes.count }, count: 64).allSatisfy { $0 == 0 }
        }
        #expect(padding)
    }

    @Test("an event tells the attempt it came by, and whether it was replayed; a hello never is")
    func origin() throws {
        let plain = try Fixture.event(Fixture.posted)
        #expect(plain.attempt == 0 && !plain.isReplayed)
        for (text, isReplayed) in [(Fixture.posted, true), (Fixture.event("hello", "{}"), false)] {
            let bytes = Array(text.utf8) + [UInt8](repeating: 0, count: 64)
            let frame = try bytes.withUnsafeBytes { buffer in
                try FrameDecoder().decode(
                    UnsafeRawBufferPointer(rebasing: buffer.dropLast(64)), attempt: .max, isReplayed: true)
            }
            guard case .event(let event) = frame else {
                Issue.record("not an event")
                continue
            }
            #expect(event.attempt == .max && event.isReplayed == isReplayed)
        }
    }

    @Test("white space and the order of keys do not matter")
    func layout() throws {
        let text = """
              { "seq" : 7 ,
                "broadcast" : { "team_id" : "t" , "channel_id" : null } ,
                "data" : { "user_id" : "u" , "x" : [ 1 , { } , [ ] ] , "status" : "away" } ,
                "new key" : [ { "deep" : -1.5e+10 } , true , false , null ] ,
                "event" : "status_change" }
            """
        let event = try Fixture.event(text)
        #expect(event.sequence == 7)
        #expect(event.broadcast == .init(teamID: "t"))
        #expect(event.dataText == #"{ "user_id" : "u" , "x" : [ 1 , { } , [ ] ] , "status" : "away" }"#)
        #expect(event.broadcastText == #"{ "team_id" : "t" , "channel_id" : null }"#)
        #expect(try event.content == .statusChange(StatusChange(userID: "u", status: "away")))
    }

    @Test("an unknown event passes through untouched")
    func unknown() throws {
        let text = #"{"event":"custom_\u0026_new","data":{"big":123456789012345678901234567890,"e":1e999},"seq":3}"#
        let event = try Fixture.event(text)
        #expect(event.kind == .other)
        #expect(event.name == "custom_&_new")
        #expect(try event.content == .other)
        #expect(event.text == text)
        #expect(event.dataText == #"{"big":123456789012345678901234567890,"e":1e999}"#)
        #expect(event.broadcastText == nil)
        #expect(event.broadcast == .init())
    }

    static let user = User(
        id: "u1", username: "admin", nickname: "boss", email: "a@example.com", roles: "system_user", locale: "en",
        createAt: 1, updateAt: 2, isBot: true)
    static let channel = Channel(
        id: "c1", teamID: "t1", type: "P", displayName: "Tmp", name: "tmp", header: "new", creatorID: "u1", createAt: 1,
        updateAt: 2, lastPostAt: 3, totalMessageCount: 4)
    static let reaction = Fixture.quoted(#"{"user_id":"u1","post_id":"p1","emoji_name":"+1","create_at":5}"#)
    static let plainPost = Post(
        id: "p9", createAt: 1, updateAt: 0, userID: "u1", channelID: "c1", message: "only you")
    static let nestedPost = Fixture.quoted(
        #"{"id":"p9","create_at":1,"update_at":0,"user_id":"u1","channel_id":"c1","message":"only you"}"#)

    static let contents: [(name: String, data: String, content: MattermostEvent.Content)] = [
        (
            "hello", #"{"connection_id":"x","server_version":"6.6.1"}"#,
            .hello(Hello(connectionID: "x", serverVersion: "6.6.1"))
        ),
        ("post_edited", #"{"post":\#(nestedPost)}"#, .postEdited(plainPost)),
        ("post_deleted", #"{"post":\#(nestedPost)}"#, .postDeleted(plainPost)),
        ("ephemeral_message", #"{"post":\#(nestedPost)}"#, .ephemeralMessage(plainPost)),
        (
            "reaction_added", #"{"reaction":\#(reaction)}"#,
            .reactionAdded(Reaction(userID: "u1", postID: "p1", emojiName: "+1", createAt: 5))
        ),
        (
            "reaction_removed", #"{"reaction":\#(reaction)}"#,
            .reactionRemoved(Reaction(userID: "u1", postID: "p1", emojiName: "+1", createAt: 5))
        ),
        (
            "typing", #"{"parent_id":"p","user_id":"u"}"#,
            .typing(Typing(userID: "u", channelID: "c1", parentID: "p"))
        ),
        ("status_change", #"{"status":"dnd","user_id":"u"}"#, .statusChange(StatusChange(userID: "u", status: "dnd"))),
        (
            "user_updated",
            #"{"user":{"id":"u1","create_at":1,"update_at":2,"delete_at":0,"username":"admin","nickname":"boss","#
                + #""email":"a@example.com","roles":"system_user","locale":"en","timezone":{"a":""},"is_bot":true}}"#,
            .userUpdated(user)
        ),
        (
            "user_added", #"{"team_id":"t","user_id":"u"}"#,
            .userAdded(UserAdded(userID: "u", channelID: "c1", teamID: "t"))
        ),
        (
            "user_removed", #"{"user_id":"u","remover_id":"r"}"#,
            .userRemoved(UserRemoved(userID: "u", channelID: "c1", removerID: "r"))
        ),
        (
            "user_removed", #"{"channel_id":"c9","remover_id":"r"}"#,
            .userRemoved(UserRemoved(userID: "", channelID: "c9", removerID: "r"))
        ),
        ("channel_viewed", #"{"channel_id":"c"}"#, .channelViewed(channelID: "c")),
        (
            "channel_updated",
            #"{"channel":"#
                + Fixture.quoted(
                    #"{"id":"c1","create_at":1,"update_at":2,"delete_at":0,"team_id":"t1","type":"P","#
                        + #""display_name":"Tmp","name":"tmp","header":"new","purpose":"","last_post_at":3,"#
                        + #""total_msg_count":4,"creator_id":"u1","scheme_id":null,"props":null}"#) + "}",
            .channelUpdated(channel)
        ),
        (
            "channel_deleted", #"{"channel_id":"c","delete_at":9}"#,
            .channelDeleted(ChannelDeleted(channelID: "c", teamID: "", deleteAt: 9))
        ),
        (
            "preferences_changed",
            #"{"preferences":"#
                + Fixture.quoted(
                    #"[{"user_id":"u","category":"holdfast","name":"probe","value":"a\"b"},"#
                        + #"{"user_id":"u","category":"k","name":"n","value":""}]"#) + "}",
            .preferencesChanged([
                Preference(userID: "u", category: "holdfast", name: "probe", value: #"a"b"#),
                Preference(userID: "u", category: "k", name: "n", value: ""),
            ])
        ),
    ]

    @Test("each known kind has its content", arguments: contents.indices)
    func content(index: Int) throws {
        let (name, data, content) = Self.contents[index]
        let event = try Fixture.event(Fixture.event(name, data))
        #expect(event.name == name)
        #expect(event.kind != .other)
        #expect(try event.content == content)
    }

    @Test("the list of contents above covers every kind")
    func coverage() throws {
        let names = Self.contents.map(\.name) + ["posted", "something_else"]
        let kinds = try names.map { try Fixture.event(Fixture.event($0, "{}")).kind }
        #expect(Set(kinds) == Set(MattermostEvent.Kind.allCases))
    }
}

@Suite("Replies are decoded")
struct DecodingReplyTests {
    @Test func plain() throws {
        #expect(try Fixture.reply("{\"status\":\"OK\",\"seq_reply\":1}\n") == Reply(sequenceReply: 1, isOK: true))
    }

    @Test func pong() throws {
        let reply = try Fixture.reply(#"{"status":"OK","seq_reply":4,"data":{"text":"pong","node_id":""}}"#)
        #expect(reply == Reply(sequenceReply: 4, isOK: true, data: #"{"text":"pong","node_id":""}"#))
    }

    @Test("a FAIL of a deaf socket carries its error")
    func fail() throws {
        let id = "api.web_socket_router.not_authenticated.app_error"
        let reply = try Fixture.reply(
            #"{"status":"FAIL","seq_reply":2,"error":{"id":"\#(id)","message":"a \"b\"","detailed_error":"","#
                + #""status_code":401}}"#)
        #expect(
            reply
                == Reply(
                    sequenceReply: 2, isOK: false, error: ReplyError(id: id, message: #"a "b""#, statusCode: 401)))
    }

    @Test("to a sequence that the server refuses")
    func negative() throws {
        #expect(try Fixture.reply(#"{"status":"FAIL","seq_reply":-1}"#) == Reply(sequenceReply: -1, isOK: false))
    }

    @Test("without a sequence")
    func unnumbered() throws {
        #expect(try Fixture.reply(#"{"status":"FAIL"}"#) == Reply(sequenceReply: nil, isOK: false))
    }
}
