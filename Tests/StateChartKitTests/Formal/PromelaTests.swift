import ConnectionLifecycle
import Testing

@testable import StateChartKit

@Suite("The model for spin")
struct PromelaTests {
    @Test("is the same text for the same table, and carries its digest")
    func deterministic() {
        let chart = StateChart.standard
        #expect(chart.promela == StateChart(table: .standard).promela)
        #expect(chart.promela.contains("Digest \(chart.digest)."))
        var table = TransitionTable.standard
        table.rows[0].because = "Another reason."
        #expect(StateChart(table: table).promela != chart.promela)
    }

    @Test("yields the table again, broken tables too")
    func roundTrip() throws {
        #expect(try PromelaReader.table(from: StateChart.standard.promela) == .standard)
        for mutant in TableMutant.all(of: .standard) {
            let read = try PromelaReader.table(from: StateChart(table: mutant.table).promela)
            #expect(read == mutant.table, "\(mutant.name)")
        }
    }

    @Test("names every state and row once")
    func complete() {
        let lines = StateChart.standard.promela.split(separator: "\n")
        for row in TransitionTable.standard.rows { #expect(lines.count { $0.contains("/* \(row.id): ") } == 1) }
        for state in State.allCases { #expect(lines.count { $0.hasPrefix("    owns(\(state),") } == 1) }
    }

    @Test(
        "a line that cannot be read is named",
        arguments: [
            ("row(0, idle, start, always, connecting, beginAttempt)", "line 1"),
            ("row(0, idle, begin, always, connecting, beginAttempt);", "line 1"),
            ("row(0, idle, start, always, connected, beginAttempt);", "line 1"),
            ("row(0, idle, start, if(mayRetry), NONE, nothing);", "line 1"),
            ("\nowns(idle, EVERYTHING, NONE);", "line 2"), ("owns(idle, NOTHING, soon);", "line 1"), ("", "no table"),
        ])
    func unreadable(text: String, complaint: String) {
        let failure = #expect(throws: PromelaReader.Failure.self) { try PromelaReader.table(from: text) }
        #expect(failure?.description.contains(complaint) == true)
    }

    @Test("each property has a name of its own and a sentence")
    func properties() {
        #expect(Set(Property.all.map(\.name)).count == Property.all.count)
        #expect(Property.all.allSatisfy { $0.sentence.hasSuffix(".") })
    }
}
