import ConnectionLifecycle

extension Replay {
    /// The way as a Mermaid `stateDiagram-v2`: the transitions that were taken, each with the numbers of its steps.
    public func mermaid(title: String) -> String {
        var edges: [(from: String, to: String, labels: [String])] = []
        for (index, step) in steps.enumerated() where step.id != nil {
            let label = "\(index + 1) \(step.id ?? "") \(step.event)"
            if let known = edges.firstIndex(where: { $0.from == step.from && $0.to == step.to }) {
                edges[known].labels.append(label)
            } else {
                edges.append((step.from, step.to, [label]))
            }
        }
        var lines = ["%% \(title)", "stateDiagram-v2", "    [*] --> idle"]
        lines += edges.map { "    \($0.from) --> \($0.to): \($0.labels.joined(separator: "<br/>"))" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// The way from top to bottom: a box for each state that was entered, a line for each event.
    public func svg(title: String, theme: ChartTheme) -> String {
        ReplayPicture(replay: self, title: title, palette: .of(theme)).text
    }
}

/// Text on a grid: no label can meet another.
private struct ReplayPicture {
    let replay: Replay
    let title: String
    let palette: Palette

    private static let width = 720
    private static let box = (x: 40, width: 160, height: 34)
    private static let gap = 46
    private static let top = 64

    private var height: Int { Self.top + (replay.shown.count + 1) * (Self.box.height + Self.gap) }

    private func top(of index: Int) -> Int { Self.top + index * (Self.box.height + Self.gap) }

    var text: String {
        var lines = [
            #"<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="title description" "#
                + #"viewBox="0 0 \#(Self.width) \#(height)" width="\#(Self.width)" height="\#(height)" "#
                + #"font-family="Helvetica, Arial, sans-serif" font-size="15">"#,
            #"<title id="title">\#(title.escapedForXML)</title>"#,
            #"<desc id="description">\#(replay.lines.joined(separator: "; ").escapedForXML)</desc>"#,
            #"<rect width="\#(Self.width)" height="\#(height)" fill="\#(palette.background)"/>"#,
            words(x: Self.box.x, y: 34, title, palette.text),
        ]
        lines += box(0, State.idle.name)
        for (index, step) in replay.shown.enumerated() { lines += self.step(index, step) }
        if let cycle = replay.cycle { lines += again(cycle) }
        return (lines + ["</svg>"]).joined(separator: "\n") + "\n"
    }

    private func box(_ index: Int, _ name: String) -> [String] {
        let fill = State.allCases.first { $0.name == name }.map { palette.fill($0) } ?? palette.background
        return [
            #"<rect x="\#(Self.box.x)" y="\#(top(of: index))" width="\#(Self.box.width)" height="\#(Self.box.height)" "#
                + #"rx="8" fill="\#(fill)" stroke="\#(palette.boxStroke)"/>"#,
            words(x: Self.box.x + 14, y: top(of: index) + 22, name, palette.text),
        ]
    }

    private func step(_ index: Int, _ step: Replay.Step) -> [String] {
        let (middle, start) = (Self.box.x + Self.box.width / 2, top(of: index) + Self.box.height)
        let end = top(of: index + 1)
        let kind = Event.allCases.first { step.event.split(separator: " ").first.map(String.init) == $0.name }?.kind
        let colour = kind.map { palette.line($0) } ?? palette.quiet
        let dashes = kind?.dashes.map { #" stroke-dasharray="\#($0)""# } ?? ""
        return [
            #"<line x1="\#(middle)" y1="\#(start)" x2="\#(middle)" y2="\#(end - 7)" stroke="\#(colour)" "#
                + #"stroke-width="2"\#(dashes)/>"#,
            #"<path d="M \#(middle - 5) \#(end - 8) L \#(middle + 5) \#(end - 8) L \#(middle) \#(end) Z" "#
                + #"fill="\#(colour)"/>"#,
            words(
                x: middle + 16, y: start + Self.gap / 2 + 5, "\(index + 1)  \(step.id ?? "no row")  \(step.event)",
                colour),
        ] + box(index + 1, step.to)
    }

    /// A bracket at the right, around the steps that repeat.
    private func again(_ cycle: Int) -> [String] {
        let (from, to) = (top(of: cycle), top(of: replay.shown.count) + Self.box.height)
        let right = Self.width - 140
        return [
            #"<path d="M \#(right - 10) \#(from) H \#(right) V \#(to) H \#(right - 10)" fill="none" "#
                + #"stroke="\#(palette.quiet)" stroke-width="2"/>"#,
            words(x: right + 12, y: (from + to) / 2 + 5, "for ever", palette.quiet),
        ]
    }

    private func words(x: Int, y: Int, _ text: String, _ colour: String) -> String {
        #"<text x="\#(x)" y="\#(y)" fill="\#(colour)">\#(text.escapedForXML)</text>"#
    }
}
