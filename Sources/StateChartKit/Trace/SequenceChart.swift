import ConnectionLifecycle

extension RecordedTrace {
    /// Who says what to whom: the user, the connection and the server, one step below the other, with the time at the left and
    /// the state of the connection on its line.
    ///
    /// - Parameters:
    ///   - index: the connection, from 0, in `tracks`.
    ///   - title: stands above it.
    public func sequenceChart(
        of index: Int = 0, title: String? = nil, table: TransitionTable = .standard, theme: ChartTheme
    ) -> String {
        guard tracks.indices.contains(index) else { return "" }
        let track = tracks[index]
        let name = track.name.map { "What happened to the connection \($0)" } ?? "What happened to the connection"
        var chart = SequenceChart(canvas: Canvas(theme: theme), table: table, title: title ?? name)
        return chart.draw(track.sequence)
    }
}

/// Draws one.
private struct SequenceChart {
    var canvas: Canvas
    let table: TransitionTable
    let title: String

    private static let width = 1000
    private static let (time, user, connection, server) = (96, 176, 400, 880)
    /// Half the width of the connection's line.
    private static let half = 7

    /// Where the next step begins.
    private var y = 150
    private var state: State?
    private var stateBegan = 150
    private var spoken: [String] = []
    private var lastTime = ""
    private var palette: Palette { canvas.palette }

    init(canvas: Canvas, table: TransitionTable, title: String) {
        self.canvas = canvas
        self.table = table
        self.title = title
    }

    mutating func draw(_ steps: [SequenceStep]) -> String {
        // The lines are drawn first, because words stand above them; how long they are is known at the end.
        var words = self
        words.steps(steps)
        let end = words.y + 12
        canvas.text(36, 50, title, palette.text, size: 24, isBold: true)
        for (x, name, caption) in [
            (Self.user, "user", "commands"), (Self.connection, "connection", "its state on the line"),
            (Self.server, "server", "answers, or does not"),
        ] {
            canvas.text(x, 92, name, palette.text, size: 18, anchor: .middle, isBold: true)
            canvas.text(x, 112, caption, palette.quiet, size: 14, anchor: .middle)
        }
        for x in [Self.user, Self.server] { canvas.line(x, 124, x, end, palette.quiet, width: 1.2, dashes: "3 5") }
        self.steps(steps)
        closeBand(at: end)
        legend(end + 36)
        return canvas.document(
            Point(Self.width, end + 62), title: "Holdfast: \(title)",
            description: "A sequence chart with the lanes user, connection and server. "
                + spoken.joined(separator: " "),
            digest: table.digest)
    }

    private mutating func legend(_ y: Int) {
        var x = 36
        for kind in EventKind.allCases {
            canvas.line(x, y - 5, x + 40, y - 5, palette.line(kind), width: 2, dashes: kind.dashes)
            canvas.text(x + 48, y, kind.rawValue, palette.text)
            x += 130
        }
        canvas.line(x, y - 5, x + 40, y - 5, palette.quiet, width: 1.4)
        canvas.text(x + 48, y, "what the connection begins", palette.text)
        canvas.text(Self.width - 28, y, "table \(table.digest)", palette.quiet, size: 14, anchor: .end)
    }

    // MARK: - Steps

    private mutating func steps(_ steps: [SequenceStep]) {
        if let first = steps.lazy.compactMap(\.transition).first {
            state = first.from
            pill(first.from)
        }
        for step in steps { self.step(step) }
    }

    private mutating func step(_ step: SequenceStep) {
        let time = TimeText.seconds(Double(step.time) / 1000)
        switch step.content {
        case .transition(let row, let check, let reason):
            let by = check.map { " by \($0)" } ?? ""
            message(row, "\(row.id) \(row.event.name)\(by)", reason, at: time)
            effects(row)
            if let to = row.to, to != state || row.from == to {
                closeBand(at: y)
                state = to
                pill(to)
            }
        case .lateVerdict(let words, let reason):
            stamp(time, y + 20)
            fromServer("\(words), too late", reason, palette.quiet, nil)
        case .proofs(let count, let ids):
            stamp(time, y + 20)
            speak(time, "\(count) probes, each answered")
            aside("\(count) probes, each answered (\(ids.joined(separator: ", ")))", bold: true)
        case .catchUp(let begins, let words, let reason):
            stamp(time, y + 20)
            speak(time, words)
            if begins {
                toServer(words, reason)
            } else {
                fromServer(words, "", palette.quiet, nil)
            }
        case .events(let words):
            stamp(time, y + 20)
            speak(time, words)
            fromServer(words, "", palette.quiet, nil)
        case .mark(let text): mark(text, at: time)
        case .log(let text):
            stamp(time, y + 20)
            speak(time, text)
            aside(text, bold: false)
        case .gap(let count):
            aside("… \(count) steps are left out here …", bold: true)
            lastTime = ""
        }
    }

    private mutating func speak(_ time: String, _ words: String) { spoken.append("\(time): \(words).") }

    /// The time of a step, where it differs from the one above.
    private mutating func stamp(_ time: String, _ y: Int) {
        if time != lastTime { canvas.text(Self.time, y, time, palette.quiet, size: 14, anchor: .end) }
        lastTime = time
    }

    /// The event that a transition answers, from where it came.
    private mutating func message(_ row: Row, _ words: String, _ reason: String, at time: String) {
        // Where a link has nothing to add it repeats the event.
        let reason = reason == row.event.name ? "" : reason
        stamp(time, y + 20)
        spoken.append("\(time): \(words), from \(row.from.name) to \(row.to?.name ?? row.from.name). \(reason)")
        let colour = palette.line(row.event.kind)
        switch row.event.emitter {
        case .command:
            canvas.text(Self.user + 12, y + 16, words, colour, isBold: true, hasHalo: true)
            canvas.line(Self.user, y + 24, Self.connection - Self.half - 6, y + 24, colour, width: 2)
            canvas.arrowHead(Self.connection - Self.half, y + 24, pointsLeft: false, colour)
            quiet(reason, x: Self.connection + 24, y + 28, anchor: .start)
            y += 44
        case .resource: fromServer(words, reason, colour, row.event.kind)
        case .deadline:
            let (left, right) = (Self.connection + Self.half, Self.connection + 46)
            canvas.path(
                "M\(left) \(y + 8) H\(right - 8) Q\(right) \(y + 8) \(right) \(y + 16) V\(y + 18) "
                    + "Q\(right) \(y + 26) \(right - 8) \(y + 26) H\(left + 6)",
                colour, width: 2, dashes: row.event.kind.dashes)
            canvas.arrowHead(left, y + 26, pointsLeft: true, colour)
            canvas.text(right + 12, y + 16, words, colour, isBold: true, hasHalo: true)
            y += quiet(reason, x: right + 12, y + 35, anchor: .start, width: 58) * 18 + 30
        }
    }

    /// What begins and ends outside follows from what the states own.
    private mutating func effects(_ row: Row) {
        guard let to = row.to, let old = table.definition(of: row.from)?.owns, let new = table.definition(of: to)?.owns
        else {
            return
        }
        let begun = new.subtracting(old)
        if begun.contains(.attempt) { toServer("dial, sign in, ask", "") }
        if begun.contains(.probe) { toServer("probe: do events still arrive?", "") }
        if begun.contains(.closing) { toServer("close", "") }
    }

    private mutating func fromServer(_ words: String, _ reason: String, _ colour: String, _ kind: EventKind?) {
        let middle = (Self.connection + Self.server) / 2
        canvas.text(
            middle, y + 16, words.wrapped(to: 56, lines: 1).first ?? "", colour, anchor: .middle, isBold: kind != nil,
            hasHalo: true)
        canvas.line(
            Self.server, y + 24, Self.connection + Self.half + 6, y + 24, colour, width: kind == nil ? 1.4 : 2,
            dashes: kind?.dashes)
        canvas.arrowHead(Self.connection + Self.half, y + 24, pointsLeft: true, colour)
        y += quiet(reason, x: middle, y + 42, anchor: .middle, width: 62) * 18 + 36
    }

    private mutating func toServer(_ words: String, _ reason: String) {
        let middle = (Self.connection + Self.server) / 2
        let all = reason.isEmpty ? words : "\(words): \(reason)"
        canvas.text(
            middle, y + 16, all.wrapped(to: 56, lines: 1).first ?? "", palette.quiet, anchor: .middle, hasHalo: true)
        canvas.line(Self.connection + Self.half, y + 24, Self.server - 6, y + 24, palette.quiet, width: 1.4)
        canvas.arrowHead(Self.server, y + 24, pointsLeft: false, palette.quiet)
        y += 36
    }

    /// What is said beside the connection's line.
    private mutating func aside(_ words: String, bold: Bool) {
        let lines = words.wrapped(to: 56, lines: 2)
        for (index, line) in lines.enumerated() {
            canvas.text(
                Self.connection + 24, y + 20 + index * 18, line, bold ? palette.text : palette.quiet, isBold: bold,
                hasHalo: true)
        }
        y += lines.count * 18 + 16
    }

    private mutating func mark(_ text: String, at time: String) {
        let lines = text.wrapped(to: 92, lines: 2)
        let height = lines.count * 20 + 12
        // A lane of its own across all others: it happens to the world, not in the protocol.
        closeBand(at: y + 4)
        y += 8
        stamp(time, y + 22)
        canvas.box(
            Self.user - 56, y, Self.width - 36 - Self.user + 56, height, fill: palette.recovering,
            stroke: palette.boxStroke,
            radius: 6)
        for (index, line) in lines.enumerated() {
            canvas.text(
                (Self.user + Self.width - 92) / 2, y + 22 + index * 20, line, palette.text, anchor: .middle,
                isBold: true)
        }
        spoken.append("\(time): \(text).")
        stateBegan = y + height
        y += height + 12
    }

    @discardableResult
    private mutating func quiet(
        _ words: String, x: Int, _ y: Int, anchor: Canvas.Anchor, width: Int = 62
    ) -> Int {
        let lines = words.wrapped(to: width, lines: 2)
        for (index, line) in lines.enumerated() {
            canvas.text(x, y + index * 18, line, palette.quiet, size: 14, anchor: anchor, hasHalo: true)
        }
        return lines.count
    }

    // MARK: - The line of the connection

    /// The state that begins here.
    private mutating func pill(_ state: State) {
        y += 4
        canvas.box(
            Self.connection - 62, y, 124, 26, fill: palette.fill(state), stroke: canvas.band(state), radius: 13)
        canvas.text(Self.connection, y + 18, state.name, palette.text, size: 16, anchor: .middle, isBold: true)
        y += 26
        stateBegan = y
        y += 8
    }

    private mutating func closeBand(at end: Int) {
        guard let state, state != .idle, state != .stopped, end + 4 > stateBegan else { return }
        canvas.box(
            Self.connection - Self.half, stateBegan, 2 * Self.half, end + 4 - stateBegan, fill: canvas.band(state))
    }
}

extension SequenceStep {
    /// The row, where the step is a transition.
    fileprivate var transition: Row? {
        if case .transition(let row, _, _) = content { row } else { nil }
    }
}
