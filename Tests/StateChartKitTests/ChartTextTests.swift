import ConnectionLifecycle
import Testing

@testable import StateChartKit

@Suite("The charts as text")
struct ChartTextTests {
    private let chart = StateChart.standard
    private let rows = TransitionTable.standard.rows

    /// How often an id stands in a text as a word of its own.
    private func count(_ id: String, in text: String) -> Int {
        text.split { !$0.isLetter && !$0.isNumber }.filter { $0 == id }.count
    }

    @Test("Mermaid and Graphviz label every transition exactly once")
    func labels() {
        for row in rows {
            #expect(count(row.id, in: chart.mermaid) == (row.to == nil ? 0 : 1), "\(row.id)")
            // Not counted as a word: Graphviz ends a line with \l.
            #expect(chart.dot.components(of: row.id + " ") == (row.to == nil ? 0 : 1), "\(row.id)")
        }
    }

    @Test("Mermaid stays in the part of the language that every renderer knows")
    func mermaid() {
        let lines = chart.mermaid.split(separator: "\n")
        #expect(lines[1] == "stateDiagram-v2")
        for line in lines.dropFirst(2) {
            #expect(line.contains(" --> "))
            let allowed = line.allSatisfy { $0.isLetter || $0.isNumber || " -><:/()[]*".contains($0) }
            #expect(allowed, "\(line)")
            #expect(line.filter { $0 == ":" }.count <= 1)
        }
        #expect(lines.count == 2 + 2 + chart.edges.count)
    }

    @Test("the page has one row for every transition, one for every ignored pair, and each id once in the matrix")
    func page() throws {
        let lines = chart.markdown.split(separator: "\n").map(String.init)
        for row in rows {
            let found = lines.filter { $0.hasPrefix("| \(row.id) | \(row.from) | `\(row.event)` |") }
            #expect(found.count == 1, "\(row.id)")
            #expect(found.first?.contains(row.because) == true)
            // In its own table, and transitions in the matrix.
            #expect(count(row.id, in: chart.markdown) == (row.to == nil ? 1 : 2), "\(row.id)")
        }
        for state in TransitionTable.standard.states {
            #expect(lines.filter { $0.hasPrefix("| **\(state.state)** | \(state.meaning) |") }.count == 1)
        }
    }

    @Test("a cell of the matrix is empty exactly where nothing leads")
    func matrix() throws {
        let lines = chart.markdown.split(separator: "\n").map(String.init)
        let head = try #require(lines.firstIndex { $0.hasPrefix("| from") })
        for (offset, from) in State.allCases.enumerated() {
            let cells = lines[head + 2 + offset].split(separator: "|", omittingEmptySubsequences: false)
            for (column, to) in State.allCases.enumerated() {
                let ids = rows.filter { $0.from == from && $0.to == to }.map(\.id).joined(separator: " ")
                #expect(cells[column + 2].drop { $0 == " " }.prefix(ids.count) == ids)
                #expect(cells[column + 2].contains("T") == !ids.isEmpty)
            }
        }
    }

    @Test("every action has a name and a meaning")
    func actions() {
        let used = rows.reduce(into: Actions()) { $0.formUnion($1.actions) }
        #expect(Actions.glossary.reduce(into: Actions()) { $0.formUnion($1.action) } == used)
        #expect(Set(Actions.glossary.map(\.name)).count == Actions.glossary.count)
        for entry in Actions.glossary { #expect(entry.action.rawValue.nonzeroBitCount == 1 && !entry.meaning.isEmpty) }
    }

    @Test("no table breaks the page")
    func pipes() {
        var table = TransitionTable.standard
        table.rows[0].because = "One | two\nthree."
        #expect(StateChart(table: table).markdown.contains("One \\| two three. |"))
    }

    @Test("every file carries the digest of the table")
    func digest() {
        #expect(chart.digest.count == 16)
        #expect(chart.digest.allSatisfy { $0.isHexDigit })
        for file in chart.files { #expect(file.contents.contains(chart.digest), "\(file.name)") }
    }

    @Test("the digest changes with anything in the table")
    func digestChanges() {
        var digests: Set<String> = [chart.digest]
        var tables: [TransitionTable] = []
        for index in rows.indices {
            let changes: [(inout Row) -> Void] = [
                { $0.id += "x" }, { $0.from = $0.from == .idle ? .open : .idle },
                { $0.event = $0.event == .lost ? .closed : .lost }, { $0.to = $0.to == .stale ? .open : .stale },
                { $0.condition = $0.condition == .always ? .when(.mayRetry) : .always },
                { $0.actions.formSymmetricDifference(.markReady) }, { $0.because += "!" },
            ]
            for change in changes {
                var table = TransitionTable.standard
                change(&table.rows[index])
                tables.append(table)
            }
        }
        for index in TransitionTable.standard.states.indices {
            let changes: [(inout StateDefinition) -> Void] = [
                { $0.owns.formSymmetricDifference(.probe) }, { $0.deadline = $0.deadline == nil ? .drained : nil },
                { $0.meaning += "!" },
            ]
            for change in changes {
                var table = TransitionTable.standard
                change(&table.states[index])
                tables.append(table)
            }
        }
        for table in tables { #expect(digests.insert(StateChart(table: table).digest).inserted) }
    }

    @Test("parallel transitions share one line")
    func edges() {
        let pairs = chart.edges.map { "\($0.from) \($0.to)" }
        #expect(Set(pairs).count == pairs.count)
        #expect(chart.edges.flatMap(\.rows).count == rows.filter { $0.to != nil }.count)
    }
}

extension String {
    /// How often another string occurs, without overlap.
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let range = rest.firstRange(of: part) {
            count += 1
            rest = rest[range.upperBound...]
        }
        return count
    }
}
