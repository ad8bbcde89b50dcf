import ConnectionLifecycle

extension RecordedTrace {
    /// The states over time. Each state has a height of its own, so that the colour is not needed; probes, verdicts, catching
    /// up, events and marks stand below. One block for each connection.
    public func timeline(title: String = "The states over time", table: TransitionTable = .standard, theme: ChartTheme)
        -> String
    {
        var chart = TimelineChart(canvas: Canvas(theme: theme), trace: self, table: table)
        return chart.draw(title)
    }
}

/// Draws one.
private struct TimelineChart {
    var canvas: Canvas
    let trace: RecordedTrace
    let table: TransitionTable

    private static let width = 1200
    private static let (left, right) = (150, 1160)
    private static let lane = 24
    /// Connections that are drawn.
    private static let mostTracks = 24
    private var y = 96
    private var spoken: [String] = []
    private var hasLowBands = false
    private var palette: Palette { canvas.palette }

    init(canvas: Canvas, trace: RecordedTrace, table: TransitionTable) {
        self.canvas = canvas
        self.trace = trace
        self.table = table
    }

    mutating func draw(_ title: String) -> String {
        canvas.text(36, 50, title, palette.text, size: 24, isBold: true)
        let shown = trace.tracks.prefix(Self.mostTracks)
        // The grid lies below everything; how high it is follows from the blocks.
        let height = shown.reduce(0) { $0 + blockHeight($1) }
        let axis = y + height + 4
        grid(from: y - 8, to: axis)
        for (index, track) in shown.enumerated() { block(track, index) }
        var end = axis + 56
        if trace.tracks.count > shown.count {
            canvas.text(
                Self.left, end, "… and \(trace.tracks.count - shown.count) more connections", palette.quiet)
            end += 26
        }
        legend(end + 6)
        return canvas.document(
            Point(Self.width, end + 62), title: "Holdfast: \(title)",
            description: "A timeline of \(TimeText.seconds(Double(trace.duration) / 1000)). "
                + spoken.joined(separator: " "), digest: table.digest)
    }

    private func x(_ time: Int64) -> Int {
        guard trace.duration > 0 else { return Self.left }
        return Self.left + Int(Double(time) / Double(trace.duration) * Double(Self.right - Self.left))
    }

    // MARK: - The axis

    private mutating func grid(from top: Int, to bottom: Int) {
        let step = Self.step(for: trace.duration)
        var time: Int64 = 0
        while time <= trace.duration {
            canvas.line(x(time), top, x(time), bottom, palette.quiet, width: 0.5, dashes: "2 4")
            canvas.text(x(time), bottom + 20, Self.label(time, step), palette.quiet, size: 14, anchor: .middle)
            time += step
        }
        canvas.line(Self.left, bottom, Self.right, bottom, palette.quiet, width: 1.2)
    }

    /// Milliseconds from one tick to the next: five to twelve ticks, on round times.
    private static func step(for duration: Int64) -> Int64 {
        let round: [Int64] = [
            1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000,
            600_000,
            900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 28_800_000, 43_200_000, 86_400_000,
        ]
        return round.first { duration / $0 <= 11 } ?? (duration / 86_400_000 / 10 + 1) * 86_400_000
    }

    private static func label(_ time: Int64, _ step: Int64) -> String {
        let seconds = Double(time) / 1000
        if step < 1000 { return "\(TimeText.fixed(seconds, step < 10 ? 3 : step < 100 ? 2 : 1)) s" }
        if step < 60_000 { return "\(time / 1000) s" }
        if step < 3_600_000 { return "\(time / 60_000) min" }
        return "\(time / 3_600_000) h"
    }

    // MARK: - One connection

    private func states(_ track: RecordedTrace.Track) -> [State] {
        let used = Set(track.spans(until: trace.duration).map(\.state))
        return table.states.map(\.state).filter { used.contains($0) && $0 != .idle && $0 != .stopped }
    }

    private func blockHeight(_ track: RecordedTrace.Track) -> Int {
        30 + states(track).count * Self.lane + 22 * rows(track).count + 26
    }

    /// The rows below the states, as far as something stands in them.
    private func rows(_ track: RecordedTrace.Track) -> [MarkRow] {
        MarkRow.allCases.filter { row in track.records.contains { row.holds($0) } }
    }

    private mutating func block(_ track: RecordedTrace.Track, _ index: Int) {
        let spans = track.spans(until: trace.duration)
        let states = states(track)
        let name = track.name ?? (trace.tracks.count > 1 ? "connection \(index + 1)" : "")
        let top = y + 26
        if !name.isEmpty {
            canvas.text(36, y + 2, name.wrapped(to: 100, lines: 1).first ?? "", palette.text, size: 16, isBold: true)
        }
        for (index, state) in states.enumerated() {
            let base = top + index * Self.lane
            canvas.text(Self.left - 14, base + 16, state.name, palette.text, anchor: .end)
            canvas.line(Self.left, base + Self.lane - 2, Self.right, base + Self.lane - 2, palette.quiet, width: 0.4)
        }
        attempts(spans, top, states.count * Self.lane)
        bands(spans, states, top)
        y = top + states.count * Self.lane + 4
        for row in rows(track) {
            canvas.text(Self.left - 14, y + 15, row.name, palette.quiet, anchor: .end)
            marks(track, row)
            y += 22
        }
        y += 26
    }

    private mutating func bands(_ spans: [RecordedTrace.Span], _ states: [State], _ top: Int) {
        // Where each lane is drawn to: of stays that are too short to see, one stands for all on its pixel, and where they
        // follow each other closely a low band says so. A bar would say that the state lasted.
        var ends: [Int: Int] = [:]
        for span in spans {
            guard let lane = states.firstIndex(of: span.state) else { continue }
            let drawn = ends[lane] ?? .min
            let (start, isShort) = (x(span.start), x(span.end) == x(span.start))
            let end = min(max(x(span.end), start + 3), Self.right + 3)
            guard end > drawn else { continue }
            ends[lane] = end
            let isLow = isShort && drawn >= start - 2
            if isLow { hasLowBands = true }
            let height = isLow ? 6 : Self.lane - 5
            let length = TimeText.seconds(Double(span.length) / 1000)
            canvas.box(
                isLow ? max(drawn, Self.left) : start, top + (lane + 1) * Self.lane - 3 - height,
                end - (isLow ? max(drawn, Self.left) : start), height, fill: canvas.band(span.state),
                title: "\(span.state.name), attempt \(span.generation), \(length)")
        }
        for state in states {
            let time = spans.filter { $0.state == state }.reduce(0) { $0 + $1.length }
            spoken.append("\(state.name) \(TimeText.seconds(Double(time) / 1000)).")
        }
    }

    /// Where each attempt begins; numbered as far as there is room.
    private mutating func attempts(_ spans: [RecordedTrace.Span], _ top: Int, _ height: Int) {
        var free = Int.min
        var last: Int?
        for span in spans where span.generation != last && span.generation > 0 && span.state != .stopped {
            last = span.generation
            let place = x(span.start)
            guard place >= free else { continue }
            canvas.line(place, top - 12, place, top + height, palette.quiet, width: 1.2)
            let words = "attempt \(span.generation)"
            if place + 80 <= Self.right {
                canvas.text(place + 6, top - 6, words, palette.quiet, size: 14, hasHalo: true)
            } else {
                canvas.text(place - 6, top - 6, words, palette.quiet, size: 14, anchor: .end, hasHalo: true)
            }
            free = place + 92
        }
    }

    // MARK: - Marks

    private enum MarkRow: CaseIterable {
        case verdict, catchUp, event, log, mark

        var name: String {
            switch self {
            case .verdict: "verdicts"
            case .catchUp: "catching up"
            case .event: "events"
            case .log: "log"
            case .mark: "what was done"
            }
        }

        func holds(_ record: RecordedTrace.Record) -> Bool { MarkRow(record.content) == self }

        /// Nil for what stands above.
        init?(_ content: RecordedTrace.Content) {
            switch content {
            case .transition: return nil
            case .verdict: self = .verdict
            case .catchUp: self = .catchUp
            case .event: self = .event
            case .log: self = .log
            case .mark: self = .mark
            }
        }
    }

    private mutating func marks(_ track: RecordedTrace.Track, _ row: MarkRow) {
        var (last, free) = (Int.min, Int.min)
        var began: Int64?
        let records = track.records.filter(row.holds)
        for (index, record) in records.enumerated() {
            let place = x(record.time)
            switch record.content {
            case .verdict(let outcome, _, _):
                guard outcome == .deaf || place >= last + 10 else { continue }
                verdict(outcome, place)
            case .catchUp(let phase, _, _, let deliveries, _):
                if phase == .began { began = record.time }
                guard phase == .finished else { continue }
                let start = x(began ?? record.time)
                canvas.box(start, y + 7, max(place - start, 4), 8, fill: palette.input)
                let words = "\(deliveries)"
                // An attempt that follows at once leaves no room for the number of this one.
                if place >= free, place + 70 <= Self.right {
                    canvas.text(place + 10, y + 16, words, palette.quiet, size: 14)
                    free = place + 24 + words.count * 9
                }
            case .event:
                guard place >= last + 2 else { continue }
                canvas.line(place, y + 5, place, y + 17, palette.quiet, width: 1)
            case .log:
                guard place >= last + 6 else { continue }
                canvas.box(place - 2, y + 8, 5, 5, fill: palette.deadline)
            case .mark(let text): flag(text, place, index + 1 < records.count ? x(records[index + 1].time) : Self.right)
            case .transition: continue
            }
            last = place
        }
        if row == .catchUp, let began, records.last?.isFinished == false {
            canvas.box(x(began), y + 7, max(Self.right - x(began), 4), 8, fill: palette.input)
        }
    }

    /// Alive: a ring. Deaf: a cross. Inconclusive: an open triangle.
    private mutating func verdict(_ outcome: RecordedTrace.Outcome, _ x: Int) {
        let middle = y + 11
        switch outcome {
        case .alive: canvas.circle(x, middle, radius: 4, stroke: canvas.band(.open), fill: palette.background)
        case .deaf:
            canvas.path(
                "M\(x - 6) \(middle - 6) L\(x + 6) \(middle + 6) M\(x - 6) \(middle + 6) L\(x + 6) \(middle - 6)",
                palette.failure, width: 3)
        case .inconclusive:
            canvas.path(
                "M\(x) \(middle - 6) L\(x + 6) \(middle + 5) L\(x - 6) \(middle + 5) Z", palette.deadline, width: 2,
                fill: palette.background)
        }
    }

    /// A triangle, and its words as far as there is room before the next.
    private mutating func flag(_ text: String, _ x: Int, _ end: Int) {
        canvas.path(
            "M\(x) \(y + 4) L\(x + 10) \(y + 11) L\(x) \(y + 18) Z", palette.failure, width: 1, fill: palette.failure)
        let room = (end - x - 24) * 10 / 70
        if room >= 8 {
            canvas.text(
                x + 16, y + 16, text.wrapped(to: room, lines: 1).first ?? "", palette.text, size: 14, hasHalo: true)
        }
    }

    private mutating func legend(_ y: Int) {
        self.y = y - 15
        var x = 36
        for (outcome, words) in [
            (RecordedTrace.Outcome.alive, "alive"), (.deaf, "deaf"), (.inconclusive, "inconclusive"),
        ] {
            verdict(outcome, x + 8)
            canvas.text(x + 24, y, words, palette.text)
            x += 50 + words.count * 8
        }
        canvas.box(x, y - 9, 24, 8, fill: palette.input)
        canvas.text(x + 32, y, "catching up, with the number of deliveries", palette.text)
        if hasLowBands { canvas.text(x + 350, y, "low band: many short stays", palette.text) }
        canvas.text(Self.width - 28, y, "table \(table.digest)", palette.quiet, size: 14, anchor: .end)
    }
}

extension RecordedTrace.Record {
    /// Whether it ends a catch-up.
    fileprivate var isFinished: Bool {
        if case .catchUp(.finished, _, _, _, _) = content { true } else { false }
    }
}
