import Foundation
import Testing

@testable import VirtualSoak

@Suite("Scenarios")
struct ScenarioTests {
    @Test("seeds choose among all kinds, leave time to recover, and every fourth replaces nobody")
    func selection() {
        var kinds: Set<FaultKind> = []
        for seed: UInt64 in 1...60 {
            let scenario = Scenario(seed: seed, hours: 1, gateways: 5)
            kinds.formUnion(scenario.faults.map(\.kind))
            #expect(scenario.faults.allSatisfy { (0..<3600).contains($0.at) })
            #expect(scenario.seconds == 3600 + Scenario.recoverySeconds)
            for fault in scenario.faults {
                #expect(fault.kind.seconds.contains(fault.seconds))
                #expect(fault.kind.hitsServer == fault.gateways.isEmpty)
                #expect(fault.gateways.allSatisfy { (0..<5).contains($0) })
            }
            if seed % 4 == 3 { #expect(scenario.faults.allSatisfy { !$0.kind.mayReplace }) }
        }
        #expect(kinds == Set(FaultKind.allCases))
    }

    @Test("written and read again it is the same")
    func encoding() throws {
        let scenario = Scenario(seed: 12, hours: 2, gateways: 3)
        let data = try JSONEncoder().encode(scenario)
        #expect(try JSONDecoder().decode(Scenario.self, from: data) == scenario)
    }

    @Test("times read as clocks do")
    func clock() {
        #expect(TimelineEntry.clock(3723.4567) == "1:02:03.457")
        #expect(TimelineEntry.clock(0) == "0:00:00.000")
    }
}
