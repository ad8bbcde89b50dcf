/// Columns as wide as what is in them.
struct TextTable {
    var header: [String]
    /// These columns are aligned to the right, all others to the left.
    var numbers = 0..<0

    /// The header, a rule, and a line for each row.
    func text(_ rows: [(cells: [String], ink: Style.Ink?)], _ style: Style) -> [String] {
        let widths = header.indices.map { column in
            rows.map { $0.cells[column].count }.reduce(header[column].count, max)
        }
        let rule = style.paint(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), .dim)
        return [style.paint(line(header, widths), .bold), rule]
            + rows.map { style.paint(line($0.cells, widths), $0.ink) }
    }

    private func line(_ cells: [String], _ widths: [Int]) -> String {
        let padded = zip(cells, widths).enumerated().map { column, cell in
            numbers.contains(column) ? cell.0.aligned(to: cell.1) : cell.0.padded(to: cell.1)
        }
        let line = padded.joined(separator: "  ")
        return String(line.reversed().drop { $0 == " " }.reversed())
    }
}
