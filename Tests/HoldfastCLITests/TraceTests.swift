import ConnectionLifecycle
import Foundation
import StateChartKit
import Testing

/// `--trace` of the commands, read by what draws it.
@Suite(.timeLimit(.minutes(10))) struct TraceTests {
    private func path() -> String { NSTemporaryDirectory() + "holdfast-\(UUID().uuidString).jsonl" }

    @Test func aDemoWritesWhatTheChartsRead() async throws {
        let file = path()
        defer { try? FileManager.default.removeItem(atPath: file) }
        for _ in 1...2 {
            // The second run replaces the trace of the first.
            let demo = try CommandProcess(["demo", "--cause", "cycle", "--probe-interval", "500ms", "--trace", file])
            #expect(await demo.status() == 0)
        }
        let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
        let trace = try RecordedTrace(bytes)
        #expect(trace.digest == TransitionTable.standard.digest)
        #expect(trace.skipped.isEmpty && trace.cut == nil)
        let summary = TraceSummary(trace)
        #expect(summary.recoveries.count == 1)
        #expect(summary.recoveries.first?.afterMark != nil && summary.recoveries.first?.recovery != nil)
        #expect(!String(decoding: bytes, as: UTF8.self).contains("127.0.0.1"))
        let mode = try FileManager.default.attributesOfItem(atPath: file)[.posixPermissions] as? Int
        #expect(mode == 0o600)
    }

    @Test func aWatchWritesTheNamesOfEventsAndNothingOfTheirContentNorOfTheServer() async throws {
        let file = path()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try await WatchRig.run(["--trace", file]) { rig in
            try await rig.opened()
            await rig.post("a secret remark")
            try await rig.hears("a secret remark")
            // Each line is in the file before it is printed.
            let bytes = try Data(contentsOf: URL(fileURLWithPath: file))
            let text = String(decoding: bytes, as: UTF8.self)
            #expect(text.contains(#""event":"posted""#))
            for word in ["secret remark", rig.fixture.botToken, "127.0.0.1", "localhost"] {
                #expect(!text.contains(word))
            }
            #expect(TraceSummary(try RecordedTrace(bytes)).events > 0)
        }
    }

    @Test func whatIsNoTraceIsNotOverwritten() async throws {
        let file = path()
        defer { try? FileManager.default.removeItem(atPath: file) }
        try Data("my notes".utf8).write(to: URL(fileURLWithPath: file))
        let demo = try CommandProcess(["demo", "--trace", file])
        #expect(await demo.status() == 64)
        #expect(try Data(contentsOf: URL(fileURLWithPath: file)) == Data("my notes".utf8))
        let missing = try CommandProcess(["demo", "--trace", "/nonexistent/folder/x"])
        #expect(await missing.status() == 64)
        #expect(missing.errors.all.contains { $0.contains("cannot write /nonexistent/folder/x") })
    }
}
