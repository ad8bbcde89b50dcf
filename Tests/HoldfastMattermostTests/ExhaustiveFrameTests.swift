import HoldfastMattermost
import Testing

@Suite("Every small input of the frame decoder")
struct ExhaustiveFrameTests {
    private static let alphabet = Array("{}[]\",:0-\\u tn".utf8)

    /// 41,371 strings. None is long enough for a frame; the reason tells JSON from what is none.
    @Test("strings of up to four characters, by themselves, are refused for what they are")
    func alone() {
        Self.check { bytes in
            guard case .failure(let failure) = Self.read(bytes) else { return "accepted" }
            let isObject = JSONGrammar.kind(of: bytes) == UInt8(ascii: "{")
            // An object that says nothing of a frame; anything else that is JSON, or begins so, may be called either.
            return isObject && failure.reason != .notAFrame ? "\(failure)" : nil
        }
    }

    @Test("strings of up to four characters, as a value, are accepted where they are JSON")
    func asValue() {
        let head = Array(#"{"event":"other","data":{"x":"#.utf8)
        let tail = Array(#"},"broadcast":{},"seq":1}"#.utf8)
        Self.check { value in
            let bytes = head + value + tail
            let isJSON = JSONGrammar.kind(of: bytes) != nil
            switch Self.read(bytes) {
            case .success(.event(let event)):
                return isJSON && event.name == "other" && event.sequence == 1 ? nil : "read as \(event.text)"
            case .success(.reply): return "a reply"
            case .failure(let failure): return isJSON ? "\(failure)" : nil
            }
        }
    }

    /// What the one-pass reader accepts is what simdjson reads; the places are those where a frame's own parts stand.
    @Test(
        "strings of up to three characters in the place of any part: both ways of reading agree",
        arguments: [
            (#"{"event":"#, #","data":{},"broadcast":{},"seq":1}"#), (#"{"event":"posted","data":"#, #","seq":1}"#),
            (#"{"event":"typing","data":{},"broadcast":"#, #","seq":1}"#),
            (#"{"event":"typing","data":{"user_id":"u"},"broadcast":{},"seq":"#, "}"),
            (#"{"event":"posted","data":{"post":""#, #""},"broadcast":{},"seq":1}"#),
            (#"{"event":"posted","data":{"post":"{\"message\":\""#, #"\"}"},"broadcast":{},"seq":1}"#),
        ])
    func parts(head: String, tail: String) {
        let (head, tail) = (Array(head.utf8), Array(tail.utf8))
        Self.check(length: 3) { part in
            let bytes = head + part + tail
            let (one, other) = (ToldFrame.told(bytes), ToldFrame.told([0x20] + bytes))
            if one != other { return "\(one), or \(other)" }
            guard case .success = Self.read(bytes), JSONGrammar.kind(of: bytes) == nil else { return nil }
            return "accepted and not JSON"
        }
    }

    private static func check(length: Int = 4, _ complaint: ([UInt8]) -> String?) {
        var complaints: [String] = []
        var all: [[UInt8]] = [[]]
        for _ in 0..<length {
            all = all.flatMap { head in alphabet.map { head + [$0] } }
            for bytes in all {
                if let complaint = complaint(bytes) {
                    complaints.append("\(String(decoding: bytes, as: UTF8.self)): \(complaint)")
                }
            }
        }
        #expect(complaints.isEmpty, "\(complaints.prefix(5))")
    }

    private static func read(_ bytes: [UInt8]) -> Result<Frame, DecodingFailure> {
        Result { () throws(DecodingFailure) in try FrameDecoder().decode(String(decoding: bytes, as: UTF8.self)) }
    }
}
