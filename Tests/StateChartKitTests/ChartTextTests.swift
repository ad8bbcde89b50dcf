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

    @Test("the page has one row for every transition, which leads to its test, and one for every ignored pair")
    func page() throws {
        let lines = chart.markdown.split(separator: "\n").map(String.init)
        for row in rows {
            let name = "\(row.from)".prefix(1).uppercased() + "\(row.from)".dropFirst()
            let id =
                row.to == nil
                ? row.id : "[\(row.id)](../Tests/HoldfastTests/Transitions/\(name)Transitions.swift)"
            let found = lines.filter { $0.hasPrefix("| \(id) | \(row.from) | `\(row.event)` |") }
            #expect(found.count == 1, "\(row.id)")
            #expect(found.first?.contains(row.because) == true)
        }
        for state in TransitionTable.standard.states {
            let head = "| **[\(state.state)](states/\(state.state).md)** | \(state.meaning) |"
            #expect(lines.filter { $0.hasPrefix(head) }.count == 1, "\(state.state)")
        }
    }

    @Test("the table of states says on what each is entered and left")
    func entersAndLeaves() throws {
        let lines = chart.markdown.split(separator: "\n").map(String.init)
        for state in State.allCases {
            let line = try #require(lines.first { $0.hasPrefix("| **[\(state)](") })
            let cells = line.split(separator: "|").map { $0.split { " `–".contains($0) }.map(String.init) }
            let others = rows.filter { $0.to != nil && $0.to != $0.from }
            #expect(Set(cells[4]) == Set(others.filter { $0.to == state }.map { "\($0.event)" }), "\(state)")
            #expect(Set(cells[5]) == Set(others.filter { $0.from == state }.map { "\($0.event)" }), "\(state)")
        }
    }

    @Test("the page of a state has each of its rows once, and all events: taken, ignored or impossible")
    func statePages() {
        for state in State.allCases {
            let page = chart.markdown(of: state)
            #expect(page.contains("\n# \(state)\n"))
            #expect(page.contains(state.prose))
            for row in rows {
                let cell = row.to == nil ? "| \(row.id) |" : "| [\(row.id)]("
                #expect(
                    page.components(of: cell) == (row.from == state || row.to == state ? 1 : 0), "\(row.id) on \(state)"
                )
                if row.from == state || row.to == state { #expect(page.contains(row.because)) }
            }
            let impossible = page.split(separator: "\n").first { $0.hasPrefix("Cannot occur here") }
            for event in Event.allCases {
                let isTaken = rows.contains { $0.from == state && $0.event == event }
                #expect(impossible?.contains("`\(event)`") == !isTaken, "\(event) in \(state)")
            }
        }
    }

    @Test("every link between the pages, and every picture, leads to a generated file")
    func links() {
        let names = Set(chart.files.map(\.name))
        for file in chart.files where file.name.hasSuffix(".md") {
            let folder = file.name.split(separator: "/").dropLast().joined(separator: "/")
            var found = 0
            for match in file.contents.matches(of: /\]\(([^)]+)\)|(?:src|srcset)="([^"]+)"/) {
                let target = String(match.1 ?? match.2 ?? "")
                // The tests of the transitions are no charts.
                if target.contains("../Tests/") { continue }
                var place = folder.isEmpty ? [] : [folder]
                for part in target.split(separator: "/").map(String.init) {
                    if part == ".." { _ = place.popLast() } else { place.append(part) }
                }
                #expect(names.contains(place.joined(separator: "/")), "\(target) in \(file.name)")
                found += 1
            }
            #expect(found > 2)
        }
    }

    @Test("every page and picture can be reached from the landing page in two steps")
    func reachable() {
        let pages = chart.files.filter { $0.name.hasSuffix(".md") }.map(\.contents).joined()
        for file in chart.files where file.name != "README.md" {
            let name = file.name.split(separator: "/").last ?? ""
            #expect(pages.contains("(\(file.name))") || pages.contains("\"\(name)\""), "\(file.name)")
        }
    }

    // MARK: - Faults

    @Test("every fault names transitions that exist and lead from one to the next")
    func faultIDs() {
        let ids = Set(chart.transitions.map(\.id))
        for fault in Fault.all {
            #expect(fault.steps.allSatisfy { !$0.isEmpty } && !fault.steps.isEmpty)
            for id in fault.transitions { #expect(ids.contains(id), "\(fault.name): \(id)") }
            #expect(Set(fault.transitions).count == fault.transitions.count)
            // Each step begins where one of the step before it ended.
            let steps = fault.steps.map { step in rows.filter { step.contains($0.id) } }
            for (before, after) in zip(steps, steps.dropFirst()) {
                for row in after { #expect(before.contains { $0.to == row.from }, "\(fault.name): \(row.id)") }
            }
        }
        #expect(Set(Fault.all.map(\.name)).count == Fault.all.count)
    }

    @Test("every transition answers a fault or a command")
    func faultCoverage() {
        let answered = Set(Fault.all.flatMap(\.transitions))
        for row in chart.transitions {
            #expect(answered.contains(row.id) || row.event.emitter == .command, "\(row.id)")
        }
    }

    @Test("the limits are those of the engine's defaults")
    func limits() {
        #expect(Deadline.allCases.map(\.usual) == ["15 s", "30 s", "5 s", "250 ms", "1 s", "30 s"])
        #expect(Timing().connectTimeout == .seconds(15) && BackoffPolicy().cap == .seconds(30))
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
