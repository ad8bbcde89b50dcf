import ConnectionLifecycle

/// The colours of one theme. All text keeps a contrast of at least 4.5 : 1 (WCAG 2.1, 1.4.3), which the tests compute.
struct Palette {
    let background, text, quiet, boxStroke: String
    let input, deadline, failure: String
    let working, recovering: String

    static func of(_ theme: ChartTheme) -> Palette {
        switch theme {
        case .light:
            Palette(
                background: "#ffffff", text: "#1f2328", quiet: "#57606a", boxStroke: "#57606a", input: "#1f4b99",
                deadline: "#7a4b00", failure: "#b3261e", working: "#e3f3e8", recovering: "#fdeedd")
        case .dark:
            Palette(
                background: "#0d1117", text: "#e6edf3", quiet: "#9da7b3", boxStroke: "#9da7b3", input: "#8ab8ff",
                deadline: "#e3b341", failure: "#ff958c", working: "#173325", recovering: "#3a2a17")
        }
    }

    /// By name, for a page that has both themes.
    var colours: [(name: String, value: String)] {
        [
            ("background", background), ("text", text), ("quiet", quiet), ("stroke", boxStroke), ("input", input),
            ("deadline", deadline), ("failure", failure), ("working", working), ("recovering", recovering),
        ]
    }

    /// The colours that a page gives by CSS variables.
    static let live = Palette(
        background: "var(--chart-background)", text: "var(--chart-text)", quiet: "var(--chart-quiet)",
        boxStroke: "var(--chart-stroke)", input: "var(--chart-input)", deadline: "var(--chart-deadline)",
        failure: "var(--chart-failure)", working: "var(--chart-working)", recovering: "var(--chart-recovering)")

    func line(_ kind: EventKind) -> String {
        switch kind {
        case .input: input
        case .deadline: deadline
        case .failure: failure
        }
    }

    func fill(_ state: State) -> String {
        switch state {
        case .connecting, .open, .probing: working
        case .stale, .terminating, .backoff: recovering
        case .idle, .stopped: background
        }
    }

    /// Text and what it stands on.
    var pairs: [(text: String, on: String)] {
        [
            (text, background), (quiet, background), (input, background), (deadline, background),
            (failure, background), (text, working), (text, recovering), (quiet, working), (quiet, recovering),
        ]
    }
}

extension EventKind {
    /// SVG `stroke-dasharray`.
    var dashes: String? {
        switch self {
        case .input: nil
        case .deadline: "9 5"
        case .failure: "1.5 5"
        }
    }
}
