/// The table at the end of the demo.
struct ResultTable {
    let style: Style

    func text(_ results: [CauseResult]) -> String {
        let header = ["cause", "detected by", "detection", "back after", "sent", "while deaf", "missed", "duplicates"]
        let rows = results.map(cells)
        let widths = header.indices.map { column in
            ([header] + rows).map { $0[column].count }.max() ?? 0
        }
        let rule = style.paint(widths.map { String(repeating: "─", count: $0) }.joined(separator: "  "), .dim)
        var lines = [style.paint(line(header, widths), .bold), rule]
        for (result, row) in zip(results, rows) {
            lines.append(style.paint(line(row, widths), result.isComplete ? nil : .red))
        }
        return lines.joined(separator: "\n")
    }

    private func cells(_ result: CauseResult) -> [String] {
        [
            result.cause.rawValue, result.detectedBy ?? "not detected", time(result.detection),
            result.isDelivering ? time(result.recovery) : "never", "\(result.sent)",
            "\(result.deafPosts)", "\(result.missed)", "\(result.duplicates)",
        ]
    }

    private func time(_ duration: Duration?) -> String { duration.map { $0.secondsText + " s" } ?? "–" }

    /// Words to the left, numbers to the right.
    private func line(_ cells: [String], _ widths: [Int]) -> String {
        zip(cells, widths).enumerated().map { column, cell in
            column < 2 ? cell.0.padded(to: cell.1) : cell.0.aligned(to: cell.1)
        }.joined(separator: "  ")
    }
}
