import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

/// The exports are read by programs that others wrote, and what these found is compared with the table. Hostile tables
/// are among them: a language that a text breaks out of is one that its own reader misunderstands.
@Suite("Every export, read by programs of others", .serialized)
struct ThirdPartyTests {
    private static let charts: [(name: String, chart: StateChart)] = {
        var mutations = TableMutations(seed: 77)
        let mutants = (0..<6).map { number in
            var table = TransitionTable.standard
            for _ in 0..<6 { table = mutations.mutate(table).table }
            return ("mutant\(number)", StateChart(table: table))
        }
        return [("standard", StateChart.standard)] + mutants
    }()

    /// Every view of the standard chart, and the complete one of the others.
    private static let views: [(name: String, chart: StateChart, view: ChartView)] =
        charts.flatMap { entry in
            (entry.name == "standard" ? ChartView.allCases : [.complete, .overview]).map { view in
                ("\(entry.name)-\(view.name)", entry.chart, view)
            }
        }

    @Test(
        "Graphviz lays out every view, with the nodes and edges of the table",
        .enabled(if: OtherProgram.dot != nil, "graphviz' dot is not here: .ci/setup --all"))
    func graphviz() async throws {
        let dot = try #require(OtherProgram.dot)
        try await ScratchFolder.with { (folder) async throws in
            for entry in Self.views {
                let file = try folder.write("\(entry.name).dot", entry.chart.dot(entry.view))
                let run = try await dot.run(["-Tplain", file])
                // Others complain of fonts that a machine may not have.
                let complaints = run.complaint.split(separator: "\n").filter { line in
                    line.hasPrefix("Error") || line.hasPrefix("Warning") || line.contains("Invalid UTF-8")
                }
                #expect(run.status == 0 && complaints.isEmpty, "\(entry.name): \(complaints)")
                let lines = run.lines.map { $0.split(separator: " ").map(String.init) }
                let nodes = lines.filter { $0.first == "node" }.map { $0[1] }
                #expect(nodes.sorted() == entry.chart.states(in: entry.view).map(\.name).sorted(), "\(entry.name)")
                let edges = lines.filter { $0.first == "edge" }.map { "\($0[1]) \($0[2])" }
                let expected = Outline(entry.view, of: entry.chart).edges.map { edge in
                    "\(edge.sources[edge.sources.count / 2].name) \(edge.to.name)"
                }
                #expect(edges.sorted() == expected.sorted(), "\(entry.name)")
            }
        }
    }

    @Test(
        "Graphviz refuses half a chart",
        .enabled(if: OtherProgram.dot != nil, "graphviz' dot is not here: .ci/setup --all"))
    func graphvizRefuses() async throws {
        let dot = try #require(OtherProgram.dot)
        try await ScratchFolder.with { (folder) async throws in
            let file = try folder.write("half.dot", String(StateChart.standard.dot.prefix(900)))
            #expect(try await dot.run(["-Tplain", file]).status != 0)
        }
    }

    @Test(
        "PlantUML draws every view, with the states and ids of the table",
        .enabled(if: OtherProgram.plantUML != nil, "plantuml is not here: .ci/setup --all"))
    func plantUML() async throws {
        let plantUML = try #require(OtherProgram.plantUML)
        try await ScratchFolder.with { (folder) async throws in
            // One run for all: it is the start that takes long.
            let files = try Self.views.map { try folder.write("\($0.name).puml", $0.chart.plantUML($0.view)) }
            let run = try await plantUML.run(["-tsvg", "-nometadata"] + files)
            #expect(run.status == 0, "\(run.output) \(run.complaint)")
            for entry in Self.views {
                let words = try Self.words(of: folder.read("\(entry.name).svg"))
                for state in entry.chart.states(in: entry.view) {
                    #expect(words.contains(state.name), "\(entry.name): \(state)")
                }
                for row in entry.chart.edges(in: entry.view).flatMap(\.rows) {
                    #expect(
                        words.contains(row.id.percentEncoded) && words.contains(row.event.name),
                        "\(entry.name): \(row.id)")
                }
            }
        }
    }

    @Test(
        "PlantUML refuses what is no state diagram",
        .enabled(if: OtherProgram.plantUML != nil, "plantuml is not here: .ci/setup --all"))
    func plantUMLRefuses() async throws {
        let plantUML = try #require(OtherProgram.plantUML)
        try await ScratchFolder.with { (folder) async throws in
            let broken = StateChart.standard.plantUML(.complete).replacing("idle -->", with: "idle >>")
            #expect(try await plantUML.run(["-tsvg", folder.write("broken.puml", broken)]).status != 0)
        }
    }

    private static func words(of svg: String) throws -> Set<String> {
        // Texts with several words are one element each, or one for each word.
        Set(try DrawingReader(svg).texts.flatMap { $0.words.split { " \u{a0}".contains($0) }.map(String.init) })
    }

    /// What the script in Python found in one diagram.
    private struct Parsed: Decodable {
        var states: [String]?
        var groups: [String: [String]]?
        var relations: [[String]]?
        var error: String?
        var size: Int?
    }

    @Test(
        "Mermaid's own parser reads every view as our reader does, and draws the overview",
        .enabled(if: OtherProgram.python != nil, "mermaidx is not here: .ci/setup --all"))
    func mermaid() async throws {
        let python = try #require(OtherProgram.python)
        try await ScratchFolder.with { (folder) async throws in
            let files = try Self.views.map { try folder.write("\($0.name).mmd", $0.chart.mermaid($0.view)) }
            let run = try await python.run([OtherProgram.script("mermaid_parse.py")] + files)
            #expect(run.status == 0 && run.lines.count == files.count, "\(run.complaint)")
            for (entry, line) in zip(Self.views, run.lines) {
                let parsed = try JSONDecoder().decode(Parsed.self, from: Data(line.utf8))
                #expect(parsed.error == nil, "\(entry.name)")
                let own = try MermaidReader(entry.chart.mermaid(entry.view))
                let ends = ["root_start", "root_end"]
                let groups = own.groups
                let states = (parsed.states ?? []).filter { !ends.contains($0) && groups[$0] == nil }
                #expect(Set(states) == Set(own.chart.states.map(\.name)), "\(entry.name)")
                #expect(parsed.groups == own.groups, "\(entry.name)")
                let lines = own.lines.map { line in
                    [
                        line.from == "[*]" ? "root_start" : line.from, line.to == "[*]" ? "root_end" : line.to,
                        line.label,
                    ]
                }
                #expect(Self.sorted(parsed.relations ?? []) == Self.sorted(lines), "\(entry.name)")
            }
            let overview = try #require(files.first { $0.hasSuffix("standard-overview.mmd") })
            let drawn = try await python.run([OtherProgram.script("mermaid_parse.py"), "--render", overview])
            let parsed = try JSONDecoder().decode(Parsed.self, from: Data(drawn.output.utf8))
            #expect((parsed.size ?? 0) > 10_000, "\(drawn.complaint)")
        }
    }

    @Test(
        "Mermaid's own parser refuses what is no state diagram",
        .enabled(if: OtherProgram.python != nil, "mermaidx is not here: .ci/setup --all"))
    func mermaidRefuses() async throws {
        let python = try #require(OtherProgram.python)
        try await ScratchFolder.with { (folder) async throws in
            let broken = StateChart.standard.mermaid.replacing("idle --> connecting:", with: "idle --> :")
            let flow = StateChart.standard.mermaid.replacing("stateDiagram-v2", with: "flowchart TD")
            let run = try await python.run([
                OtherProgram.script("mermaid_parse.py"), folder.write("broken.mmd", broken),
                folder.write("flow.mmd", flow),
            ])
            let parsed = try run.lines.map { try JSONDecoder().decode(Parsed.self, from: Data($0.utf8)) }
            #expect(parsed.count == 2 && parsed.allSatisfy { $0.error != nil }, "\(run.output)")
        }
    }

    private static func sorted(_ lines: [[String]]) -> [[String]] { lines.sorted { $0.lexicographicallyPrecedes($1) } }

    @Test(
        "xmllint finds SCXML as the recommendation has it",
        .enabled(if: OtherProgram.xmllint != nil, "xmllint is not here: .ci/setup --all"))
    func xmllint() async throws {
        let xmllint = try #require(OtherProgram.xmllint)
        let grammar = OtherProgram.script("scxml.rng")
        try await ScratchFolder.with { (folder) async throws in
            var files = try Self.charts.map { try folder.write("\($0.name).scxml", $0.chart.scxml) }
            // Without anything that is ignored in it, the end is a final state.
            var table = TransitionTable.standard
            table.rows.removeAll { $0.from == .stopped }
            let final = StateChart(table: table).scxml
            #expect(final.contains("<final id=\"stopped\""))
            files.append(try folder.write("final.scxml", final))
            let run = try await xmllint.run(["--noout", "--nonet", "--relaxng", grammar] + files)
            #expect(run.status == 0, "\(run.complaint)")
            let text = StateChart.standard.scxml
            let broken = [
                text.replacing("</transition>", with: ""), text.replacing("event=\"ready\"", with: ""),
                text.replacing("<assign location=", with: "<assign place="),
                text.replacing("<state id=\"stopped\"", with: "<final id=\"stopped\"")
                    .replacing("</state>\n</scxml>", with: "</final>\n</scxml>"),
            ]
            for (number, wrong) in broken.enumerated() {
                #expect(wrong != text, "\(number)")
                let file = try folder.write("broken\(number).scxml", wrong)
                #expect(
                    try await xmllint.run(["--noout", "--nonet", "--relaxng", grammar, file]).status != 0, "\(number)")
            }
        }
    }

    @Test(
        "jsonschema finds the JSON as its schema says, and wrong ones not",
        .enabled(if: OtherProgram.python != nil, "jsonschema is not here: .ci/setup --all"))
    func jsonSchema() async throws {
        let python = try #require(OtherProgram.python)
        try await ScratchFolder.with { (folder) async throws in
            let schema = try folder.write("lifecycle.schema.json", StateChart.standard.jsonSchema)
            let good = try Self.charts.map { try folder.write("\($0.name).json", $0.chart.json) }
            let text = StateChart.standard.json
            let broken = [
                text.replacing("\"because\"", with: "\"why\""), text.replacing("\"to\": \"stale\"", with: "\"to\": 4"),
                text.replacing("\"from\": \"open\"", with: "\"from\": \"opened\""),
                text.replacing("\"guard\": null", with: "\"guard\": \"always\""),
                text.replacing("\"digest\": \"", with: "\"digest\": \"x"),
                text.replacing("\"actions\": [\"countFailure\"]", with: "\"actions\": [\"count\"]"),
                text.replacing("\"owns\": [\"attempt\"]", with: "\"owns\": [\"attempt\", \"attempt\"]"),
                text.replacing("\"states\"", with: "\"places\""),
            ]
            let bad = try broken.enumerated().map { number, wrong in
                #expect(wrong != text, "\(number)")
                return try folder.write("broken\(number).json", wrong)
            }
            let run = try await python.run([OtherProgram.script("json_check.py"), schema] + good + bad)
            #expect(run.status == 0 && run.lines.count == good.count + bad.count, "\(run.complaint)")
            for line in run.lines.prefix(good.count) { #expect(line == "valid") }
            for (number, line) in run.lines.dropFirst(good.count).enumerated() {
                #expect(line != "valid", "\(number)")
            }
        }
    }
}
