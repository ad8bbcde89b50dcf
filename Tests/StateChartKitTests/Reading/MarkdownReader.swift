/// Reads the tables of a Markdown page back, by the names in their heads: where they stand, and what else is in them,
/// is the page's own affair.
struct MarkdownReader {
    private(set) var chart = ReadChart()

    init(_ text: String) throws {
        if let digest = text.firstRange(of: "Digest ") {
            chart.digest = String(text[digest.upperBound...].prefix { $0.isHexDigit })
        }
        for table in Self.tables(text) {
            if table.head.starts(with: ["state", "meaning"]) {
                chart.states += table.rows.map { row in
                    ReadChart.Definition(
                        name: row["state"] ?? "", meaning: row["meaning"] ?? "",
                        owns: Self.list(row["owns"]).map { $0 == "closing socket" ? "closing" : $0 }.sorted(),
                        deadline: Self.code(row["deadline"]))
                }
            } else if Set(["id", "event", "because"]).isSubset(of: table.head) {
                chart.rows += table.rows.map { row in
                    ReadChart.Transition(
                        id: row["id"] ?? "", from: row["from"] ?? row["state"] ?? "", event: row["event"] ?? "",
                        condition: Self.some(row["guard"]), to: Self.some(row["to"]),
                        actions: Self.list(row["actions"]).sorted(), because: row["because"] ?? "")
                }
            }
        }
        if chart.states.isEmpty || chart.rows.isEmpty { throw Unreadable("no table of states, or none of rows") }
    }

    private static func some(_ cell: String?) -> String? { cell == "" || cell == "–" ? nil : cell }

    /// The first thing in `code`; a page may say more beside it.
    private static func code(_ cell: String?) -> String? {
        let parts = (some(cell) ?? "").split(separator: "`", omittingEmptySubsequences: false)
        return parts.count >= 3 ? String(parts[1]) : some(cell)
    }

    private static func list(_ cell: String?) -> [String] {
        (some(cell) ?? "").split(separator: ",").map { $0.trimmed() }
    }

    private struct Table {
        var head: [String]
        var rows: [[String: String]]
    }

    private static func tables(_ text: String) -> [Table] {
        var tables: [Table] = []
        var isInside = false
        for line in text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init) {
            guard line.hasPrefix("|") else {
                isInside = false
                continue
            }
            let cells = cells(line)
            if !isInside {
                tables.append(Table(head: cells.map(plain), rows: []))
                isInside = true
            } else if !cells.allSatisfy({ $0.allSatisfy { "-: ".contains($0) } && !$0.isEmpty }) {
                let head = tables[tables.count - 1].head
                tables[tables.count - 1].rows.append(
                    Dictionary(zip(head, cells.map(plain))) { first, _ in first })
            }
        }
        return tables
    }

    /// Between the pipes that are not escaped.
    private static func cells(_ line: String) -> [String] {
        var cells: [String] = []
        var cell = ""
        var isEscaped = false
        for character in line.dropFirst() {
            if isEscaped {
                cell += character == "|" ? "|" : "\\\(character)"
                isEscaped = false
            } else if character == "\\" {
                isEscaped = true
            } else if character == "|" {
                cells.append(cell.trimmed())
                cell = ""
            } else {
                cell.append(character)
            }
        }
        return cells
    }

    /// Without what only dresses a whole cell: `**bold**`, `` `code` ``, and a link around it.
    private static func plain(_ cell: String) -> String {
        for mark in ["**", "`"] where cell.count > 2 * mark.count && cell.hasPrefix(mark) && cell.hasSuffix(mark) {
            let inner = String(cell.dropFirst(mark.count).dropLast(mark.count))
            if !inner.contains(mark) { return plain(inner) }
        }
        if cell.hasPrefix("["), cell.hasSuffix(")"), let end = cell.firstRange(of: "](") {
            return plain(String(cell[cell.index(after: cell.startIndex)..<end.lowerBound]))
        }
        return cell
    }
}
