import Foundation
import Testing

@Suite(.timeLimit(.minutes(10))) struct DemoTests {
    @Test func theSummaryIsLastAndSaysThatEveryCauseIsRecovered() async throws {
        let demo = try CommandProcess(["demo", "--json", "--probe-interval", "500ms", "--seed", "1"])
        #expect(await demo.status() == 0)
        let summary = try #require(demo.output.objects.last)
        #expect(summary["type"] as? String == "summary")
        #expect(summary["recovered"] as? Bool == true)
        #expect(summary["complete"] as? Bool == true)
        let causes = try #require(summary["causes"] as? [[String: Any]])
        #expect(causes.map { $0["cause"] as? String } == ["cycle", "token", "restart", "freeze", "drop"])
        let checks = causes.map { $0["detected_by"] as? String ?? "" }
        // Where a probe is under way when the account is cycled, its reply is good already and the canary tells.
        #expect(["reply", "canary"].contains(checks[0]))
        #expect(checks.dropFirst() == ["reply", "lost", "timeout", "lost"])
        for cause in causes {
            #expect(
                Set(cause.keys) == [
                    "cause", "detected_by", "detection_s", "recovery_s", "recovered", "sent", "sent_while_deaf",
                    "edits",
                    "deletions", "delivered", "resumed", "caught_up", "missed", "duplicates",
                ])
            #expect(cause["detection_s"] is Double)
            #expect(cause["recovery_s"] is Double)
            let sent = try #require(cause["sent"] as? Int)
            let delivered = try #require(cause["delivered"] as? Int)
            #expect(try #require(cause["sent_while_deaf"] as? Int) >= 50)
            #expect(cause["edits"] as? Int == 5)
            #expect(cause["deletions"] as? Int == 5)
            #expect(delivered == sent)
            #expect(sent >= 50 + 5 + 5 + 10)
            #expect(cause["missed"] as? Int == 0)
            #expect(cause["duplicates"] as? Int == 0)
        }
        let types = Set(demo.output.objects.compactMap { $0["type"] as? String })
        #expect(types == ["demo", "cause", "transition", "verdict", "catch_up", "result", "summary"])
        let last = demo.output.objects.last { $0["type"] as? String == "transition" }
        #expect(last?["to"] as? String == "stopped")
    }

    @Test func oneCauseForPeopleEndsInATable() async throws {
        let demo = try CommandProcess(["demo", "--cause", "drop", "--probe-interval", "500ms"])
        #expect(await demo.status() == 0)
        let lines = demo.output.all
        let header = try #require(lines.firstIndex { $0.hasPrefix("cause  ") })
        #expect(lines[header + 2].split(separator: " ").prefix(2) == ["drop", "lost"])
        #expect(lines.contains { $0.contains("open → backoff") && $0.contains("T12") })
        #expect(!lines.joined().contains("\u{1B}"), "no colours where there is no terminal")
        #expect(!lines.contains { $0.contains("freeze") })
    }

    @Test func aSignalBreaksItOff() async throws {
        // All five causes: long enough, however slow this machine or a sanitizer is.
        let demo = try CommandProcess(["demo", "--json", "--probe-interval", "10s"])
        try await demo.output.wait(for: ["type": "transition", "to": "open"])
        demo.send(SIGINT)
        #expect(await demo.status() == 130)
        #expect(demo.output.objects.last?["type"] as? String != "summary")
    }
}
