import Foundation
import HoldfastMattermost
import Testing

@Suite("Hostile frames")
struct DecodingHostileTests {
    /// Reads all that a frame offers: none of it may crash; a failure must be the typed one.
    static func readEverything(_ bytes: [UInt8], padding: UInt8 = 0) throws(DecodingFailure) {
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count + 64, alignment: 16)
        defer { buffer.deallocate() }
        buffer.copyBytes(from: bytes)
        for index in bytes.count..<buffer.count { buffer[index] = padding }
        let frame = try FrameDecoder().decode(UnsafeRawBufferPointer(rebasing: buffer[..<bytes.count]))
        guard case .event(let event) = frame else { return }
        _ = (event.name, event.text, event.dataText, event.broadcastText, event.broadcast, event.sequence)
        _ = try event.content
    }

    static func reason(_ text: String) -> DecodingFailure.Reason? {
        do throws(DecodingFailure) {
            try readEverything(Array(text.utf8))
            return nil
        } catch {
            return error.reason
        }
    }

    @Test("cut off at any byte, a frame is malformed, whatever lies behind it", arguments: Array("\0}]\",:{1 ".utf8))
    func truncation(padding: UInt8) {
        let whole = Array(Fixture.posted.utf8).dropLast()
        for count in 0..<whole.count {
            #expect(throws: DecodingFailure(.malformed), "cut to \(count)") {
                try Self.readEverything(Array(whole.prefix(count)), padding: padding)
            }
        }
        #expect(throws: Never.self) { try Self.readEverything(Array(whole), padding: padding) }
    }

    @Test("a frame with changed bytes gives a value or a typed failure", arguments: [1, 2, 3] as [UInt64])
    func mutation(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let original = Array(Fixture.posted.utf8)
        let favourites = Array("\"\\{}[]:,0-eu\0\u{80}".utf8)
        var failures = 0
        for _ in 0..<20_000 {
            var bytes = original
            for _ in 0..<Int.random(in: 1...3, using: &generator) {
                let index = Int.random(in: bytes.indices, using: &generator)
                bytes[index] =
                    Bool.random(using: &generator)
                    ? favourites[Int.random(in: favourites.indices, using: &generator)]
                    : UInt8.random(in: 0...255, using: &generator)
            }
            do throws(DecodingFailure) { try Self.readEverything(bytes) } catch { failures += 1 }
        }
        #expect(failures > 5_000)
    }

    @Test("parts of frames, shuffled, never crash", arguments: [4, 5] as [UInt64])
    func shuffling(seed: UInt64) {
        var generator = SplitMix(state: seed)
        let parts = [
            "{", "}", "[", "]", ",", ":", "\"event\"", "\"posted\"", "\"data\"", "\"post\"", "\"{}\"", "\"seq\"", "1",
            "null", "true", "-", "\"broadcast\"", " ", "\"\\\"", "\"\\u00\"", "1e5", "{}", "[]", "\"user_id\"",
        ]
        for _ in 0..<40_000 {
            let count = Int.random(in: 1...24, using: &generator)
            let text = (0..<count).map { _ in parts[Int.random(in: parts.indices, using: &generator)] }.joined()
            let frame = Bool.random(using: &generator) ? text : #"{"event":"posted","seq":1,"data":\#(text)}"#
            _ = Self.reason(frame)
        }
    }

    static let table: [(text: String, reason: DecodingFailure.Reason?)] = [
        ("", .malformed),
        ("   ", .malformed),
        ("null", .malformed),
        ("[]", .malformed),
        ("\"event\"", .malformed),
        ("{}", .notAFrame),
        (#"{"a":1}"#, .notAFrame),
        (#"{"event":"x","seq":1}"#, nil),
        (#"{"event":"x","seq":1} {}"#, .malformed),
        (#"{"event":"x","seq":1}}"#, .malformed),
        (#"{"event":"x","seq":1,}"#, .malformed),
        (#"{"event":"x" "seq":1}"#, .malformed),
        (#"{"event":"x","seq":1,"a":}"#, .malformed),
        (#"{"event":"x","seq":1,a:1}"#, .malformed),
        (#"{"event":"x","seq":1,"a":nul}"#, .malformed),
        (#"{"event":"x","seq":1,"a":truex}"#, .malformed),
        (#"{"event":"x","seq":1,"a":01}"#, .malformed),
        (#"{"event":"x","seq":1,"a":1.}"#, .malformed),
        (#"{"event":"x","seq":1,"a":-}"#, .malformed),
        (#"{"event":"x","seq":1,"a":1e}"#, .malformed),
        (#"{"event":"x","seq":1,"a":+1}"#, .malformed),
        (#"{"event":"x","seq":1,"a":1 2}"#, .malformed),
        (#"{"event":"x","seq":1,"a":[1,]}"#, .malformed),
        (#"{"event":"x","seq":1,"a":[1}]"#, .malformed),
        (#"{"event":"x","seq":1,"a":[1}}"#, .malformed),
        (#"{"event":"x","seq":1,"a":"\q"}"#, .malformed),
        (#"{"event":"x","seq":1,"a":"\u12g4"}"#, .malformed),
        (#"{"event":"x","seq":1,"\q":1}"#, .malformed),
        (#"{"event":"x","seq":1,"a":"b"c}"#, .malformed),
        ("{\"event\":\"x\",\"seq\":1,\"a\":\"\n\"}", .malformed),
        (#"{"event":"x"}"#, .missingKey),
        (#"{"event":1,"seq":1}"#, .wrongType),
        (#"{"event":null,"seq":1}"#, .wrongType),
        (#"{"event":{},"seq":1}"#, .wrongType),
        (#"{"event":"x","seq":"1"}"#, .wrongType),
        (#"{"event":"x","seq":null}"#, .wrongType),
        (#"{"event":"x","seq":-1}"#, .wrongType),
        (#"{"event":"x","seq":1.5}"#, .wrongType),
        (#"{"event":"x","seq":99999999999999999999}"#, .wrongType),
        (#"{"event":"x","seq":1e400}"#, .wrongType),
        (#"{"event":"x","seq":9223372036854775807}"#, nil),
        (#"{"event":"x","seq":1,"data":[]}"#, .wrongType),
        (#"{"event":"x","seq":1,"data":"{}"}"#, .wrongType),
        (#"{"event":"x","seq":1,"data":null,"broadcast":null}"#, nil),
        (#"{"event":"x","seq":1,"broadcast":1}"#, .wrongType),
        (#"{"event":"x","seq":1,"broadcast":{"user_id":1}}"#, .wrongType),
        (#"{"event":"x","event":"y","seq":1}"#, .duplicateKey),
        (#"{"event":"x","seq":1,"seq":2}"#, .duplicateKey),
        (#"{"event":"x","seq":1,"data":{},"data":{}}"#, .duplicateKey),
        (#"{"status":1}"#, .wrongType),
        (#"{"status":"OK","seq_reply":"1"}"#, .wrongType),
        (#"{"status":"OK","status":"FAIL"}"#, .duplicateKey),
        (#"{"status":"FAIL","error":"text"}"#, .wrongType),
        (#"{"status":"FAIL","error":{}}"#, .missingKey),
        (#"{"event":"posted","seq":1}"#, .missingKey),
        (#"{"event":"posted","seq":1,"data":{}}"#, .missingKey),
        (#"{"event":"posted","seq":1,"data":{"post":{}}}"#, .wrongType),
        (#"{"event":"posted","seq":1,"data":{"post":""}}"#, .malformed),
        (#"{"event":"posted","seq":1,"data":{"post":"null"}}"#, .malformed),
        (#"{"event":"posted","seq":1,"data":{"post":"{}"}}"#, .missingKey),
        (#"{"event":"posted","seq":1,"data":{"post":"{\"id\":1}"}}"#, .wrongType),
        (#"{"event":"posted","seq":1,"data":{"post":"{\"id\":\"\\ud800\"}"}}"#, .malformed),
        (#"{"event":"preferences_changed","seq":1,"data":{"preferences":"[1]"}}"#, .wrongType),
        (#"{"event":"preferences_changed","seq":1,"data":{"preferences":"7"}}"#, .wrongType),
        (#"{"event":"preferences_changed","seq":1,"data":{"preferences":"[{}]"}}"#, .missingKey),
        (#"{"event":"preferences_changed","seq":1,"data":{"preferences":"null"}}"#, nil),
        (#"{"event":"user_updated","seq":1,"data":{"user":"{}"}}"#, .malformed),
        (#"{"event":"\ud800","seq":1}"#, nil),
    ]

    @Test("an empty post is malformed, also where nothing was unescaped before", .timeLimit(.minutes(10)))
    func emptyPostFirst() async {
        let reason = await withCheckedContinuation { continuation in
            Thread { continuation.resume(returning: Self.reason(Fixture.event("posted", #"{"post":""}"#))) }.start()
        }
        #expect(reason == .malformed)
    }

    @Test("each defect has its reason", arguments: table.indices)
    func reasons(index: Int) {
        let (text, reason) = Self.table[index]
        #expect(Self.reason(text) == reason, "\(text)")
    }

    @Test("what is not UTF-8 is refused")
    func encoding() {
        for bad in [[0xFF], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xC3]] as [[UInt8]] {
            let bytes = Array(#"{"event":"x","seq":1,"a":""#.utf8) + bad + Array(#""}"#.utf8)
            #expect(throws: DecodingFailure(.malformed)) { try Self.readEverything(bytes) }
        }
    }

    @Test("nesting is bounded, in objects, arrays and nested posts")
    func depth() {
        func nested(_ depth: Int, _ open: String, _ close: String) -> String {
            String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
        }
        for (open, close) in [("[", "]"), ("{\"a\":", "}")] {
            #expect(Self.reason(#"{"event":"x","seq":1,"data":{"a":\#(nested(120, open, close))}}"#) == nil)
            #expect(Self.reason(#"{"event":"x","seq":1,"data":{"a":\#(nested(130, open, close))}}"#) == .tooDeep)
            #expect(Self.reason(#"{"event":"x","seq":1,"data":{"a":\#(nested(300_000, open, close))}}"#) == .tooDeep)
            let post = Fixture.post("x", props: #"{"a":\#(nested(10_000, open, close))}"#)
            #expect(Self.reason(Fixture.event("posted", #"{"post":\#(Fixture.quoted(post))}"#)) == .tooDeep)
            #expect(Self.reason(String(repeating: open, count: 300_000)) == .malformed)
        }
    }

    @Test("a large frame is read, and the parser serves small ones afterwards")
    func large() throws {
        let message = String(repeating: "a\"ü", count: 1_000_000)
        for _ in 0..<2 {
            let data = #"{"post":\#(Fixture.quoted(Fixture.post(message)))}"#
            guard case .posted(let posted) = try Fixture.event(Fixture.event("posted", data)).content else {
                Issue.record("not posted")
                return
            }
            #expect(posted.post.message == message)
            #expect(try Fixture.event(Fixture.posted).name == "posted")
        }
    }

    @Test("of a key that comes twice inside data, the last one counts")
    func duplicates() throws {
        let event = try Fixture.event(Fixture.event("channel_viewed", #"{"channel_id":"a","channel_id":"b"}"#))
        #expect(try event.content == .channelViewed(channelID: "b"))
    }

    @Test("a failure says where, and nothing of the text")
    func description() {
        do throws(DecodingFailure) {
            try Self.readEverything(Array(#"{"event":"x","seq":"secret"}"#.utf8))
            Issue.record("accepted")
        } catch {
            #expect("\(error)" == #""seq" has another type than Mattermost gives it"#)
        }
    }
}

/// SplitMix64: the same bytes for the same seed, everywhere.
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
