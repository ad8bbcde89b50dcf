import BenchmarkKit
import Foundation

extension Document {
    /// All figures for a terminal.
    func tables() -> String {
        var lines: [String] = []
        for scenario in scenarios {
            lines += ["", "\(scenario.id): \(scenario.text)"]
            var rows = [["client", "median \(scenario.unit)", "min – max", "× \(scenario.reference)", "min – max"]]
            for (name, result) in scenario.results.sorted(by: { ($0.value.median, $0.key) < ($1.value.median, $1.key) })
            {
                rows.append([
                    name, figure(result.median), "\(figure(result.min)) – \(figure(result.max))",
                    result.ratio.map { fixed($0, 2) } ?? "–",
                    result.ratioMin.flatMap { least in
                        result.ratioMax.map { "\(fixed(least, 2)) – \(fixed($0, 2))" }
                    } ?? "–",
                ])
            }
            lines += align(rows)
        }
        if !goals.isEmpty {
            lines += ["", "goals"]
            lines += align(goals.map { [$0.ok ? "met" : "MISSED", $0.text, $0.textValue, $0.bound] })
        }
        if !problems.isEmpty { lines += ["", "not counted"] }
        lines += problems.map { "  \($0.client), \($0.scenario), round \($0.round): \($0.text)" }
        if !skipped.isEmpty { lines += ["", "skipped"] }
        lines += skipped.map { "  \($0.name): \($0.why)" }
        if isInterrupted { lines += ["", "interrupted: what is missing was not run"] }
        return lines.joined(separator: "\n") + "\n"
    }

    private func align(_ rows: [[String]]) -> [String] {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).enumerated().map { index, cell in
                // Nothing stands behind the last.
                let padding = index + 1 < row.count ? cell.1 - cell.0.count : 0
                return cell.0 + String(repeating: " ", count: padding)
            }
            return "  " + cells.joined(separator: "   ")
        }
    }
}

/// With so many digits behind the point.
func fixed(_ value: Double, _ digits: Int) -> String { String(format: "%.\(digits)f", value) }

/// As many digits as say something.
func figure(_ value: Double) -> String { fixed(value, value >= 100 ? 0 : value >= 10 ? 1 : value >= 1 ? 2 : 4) }
