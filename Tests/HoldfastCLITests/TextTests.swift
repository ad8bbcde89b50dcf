import ConnectionLifecycle
import Holdfast
import Testing

@testable import HoldfastCLI

@Suite struct TextTests {
    @Test(
        arguments: [
            ("30", 30_000), ("30s", 30_000), ("500ms", 500), ("2m", 120_000), ("1.5h", 5_400_000), ("0", 0), ("", nil),
            ("s", nil), ("-1s", nil), ("1d", nil), ("0x10", nil), ("inf", nil), ("nan", nil), ("1e3", nil),
            ("1 s", nil),
            ("99999999999999999999", nil), ("1.2.3", nil),
        ] as [(String, Int64?)])
    func timesAreReadAsPeopleWriteThem(text: String, milliseconds: Int64?) {
        #expect(Duration(spelled: text) == milliseconds.map { .milliseconds($0) })
    }

    @Test(arguments: [(0, "0.00"), (4, "0.00"), (5, "0.01"), (1_999, "2.00"), (61_250, "61.25")])
    func secondsAreRounded(milliseconds: Int64, text: String) {
        #expect(Duration.milliseconds(milliseconds).secondsText == text)
    }

    @Test(arguments: [(0, "0.000"), (4, "0.004"), (1_999, "1.999"), (61_250, "61.250")])
    func secondsForProgramsHaveThreePlaces(milliseconds: Int64, text: String) {
        #expect(JSONWriter.object(["s": .seconds(.milliseconds(milliseconds))]) == Array(#"{"s":\#(text)}"#.utf8))
    }

    @Test func wordsOfAServerCannotSteerATerminal() {
        #expect("a\u{1B}[31mb\nc\u{202E}d\u{7}".onOneLine == "a [31mb c d ")
    }

    @Test func theLedgerCountsWhatWasSentMissedAndDoubled() {
        var ledger = PostLedger()
        for id in ["a", "b", "c"] { ledger.note(.posted(id), isDeaf: id != "a") }
        ledger.note(.edited("a", at: 1))
        ledger.note(.deleted("a"))
        // "b" twice, "c" never, an edit of another time, and one that somebody else counts.
        for id in ["a", "b", "b", "z"] { ledger.arrive(.posted(id), .live) }
        ledger.arrive(.edited("a", at: 2), .resumed)
        ledger.arrive(.deleted("a"), .caughtUp)
        #expect(ledger.sent == 5)
        #expect(ledger.deafPosts == 2)
        #expect(ledger.edits == 1)
        #expect(ledger.deletions == 1)
        #expect(ledger.delivered == 3)
        #expect(ledger.missed == 2)
        #expect(ledger.duplicates == 1)
        #expect(ledger.sources == [.live: 4, .resumed: 1, .caughtUp: 1])
    }

    @Test func theTableHoldsItsColumnsAndSaysWhatFailed() {
        let results = [
            CauseResult(
                cause: .cycle, detectedBy: "reply", detection: .milliseconds(1_234), recovery: .seconds(10), sent: 1000,
                deafPosts: 60, delivered: 990, missed: 10, duplicates: 0, isDelivering: true),
            CauseResult(cause: .freeze),
        ]
        #expect(
            ResultTable(style: Style(isColored: false)).text(results) == """
                cause   detected by   detection  back after  sent  while deaf  missed  duplicates
                ──────  ────────────  ─────────  ──────────  ────  ──────────  ──────  ──────────
                cycle   reply            1.23 s     10.00 s  1000          60      10           0
                freeze  not detected          –       never     0           0       0           0
                """)
        #expect(!results[1].isRecovered)
    }

    @Test func transitionsAndVerdictsStandInTheSameColumns() {
        let text = RecordText(style: Style(isColored: false))
        let transition = text.text(
            TransitionRecord(
                at: 0, time: 0, generation: 1, id: "T16", from: .probing, event: .deaf, to: .stale, reason: "why"))
        let verdict = text.text(
            VerdictRecord(at: 0, generation: 1, verdict: Verdict(.deaf, check: "reply", detail: "why")))
        #expect(transition == "probing → stale           T16  deaf            why")
        #expect(verdict == "✗ deaf                         reply           why")
    }
}
