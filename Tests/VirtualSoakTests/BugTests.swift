import Foundation
import Testing

@testable import ConnectionLifecycle
@testable import VirtualSoak

/// Whether the soak bites. The bugs are only in builds with `-D CLASSIC_BUGS`, and while one is put back it is there for the
/// whole process: these tests run alone, `HOLDFAST_CLASSIC_BUGS=1 swift test … --filter BugTests`. See CONTRIBUTING.md.
@Suite(
    "Classic bugs, put back one at a time", .serialized,
    .enabled(
        if: ProcessInfo.processInfo.environment["HOLDFAST_CLASSIC_BUGS"] == "1",
        "they run alone, in a build with them: HOLDFAST_CLASSIC_BUGS=1 swift test -Xswiftc -DCLASSIC_BUGS --filter BugTests"
    ))
struct BugTests {
    #if CLASSIC_BUGS
        @Test("is found", arguments: ClassicBug.allCases)
        func isFound(bug: ClassicBug) {
            var hunt = BugHunt(bug)
            for seed: UInt64 in 1...60 where hunt.found == 0 {
                hunt.run(Scenario(seed: seed, hours: 0.5, gateways: 6))
            }
            #expect(hunt.found == 1, "\(bug.rawValue) was found in none of \(hunt.scenarios) scenarios")
        }

        @Test("and what is found becomes small, and stays the same")
        func shrinks() throws {
            ClassicBug.active = .racingCatchUp
            defer { ClassicBug.active = nil }
            let scenarios = (1...60).lazy.map { Scenario(seed: $0, hours: 0.3, gateways: 4) }
            let found = try #require(
                scenarios.compactMap { scenario in
                    VirtualRun.run(scenario).violations.first.map { (scenario, $0) }
                }.first)
            var shrinker = Shrinker(found.0, found.1)
            let small = shrinker.run()
            #expect(small.faults.count * 4 <= found.0.faults.count + 12, "\(small.faults)")
            #expect(small.seconds <= found.0.seconds && small.gateways <= found.0.gateways)
            #expect(VirtualRun.run(small).violations.first?.kind == found.1.kind)
            ClassicBug.active = nil
            #expect(VirtualRun.run(small).isGood, "it is the bug that fails")
        }
    #else
        @Test("are in this build")
        func areHere() { Issue.record("this build is without them: build it with -Xswiftc -DCLASSIC_BUGS") }
    #endif
}
