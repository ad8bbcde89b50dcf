import ConnectionLifecycle

/// Collects the elements of one SVG picture of a trace.
struct Canvas {
    let theme: ChartTheme
    let palette: Palette
    /// Of text that says nothing else, in user units.
    static let size = 15
    private var elements: [String] = []

    init(theme: ChartTheme) {
        self.theme = theme
        palette = .of(theme)
    }

    enum Anchor: String {
        case start, middle, end
    }

    mutating func text(
        _ x: Int, _ y: Int, _ words: String, _ colour: String, size: Int = Canvas.size, anchor: Anchor = .start,
        isBold: Bool = false, hasHalo: Bool = false
    ) {
        var attributes = #"x="\#(x)" y="\#(y)" fill="\#(colour)""#
        if size != Canvas.size { attributes += #" font-size="\#(size)""# }
        if anchor != .start { attributes += #" text-anchor="\#(anchor.rawValue)""# }
        if isBold { attributes += #" font-weight="600""# }
        if hasHalo {
            // Stays readable where a line passes behind it.
            attributes +=
                #" paint-order="stroke" stroke="\#(palette.background)" stroke-width="4" stroke-linejoin="round""#
        }
        elements.append("<text \(attributes)>\(words.escapedForXML)</text>")
    }

    mutating func line(
        _ x1: Int, _ y1: Int, _ x2: Int, _ y2: Int, _ colour: String, width: Double = 1.6, dashes: String? = nil
    ) {
        path("M\(x1) \(y1) L\(x2) \(y2)", colour, width: width, dashes: dashes)
    }

    mutating func path(
        _ path: String, _ colour: String, width: Double = 1.6, dashes: String? = nil, fill: String = "none"
    ) {
        let dash = dashes.map {
            #" stroke-dasharray="\#($0)""# + ($0.hasPrefix("1.5 ") ? #" stroke-linecap="round""# : "")
        }
        elements.append(
            #"<path d="\#(path)" fill="\#(fill)" stroke="\#(colour)" stroke-width="\#(TimeText.fixed(width, 1))"\#(dash ?? "")/>"#
        )
    }

    mutating func box(
        _ x: Int, _ y: Int, _ width: Int, _ height: Int, fill: String, stroke: String? = nil, radius: Int = 0,
        title: String? = nil
    ) {
        let edge = stroke.map { #" stroke="\#($0)" stroke-width="1.2""# } ?? ""
        let round = radius > 0 ? #" rx="\#(radius)""# : ""
        let body = #"<rect x="\#(x)" y="\#(y)" width="\#(width)" height="\#(height)"\#(round) fill="\#(fill)"\#(edge)"#
        elements.append(title.map { body + "><title>\($0.escapedForXML)</title></rect>" } ?? body + "/>")
    }

    /// A filled head at the end of a horizontal line.
    mutating func arrowHead(_ x: Int, _ y: Int, pointsLeft: Bool, _ colour: String) {
        let back = pointsLeft ? x + 11 : x - 11
        elements.append(#"<polygon points="\#(x),\#(y) \#(back),\#(y - 5) \#(back),\#(y + 5)" fill="\#(colour)"/>"#)
    }

    mutating func circle(_ x: Int, _ y: Int, radius: Int, stroke: String, fill: String) {
        elements.append(
            #"<circle cx="\#(x)" cy="\#(y)" r="\#(radius)" fill="\#(fill)" stroke="\#(stroke)" stroke-width="2"/>"#)
    }

    /// The whole picture.
    func document(_ size: Point, title: String, description: String, digest: String) -> String {
        let head = [
            #"<?xml version="1.0" encoding="UTF-8"?>"#,
            "<!-- Generated from a trace by `charts`; do not edit. Digest of the table \(digest). -->",
            #"<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" "#
                + #"viewBox="0 0 \#(size.x) \#(size.y)" width="\#(size.x)" height="\#(size.y)" "#
                + #"font-family="Helvetica, Arial, 'Liberation Sans', sans-serif" font-size="\#(Canvas.size)">"#,
            #"<title id="title">\#(title.escapedForXML)</title>"#,
            #"<desc id="description">\#(description.escapedForXML)</desc>"#,
            #"<rect width="\#(size.x)" height="\#(size.y)" fill="\#(palette.background)"/>"#,
        ]
        return (head + elements + ["</svg>"]).joined(separator: "\n") + "\n"
    }
}

extension Canvas {
    /// The colour of a state's band. Never the only sign: a band also has a place or a name of its own.
    func band(_ state: State) -> String {
        switch (state, theme) {
        case (.idle, .light), (.stopped, .light): "#57606a"
        case (.idle, .dark), (.stopped, .dark): "#9da7b3"
        case (.connecting, .light): "#3b6fc4"
        case (.connecting, .dark): "#6ea1f0"
        case (.open, .light): "#2a7d4f"
        case (.open, .dark): "#4fb97e"
        case (.probing, .light): "#157f8f"
        case (.probing, .dark): "#3fb6c8"
        case (.stale, .light): "#b3261e"
        case (.stale, .dark): "#ff7b72"
        case (.terminating, .light): "#a8500f"
        case (.terminating, .dark): "#e8935a"
        case (.backoff, .light): "#8a6a00"
        case (.backoff, .dark): "#d9b13b"
        }
    }
}

extension String {
    /// Broken between words into lines of at most so many characters; the last one is cut where there would be more lines.
    func wrapped(to width: Int, lines limit: Int) -> [String] {
        var lines: [String] = []
        var rest = split(separator: " ", omittingEmptySubsequences: true)[...]
        while !rest.isEmpty {
            var line = ""
            while let word = rest.first, line.isEmpty || line.count + 1 + word.count <= width {
                line += (line.isEmpty ? "" : " ") + word
                rest.removeFirst()
            }
            lines.append(line.count <= width ? line : line.prefix(width - 1) + "…")
            if lines.count == limit {
                if !rest.isEmpty { lines[limit - 1] = lines[limit - 1].prefix(width - 2) + " …" }
                break
            }
        }
        return lines
    }
}
