import ScaleKit
import Testing

/// Each check can fail.
struct ScaleJudgeTests {
    private static func good() -> ScaleRecord {
        var record = ScaleRecord()
        record.connections = 100
        record.servers = 2
        record.attemptsPerSecond = 10
        record.attemptBurst = 10
        record.announcedTo = 100
        record.drop.lost = 100
        record.drop.attemptPeak = 40
        record.deaf.judgedDeaf = 5
        record.deliveries.heard = 10
        record.deliveries.expected = 10
        return record
    }

    private func failed(_ change: (inout ScaleRecord) -> Void) -> [String] {
        var record = Self.good()
        change(&record)
        return record.judged(cycled: 5).filter { !$0.ok }.map(\.name)
    }

    @Test func aGoodRunPasses() { #expect(failed { _ in } == []) }

    @Test func eachFigureFailsItsCheck() {
        #expect(failed { $0.steady.judgedDeaf = 1 } == ["false_verdicts"])
        #expect(failed { $0.drop.judgedDeaf = 1 } == ["false_verdicts"])
        #expect(failed { $0.deaf.judgedDeaf = 6 } == ["detected"])
        #expect(failed { $0.drop.lost = 99 } == ["dropped"])
        #expect(failed { $0.steady.lost = 1 } == ["no_other_loss"])
        #expect(failed { $0.deaf.replacedOtherwise = 1 } == ["no_other_loss"])
        #expect(failed { $0.deliveries.heard = 9 } == ["delivered"])
        #expect(
            failed {
                $0.deliveries.heard = 0; $0.deliveries.expected = 0
            } == ["delivered"])
        #expect(failed { $0.deliveries.repeated = 1 } == ["once_in_order"])
        #expect(failed { $0.deliveries.missing = 1 } == ["once_in_order"])
        #expect(failed { $0.announcedTo = 99 } == ["announced"])
        #expect(failed { $0.announced.lost = 1 } == ["no_other_loss"])
        #expect(failed { $0.deliveries.storeFailures = 1 } == ["store"])
        #expect(failed { $0.comeUp.attemptPeak = 60 } == ["budget"])
    }

    @Test func theTextNamesWhatFailed() {
        var record = Self.good()
        record.checks = record.judged(cycled: 5)
        #expect(record.passes)
        #expect(record.text.contains("All 9 checks pass."))
        record.checks = record.judged(cycled: 4)
        #expect(!record.passes)
        #expect(record.text.contains("FAILED detected: 5 of 4"))
    }
}
