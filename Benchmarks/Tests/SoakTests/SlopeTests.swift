import SoakKit
import Testing

struct SlopeTests {
    private let bound = Slope.Bound(perHour: 10, total: 100)

    /// A sample every five seconds for an hour, with noise of ±20.
    private func samples(perHour: Double, seconds: Double = 3600) -> [(time: Double, value: Double)] {
        var random = Random(seed: 7)
        return stride(from: 0, to: seconds, by: 5).map { time in
            (time, 1000 + perHour * time / 3600 + random.real(in: -20...20))
        }
    }

    @Test func noiseIsNoLeak() {
        let slope = Slope(samples(perHour: 0), warmUp: 600, bound: bound)
        #expect(slope.isGood)
        #expect((slope.low ?? 1) < 0 && (slope.high ?? -1) > 0)
    }

    @Test func aLeakingSeriesFails() throws {
        // 60 an hour is well above 10, and does not reach 100 in the time.
        let slope = Slope(samples(perHour: 60), warmUp: 600, bound: bound)
        #expect(slope.isSteep)
        #expect(!slope.isLarge)
        #expect(!slope.isGood)
        let (low, high) = (try #require(slope.low), try #require(slope.high))
        #expect((low...high).contains(60))
    }

    @Test func growthBelowTheBoundPasses() {
        #expect(Slope(samples(perHour: 5), warmUp: 600, bound: bound).isGood)
    }

    @Test func aJumpFailsByItsSize() {
        var all = samples(perHour: 0, seconds: 600)
        for index in all.indices.suffix(30) { all[index].value += 500 }
        let slope = Slope(all, warmUp: 60, bound: bound)
        #expect(slope.isLarge)
        #expect(!slope.isGood)
    }

    @Test func tooShortASeriesSaysNothingAboutAnHour() {
        let slope = Slope(samples(perHour: 60, seconds: 600), warmUp: 60, bound: bound)
        #expect(!slope.isSteep)
        #expect(slope.isGood)
    }

    @Test func theWarmUpIsLeftOut() {
        let all = (0..<720).map { number in
            (time: Double(number) * 5, value: number < 120 ? Double(number) * 100 : 12_000)
        }
        #expect(Slope(all, warmUp: 600, bound: bound).isGood)
        #expect(!Slope(all, warmUp: 0, bound: bound).isGood)
    }

    @Test func aFewSamplesGiveNoSlope() {
        let slope = Slope([(0, 1), (5, 1)], warmUp: 0, bound: bound)
        #expect(slope.perHour == nil)
        #expect(slope.isGood)
    }
}
