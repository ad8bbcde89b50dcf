import ConnectionLifecycle
import Testing

@testable import StateChartKit

@Suite("The pictures")
struct PictureTests {
    private let chart = StateChart.standard

    private func read(_ view: ChartView, _ theme: ChartTheme = .light) throws -> DrawingReader {
        try DrawingReader(chart.svg(view, theme: theme))
    }

    // MARK: - What they say

    @Test(
        "are well-formed XML that says what it is to a screen reader", arguments: ChartView.allCases,
        ChartTheme.allCases)
    func accessible(view: ChartView, theme: ChartTheme) throws {
        let drawing = try read(view, theme)
        let root = try #require(drawing.elements.first)
        #expect(root.name == "svg")
        #expect(root.attributes["role"] == "img")
        #expect(root.attributes["aria-labelledby"] == "title description")
        #expect(drawing.contents["title"]?.hasSuffix(view.title) == true)
        let description = try #require(drawing.contents["desc"])
        for state in chart.states(in: view) {
            #expect(description.contains(try #require(chart.table.definition(of: state)).meaning))
        }
        for row in chart.edges(in: view).flatMap(\.rows) { #expect(description.contains(row.id), "\(row.id)") }
        #expect(drawing.texts.contains { $0.words == "table \(chart.digest)" })
    }

    @Test("label each transition of their view exactly once, with event and guard", arguments: ChartView.allCases)
    func labels(view: ChartView) throws {
        let texts = try read(view).texts
        let rows = chart.edges(in: view).flatMap(\.rows)
        let labels = texts.indices.filter { !texts[$0].ids.isEmpty }
        #expect(labels.flatMap { texts[$0].ids }.sorted() == rows.map(\.id).sorted())
        for row in rows {
            let index = try #require(labels.first { texts[$0].ids.contains(row.id) })
            var words = texts[index].words
            if index + 1 < texts.count, texts[index + 1].words.hasPrefix("[") { words += " " + texts[index + 1].words }
            let guardText = row.condition.words.map { " [\($0)]" } ?? ""
            #expect(words.hasSuffix(" \(row.event)\(guardText)"), "\(row.id): \(words)")
        }
    }

    @Test("name each of their states, and no other", arguments: ChartView.allCases)
    func states(view: ChartView) throws {
        let texts = try read(view).texts
        for state in State.allCases {
            let count = texts.filter { $0.words == "\(state)" }.count
            if case .state(let middle) = view {
                let edges = chart.edges(in: view).filter { $0.from != $0.to }
                let expected =
                    state == middle
                    ? 1 : edges.filter { $0.from == state }.count + edges.filter { $0.to == state }.count
                #expect(count == expected, "\(state)")
            } else {
                #expect(count == (chart.states(in: view).contains(state) ? 1 : 0), "\(state)")
            }
        }
    }

    @Test("say in one line what they leave out", arguments: ChartView.allCases)
    func leftOut(view: ChartView) throws {
        let lines = try read(view).texts.map(\.words).filter { $0.hasPrefix("Left out: ") }
        #expect(lines.count == 1)
        guard view == .overview, let line = lines.first else { return }
        let shown = Set(chart.edges(in: view).flatMap(\.rows).map(\.id))
        for row in chart.transitions { #expect(line.contains(row.id) == !shown.contains(row.id), "\(row.id)") }
    }

    @Test("show in the overview at most ten lines, lifted only where every member has the identical row")
    func overview() throws {
        let edges = chart.edges(in: .overview)
        #expect(edges.count <= 10)
        let drawing = try read(.overview)
        #expect(drawing.lines.count == edges.count)
        #expect(drawing.frames.count == 1)
        for edge in [edges, chart.edges(in: .shutdown)].joined() where edge.sources.count > 1 {
            for label in edge.labels {
                let rows = edge.rows.filter { $0.event == label.event && $0.condition == label.condition }
                #expect(rows.map(\.from) == edge.sources)
                #expect(Set(rows.map(\.actions)).count == 1 && Set(rows.map(\.to)).count == 1)
            }
        }
    }

    @Test("lift nothing from a group one of whose members differs")
    func notLifted() throws {
        var table = TransitionTable.standard
        let index = try #require(table.rows.firstIndex { $0.id == "T26" })
        table.rows[index].actions = .wantStop
        let other = StateChart(table: table)
        let lifted = other.edges(in: .overview).filter { $0.sources.count > 1 }
        #expect(lifted.flatMap(\.rows).map(\.id) == ["T14", "T23", "T27"])
    }

    // MARK: - Room

    @Test(
        "have no words over other words or states, and nothing beyond their edge", arguments: ChartView.allCases,
        ChartTheme.allCases)
    func room(view: ChartView, theme: ChartTheme) throws {
        let drawing = try read(view, theme)
        let canvas = Area(left: 0, top: 0, right: drawing.size.width, bottom: drawing.size.height, name: "canvas")
        let areas = drawing.texts.map(\.area)
        for (index, area) in areas.enumerated() {
            #expect(canvas.grown(by: -8).holds(area), "\(area)")
            for other in areas[(index + 1)...] { #expect(!area.overlaps(other), "\(area) and \(other)") }
            // Words stand in a box or clear of it.
            for shape in drawing.shapes {
                #expect(shape.grown(by: -4).holds(area) || !shape.grown(by: 3).overlaps(area), "\(area) and \(shape)")
            }
        }
        for shape in drawing.shapes { #expect(canvas.grown(by: -8).holds(shape), "\(shape)") }
        for stroke in drawing.lines.flatMap(\.strokes) + drawing.frames.joined() {
            #expect(canvas.grown(by: -8).holds(stroke.area), "\(stroke)")
        }
        for (index, shape) in drawing.shapes.enumerated() {
            for other in drawing.shapes[(index + 1)...] {
                // The end is a ring in a ring.
                #expect(!shape.overlaps(other) || shape.holds(other), "\(shape) and \(other)")
            }
        }
    }

    @Test("have no line through words or states", arguments: ChartView.allCases)
    func lines(view: ChartView) throws {
        let drawing = try read(view)
        #expect(!drawing.lines.isEmpty)
        for stroke in drawing.lines.flatMap(\.strokes) {
            for shape in drawing.shapes { #expect(!shape.grown(by: -2).overlaps(stroke.area), "\(stroke) in \(shape)") }
        }
        for stroke in drawing.lines.flatMap(\.strokes) + drawing.frames.joined() {
            for text in drawing.texts {
                #expect(!text.area.grown(by: 2).overlaps(stroke.area), "\(stroke) and \(text.words)")
            }
        }
    }

    @Test(
        "have lines that begin and end at a state or a frame, and never run on top of each other",
        arguments: ChartView.allCases)
    func tangles(view: ChartView) throws {
        let drawing = try read(view)
        let frames = drawing.frames.joined().map(\.area)
        for line in drawing.lines {
            let (first, last) = (try #require(line.strokes.first), try #require(line.strokes.last))
            let start = Area(left: first.x1, top: first.y1, right: first.x1, bottom: first.y1, name: "start")
            let end = Area(left: last.x2, top: last.y2, right: last.x2, bottom: last.y2, name: "end")
            #expect((drawing.shapes + frames).contains { $0.distance(to: start) < 1.5 }, "\(start)")
            #expect(drawing.shapes.contains { $0.distance(to: end) < 1.5 }, "\(end)")
        }
        for (index, line) in drawing.lines.enumerated() {
            for other in drawing.lines[(index + 1)...] {
                for one in line.strokes {
                    for two in other.strokes
                    where (one.isVertical && two.isVertical) || (one.isHorizontal && two.isHorizontal) {
                        #expect(!one.area.grown(by: 2).overlaps(two.area.grown(by: 2)), "\(one) and \(two)")
                    }
                }
            }
        }
    }

    @Test("have each label nearer to its own line than to any other", arguments: ChartView.allCases)
    func belonging(view: ChartView) throws {
        let drawing = try read(view)
        let edges = chart.drawing(of: view).lines.map(\.edge)
        #expect(edges.count == drawing.lines.count)
        for (edge, own) in zip(edges, drawing.lines) {
            let ids = Set(edge.rows.map(\.id))
            let labels = drawing.texts.filter { !ids.isDisjoint(with: $0.ids) }.map(\.area)
            // Stacked labels are read as one block.
            guard var block = labels.first else { continue }
            for label in labels {
                block.left = min(block.left, label.left)
                block.right = max(block.right, label.right)
                block.top = min(block.top, label.top)
                block.bottom = max(block.bottom, label.bottom)
            }
            func distance(_ line: DrawingReader.Line) -> Double {
                line.strokes.map { $0.area.distance(to: block) }.min() ?? .infinity
            }
            let nearest = drawing.lines.map(distance).min() ?? .infinity
            #expect(distance(own) <= nearest + 0.5, "\(ids.sorted()): \(distance(own)), another is at \(nearest)")
        }
    }

    @Test("can be read at a width of 800 pixels", arguments: ChartView.allCases)
    func readable(view: ChartView) throws {
        let drawing = try read(view)
        for text in drawing.texts { #expect(text.size * 800 / drawing.size.width >= 9, "\(text.words)") }
    }

    @Test("keep each state in its place in every picture of the whole machine")
    func places() {
        for view in [ChartView.overview, .complete, .deadlines, .shutdown] {
            let drawing = chart.drawing(of: view)
            #expect(drawing.size.x == Layout.size.x)
            for node in drawing.nodes { #expect(node.centre == Layout.centre(node.state)) }
        }
        // The happy path is one line.
        let happy = [State.idle, .connecting, .open, .probing].map { Layout.centre($0) }
        #expect(Set(happy.map(\.y)).count == 1)
        #expect(happy.map(\.x) == happy.map(\.x).sorted())
    }

    // MARK: - Colour

    @Test("keep a contrast of 4.5 : 1 for all text", arguments: ChartView.allCases, ChartTheme.allCases)
    func contrast(view: ChartView, theme: ChartTheme) throws {
        let palette = Palette.of(theme)
        for pair in palette.pairs {
            let (light, dark) = (try luminance(pair.text), try luminance(pair.on))
            let ratio = (max(light, dark) + 0.05) / (min(light, dark) + 0.05)
            #expect(ratio >= 4.5, "\(pair.text) on \(pair.on): \(ratio)")
        }
        let known = Set(palette.pairs.map(\.text))
        for text in try read(view, theme).texts { #expect(known.contains(text.fill), "\(text.words)") }
    }

    @Test("tell the kinds apart without colour", arguments: ChartView.allCases)
    func dashes(view: ChartView) throws {
        #expect(Set(EventKind.allCases.map { $0.dashes ?? "solid" }).count == EventKind.allCases.count)
        for (line, drawn) in zip(chart.drawing(of: view).lines, try read(view).lines) {
            #expect(drawn.dashes == line.edge.kind.dashes)
        }
    }

    @Test("draw the same in both themes", arguments: ChartView.allCases)
    func themes(view: ChartView) throws {
        let (light, dark) = (try read(view, .light), try read(view, .dark))
        #expect(light.texts.map(\.words) == dark.texts.map(\.words))
        #expect(light.elements.count == dark.elements.count)
        #expect(light.texts.map(\.fill) != dark.texts.map(\.fill))
    }

    @Test("exist for tables that they have no hand-set places for", arguments: ChartView.allCases)
    func otherTables(view: ChartView) throws {
        var table = TransitionTable.standard
        for from in State.allCases {
            for to in State.allCases {
                table.rows.append(Row("T99", from, .probe, to: to, because: "A <test> & \"more\"."))
            }
        }
        _ = try DrawingReader(StateChart(table: table).svg(view, theme: .dark))
        table.states.removeAll { $0.state == .probing }
        _ = try DrawingReader(StateChart(table: table).svg(view, theme: .light))
    }

    /// Relative luminance, WCAG 2.1.
    private func luminance(_ colour: String) throws -> Double {
        let value = try #require(UInt32(colour.dropFirst(), radix: 16))
        func channel(_ shift: UInt32) -> Double {
            let part = Double((value >> shift) & 0xff) / 255
            guard part > 0.03928 else { return part / 12.92 }
            return power((part + 0.055) / 1.055)
        }
        return 0.2126 * channel(16) + 0.7152 * channel(8) + 0.0722 * channel(0)
    }

    /// x to the 2.4th: the square times the fifth root of the square, by Newton's method.
    private func power(_ x: Double) -> Double {
        let square = x * x
        var root = 1.0
        for _ in 0..<60 { root -= (root * root * root * root * root - square) / (5 * root * root * root * root) }
        return square * root
    }
}
