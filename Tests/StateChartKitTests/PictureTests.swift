import ConnectionLifecycle
import Testing

@testable import StateChartKit

@Suite("The picture")
struct PictureTests {
    @Test("is well-formed XML that says what it is to a screen reader", arguments: ChartTheme.allCases)
    func accessible(theme: ChartTheme) throws {
        let drawing = try DrawingReader(StateChart.standard.svg(theme: theme))
        let root = try #require(drawing.elements.first)
        #expect(root.name == "svg")
        #expect(root.attributes["role"] == "img")
        #expect(root.attributes["aria-labelledby"] == "title description")
        #expect(drawing.contents["title"]?.isEmpty == false)
        for state in TransitionTable.standard.states {
            #expect(drawing.contents["desc"]?.contains(state.meaning) == true)
        }
    }

    @Test("labels every transition exactly once, with its event, and nothing that is ignored")
    func labels() throws {
        let drawing = try DrawingReader(StateChart.standard.svg(theme: .light))
        for row in TransitionTable.standard.rows {
            let labels = drawing.texts.filter { $0.words.hasPrefix(row.id + " ") }
            #expect(labels.count == (row.to == nil ? 0 : 1), "\(row.id)")
            if let label = labels.first { #expect(label.words.hasPrefix("\(row.id) \(row.event)")) }
        }
    }

    @Test("names every state once")
    func states() throws {
        let drawing = try DrawingReader(StateChart.standard.svg(theme: .light))
        for state in State.allCases { #expect(drawing.texts.filter { $0.words == "\(state)" }.count == 1) }
    }

    @Test("has no words over other words or states, and none beyond its edge")
    func room() throws {
        let drawing = try DrawingReader(StateChart.standard.svg(theme: .light))
        let areas = drawing.texts.map(\.area)
        for (index, area) in areas.enumerated() {
            #expect(area.left >= 0 && area.top >= 0, "\(area)")
            #expect(area.right <= Double(Layout.size.x) && area.bottom <= Double(Layout.size.y), "\(area)")
            for other in areas[(index + 1)...] { #expect(!area.overlaps(other), "\(area) and \(other)") }
        }
        let labels = drawing.texts.filter { $0.words.hasPrefix("T") && $0.weight == nil }.map(\.area)
        for state in State.allCases {
            let (centre, extent) = (Layout.centre(state), Layout.extent(state))
            let box = Area(
                left: Double(centre.x - extent.x), top: Double(centre.y - extent.y),
                right: Double(centre.x + extent.x), bottom: Double(centre.y + extent.y), name: "\(state)")
            for label in labels { #expect(!label.overlaps(box), "\(label) and \(box)") }
        }
    }

    @Test("has no line through its words")
    func lines() throws {
        let drawing = try DrawingReader(StateChart.standard.svg(theme: .light))
        let labels = drawing.texts.filter { $0.words.hasPrefix("T") || $0.words.hasPrefix("[") }.map(\.area)
        for edge in StateChart.standard.edges {
            let corners = Layout.route(from: edge.from, to: edge.to).corners
            for (start, end) in zip(corners, corners.dropFirst()) {
                let line = Area(
                    left: Double(min(start.x, end.x)) - 1, top: Double(min(start.y, end.y)) - 1,
                    right: Double(max(start.x, end.x)) + 1, bottom: Double(max(start.y, end.y)) + 1,
                    name: "\(edge.from) → \(edge.to)")
                for label in labels { #expect(!label.overlaps(line), "\(label) and \(line)") }
            }
        }
    }

    @Test("keeps a contrast of 4.5 : 1 for all text", arguments: ChartTheme.allCases)
    func contrast(theme: ChartTheme) throws {
        let palette = Palette.of(theme)
        for pair in palette.pairs {
            let (light, dark) = (try luminance(pair.text), try luminance(pair.on))
            let ratio = (max(light, dark) + 0.05) / (min(light, dark) + 0.05)
            #expect(ratio >= 4.5, "\(pair.text) on \(pair.on): \(ratio)")
        }
        let drawing = try DrawingReader(StateChart.standard.svg(theme: theme))
        let known = Set(palette.pairs.map(\.text))
        for text in drawing.texts { #expect(known.contains(text.fill), "\(text.words)") }
    }

    @Test("tells the kinds apart without colour")
    func dashes() {
        #expect(Set(EventKind.allCases.map { $0.dashes ?? "solid" }).count == EventKind.allCases.count)
    }

    @Test("draws tables that it has no hand-set places for")
    func otherTables() throws {
        var table = TransitionTable.standard
        for from in State.allCases {
            for to in State.allCases {
                table.rows.append(Row("T99", from, .probe, to: to, because: "A <test> & \"more\"."))
            }
        }
        _ = try DrawingReader(StateChart(table: table).svg(theme: .dark))
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
