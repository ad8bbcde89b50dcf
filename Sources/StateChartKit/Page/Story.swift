import Foundation

extension StateChart {
    /// The pictures of the story, by file name; none where this table does not allow the path that was recorded.
    public var storyPictures: [(name: String, contents: String)] {
        guard let trace = storyTrace else { return [] }
        return ChartTheme.allCases.map { theme in
            (
                "deaf-connection\(theme == .light ? "" : "-dark").svg",
                trace.sequenceChart(title: "A connection goes deaf", table: table, theme: theme)
            )
        }
    }

    /// A section of the page, in Markdown: what happens when a connection goes deaf, beside the picture of a recorded one.
    /// Empty where this table does not allow the path that was recorded.
    public var story: String {
        guard let trace = storyTrace, let recovery = TraceSummary(trace, table: table).recoveries.first,
            let afterMark = recovery.afterMark, let open = recovery.recovery, let caughtUp = recovery.caughtUp
        else { return "" }
        return """
            ## A connection goes deaf

            <picture>
              <source media="(prefers-color-scheme: dark)" srcset="deaf-connection-dark.svg">
              <img alt="Sequence chart of a connection that goes deaf and is replaced" src="deaf-connection.svg">
            </picture>

            This was recorded, by `holdfast demo --cause cycle --trace FILE`; `charts trace FILE` draws any other recording. \
            Times count from the last good proof.

            1. **All is well.** The interval is over (T09), the connection asks, and the server answers as it should (T15).
            2. **The account is disabled and enabled again.** Nothing on the wire says so: TCP lives, WebSocket pings are \
            answered, the bot looks online. But the server has forgotten whose socket this is, and sends it no more events. A \
            client that trusts its socket waits here for ever.
            3. **The next probe finds out.** It comes \(TimeText.fixed(afterMark, 1)) s later, for the demo asks every 2 s; 30 s \
            are usual. The answer is FAIL: that is proof, not suspicion, and the connection is stale (T16).
            4. **What is on its way still arrives.** For a quarter of a second the old socket is read on; then it is closed \
            (T24, T29).
            5. **A new attempt follows at once** (T34), because a deaf verdict is no failure of the server that asks for \
            patience. It is open only when the server has greeted *and* answered (T03): \
            \(TimeText.fixed(open, 2)) s after the verdict.
            6. **What was missed is fetched.** \(caughtUp) posts, edits and deletions of those \
            \(TimeText.fixed(afterMark + open, 1)) s are delivered in their order, before anything newer of their channels.
            """
    }

    private var storyTrace: RecordedTrace? {
        try? RecordedTrace(Data(RecordedTrace.deafConnection.utf8), table: table)
    }
}
