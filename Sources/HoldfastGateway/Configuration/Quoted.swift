/// A key or a name of the file as an error shows it: between quotes, without control characters, and not too long.
struct Quoted: CustomStringConvertible {
    var text: String

    init(_ text: String) { self.text = text }

    var description: String {
        let scalars = text.unicodeScalars
        var shown = String.UnicodeScalarView()
        for scalar in scalars.prefix(64) {
            // What is invisible, or turns the direction of the line, would show another name.
            switch scalar.properties.generalCategory {
            case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
                shown.append("\u{FFFD}")
            default: shown.append(scalar)
            }
        }
        return "\"\(String(shown))\(scalars.count > 64 ? "…" : "")\""
    }

    /// `"a", "b" and "c"`; of many only the first ones.
    static func list(_ names: [String], joined word: String = "and") -> String {
        let shown = names.prefix(12).map { Quoted($0).description }
        let more = names.count - shown.count
        guard more == 0 else { return shown.joined(separator: ", ") + " and \(more) more" }
        guard let last = shown.last, shown.count > 1 else { return shown.first ?? "" }
        return shown.dropLast().joined(separator: ", ") + " \(word) \(last)"
    }
}

/// What somebody may have meant.
enum Spelling {
    /// The nearest of the names, where one is near.
    static func nearest(to name: String, among names: [String]) -> String? {
        let written = Array(name.lowercased().unicodeScalars.prefix(64))
        let limit = max(1, min(3, written.count / 3))
        var best: (name: String, distance: Int)?
        for candidate in names {
            let distance = distance(written, Array(candidate.lowercased().unicodeScalars.prefix(64)))
            if distance <= limit, distance < (best?.distance ?? .max) { best = (candidate, distance) }
        }
        return best?.name
    }

    /// Letters to insert, leave out, change, or swap with their neighbour (optimal string alignment).
    private static func distance(_ left: [Unicode.Scalar], _ right: [Unicode.Scalar]) -> Int {
        var before: [Int] = []
        var last = Array(0...right.count)
        for row in left.indices {
            var current = [row + 1] + Array(repeating: 0, count: right.count)
            for column in right.indices {
                let change = last[column] + (left[row] == right[column] ? 0 : 1)
                current[column + 1] = min(change, last[column + 1] + 1, current[column] + 1)
                if row > 0, column > 0, left[row] == right[column - 1], left[row - 1] == right[column] {
                    current[column + 1] = min(current[column + 1], before[column - 1] + 1)
                }
            }
            (before, last) = (last, current)
        }
        return last[right.count]
    }
}
