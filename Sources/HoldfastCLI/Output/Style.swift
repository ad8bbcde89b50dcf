import Foundation

/// Colours of a terminal, or none.
struct Style: Sendable {
    let isColored: Bool

    init(isColored: Bool) { self.isColored = isColored }

    /// For standard output: none when it is no terminal, or where `NO_COLOR` (no-color.org) or a dumb terminal says so.
    static var standardOutput: Style {
        let environment = ProcessInfo.processInfo.environment
        let isUnwanted = environment["NO_COLOR"]?.isEmpty == false || environment["TERM"] == "dumb"
        return Style(isColored: StandardOutput.isTerminal && !isUnwanted)
    }

    enum Ink: Int, Sendable {
        case bold = 1
        case dim = 2
        case red = 31
        case green = 32
        case yellow = 33
        case blue = 34
        case cyan = 36
    }

    func paint(_ text: String, _ ink: Ink?) -> String {
        guard isColored, let ink else { return text }
        return "\u{1B}[\(ink.rawValue)m\(text)\u{1B}[0m"
    }
}

extension String {
    /// Words of a server on a terminal: no control characters, no line breaks.
    var onOneLine: String {
        String(
            String.UnicodeScalarView(
                unicodeScalars.map { scalar in
                    switch scalar.properties.generalCategory {
                    case .control, .lineSeparator, .paragraphSeparator, .format: " "
                    default: scalar
                    }
                }))
    }

    func padded(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    func aligned(to width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }

    func cut(to width: Int) -> String { count <= width ? self : prefix(width - 1) + "…" }
}
