import HoldfastGateway
import Testing
import WorldInterface

@Suite struct AttemptBudgetTests {
    private let start = Instant(nanoseconds: 1_000_000_000_000)

    private func turns(_ budget: AttemptBudget, _ count: Int, at now: Instant) -> [Double] {
        (0..<count).map { _ in Double(budget.turn(at: now).nanoseconds(since: now)) / 1e9 }
    }

    @Test func aQuietTimeAllowsABurstAndNoMore() {
        let budget = AttemptBudget(.init(perSecond: 10, burst: 5), seed: 1)
        let turns = turns(budget, 8, at: start)
        #expect(turns.prefix(5).allSatisfy { $0 == 0 })
        #expect(turns.dropFirst(5).allSatisfy { $0 > 0 })
        // Nobody saves for longer than the burst.
        let later = start + .seconds(3600)
        #expect(self.turns(budget, 6, at: later).count { $0 == 0 } == 5)
    }

    @Test(arguments: [1, 7, 100]) func tenThousandAtOnceComeInOrderAndNoFasterThanAllowed(burst: Int) throws {
        let budget = AttemptBudget(.init(perSecond: 200, burst: burst), seed: 7)
        let turns = turns(budget, 10_000, at: start)
        #expect(turns == turns.sorted())
        // In any second no more than the rate and the burst; jitter may move one across a border.
        for (index, turn) in turns.enumerated() {
            let end = turns[index...].firstIndex { $0 > turn + 1 } ?? turns.endIndex
            #expect(end - index <= 200 + burst + 1)
        }
        // And no slower: the last one waits as long as all before it need.
        let expected = Double(10_000 - burst) / 200
        #expect(abs(try #require(turns.last) - expected) < 0.02)
        #expect(abs(budget.waiting(at: start) - (10_000 - burst)) <= 1)
        #expect(budget.waiting(at: start + .seconds(60)) == 0)
    }

    @Test func whoAsksLaterDoesNotOvertake() {
        let budget = AttemptBudget(.init(perSecond: 1, burst: 1), seed: 3)
        let first = (0..<5).map { _ in budget.turn(at: start) }
        let second = budget.turn(at: start + .milliseconds(10))
        #expect(first.allSatisfy { $0 < second })
    }

    @Test func theJitterIsTheSeeds() {
        func some(_ seed: UInt64) -> [Double] {
            turns(AttemptBudget(.init(perSecond: 1, burst: 1), seed: seed), 9, at: start)
        }
        #expect(some(1) == some(1))
        #expect(some(1) != some(2))
    }

    @Test func anotherRateHoldsFromThenOn() {
        let budget = AttemptBudget(.init(perSecond: 1, burst: 1), seed: 1)
        _ = turns(budget, 3, at: start)
        budget.rate = .init(perSecond: 1000, burst: 1)
        let turns = turns(budget, 1000, at: start)
        // Behind the three that were given, and then fast.
        #expect((3...3.001).contains(turns[0]))
        #expect(turns[999] < 4.1)
    }

    @Test(arguments: [(Double.nan, 0), (-1, -5), (.infinity, .max), (0, 1)])
    func nonsenseIsBroughtIntoRange(perSecond: Double, burst: Int) {
        let rate = AttemptBudget.Rate(perSecond: perSecond, burst: burst)
        #expect((0.01...100_000).contains(rate.perSecond) && (1...100_000).contains(rate.burst))
        let budget = AttemptBudget(rate, seed: 1)
        for instant in [Instant(nanoseconds: 0), start, Instant(nanoseconds: .max)] {
            for _ in 0..<3 { #expect(budget.turn(at: instant) >= Instant(nanoseconds: 0)) }
        }
    }
}
