import ConnectionLifecycle
import Foundation
import Testing

@testable import Holdfast

@Suite("A trace")
struct TraceTests {
    private static let transition = TransitionRecord(
        at: 1_700_000_000_123, time: 5, generation: 2, id: "T04", from: .connecting, event: .attemptFailed,
        to: .backoff,
        reason: "cannot connect")

    private func object(_ line: [UInt8]) throws -> [String: Any] {
        #expect(line.last == 0x0A && line.dropLast().allSatisfy { $0 != 0x0A }, "one line")
        return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    @Test("begins with a head that names the format and the table")
    func head() throws {
        let head = try object(Trace().head)
        #expect(head["type"] as? String == "trace")
        #expect(head["version"] as? Int == 1)
        #expect(head["table"] as? String == TransitionTable.standard.digest)
    }

    @Test("has a line for each kind of observation, with the members that are documented")
    func members() throws {
        let observations: [(Observation, Set<String>)] = [
            (.transition(TraceTests.transition), ["type", "at", "generation", "id", "from", "event", "to", "reason"]),
            (
                .verdict(
                    VerdictRecord(at: 1, generation: 1, verdict: Verdict(.deaf, check: "reply", detail: "FAIL"))),
                ["type", "at", "generation", "verdict", "check", "detail"]
            ),
            (
                .catchUp(CatchUpRecord(at: 1, generation: 1, phase: .waiting(.milliseconds(1500)))),
                [
                    "type", "at", "generation", "phase", "wait_s", "channels", "channels_done", "deliveries", "reason",
                ]
            ),
            (
                .log(LogEntry(at: 1, generation: 1, level: .warning, message: "careful")),
                ["type", "at", "generation", "level", "message"]
            ),
        ]
        for (observation, members) in observations {
            #expect(try Set(object(Trace().line(observation)).keys) == members)
            let named = try object(Trace(connection: "bot \"1\"").line(observation))
            #expect(Set(named.keys) == members.union(["connection"]))
            #expect(named["connection"] as? String == "bot \"1\"")
        }
        let waiting = try object(Trace().line(observations[2].0))
        #expect(waiting["wait_s"] as? Double == 1.5)
        #expect(try Set(object(Trace().event("posted", sequence: 3, at: 1)).keys) == ["type", "at", "event", "seq"])
        #expect(try object(Trace().mark("line\nbreak", at: 1))["text"] as? String == "line\nbreak")
        #expect(try object(Trace().end("full", at: 1))["reason"] as? String == "full")
    }

    @Test("is made of the flight recorder as well")
    func history() throws {
        let text = Trace().text(of: [TraceTests.transition, TraceTests.transition])
        let lines = text.split(separator: 0x0A)
        #expect(lines.count == 3)
        #expect(Array(lines[2]) + [0x0A] == Trace().line(.transition(TraceTests.transition)))
    }

    @Test(
        "names no address, no URL and no hidden word",
        arguments: [
            ("cannot connect to 127.0.0.1:8065 (refused)", "cannot connect to <hidden> (refused)"),
            ("cannot connect to [::1]:8065: refused", "cannot connect to <hidden> refused"),
            ("lost the connection to fe80::1:2, sorry", "lost the connection to <hidden>, sorry"),
            ("GET https://x.example.net/api/v4/users/me: timed out", "GET <hidden> timed out"),
            ("cannot look up Chat.Example.com", "cannot look up <hidden>"),
            ("10.0.0.1", "<hidden>"), ("version 10.11.2 of the server", "version 10.11.2 of the server"),
            ("at 12:30:01 it was over", "at <hidden> it was over"), ("a: b :: c", "a: b :: c"),
            ("chatter", "chatter"), ("chat: no", "<hidden>: no"), ("", ""), ("naïve 👩‍👩‍👧 10.0.0.1!", "naïve 👩‍👩‍👧 <hidden>"),
        ])
    func clean(text: String, expected: String) throws {
        let trace = Trace(hiding: ["chat.example.com", "chat", ""])
        #expect(try object(trace.mark(text, at: 1))["text"] as? String == expected)
    }

    @Test("bounds its texts, and cuts no address in two")
    func long() throws {
        let text = String(repeating: "x ", count: 497) + "1.2.3.4:567890 and more"
        let cut = try #require(try object(Trace().mark(text, at: 1))["text"] as? String)
        #expect(cut.count <= Trace.longestText + 1)
        #expect(cut.hasSuffix("x …"))
        let endless = String(repeating: "y", count: 10_000)
        #expect(try object(Trace().mark(endless, at: 1))["text"] as? String == "…")
    }
}
