import HoldfastMattermost
import Testing

/// A frame as the server writes it is read in one pass, any other by simdjson. White space before it makes the second read
/// the same frame: whatever the first accepts, both must understand alike, and what it refuses is not lost.
@Suite("Both ways of reading a frame agree")
struct DecodingAgreementTests {
    static func told(_ bytes: [UInt8]) -> String { ToldFrame.told(bytes) }

    static let frames: [String] = {
        let messages = [
            "", "plain", "Grüße \u{1F44B} \"quoted\" \\ back\nnext\ttab \u{7} <b> & \u{2028}",
            String(repeating: "é\"", count: 300), String(repeating: "long and plain ", count: 40),
        ]
        let props = [
            "{}", #"{"from_bot":"true"}"#, #"{"a":[1,{"b":null},"c\\n",[],{}],"d":-5}"#, #"{"e":1.5}"#, "null",
        ]
        let posts = messages.flatMap { message in
            props.map { Fixture.event("posted", #"{"post":\#(Fixture.quoted(Fixture.post(message, props: $0)))}"#) }
        }
        return posts + [
            Fixture.posted, Fixture.event("post_edited", #"{"post":"{\"id\":\"x\"}"}"#),
            Fixture.event("typing", #"{"parent_id":"","user_id":"u"}"#),
            Fixture.event("status_change", #"{"status":"away","user_id":"ü\n"}"#),
            Fixture.event("posted", #"{"post":null}"#), Fixture.event("posted", #"{"post":"","post":"{}"}"#),
            Fixture.event("other", "{}"), Fixture.event("channel_viewed", #"{"channel_id":null,"x":{"y":[]}}"#),
        ]
    }()

    @Test("on frames of the server and odd ones", arguments: frames.indices)
    func known(index: Int) {
        let bytes = Array(Self.frames[index].utf8)
        #expect(Self.told(bytes) == Self.told([0x20] + bytes))
    }

    @Test("wherever in a long message its escapes stand")
    func everywhere() throws {
        for (index, special) in ["\"", "\\", "\n", "<", "\\\"\\", "é\n<"].enumerated() {
            for count in 0..<140 {
                let run = String(repeating: "a", count: count)
                let message = run + special + run + special + special + "z"
                let post = Fixture.post(message)
                let bytes = Array(Fixture.event("posted", #"{"post":\#(Fixture.quoted(post))}"#).utf8)
                #expect(Self.told(bytes) == Self.told([0x20] + bytes), "special \(index) behind \(count) bytes")
                let event = try Fixture.event(String(decoding: bytes, as: UTF8.self))
                guard case .posted(let posted) = try event.content else {
                    Issue.record("no post")
                    return
                }
                #expect(posted.post.message == message)
                #expect(posted.post.text == post)
            }
        }
    }

    @Test("on what is a number, and what is none")
    func numbers() {
        let digits = "1234567890123456789"
        var numbers = (1...19).flatMap {
            [String(digits.prefix($0)), "-" + digits.prefix($0), "0" + digits.prefix($0)]
        }
        numbers += [
            "0", "-0", "00000000", "99999999", "1234567a", "1234567/", "1234567:", "12345678.5", "1e9", "-", "",
        ]
        for number in numbers {
            let post = Fixture.post("m").replacing("\"reply_count\":5", with: "\"reply_count\":\(number)")
            #expect(post.contains("reply_count\":\(number),"))
            for frame in [
                Fixture.event("posted", #"{"post":\#(Fixture.quoted(post))}"#),
                Fixture.event("typing", "{}").replacing("\"seq\":1", with: "\"seq\":\(number)"),
                Fixture.event("channel_deleted", #"{"channel_id":"c","delete_at":\#(number)}"#),
            ] {
                #expect(Self.told(Array(frame.utf8)) == Self.told(Array((" " + frame).utf8)), "\(number)")
            }
        }
        guard case .posted(let posted)? = try? Fixture.event(Fixture.posted).content else {
            Issue.record("no post")
            return
        }
        #expect(posted.post.createAt == 1_795_453_375_035)
    }

    @Test("on frames whose keys come in another order")
    func otherOrder() {
        var generator = SplitMix(state: 5)
        let members = [
            #""id":"p""#, #""create_at":1"#, #""user_id":"u""#, #""channel_id":"c""#, #""message":"m\n""#,
            #""x":[1,{}]"#,
            #""props":{"a":"b"}"#, #""message":"twice""#, #""reply_count":2"#, #""metadata":{}"#,
        ]
        for _ in 0..<200 {
            let post = "{" + members.shuffled(using: &generator).joined(separator: ",") + "}"
            let data = [#""post":\#(Fixture.quoted(post))"#, #""team_id":"t""#, #""channel_type":"O""#, #""y":null"#]
            let frame = Fixture.event("posted", "{" + data.shuffled(using: &generator).joined(separator: ",") + "}")
            #expect(Self.told(Array(frame.utf8)) == Self.told(Array((" " + frame).utf8)))
            #expect(Self.told(Array(frame.utf8)).contains("posted"))
        }
    }

    @Test("on frames with changed bytes", arguments: [1, 2, 3, 4] as [UInt64])
    func changed(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let favourites = Array("\"\\{}[]:,0-eu\0\n\u{80}n".utf8)
        for round in 0..<20_000 {
            var bytes = Array(Self.frames[Int.random(in: Self.frames.indices, using: &generator)].utf8)
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                let byte =
                    Bool.random(using: &generator)
                    ? favourites[Int.random(in: favourites.indices, using: &generator)]
                    : UInt8.random(in: 0...255, using: &generator)
                switch Int.random(in: 0...3, using: &generator) {
                case 0: bytes.insert(byte, at: index)
                case 1: bytes.remove(at: index)
                case 2:
                    let count = Int.random(in: 1...40, using: &generator)
                    bytes.removeSubrange(index..<min(bytes.count, index + count))
                default: bytes[index] = byte
                }
                if bytes.isEmpty { bytes = [byte] }
            }
            let (one, other) = (Self.told(bytes), Self.told([0x20] + bytes))
            guard one == other else {
                let frame = String(decoding: bytes, as: UTF8.self)
                Issue.record("seed \(seed), round \(round): \(one) or \(other)? \(frame)")
                return
            }
        }
    }
}
