import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite("A trace is drawn")
struct TraceDrawingTests {
    private static let traces: [[String]] =
        [TraceSample.deaf, [TraceSample.line("T02", at: 0, 0)]]
        + (1...6).map { TraceSample.walk(seed: $0, steps: 40) }
        + [
            TraceSample.walk(seed: 7, steps: 2000),
            TraceSample.walk(seed: 8, steps: 60, connection: "first <b>")
                + TraceSample.walk(seed: 9, steps: 60, connection: "second & last"),
        ]

    @Test("the same way each time, well-formed, with all words inside", arguments: traces.indices)
    func pictures(index: Int) throws {
        let trace = try TraceSample.read(TraceDrawingTests.traces[index])
        let files = StateChart.standard.files(of: trace)
        #expect(Set(files.map(\.name)).count == files.count)
        let again = StateChart.standard.files(of: try TraceSample.read(TraceDrawingTests.traces[index]))
        for (file, other) in zip(files, again) { #expect(file.contents == other.contents, "\(file.name)") }
        for file in files where file.name.hasSuffix(".svg") {
            let drawing = try DrawingReader(file.contents)
            let root = try #require(drawing.elements.first?.attributes)
            #expect(root["role"] == "img")
            #expect(file.contents.contains(TransitionTable.standard.digest))
            #expect(drawing.contents["title"]?.isEmpty == false && drawing.contents["desc"]?.isEmpty == false)
            let (width, height) = (
                try #require(Double(root["width"] ?? "")), try #require(Double(root["height"] ?? ""))
            )
            for text in drawing.texts {
                let area = text.area
                #expect(area.left >= 0 && area.top >= 0 && area.right <= width && area.bottom <= height, "\(area)")
            }
            let known = Set(ChartTheme.allCases.flatMap { Palette.of($0).pairs.map(\.text) })
            for text in drawing.texts { #expect(known.contains(text.fill), "\(text.words)") }
        }
    }

    @Test("with no words over other words in the sequence chart and the timeline", arguments: ChartTheme.allCases)
    func room(theme: ChartTheme) throws {
        let trace = try TraceSample.read(TraceSample.deaf)
        for svg in [trace.sequenceChart(theme: theme), trace.timeline(theme: theme)] {
            let areas = try DrawingReader(svg).texts.map(\.area)
            for (index, area) in areas.enumerated() {
                for other in areas[(index + 1)...] { #expect(!area.overlaps(other), "\(area) and \(other)") }
            }
        }
    }

    @Test("as the chart with what was taken counted, and the rest pale")
    func path() throws {
        let trace = try TraceSample.read(TraceSample.deaf)
        let drawing = try DrawingReader(StateChart.standard.svg(path: trace, theme: .light))
        let words = drawing.texts.map(\.words)
        #expect(words.contains("T09 probeDue ×2"))
        #expect(words.contains("T16 deaf ×1"))
        let palette = Palette.of(.light)
        let taken: Set = ["T01", "T03", "T09", "T14", "T15", "T16", "T24", "T28", "T29", "T34"]
        for row in TransitionTable.standard.rows where row.to != nil {
            let label = try #require(drawing.texts.first { $0.words.hasPrefix(row.id + " ") })
            #expect((label.fill == palette.quiet) == !taken.contains(row.id), "\(row.id)")
            #expect((label.weight == "600") == taken.contains(row.id), "\(row.id): not by colour alone")
        }
        // Open from 1.2 s to 3.2 s, 3.3 s to 6.3 s and 6.9 s to 10.9 s of ten seconds.
        #expect(words.contains("9.000 s, 90.0 %"))
    }

    @Test("as a sequence in order, with times, verdicts joined to what they cause, and states")
    func sequence() throws {
        let trace = try TraceSample.read(TraceSample.deaf)
        let steps = trace.tracks[0].sequence
        #expect(steps.map(\.time) == steps.map(\.time).sorted())
        let transitions = steps.compactMap { step -> String? in
            guard case .transition(let row, let check, _) = step.content else { return nil }
            return row.id + (check.map { " \($0)" } ?? "")
        }
        #expect(
            transitions == [
                "T01", "T03", "T09", "T15 reply", "T09", "T16 reply", "T24", "T29", "T34", "T03", "T14", "T28",
            ])
        let words = try DrawingReader(trace.sequenceChart(theme: .dark)).texts.map(\.words)
        for state in ["idle", "connecting", "open", "probing", "stale", "terminating", "backoff", "stopped"] {
            #expect(words.contains(state))
        }
        #expect(words.contains("T16 deaf by reply") && words.contains("5.400 s"))
    }

    @Test("with proofs in a row told once, and the middle of a long life left out")
    func long() throws {
        var lines = [TraceSample.line("T01", at: 0, 1), TraceSample.line("T03", at: 0, 1)]
        for number in 1...50 {
            lines.append(TraceSample.line("T09", at: Int64(number) * 1000, 1))
            lines.append(TraceSample.verdict("alive", by: "reply", at: Int64(number) * 1000, 1))
            lines.append(TraceSample.line("T15", at: Int64(number) * 1000, 1))
        }
        let steps = try TraceSample.read(lines).tracks[0].sequence
        #expect(steps.last?.content == .proofs(50, ids: ["T09", "T15"]))
        #expect(steps.count == 3)
        let walk = try TraceSample.read(TraceSample.walk(seed: 3, steps: 3000)).tracks[0].sequence
        #expect(walk.count == RecordedTrace.Track.mostSteps + 1)
    }

    @Test("for Perfetto: each slice has what the format asks for, and slices of a thread nest")
    func perfetto() throws {
        struct Slice: Decodable {
            var name, ph: String
            var ts, dur: Int?
            var pid, tid: Int
            var cat, s, id: String?
        }
        struct File: Decodable {
            var traceEvents: [Slice]
        }
        for lines in TraceDrawingTests.traces {
            let trace = try TraceSample.read(lines)
            let slices = try JSONDecoder().decode(File.self, from: Data(trace.perfetto().utf8)).traceEvents
            for slice in slices {
                switch slice.ph {
                case "M": #expect(["process_name", "thread_name"].contains(slice.name))
                case "X": #expect(slice.ts != nil && (slice.dur ?? -1) >= 0)
                case "i": #expect(slice.ts != nil && slice.s == "t")
                case "b", "e": #expect(slice.ts != nil && slice.id != nil && slice.cat != nil)
                default: Issue.record("phase \(slice.ph)")
                }
            }
            #expect(slices.count { $0.ph == "b" } == slices.count { $0.ph == "e" })
            let whole = slices.filter { $0.ph == "X" }
            for (first, second) in whole.enumerated().flatMap({ index, slice in
                whole[(index + 1)...].prefix(40).map { (slice, $0) }
            })
            where first.tid == second.tid {
                let (a, b) = (
                    (first.ts ?? 0, (first.ts ?? 0) + (first.dur ?? 0)),
                    (second.ts ?? 0, (second.ts ?? 0) + (second.dur ?? 0))
                )
                let apart = a.1 <= b.0 || b.1 <= a.0
                let nested = a.0 <= b.0 && b.1 <= a.1 || b.0 <= a.0 && a.1 <= b.1
                #expect(apart || nested, "\(first) and \(second)")
            }
            // Every moment of a life is in exactly one state.
            for (index, track) in trace.tracks.enumerated() {
                let states = whole.filter { $0.tid == index + 1 && $0.cat == "state" }
                for (state, next) in zip(states, states.dropFirst()) {
                    #expect((state.ts ?? 0) + (state.dur ?? 0) == next.ts)
                }
                #expect(
                    slices.count { $0.tid == index + 1 && $0.cat == "transition" }
                        == track.records.count(where: \.isTransition))
            }
        }
    }

    @Test("in figures")
    func summary() throws {
        let summary = TraceSummary(try TraceSample.read(TraceSample.deaf + [#"{"type":"demo"}"#]))
        #expect(summary.seconds == 10)
        #expect(summary.attempts == 2)
        #expect(summary.secondsInState["connecting"] == 0.3)
        #expect(summary.secondsInState["open"] == 9)
        #expect(summary.secondsInState["stale"] == 0.25)
        #expect(abs(summary.secondsInState.values.reduce(0, +) - 10) < 1e-9)
        #expect(summary.transitions["T09"] == 2 && summary.transitions["T16"] == 1 && summary.transitions["T13"] == nil)
        #expect(summary.verdicts == ["reply": ["alive": 1, "deaf": 1]])
        #expect(summary.skipped == ["demo": 1])
        // Cycled at 4.3 s, noticed at 6.4 s, open at 6.9 s, by the clock that was at 1 s when it began.
        #expect(
            summary.recoveries == [
                .init(noticed: 5.4, id: "T16", by: "reply", afterMark: 2.1, recovery: 0.5, caughtUp: 42)
            ])
        #expect(try JSONDecoder().decode(TraceSummary.self, from: Data(summary.json.utf8)) == summary)
        #expect(
            summary.text.contains(
                "at 5.400 s T16 by reply, 2.100 s after the mark: open again 0.500 s later, 42 deliveries"))
    }

    @Test("with losses and spent misses told as what they are")
    func detections() throws {
        let lines = [
            TraceSample.line("T01", at: 0, 1), TraceSample.line("T03", at: 0, 1), TraceSample.line("T12", at: 100, 1),
            TraceSample.line("T34", at: 200, 2), TraceSample.line("T03", at: 300, 2),
            TraceSample.line("T09", at: 400, 2),
            TraceSample.line("T20", at: 500, 2), TraceSample.line("T25", at: 600, 2),
        ]
        let recoveries = TraceSummary(try TraceSample.read(lines)).recoveries
        #expect(recoveries.map(\.by) == ["lost", "timeout"])
        #expect(recoveries.map(\.recovery) == [0.2, nil])
    }
}

@Suite("The story of a deaf connection")
struct StoryTests {
    @Test("is a path through the table of today, from a proof to the end of catching up")
    func path() throws {
        let trace = try RecordedTrace(Data(RecordedTrace.deafConnection.utf8))
        let ids = trace.tracks[0].records.compactMap { record -> String? in
            guard case .transition(let row, _) = record.content else { return nil }
            return row.id
        }
        #expect(ids == ["T09", "T15", "T09", "T16", "T24", "T29", "T34", "T03"])
        let chart = StateChart.standard
        #expect(chart.storyPictures.map(\.name) == ["deaf-connection.svg", "deaf-connection-dark.svg"])
        for id in Set(ids) { #expect(chart.story.contains(id)) }
        for picture in chart.storyPictures {
            #expect(chart.story.contains(picture.name))
            let words = try DrawingReader(picture.contents).texts.map(\.words)
            #expect(words.contains("the bot's account is disabled and enabled again"))
        }
        #expect(chart.story.contains("100 posts, edits and deletions"))
    }

    @Test("is not told of a table that does not allow it")
    func otherTable() {
        var table = TransitionTable.standard
        table.rows.removeAll { $0.id == "T24" }
        #expect(StateChart(table: table).storyPictures.isEmpty)
        #expect(StateChart(table: table).story.isEmpty)
    }
}

@Suite("A soak is drawn")
struct SoakChartTests {
    private func summary(_ edges: String, more: String = "") throws -> SoakSummary {
        try SoakSummary(Data(#"{"schema":1,"edges":{\#(edges)}\#(more)}"#.utf8))
    }

    @Test("with the number on each line, wider the more often, and pale where never")
    func heat() throws {
        let soak = try summary(
            #""T01":200,"T03":1234,"T09":1234567,"T10":0,"T15":45678"#,
            more: #","occupancy_s":{"open":90,"backoff":10}"#)
        let svg = StateChart.standard.svg(soak: soak, theme: .light)
        let drawing = try DrawingReader(svg)
        let words = drawing.texts.map(\.words)
        for label in ["T01 start ×200", "T03 ready ×1.2k", "T09 probeDue ×1.2M", "T15 alive ×46k", "90.0 %", "10.0 %"] {
            #expect(words.contains(label), "\(label)")
        }
        #expect(drawing.texts.first { $0.words.hasPrefix("T10 ") }?.fill == Palette.of(.light).quiet)
        let widths = drawing.elements.compactMap { $0.attributes["stroke-width"].flatMap(Double.init) }
        #expect(widths.contains(8) && widths.contains(1.4))
    }

    @Test(
        "or refused",
        arguments: [
            "", "[]", #"{"schema":1}"#, #"{"schema":2,"edges":{"T01":1}}"#, #"{"schema":1,"edges":{"T99":1}}"#,
            #"{"schema":1,"edges":{"T01":-1}}"#, #"{"schema":1,"edges":{"T01":0}}"#, #"{"schema":1,"edges":{"N01":1}}"#,
            #"{"schema":1,"edges":{"T01":1.5}}"#,
        ])
    func refused(text: String) {
        #expect(throws: InvalidTrace.self) { try SoakSummary(Data(text.utf8)) }
    }
}
