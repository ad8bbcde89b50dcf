import ConnectionLifecycle
import Testing

@testable import StateChartKit

@Suite("Every export, read back")
struct RoundTripTests {
    /// An export that carries the table, or a part of it, with the reader of it.
    struct Export: CustomTestStringConvertible, Sendable {
        let testDescription: String
        let content: ReadChart.Content
        let views: [ChartView]
        let write: @Sendable (StateChart, ChartView) -> String
        let read: @Sendable (String) throws -> ReadChart
    }

    static let drawn: [Export] = [
        Export(
            testDescription: "Mermaid", content: [], views: ChartView.allCases, write: { $0.mermaid($1) },
            read: { try MermaidReader($0).chart }),
        Export(
            testDescription: "DOT", content: .reasons, views: ChartView.allCases, write: { $0.dot($1) },
            read: { try DOTReader($0).chart }),
        Export(
            testDescription: "PlantUML", content: [], views: ChartView.allCases, write: { $0.plantUML($1) },
            read: { try PlantUMLReader($0).chart }),
    ]

    static let whole: [Export] = [
        Export(
            testDescription: "SCXML", content: .everything, views: [.complete], write: { chart, _ in chart.scxml },
            read: { try SCXMLReader($0).chart }),
        Export(
            testDescription: "JSON", content: .everything, views: [.complete], write: { chart, _ in chart.json },
            read: { try JSONReader($0).chart }),
        Export(
            testDescription: "Markdown", content: .everything, views: [.complete],
            write: { chart, _ in chart.text(.markdown) }, read: { try MarkdownReader($0).chart }),
    ]

    @Test("is the table again", arguments: drawn + whole)
    func standard(export: Export) throws {
        for view in export.views {
            let read = try export.read(export.write(.standard, view))
            let expected = ReadChart(.standard, view: view, content: export.content)
            #expect(read.differences(from: expected) == [], "\(view.name)")
            #expect(!read.rows.isEmpty && !read.states.isEmpty)
        }
    }

    /// Markdown is for people: it folds line ends, so it is compared below by what it shows.
    @Test("is any table again, whatever its texts say, and never the standard one", arguments: drawn + whole.dropLast())
    func mutated(export: Export) async throws {
        var mutations = TableMutations(seed: 5)
        for count in 0..<200 {
            await Task.yield()
            let mutant = mutations.mutate(.standard)
            let chart = StateChart(table: mutant.table)
            let view = export.views[count % export.views.count]
            let text = export.write(chart, view)
            let read = try export.read(text)
            let expected = ReadChart(chart, view: view, content: export.content)
            #expect(read.differences(from: expected) == [], "\(count): \(mutant.name), \(view.name)")
            var standard = ReadChart(.standard, view: view, content: export.content)
            #expect(read.digest != standard.digest, "\(count): \(mutant.name)")
            // Not by the digest alone: where the view and the format carry what was changed, by what was read, too.
            standard.digest = read.digest
            if expected.differences(from: standard) != [] {
                #expect(read.differences(from: standard) != [], "\(count): \(mutant.name), \(view.name)")
            }
        }
    }

    @Test("is several changes at once", arguments: drawn + whole.dropLast())
    func oftenMutated(export: Export) async throws {
        for seed in UInt64(0)..<25 {
            await Task.yield()
            var mutations = TableMutations(seed: 1_000 + seed)
            var table = TransitionTable.standard
            for _ in 0..<12 { table = mutations.mutate(table).table }
            let chart = StateChart(table: table)
            for view in export.views {
                let read = try export.read(export.write(chart, view))
                let expected = ReadChart(chart, view: view, content: export.content)
                #expect(read.differences(from: expected) == [], "seed \(seed), \(view.name)")
            }
        }
    }

    @Test("the Markdown page shows every change")
    func markdown() async throws {
        var mutations = TableMutations(seed: 6)
        let standard = try MarkdownReader(StateChart.standard.text(.markdown)).chart
        for count in 0..<200 {
            await Task.yield()
            let mutant = mutations.mutate(.standard)
            // The page has no column for the condition of what is ignored; no sound table has such a condition.
            if mutant.table.rows.contains(where: { $0.to == nil && $0.condition != .always }) { continue }
            let read = try MarkdownReader(StateChart(table: mutant.table).text(.markdown)).chart
            var undated = read
            undated.digest = standard.digest
            #expect(undated.differences(from: standard) != [], "\(count): \(mutant.name)")
            #expect(read.rows.count == mutant.table.rows.count, "\(count): \(mutant.name)")
            #expect(read.states.count == mutant.table.states.count, "\(count): \(mutant.name)")
        }
    }

    @Test("a lifted line of the overview stands for one row of every member")
    func lifted() throws {
        let chart = StateChart.standard
        let lifted = try #require(chart.edges(in: .overview).first { $0.sources.count > 1 })
        let (mermaid, dot) = (try MermaidReader(chart.mermaid(.overview)), try DOTReader(chart.dot(.overview)))
        let plantUML = try PlantUMLReader(chart.plantUML(.overview))
        let members = lifted.sources.map { "\($0)" }
        #expect(Array(mermaid.groups.values) == [members])
        #expect(Array(plantUML.groups.values) == [members])
        #expect(Array(dot.clusters.values) == [members])
        // One line each, not one for each member.
        #expect(dot.edgeCount == chart.edges(in: .overview).count)
    }

    @Test("a state that no line touches is named all the same")
    func isolated() throws {
        var table = TransitionTable.standard
        table.rows.removeAll { $0.from == .idle || $0.to == .idle }
        let chart = StateChart(table: table)
        for export in Self.drawn {
            let read = try export.read(export.write(chart, .state(.idle)))
            #expect(read.states.map(\.name) == ["idle"])
            #expect(read.rows.isEmpty)
        }
    }

    @Test("every view is among the files, each file has a name of its own and the digest")
    func files() {
        let exports = StateChart.standard.exports
        #expect(Set(exports.map(\.name)).count == exports.count)
        for view in ChartView.allCases {
            for ending in ["mmd", "dot", "puml"] {
                #expect(exports.contains { $0.name == "\(view.path).\(ending)" })
            }
        }
        for file in exports {
            #expect(file.contents.contains(StateChart.standard.digest), "\(file.name)")
            #expect(file.contents.hasSuffix("\n") && !file.contents.hasSuffix("\n\n"), "\(file.name)")
        }
    }

    @Test("the readers refuse what is no chart")
    func refused() {
        for export in Self.drawn + Self.whole {
            let text = export.write(.standard, .complete)
            let half = String(text.prefix(text.count * 2 / 3))
            // Tables of a page stay readable when it is cut.
            let isRead = (try? export.read(half)).map { $0.rows.count == TransitionTable.standard.rows.count } ?? false
            #expect(!isRead, "\(export.testDescription)")
        }
    }
}
