import ConnectionLifecycle

extension StateChart {
    /// The canonical picture: real text, no scripts, no fonts to fetch.
    public func svg(theme: ChartTheme) -> String { SVGWriter(chart: self, palette: .of(theme)).picture() }
}

extension StateChart {
    /// The picture of every transition, with what an overlay shows beyond the table.
    func svg(overlay: ChartOverlay, theme: ChartTheme) -> String {
        SVGWriter(chart: self, palette: .of(theme), overlay: overlay).picture()
    }
}

/// Writes the picture.
struct SVGWriter {
    let chart: StateChart
    let palette: Palette
    var overlay: ChartOverlay?

    func picture() -> String {
        let size = Layout.size
        var lines = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(digest). -->",
            #"<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" "#
                + #"viewBox="0 0 \#(size.x) \#(size.y)" width="\#(size.x)" height="\#(size.y)" "#
                + #"font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="17">"#,
            #"<title id="title">Holdfast: the lifecycle of a connection</title>"#,
            #"<desc id="description">\#(description.escapedForXML)</desc>"#,
            #"<rect width="\#(size.x)" height="\#(size.y)" fill="\#(palette.background)"/>"#,
            text(
                Point(46, 62), overlay?.heading ?? "The lifecycle of a connection", palette.text,
                "font-size=\"26\" font-weight=\"600\""),
        ]
        let edges = chart.edges
        lines += edges.flatMap(line)
        lines += chart.table.states.flatMap(node)
        lines += edges.flatMap(labels)
        lines += legend
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private var digest: String { overlay?.digest ?? chart.digest }

    private var description: String {
        let names = chart.table.states.map { "\($0.state.name): \($0.meaning)" }.joined(separator: " ")
        return "\(names) Solid lines are inputs, dashed lines deadlines, dotted lines failures."
    }

    // MARK: - States

    private func node(_ definition: StateDefinition) -> [String] {
        let state = definition.state
        let centre = Layout.centre(state)
        switch state {
        case .idle:
            return [
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="10" fill="\#(palette.text)"/>"#,
                text(Point(centre.x, centre.y - 22), state.name, palette.text, middle + bold),
            ]
        case .stopped:
            return [
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="13" fill="\#(palette.background)" "#
                    + #"stroke="\#(palette.text)" stroke-width="2"/>"#,
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="7" fill="\#(palette.text)"/>"#,
                text(Point(centre.x + 22, centre.y + 34), state.name, palette.text, bold),
            ]
        case .connecting, .open, .probing, .stale, .terminating, .backoff:
            let corner = Point(centre.x - Layout.box.x / 2, centre.y - Layout.box.y / 2)
            let owns = definition.owns.names.isEmpty ? "owns nothing" : definition.owns.names.joined(separator: " + ")
            return [
                #"<rect x="\#(corner.x)" y="\#(corner.y)" width="\#(Layout.box.x)" height="\#(Layout.box.y)" "#
                    + #"rx="12" fill="\#(palette.fill(state))" stroke="\#(palette.boxStroke)" stroke-width="1.5"/>"#,
                text(Point(centre.x, centre.y - 3), state.name, palette.text, middle + " font-size=\"19\"" + bold),
                text(
                    Point(centre.x, centre.y + 18), overlay?.captions[state] ?? owns, palette.quiet,
                    middle + " font-size=\"15\""),
            ]
        }
    }

    // MARK: - Lines

    private func line(_ edge: Edge) -> [String] {
        let colour = palette.line(edge.kind)
        let corners = Layout.route(from: edge.from, to: edge.to).corners
        let tip = corners[corners.count - 1]
        let before = corners[corners.count - 2]
        let (dx, dy) = ((tip.x - before.x).signum(), (tip.y - before.y).signum())
        // The line ends inside its arrow head, so that no blunt end shows beyond the tip.
        let end = Point(tip.x - 8 * dx, tip.y - 8 * dy)
        let wings = [
            tip, Point(tip.x - 12 * dx - 5 * dy, tip.y - 12 * dy - 5 * dx),
            Point(tip.x - 12 * dx + 5 * dy, tip.y - 12 * dy + 5 * dx),
        ]
        let plain = #"stroke-width="\#(edge.kind == .failure ? "2.6" : "1.8")"\#(style(edge.kind))"#
        let opacity = overlay?.opacity(edge.rows) ?? ""
        return [
            #"<path d="\#(path(corners.dropLast() + [end]))" fill="none" stroke="\#(colour)" "#
                + #"\#(overlay?.style(edge.rows, kind: edge.kind) ?? plain)\#(opacity)/>"#,
            #"<polygon points="\#(wings.map { "\($0.x),\($0.y)" }.joined(separator: " "))" fill="\#(colour)"\#(opacity)/>"#,
        ]
    }

    private func style(_ kind: EventKind) -> String {
        let cap = kind == .failure ? #" stroke-linecap="round""# : ""
        return kind.dashes.map { #" stroke-dasharray="\#($0)""# + cap } ?? ""
    }

    /// Straight pieces with rounded corners.
    private func path(_ corners: [Point]) -> String {
        var path = "M\(corners[0].x) \(corners[0].y)"
        for (index, corner) in corners.enumerated().dropFirst().dropLast() {
            let (enter, leave) = (toward(corners[index - 1], corner), toward(corners[index + 1], corner))
            path += " L\(enter.x) \(enter.y) Q\(corner.x) \(corner.y) \(leave.x) \(leave.y)"
        }
        let last = corners[corners.count - 1]
        return path + " L\(last.x) \(last.y)"
    }

    /// The point on the way to `corner` where the rounding begins.
    private func toward(_ from: Point, _ corner: Point) -> Point {
        let (dx, dy) = (from.x - corner.x, from.y - corner.y)
        let radius = min(14, max(abs(dx), abs(dy)) / 2)
        return Point(corner.x + radius * dx.signum(), corner.y + radius * dy.signum())
    }

    // MARK: - Labels

    private func labels(_ edge: Edge) -> [String] {
        let route = Layout.route(from: edge.from, to: edge.to)
        var place = route.label
        var lines: [String] = []
        for row in edge.rows {
            let (head, below) = words(row, wraps: route.wraps)
            lines += label(row, head, at: place)
            place.y += Layout.lineHeight
            if let below {
                lines.append(text(Point(place.x + 34, place.y - 2), below, labelColour(row), halo))
                place.y += Layout.lineHeight
            }
        }
        return lines
    }

    /// What stands on the line, and what below it.
    private func words(_ row: Row, wraps: Bool) -> (head: String, below: String?) {
        let mark = overlay?.mark(row) ?? .plain
        let guardText = row.condition.words.map { "[\($0)]" }
        let short = "\(mark.prefix)\(row.id) \(row.event.name)"
        // A number takes the place of the guard, which the id tells as well.
        if let count = mark.count { return wraps && guardText != nil ? (short, count) : ("\(short) \(count)", nil) }
        return wraps ? (short, guardText) : (mark.prefix + row.label, nil)
    }

    private func label(_ row: Row, _ words: String, at place: Point) -> [String] {
        let mark = overlay?.mark(row) ?? .plain
        let style = mark.emphasis == .removed ? #" text-decoration="line-through""# : mark.isBold ? bold : ""
        let line = self.mark(Point(place.x, place.y + 4), row.event.kind)
        let label = text(place, words, labelColour(row), halo + style)
        return mark == .plain ? [label, line] : [label]
    }

    private func labelColour(_ row: Row) -> String {
        overlay?.mark(row).emphasis == .pale ? palette.quiet : palette.line(row.event.kind)
    }

    /// Says the kind of a transition under its id, in the manner of its line: never by colour alone.
    private func mark(_ place: Point, _ kind: EventKind) -> String {
        #"<path d="M\#(place.x) \#(place.y) h29" stroke="\#(palette.line(kind))" stroke-width="2"\#(shortStyle(kind))/>"#
    }

    private func shortStyle(_ kind: EventKind) -> String {
        switch kind {
        case .input: ""
        case .deadline: #" stroke-dasharray="7 4""#
        case .failure: #" stroke-dasharray="0.5 4.2" stroke-linecap="round""#
        }
    }

    private var legend: [String] {
        var lines: [String] = []
        var x = 46
        for kind in EventKind.allCases {
            lines.append(
                #"<path d="M\#(x) 744 h46" stroke="\#(palette.line(kind))" stroke-width="2"\#(style(kind))/>"#)
            lines.append(text(Point(x + 56, 750), kind.rawValue, palette.text))
            x += 150
        }
        lines.append(
            text(
                Point(x, 750), overlay?.remark ?? "A line of several kinds is solid; the mark under each id tells.",
                palette.quiet))
        lines.append(
            text(Point(1236, 750), "table \(digest)", palette.quiet, "text-anchor=\"end\" font-size=\"15\""))
        return lines
    }

    // MARK: - Text

    private let middle = "text-anchor=\"middle\""
    private let bold = " font-weight=\"600\""
    /// A label stays readable where a line passes behind it.
    private var halo: String {
        #"paint-order="stroke" stroke="\#(palette.background)" stroke-width="5" stroke-linejoin="round""#
    }

    private func text(_ place: Point, _ words: String, _ colour: String, _ attributes: String = "") -> String {
        let more = attributes.isEmpty ? "" : " " + attributes.trimmedStart
        return #"<text x="\#(place.x)" y="\#(place.y)" fill="\#(colour)"\#(more)>\#(words.escapedForXML)</text>"#
    }
}

extension String {
    /// Text and attribute values of XML 1.0.
    var escapedForXML: String {
        var text = ""
        for character in self {
            switch character {
            case "&": text += "&amp;"
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "\"": text += "&quot;"
            default: text.append(character)
            }
        }
        return text
    }

    fileprivate var trimmedStart: Substring { drop { $0 == " " } }
}
