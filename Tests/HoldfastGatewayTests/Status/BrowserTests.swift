import Foundation
import HoldfastGateway
import Testing
import UVEventLoop
import WorldInterface

/// The page in a real browser, where there is one. Alone, not beside the other tests, so that it has the machine.
///
///     HOLDFAST_BROWSER_TESTS=1 swift test --filter BrowserTests
///
/// With `HOLDFAST_SCREENSHOTS=FOLDER` it leaves pictures there.
@Suite(
    .serialized, .timeLimit(.minutes(5)),
    .enabled(
        if: ProcessInfo.processInfo.environment["HOLDFAST_BROWSER_TESTS"] != nil, "run alone: HOLDFAST_BROWSER_TESTS=1"),
    .enabled(if: Browser.path != nil, "neither chromium nor google-chrome is installed")
) struct BrowserTests {
    private static let pictures = ProcessInfo.processInfo.environment["HOLDFAST_SCREENSHOTS"]

    /// A gateway with accounts, all open, and a browser that shows one of them on the page.
    private func run(
        _ names: [String], showing path: String, _ body: @escaping @Sendable (GatewayRig, Page) async throws -> Void
    ) async throws {
        // On a loop that is none of the gateway's.
        let loop = try EventLoop.start(name: "status")
        try await GatewayRig.run { rig in
            for (number, name) in names.enumerated() {
                var account = try await rig.account("bot-\(number + 1)")
                account.name = name
                // Whoever is refused waits until a test says otherwise.
                (account.backoff.slowInitial, account.backoff.slowCap) = (.seconds(3600), .seconds(3600))
                try await rig.gateway.add(account)
            }
            try await rig.areReady(names)
            let status = StatusServer(of: rig.gateway, on: loop, StatusOptions(version: "1.2.3"))
            let port = try await status.start()
            do {
                try await Browser.run { browser in
                    try await body(rig, try await browser.page("http://127.0.0.1:\(port)/#\(path)"))
                    #expect(browser.complaints == [], "neither errors nor what the policy forbids")
                }
            } catch {
                Issue.record("\(error)")
            }
            await status.stop()
        }
        #expect(throws: Never.self) { try loop.stop() }
    }

    /// JavaScript: how many accounts the chart shows in a state, and how often it says that a row was taken.
    private static func accounts(_ state: String) -> String {
        #"document.querySelector('[data-accounts="\#(state)"]')?.textContent.trim()"#
    }

    private static func count(_ row: String) -> String {
        #"document.querySelector('[data-count="\#(row)"]')?.textContent.trim()"#
    }

    private static let lit =
        #"[...document.querySelectorAll(".state.lit")].map((group) => group.dataset.state).sort().join(" ")"#

    /// The row of the latest transition in the account's history.
    private static let newest = "document.querySelector('#history td:nth-child(2)')?.textContent"

    @Test func itShowsAccountsAndHistoryAndComplainsOfNothing() async throws {
        try await run(["a<b>&amp;", "other"], showing: "a%3Cb%3E%26amp%3B") { _, page in
            try await page.wait(
                until: """
                    document.querySelectorAll("#history tr").length === 2 &&
                      document.querySelectorAll("#list [role=option]").length === 2
                    """)
            let text = try await page.value("document.documentElement.outerHTML")
            #expect(text.contains(#"<p id="summary">2 accounts: 2 open.</p>"#))
            #expect(
                text.contains(
                    #"<p id="spoken" class="unseen" role="status" aria-live="polite">2 accounts: 2 open.</p>"#))
            #expect(text.contains(#"<h2 id="detail-heading">a&lt;b&gt;&amp;amp;</h2>"#), "text stays text")
            #expect(text.contains(#"<td role="cell">T03</td><td role="cell">connecting → open</td>"#))
            #expect(
                text.contains(
                    #"<g class="state lit" data-state="open" role="button" tabindex="0" aria-pressed="false""#))
            #expect(text.contains(#"data-accounts="open">2</tspan>"#))
            #expect(text.contains(#"data-count="T03"> 2</tspan>"#))
        }
    }

    /// An account is disabled, which makes its connection deaf; and enabled again.
    @Test func theChartMovesWhileAnAccountIsCycled() async throws {
        try await run(["bot-1", "bot-2", "bot-3"], showing: "bot-2") { rig, page in
            try await page.wait(until: #"\#(Self.accounts("open")) === "3" && document.querySelector('#history tr')"#)
            #expect(try await page.value(Self.lit) == "open")
            #expect(try await page.value(Self.count("T16")) == "")
            // What is lit, one after another: the page is told four times a second, so the shortest states may be missing.
            try await page.value(
                """
                window.course = [];
                new MutationObserver(() => {
                  const lit = \(Self.lit);
                  if (course.at(-1) !== lit) course.push(lit);
                }).observe(document.getElementById("chart"), { subtree: true, attributes: true });
                """)
            if let pictures = Self.pictures { try await page.photograph("before", to: pictures) }

            try await rig.setActive(false, "bot-2")
            try await rig.gateway.probe("bot-2")
            // Its token is refused now, so it waits.
            try await page.wait(
                until: #"\#(Self.accounts("backoff")) === "1" && \#(Self.count("T04")) === "1""#)
            #expect(try await page.value(Self.accounts("open")) == "2")
            #expect(try await page.value(Self.lit) == "backoff open")
            #expect(try await page.value(Self.count("T16")) == "1", "the verdict of deafness")
            try await page.wait(until: "\(Self.newest) === 'T04'")
            if let pictures = Self.pictures { try await page.photograph("disabled", to: pictures) }

            try await rig.setActive(true, "bot-2")
            try await rig.gateway.reconnect("bot-2")
            try await page.wait(until: #"\#(Self.accounts("open")) === "3""#)
            #expect(try await page.value(Self.lit) == "open")
            #expect(try await page.value(Self.count("T35")) == "1")
            try await page.wait(until: "\(Self.newest) === 'T03'")
            if let pictures = Self.pictures { try await page.photograph("after", to: pictures) }

            let course = try await page.value("course.join(', ')").components(separatedBy: ", ")
            #expect(course.last == "open" && course.contains("backoff open"), "\(course)")
            let onItsWay = ["probing", "stale", "terminating", "backoff", "connecting"]
            #expect(
                course.allSatisfy { lit in
                    lit == "open" || onItsWay.contains { lit == "\($0) open" || lit == "open \($0)" }
                },
                "\(course)")
        }
    }
}
