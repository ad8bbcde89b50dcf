import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite("A trace is read")
struct TraceReaderTests {
    @Test("line by line, with times from its beginning")
    func good() throws {
        let trace = try TraceSample.read(TraceSample.deaf)
        #expect(trace.digest == TransitionTable.standard.digest)
        #expect(trace.tracks.count == 1)
        #expect(trace.duration == 10_000)
        let track = try #require(trace.tracks.first)
        #expect(track.records.count == TraceSample.deaf.count - 1)
        #expect(track.records.map(\.line) == Array(2...TraceSample.deaf.count))
        #expect(
            track.spans(until: trace.duration).map(\.state) == [
                .connecting, .open, .probing, .open, .probing, .stale, .terminating, .backoff, .connecting, .open,
                .terminating, .stopped,
            ])
    }

    @Test("whatever ends its lines, and with empty lines between them")
    func lineEnds() throws {
        let text = TraceSample.deaf.joined(separator: "\r\n") + "\r\n\r\n  \n"
        #expect(try RecordedTrace(Data(text.utf8)).tracks[0].records.count == TraceSample.deaf.count - 1)
    }

    @Test("without a head, and from the middle of a life")
    func middle() throws {
        let trace = try TraceSample.read([TraceSample.line("T09", at: 50, 7), TraceSample.line("T15", at: 60, 7)])
        #expect(trace.digest == nil)
        #expect(trace.tracks[0].spans(until: 10).map(\.state) == [.open, .probing, .open])
    }

    @Test("as watch --json prints it, where events have no time")
    func watch() throws {
        let trace = try TraceSample.read([
            TraceSample.line("T01", at: 1000, 1), TraceSample.line("T03", at: 1500, 1),
            #"{"type":"event","event":"posted","seq":3,"data":{"post":"{}"},"broadcast":null}"#,
            #"{"type":"delivery","number":1,"source":"live","reason":"","repeated":false,"event":"posted","data":null}"#,
        ])
        #expect(trace.tracks[0].records.map(\.time) == [0, 500, 500, 500])
        #expect(trace.tracks[0].records.last?.content == .event("posted"))
    }

    @Test("with unknown types skipped and counted, whatever their members are")
    func unknown() throws {
        let strange = [#"{"type":"demo","url":7}"#, #"{"type":"summary","at":"noon"}"#, #"{"type":"demo"}"#]
        let trace = try TraceSample.read(TraceSample.deaf + strange)
        #expect(trace.skipped == ["demo": 2, "summary": 1])
        #expect(try TraceSample.read(TraceSample.deaf + (0..<300).map { #"{"type":"x\#($0)"}"# }).skipped.count <= 101)
    }

    @Test("connection by connection, each with a path of its own")
    func connections() throws {
        let (first, second) = (#","connection":"a""#, #","connection":"b""#)
        let trace = try TraceSample.read([
            TraceSample.line("T01", at: 0, 1, more: first), TraceSample.line("T01", at: 5, 1, more: second),
            TraceSample.line("T03", at: 9, 1, more: first), TraceSample.line("T08", at: 9, 1, more: second),
        ])
        #expect(trace.tracks.map(\.name) == ["a", "b"])
        #expect(trace.tracks.map { $0.records.count } == [2, 2])
    }

    @Test("with times that never fall, though the clock goes back")
    func clock() throws {
        let trace = try TraceSample.read([
            TraceSample.line("T01", at: 1000, 1), TraceSample.line("T03", at: 400, 1),
            TraceSample.line("T09", at: 1100, 1),
        ])
        #expect(trace.clockSteps == 1)
        #expect(trace.tracks[0].records.map(\.time) == [0, 0, 100])
    }

    @Test("with control characters and length taken out of its texts")
    func texts() throws {
        let trace = try TraceSample.read(
            TraceSample.deaf + [
                TraceSample.mark(#"a\u0000b\u001b[31m\u2028\ufffe"# + String(repeating: "x", count: 5000), at: 11_000)
            ])
        guard case .mark(let text)? = trace.tracks[0].records.last?.content else {
            Issue.record("no mark")
            return
        }
        #expect(text.hasPrefix("a b [31m"))
        #expect(text.count <= 300)
        #expect(!text.unicodeScalars.contains { $0.value < 0x20 || $0.value == 0xfffe || $0.value == 0x2028 })
    }

    // MARK: - Refused

    struct Bad: CustomTestStringConvertible, Sendable {
        var name: String
        var lines: [String]
        var line: Int?
        var words: String

        var testDescription: String { name }
    }

    static let bad: [Bad] = [
        Bad(name: "nothing", lines: [], line: nil, words: "no transition"),
        Bad(name: "a head only", lines: [TraceSample.head], line: nil, words: "no transition"),
        Bad(name: "no JSON", lines: [TraceSample.head, "hello"], line: 2, words: "no JSON object"),
        Bad(name: "half a line", lines: [#"{"type":"tran"#], line: 1, words: "no JSON object"),
        Bad(name: "an array", lines: ["[1]"], line: 1, words: "no JSON object"),
        Bad(
            name: "deep nesting", lines: [String(repeating: "[", count: 100_000)], line: 1, words: "no JSON object"),
        Bad(name: "no type", lines: ["{}"], line: 1, words: "“type” is missing"),
        Bad(
            name: "a type that is a number", lines: [#"{"type":1}"#], line: 1,
            words: "“type” has a value of the wrong kind"),
        Bad(
            name: "no time", lines: [#"{"type":"mark","text":"x"}"#], line: 1, words: "“at” is missing"),
        Bad(
            name: "a time that is text", lines: [#"{"type":"mark","text":"x","at":"noon"}"#], line: 1,
            words: "“at” has a value of the wrong kind"),
        Bad(
            name: "a time before 1970", lines: [TraceSample.line("T01", at: -1, 1)], line: 1,
            words: "milliseconds since 1970"),
        Bad(
            name: "a time that would overflow", lines: [TraceSample.line("T01", at: .max, 1)], line: 1,
            words: "milliseconds since 1970"),
        Bad(
            name: "a negative attempt", lines: [TraceSample.line("T01", at: 0, -1)], line: 1, words: "“generation”"),
        Bad(
            name: "an unknown id",
            lines: [TraceSample.line("T01", at: 0, 1).replacingOccurrences(of: "T01", with: "T99")], line: 1,
            words: "“T99” is no row of this table"),
        Bad(
            name: "an id that does not agree",
            lines: [TraceSample.line("T01", at: 0, 1).replacingOccurrences(of: "connecting", with: "open")], line: 1,
            words: "T01 is idle → connecting on start in this table"),
        Bad(
            name: "a row that is ignored", lines: [TraceSample.line("N01", at: 0, 1)], line: 1,
            words: "N01 is idle, ignored on reconnect"),
        Bad(
            name: "a path that jumps", lines: [TraceSample.line("T01", at: 0, 1), TraceSample.line("T09", at: 1, 1)],
            line: 2, words: "T09 begins in open, but the path had come to connecting"),
        Bad(
            name: "an attempt that jumps",
            lines: [TraceSample.line("T01", at: 0, 1), TraceSample.line("T03", at: 1, 2)],
            line: 2, words: "attempt 2, but the path had come to attempt 1"),
        Bad(name: "two traces", lines: TraceSample.deaf + [TraceSample.head], line: 19, words: "a second trace"),
        Bad(
            name: "a later version of the format", lines: [#"{"type":"trace","version":2}"#], line: 1,
            words: "only 1 is known"),
        Bad(
            name: "an unknown verdict", lines: [TraceSample.verdict("maybe", by: "x", at: 0, 1)], line: 1,
            words: "“maybe” is no verdict"),
        Bad(
            name: "an unknown phase", lines: [TraceSample.catchUp("paused", at: 0, 1)], line: 1,
            words: "“paused” is no phase"),
        Bad(
            name: "a line of two megabytes", lines: [#"{"type":"\#(String(repeating: "x", count: 2 << 20))"}"#],
            line: 1,
            words: "longer than 1 MB"),
        Bad(
            name: "a hundred connections",
            lines: (0..<100).map { TraceSample.line("T01", at: 0, 1, more: #","connection":"\#($0)""#) }, line: 65,
            words: "more than 64 connections"),
    ]

    @Test("or refused, with the line and what is wrong", arguments: bad)
    func refused(bad: Bad) throws {
        let error = #expect(throws: InvalidTrace.self) { try TraceSample.read(bad.lines) }
        #expect(error?.line == bad.line)
        #expect(error?.message.contains(bad.words) == true, "\(error?.message ?? "")")
    }

    @Test("or refused with the digest of the table that it is of")
    func versions() throws {
        let head = #"{"type":"trace","version":1,"table":"0123456789abcdef"}"#
        let line = TraceSample.line("T01", at: 0, 1).replacingOccurrences(of: "T01", with: "T77")
        let error = #expect(throws: InvalidTrace.self) { try TraceSample.read([head, line]) }
        #expect(error?.message.contains("0123456789abcdef") == true)
        #expect(error?.message.contains(TransitionTable.standard.digest) == true)
    }

    @Test("without a trap, whatever the bytes are", arguments: 0..<40)
    func noise(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var bytes = Data(TraceSample.deaf.joined(separator: "\n").utf8)
        for _ in 0..<20 {
            bytes[Int.random(in: bytes.indices, using: &generator)] = UInt8.random(in: 0...255, using: &generator)
        }
        guard let trace = try? RecordedTrace(bytes) else { return }
        // What is read can be drawn.
        for file in StateChart.standard.files(of: trace) { #expect(!file.contents.isEmpty) }
    }
}
