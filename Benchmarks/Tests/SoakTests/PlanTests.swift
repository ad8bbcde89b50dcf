import Foundation
import SoakKit
import Testing

struct PlanTests {
    private func complaint(_ text: String) -> String? {
        do throws(Plan.Invalid) {
            _ = try Plan(json: Data(text.utf8))
            return nil
        } catch {
            return error.description
        }
    }

    @Test func aFileSaysCausesAndRates() throws {
        let plan = try Plan(
            json: Data(#"[{"cause":"freeze","per_hour":12,"seconds":[1,3]},{"cause":"restart","per_hour":2.5}]"#.utf8))
        #expect(plan.entries.map(\.cause) == [.freeze, .restart])
        #expect(plan.entries.map(\.perHour) == [12, 2.5])
        #expect(plan.entries.map(\.seconds) == [1...3, Cause.restart.defaultSeconds])
    }

    @Test(arguments: [
        ("{", "is not JSON"), ("{}", "is not a JSON list"), ("[]", "names no fault"),
        ("[1]", "fault 1 is not a JSON object"),
        (#"[{"per_hour":1}]"#, "fault 1 needs a \"cause\", one of account-cycle"),
        (#"[{"cause":"earthquake","per_hour":1}]"#, "fault 1 needs a \"cause\""),
        (#"[{"cause":"freeze"}]"#, "needs \"per_hour\""), (#"[{"cause":"freeze","per_hour":-1}]"#, "from 0 to 36000"),
        (#"[{"cause":"freeze","per_hour":1,"seconds":[3,1]}]"#, "FROM <= TO"),
        (#"[{"cause":"freeze","per_hour":1,"rate":2}]"#, "unknown member \"rate\""),
        (#"[{"cause":"freeze","per_hour":1},{"cause":"freeze","per_hour":1}]"#, "fault 2 names freeze again"),
    ])
    func nonsenseIsRefusedWithWords(_ text: String, _ words: String) {
        #expect(complaint(text)?.contains(words) == true, "\(complaint(text) ?? "accepted")")
    }

    @Test func theDefaultReachesTwoThousandFaultsInAnHourWhateverTheSeed() {
        for seed in 0..<20 {
            let schedule = Schedule(plan: .standard, seed: UInt64(seed), seconds: 3600, connections: 200)
            #expect(schedule.faults.count >= 2000)
            #expect(Set(schedule.faults.map(\.cause)) == Set(Cause.allCases))
        }
    }

    @Test func theScheduleIsFixedByItsSeed() {
        let make = { (seed: UInt64) in Schedule(plan: .standard, seed: seed, seconds: 600, connections: 50).faults }
        #expect(make(1) == make(1))
        #expect(make(1) != make(2))
    }

    @Test func oneCauseDoesNotMoveAnother() {
        let without = Plan(entries: Plan.standard.entries.filter { $0.cause != .freeze })
        let strip = { (plan: Plan) in
            Schedule(plan: plan, seed: 3, seconds: 600, connections: 50).faults.filter { $0.cause != .freeze }.map(\.at)
        }
        #expect(strip(.standard) == strip(without))
    }

    @Test func faultsAreInOrderAndNameConnectionsThatThereAre() {
        let faults = Schedule(plan: .standard, seed: 5, seconds: 3600, connections: 7).faults
        #expect(faults.map(\.id) == Array(1...faults.count))
        #expect(zip(faults, faults.dropFirst()).allSatisfy { $0.at <= $1.at })
        #expect(faults.allSatisfy { $0.connections.allSatisfy((0..<7).contains) && $0.at < 3600 - Schedule.margin })
        for cause in Cause.allCases where cause.scope == .server {
            let own = faults.filter { $0.cause == cause }
            #expect(zip(own, own.dropFirst()).allSatisfy { $0.at + $0.seconds < $1.at })
        }
    }
}
