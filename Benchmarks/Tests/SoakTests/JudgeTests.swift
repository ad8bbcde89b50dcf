import SoakKit
import Testing

/// Each check can fail.
struct JudgeTests {
    private func good() -> SummaryRecord {
        var summary = SummaryRecord()
        summary.delivered = 1
        let line = SummaryRecord.SlopeLine(
            Slope((0..<400).map { (Double($0) * 5, 100) }, warmUp: 0, bound: Slope.Bound(perHour: 10, total: 10)))
        summary.slopes = ["resident_bytes": line]
        summary.parts = [SummaryRecord.Part(fromS: 0, toS: 2000, slopes: summary.slopes)]
        return summary
    }

    private func failed(_ change: (inout SummaryRecord) -> Void) -> [String] {
        var summary = good()
        change(&summary)
        return Judge.checks(summary).filter { !$0.ok }.map(\.name)
    }

    @Test func aGoodSoakPasses() { #expect(failed { _ in } == []) }

    @Test func eachCountFailsItsCheck() {
        #expect(failed { $0.lost = 1 } == ["lost"])
        #expect(failed { $0.doubled = 1 } == ["doubled"])
        #expect(failed { $0.outOfOrder = 1 } == ["out_of_order"])
        #expect(failed { $0.unknown = 1 } == ["unknown"])
        #expect(failed { $0.outstanding = 1 } == ["outstanding"])
        #expect(failed { $0.failures = 1 } == ["failures"])
        #expect(failed { $0.falseReconnects = 1 } == ["false_reconnects"])
        #expect(failed { $0.unnoticed = 1 } == ["unnoticed"])
        #expect(failed { $0.delivered = 0 } == ["deliveries"])
        #expect(failed { $0.lagMs.p99 = Judge.lagBound + 1 } == ["loop_lag"])
    }

    @Test func aLeakingSeriesFailsInWhateverPartItWas() {
        let leaking = SummaryRecord.SlopeLine(
            Slope(
                (0..<400).map { (Double($0) * 5, 100 + Double($0)) }, warmUp: 0,
                bound: Slope.Bound(perHour: 10, total: 1000)))
        let names = failed { summary in
            summary.parts.insert(SummaryRecord.Part(fromS: 0, toS: 1, slopes: ["resident_bytes": leaking]), at: 0)
        }
        #expect(names == ["slope_resident_bytes_1"])
    }

    @Test func percentilesAreWithinTwoPercent() {
        var histogram = Histogram()
        for number in 1...1000 { histogram.add(Double(number) / 100) }
        let median = histogram.percentile(50) ?? 0
        #expect(abs(median - 5) < 0.11)
        #expect(abs((histogram.percentile(99) ?? 0) - 9.9) < 0.21)
        #expect(histogram.maximum == 10)
        #expect(Histogram().percentile(50) == nil)
    }
}
