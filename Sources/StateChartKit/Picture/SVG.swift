import ConnectionLifecycle

extension StateChart {
    /// The canonical picture: real text, no scripts, no fonts to fetch.
    public func svg(_ view: ChartView = .complete, theme: ChartTheme) -> String {
        SVGWriter(chart: self, palette: .of(theme), drawing: drawing(of: view)).picture()
    }

    /// The picture of every transition, with what an overlay shows beyond the table.
    func svg(overlay: ChartOverlay, theme: ChartTheme) -> String {
        var drawing = drawing(of: .complete)
        drawing.heading = overlay.heading
        drawing.footnote = overlay.remark
        for index in drawing.nodes.indices {
            guard let caption = overlay.captions[drawing.nodes[index].state] else { continue }
            if case .box = drawing.nodes[index].shape { drawing.nodes[index].captions = [caption] }
        }
        return SVGWriter(chart: self, palette: .of(theme), drawing: drawing, overlay: overlay).picture()
    }
}

/// Writes the picture.
struct SVGWriter {
    let chart: StateChart
    let palette: Palette
    let drawing: Drawing
    var overlay: ChartOverlay?
    /// With what a page needs to find its parts again.
    var isLive = false

    func picture() -> String {
        let size = drawing.size
        // The page has a heading of its own.
        let top = isLive ? 92 : 0
        let head = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(digest). -->",
        ]
        var lines = isLive ? [] : head
        lines += [
            #"<svg xmlns="http://www.w3.org/2000/svg" role="\#(isLive ? "group" : "img")" aria-labelledby="title description" "#
                + #"viewBox="0 \#(top) \#(size.x) \#(size.y - top)" width="\#(size.x)" height="\#(size.y - top)" "#
                + #"font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="\#(drawing.type.label)">"#,
            #"<title id="title">Holdfast: \#(drawing.heading.escapedForXML)</title>"#,
            #"<desc id="description">\#(description.escapedForXML)</desc>"#,
            #"<rect width="\#(size.x)" height="\#(size.y)" fill="\#(palette.background)"/>"#,
        ]
        if !isLive {
            lines.append(text(Point(46, 58), drawing.heading, palette.text, "font-size=\"26\" font-weight=\"600\""))
        }
        if let subtitle = drawing.subtitle {
            lines.append(text(Point(46, 90), subtitle, palette.quiet, "font-size=\"18\""))
        }
        lines += drawing.frames.map(frame)
        lines += drawing.lines.flatMap { grouped(line($0), "line", "rows", $0.edge.rows.map(\.id)) }
        lines += drawing.nodes.flatMap { grouped(node($0), "state", "state", [$0.state.name]) }
        lines += drawing.lines.flatMap(labels)
        lines += drawing.remarks.map { remark in
            text(
                remark.place, remark.words, palette.quiet,
                "font-size=\"\(drawing.type.caption)\"" + anchor(remark.anchor))
        }
        lines += legend
        lines.append("</svg>")
        return lines.joined(separator: "\n") + "\n"
    }

    private func grouped(_ lines: [String], _ kind: String, _ name: String, _ values: [String]) -> [String] {
        guard isLive else { return lines }
        return [#"<g class="\#(kind)" data-\#(name)="\#(values.joined(separator: " "))">"#] + lines + ["</g>"]
    }

    private func accounts(of state: State) -> String {
        isLive ? #"<tspan class="accounts" data-accounts="\#(state.name)"></tspan>"# : ""
    }

    private var digest: String { overlay?.digest ?? chart.digest }

    /// The same in words, for those who do not see it.
    private var description: String {
        var words: [String] = []
        for node in drawing.nodes {
            guard let definition = chart.table.definition(of: node.state) else { continue }
            words.append("\(node.state.name): \(definition.meaning)")
        }
        for line in drawing.lines {
            let sources = line.edge.sources.map(\.name).joined(separator: ", ")
            let labels = line.edge.labels.map(\.words).joined(separator: "; ")
            words.append("From \(sources) to \(line.edge.to.name): \(labels).")
        }
        words.append("Solid lines are inputs, dashed lines deadlines, dotted lines failures.")
        words.append(drawing.footnote)
        return words.joined(separator: " ")
    }

    // MARK: - States

    private func node(_ node: Drawing.Node) -> [String] {
        let centre = node.centre
        switch node.shape {
        case .dot(let name, let side):
            return [
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="10" fill="\#(palette.text)"/>"#,
                text(name, node.state.name, palette.text, anchor(side) + bold, markup: accounts(of: node.state)),
            ]
        case .ring(let name, let side):
            return [
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="13" fill="\#(palette.background)" "#
                    + #"stroke="\#(palette.text)" stroke-width="2"/>"#,
                #"<circle cx="\#(centre.x)" cy="\#(centre.y)" r="7" fill="\#(palette.text)"/>"#,
                text(name, node.state.name, palette.text, anchor(side) + bold, markup: accounts(of: node.state)),
            ]
        case .box(let size):
            let corner = Point(centre.x - size.x / 2, centre.y - size.y / 2)
            let type = node.isMain ? TypeSizes.main : drawing.type
            let (name, caption) = (type.name, type.caption)
            let step = caption * 4 / 3
            // The capitals of the name and the last line's baseline keep the same distance from the box.
            var place = Point(centre.x, centre.y + (name * 7 / 10 - step * node.captions.count) / 2 - 1)
            var lines = [
                #"<rect x="\#(corner.x)" y="\#(corner.y)" width="\#(size.x)" height="\#(size.y)" "#
                    + #"rx="12" fill="\#(palette.fill(node.state))" stroke="\#(palette.boxStroke)" "#
                    + #"stroke-width="1.5"/>"#,
                text(place, node.state.name, palette.text, anchor(.middle) + " font-size=\"\(name)\"" + bold),
            ]
            // Alive, it says how many are there in place of what each of them owns.
            for words in isLive ? [""] : node.captions {
                place.y += step
                lines.append(
                    text(
                        place, words, isLive ? palette.text : palette.quiet,
                        anchor(.middle) + " font-size=\"\(isLive ? name : caption)\"", markup: accounts(of: node.state))
                )
            }
            return lines
        }
    }

    private func frame(_ corners: [Point]) -> String {
        // Begun in the middle of a side, so that every corner is round.
        let start = Point((corners[0].x + corners[1].x) / 2, (corners[0].y + corners[1].y) / 2)
        let round = [start] + corners.dropFirst() + [corners[0], start]
        return #"<path class="frame" d="\#(path(round)) Z" fill="none" stroke="\#(palette.quiet)" "#
            + #"stroke-width="1.2"/>"#
    }

    // MARK: - Lines

    private func line(_ line: Drawing.Line) -> [String] {
        let kind = line.edge.kind
        let colour = palette.line(kind)
        let corners = line.route.corners
        let tip = corners[corners.count - 1]
        let before = corners[corners.count - 2]
        let (dx, dy) = ((tip.x - before.x).signum(), (tip.y - before.y).signum())
        // The line ends inside its arrow head, so that no blunt end shows beyond the tip.
        let end = Point(tip.x - 8 * dx, tip.y - 8 * dy)
        let wings = [
            tip, Point(tip.x - 12 * dx - 5 * dy, tip.y - 12 * dy - 5 * dx),
            Point(tip.x - 12 * dx + 5 * dy, tip.y - 12 * dy + 5 * dx),
        ]
        let plain = #"stroke-width="\#(kind == .failure ? "2.6" : "1.8")"\#(style(kind))"#
        let opacity = overlay?.opacity(line.edge.rows) ?? ""
        return [
            #"<path d="\#(path(corners.dropLast() + [end]))" fill="none" stroke="\#(colour)" "#
                + #"\#(overlay?.style(line.edge.rows, kind: kind) ?? plain)\#(opacity)/>"#,
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

    private func labels(_ line: Drawing.Line) -> [String] {
        let type = drawing.type
        var place = line.route.label
        var lines: [String] = []
        for label in line.edge.labels {
            // Only the complete chart has an overlay, and there each label is of one row.
            let overlaid =
                line.edge.rows.first { label.ids.contains($0.id) && $0.event == label.event }
                .flatMap { overlay?.mark($0) } ?? .plain
            let colour = overlaid.emphasis == .pale ? palette.quiet : palette.line(label.event.kind)
            let guardText = label.condition.words.map { "[\($0)]" }
            let short = "\(label.ids.joined(separator: " ")) \(label.event.name)"
            // A number takes the place of the guard, which the id tells as well.
            let hasBelow = line.route.wraps && guardText != nil
            let below = hasBelow ? overlaid.count ?? guardText : nil
            let head =
                overlaid.count.map { hasBelow ? short : "\(short) \($0)" }
                ?? (line.route.wraps ? short : label.words)
            // Bold letters and a count need the room that the plain label has.
            let strong = bold + " font-size=\"\(type.label - 2)\""
            let style =
                overlaid.emphasis == .removed ? #" text-decoration="line-through""# : overlaid.isBold ? strong : ""
            let count =
                isLive
                ? #"<tspan class="count" font-size="13" font-weight="600" data-count="\#(label.ids.joined(separator: " "))"></tspan>"#
                : ""
            // Behind the shorter of two lines there is room for it.
            let isBelow = below.map { $0.count < label.event.name.count } ?? false
            lines.append(
                text(place, overlaid.prefix + head, colour, halo + style, markup: isBelow ? "" : count))
            if overlaid == .plain { lines.append(mark(Point(place.x, place.y + 4), label)) }
            place.y += type.lineHeight
            if let below {
                let indented = Point(place.x + type.idAdvance, place.y - 2)
                lines.append(text(indented, below, colour, halo, markup: isBelow ? count : ""))
                place.y += type.lineHeight
            }
        }
        return lines
    }

    /// Says the kind of a transition under its id, in the manner of its line: never by colour alone.
    private func mark(_ place: Point, _ label: Edge.Label) -> String {
        let kind = label.event.kind
        let strokes = label.ids.indices.map { index in
            "M\(place.x + index * drawing.type.idAdvance) \(place.y) h\(drawing.type.idWidth)"
        }
        return #"<path d="\#(strokes.joined(separator: " "))" fill="none" stroke="\#(palette.line(kind))" "#
            + #"stroke-width="2"\#(shortStyle(kind))/>"#
    }

    private func shortStyle(_ kind: EventKind) -> String {
        switch kind {
        case .input: ""
        case .deadline: #" stroke-dasharray="7 4""#
        case .failure: #" stroke-dasharray="0.5 4.2" stroke-linecap="round""#
        }
    }

    /// What is left out, how to read the lines, and which table this is.
    private var legend: [String] {
        let bottom = drawing.size.y - 34
        let small = "font-size=\"17\""
        var lines = [text(Point(46, bottom - 34), drawing.footnote, palette.quiet, small)]
        var x = 46
        for kind in EventKind.allCases {
            lines.append(
                #"<path d="M\#(x) \#(bottom - 6) h46" fill="none" stroke="\#(palette.line(kind))" "#
                    + #"stroke-width="2"\#(style(kind))/>"#)
            lines.append(text(Point(x + 56, bottom), kind.rawValue, palette.text, small))
            x += 150
        }
        if overlay == nil, drawing.lines.contains(where: { Set($0.edge.rows.map(\.event.kind)).count > 1 }) {
            let words = "A line of several kinds is solid; the mark under each id tells."
            lines.append(text(Point(x, bottom), words, palette.quiet, small))
        }
        lines.append(
            text(
                Point(drawing.size.x - 28, bottom), "table \(digest)", palette.quiet,
                "text-anchor=\"end\" font-size=\"15\""))
        return lines
    }

    // MARK: - Text

    private func anchor(_ anchor: Drawing.Anchor) -> String {
        anchor == .start ? "" : " text-anchor=\"\(anchor.rawValue)\""
    }
    private let bold = " font-weight=\"600\""
    /// A label stays readable where a line passes behind it.
    private var halo: String {
        #"paint-order="stroke" stroke="\#(palette.background)" stroke-width="5" stroke-linejoin="round""#
    }

    private func text(
        _ place: Point, _ words: String, _ colour: String, _ attributes: String = "", markup: String = ""
    ) -> String {
        let more = attributes.isEmpty ? "" : " " + attributes.trimmedStart
        return
            #"<text x="\#(place.x)" y="\#(place.y)" fill="\#(colour)"\#(more)>\#(words.escapedForXML)\#(markup)</text>"#
    }
}

extension String {
    fileprivate var trimmedStart: Substring { drop { $0 == " " } }
}
