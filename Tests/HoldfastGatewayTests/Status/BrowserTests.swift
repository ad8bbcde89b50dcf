import Foundation
import HoldfastGateway
import Testing
import UVEventLoop
import WorldInterface

/// The page in a real browser, where there is one. Alone, not beside the other tests: a browser gives a page only so much time.
///
///     HOLDFAST_BROWSER_TESTS=1 swift test --filter BrowserTests
@Suite(
    .timeLimit(.minutes(10)),
    .enabled(
        if: ProcessInfo.processInfo.environment["HOLDFAST_BROWSER_TESTS"] != nil, "run alone: HOLDFAST_BROWSER_TESTS=1")
) struct BrowserTests {
    private static let browser = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { folder in ["chromium", "google-chrome"].map { "\(folder)/\($0)" } }
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    @Test(.enabled(if: browser != nil, "neither chromium nor google-chrome is installed"))
    func itShowsAccountsAndHistoryAndComplainsOfNothing() async throws {
        let loop = try EventLoop.start(name: "status")
        try await GatewayRig.run { rig in
            var account = try await rig.account("plain")
            account.name = "a<b>&amp;"
            try await rig.gateway.add(account)
            try await rig.gateway.add(try await rig.account("other"))
            try await rig.areReady([account.name, "other"])
            // On a loop that is none of the gateway's.
            let status = StatusServer(of: rig.gateway, on: loop, StatusOptions(version: "1.2.3"))
            let port = try await status.start()
            // The browser looks at its page when the page's time is up; where it was too slow it looks once more.
            var (page, complaints) = ("", "")
            for _ in 0..<10 where !page.contains(#"<td role="cell">T03</td>"#) || !page.contains(#"role="option""#) {
                (page, complaints) = try Self.load("http://127.0.0.1:\(port)/#a%3Cb%3E%26amp%3B")
            }
            #expect(page.contains(#"<p id="summary">2 accounts: 2 open.</p>"#))
            #expect(
                page.contains(
                    #"<p id="spoken" class="unseen" role="status" aria-live="polite">2 accounts: 2 open.</p>"#))
            #expect(page.contains(#"<h2 id="detail-heading">a&lt;b&gt;&amp;amp;</h2>"#), "text stays text")
            #expect(page.contains(#"<td role="cell">T03</td><td role="cell">connecting → open</td>"#))
            #expect(page.split(separator: #"role="option""#).count == 3)
            #expect(
                page.contains(
                    #"<g class="state lit" data-state="open" role="button" tabindex="0" aria-pressed="false""#))
            #expect(page.contains(#"data-accounts="open">2</tspan>"#))
            #expect(page.contains(#"data-count="T03"> 2</tspan>"#))
            let console = complaints.split(separator: "\n").filter { $0.contains(":CONSOLE") }
            #expect(console.isEmpty, "neither errors nor what the policy forbids: \(console)")
            await status.stop()
        }
        #expect(throws: Never.self) { try loop.stop() }
    }

    /// The page after its script ran for a while, and what the browser told.
    private static func load(_ url: String) throws -> (page: String, told: String) {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("browser-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let told = folder.appendingPathComponent("told")
        try Data().write(to: told)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(browser))
        process.arguments = [
            "--headless=new", "--no-sandbox", "--disable-gpu", "--enable-logging=stderr",
            "--user-data-dir=\(folder.path)/profile", "--virtual-time-budget=5000", "--dump-dom", url,
        ]
        let output = Pipe()
        process.standardOutput = output
        process.standardError = try FileHandle(forWritingTo: told)
        try process.run()
        let page = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (String(decoding: page, as: UTF8.self), String(decoding: try Data(contentsOf: told), as: UTF8.self))
    }
}
