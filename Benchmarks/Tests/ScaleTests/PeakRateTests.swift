import ScaleKit
import Testing

struct PeakRateTests {
    private static let second: UInt64 = 1_000_000_000

    @Test func countsWithinASecondAndNoLonger() {
        var rate = PeakRate()
        for step in 0..<10 { rate.add(at: UInt64(step) * Self.second / 10) }
        #expect(rate.peak == 10)
        // A second after the first: that one is out.
        rate.add(at: Self.second)
        #expect(rate.peak == 10)
        #expect(rate.total == 11)
    }

    @Test func aBurstIsSeenThatIsCutByTheClocksSeconds() {
        var rate = PeakRate()
        rate.add(at: Self.second * 9 / 10, count: 5)
        rate.add(at: Self.second * 11 / 10, count: 6)
        #expect(rate.peak == 11)
    }

    @Test func aSteadyRateStaysWhatItIs() {
        var rate = PeakRate()
        for step in 0..<100_000 { rate.add(at: UInt64(step) * Self.second / 100) }
        #expect(rate.peak == 100)
        #expect(rate.total == 100_000)
    }
}
