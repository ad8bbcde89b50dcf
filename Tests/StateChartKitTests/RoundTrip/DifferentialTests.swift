import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

/// The machine that the engine executes beside the exported SCXML in an interpreter that others wrote. Both get the same
/// random events and must be in the same state, with the same memory, after each.
@Suite("The SCXML in an interpreter of others", .serialized)
struct DifferentialTests {
    /// `HOLDFAST_SEQUENCES` runs more, or fewer.
    private static let count = ProcessInfo.processInfo.environment["HOLDFAST_SEQUENCES"].flatMap(Int.init) ?? 10_000

    /// What the interpreter says to each sequence.
    private func run(_ sequences: [EventSequence], documents: [String]) throws -> [String] {
        let python = try #require(Program.python)
        return try TemporaryFolder.with { (folder) throws in
            let files = try documents.enumerated().map { try folder.write("\($0).scxml", $1) }
            let input = try folder.write("sequences", sequences.map(\.json).joined(separator: "\n") + "\n")
            let run = try python.run(
                [Program.script("scxml_run.py"), input, folder.path("output")] + files, seconds: 1_200)
            guard run.status == 0 else { throw Unreadable("status \(run.status): \(run.complaint)") }
            return try folder.read("output").split(separator: "\n").map(String.init)
        }
    }

    @Test(
        "is in the same state as the machine after every event",
        .enabled(if: Program.python != nil, "python-statemachine is not here: .ci/setup --all"))
    func same() throws {
        let start = ContinuousClock.now
        let sequences = (0..<Self.count).map { EventSequence(seed: UInt64($0)) }
        let generated = ContinuousClock.now
        let answers = try run(sequences, documents: [StateChart.standard.scxml])
        #expect(answers.count == sequences.count)
        var differences: [String] = []
        for (seed, (sequence, answer)) in zip(sequences, answers).enumerated() {
            if let difference = sequence.difference(answer) { differences.append("seed \(seed): \(difference)") }
        }
        #expect(differences.isEmpty, "\(differences.count) differ; \(differences.prefix(3))")
        // It would prove little if it went nowhere.
        let events = sequences.reduce(0) { $0 + $1.events.count }
        let late = sequences.reduce(0) { $0 + $1.late }
        let rows = sequences.reduce(into: Set<String>()) { $0.formUnion($1.rows) }
        let all = Set(TransitionTable.standard.rows.map(\.id))
        if Self.count >= 1_000 {
            #expect(all.subtracting(rows).isEmpty, "never taken: \(all.subtracting(rows).sorted())")
            #expect(late > events / 20 && late < events / 2, "\(late) of \(events) were late")
        }
        print(
            "differential run: \(sequences.count) sequences, \(events) events, \(late) of them late, "
                + "\(rows.count) of \(all.count) rows; \(generated - start) here, \(.now - generated) there")
    }

    /// One fault each, of every kind that a row can have.
    private static let faults: [(name: String, make: @Sendable (inout TransitionTable) -> Void)] = [
        ("T25 leads to terminating", { $0.change("T25") { $0.to = .terminating } }),
        ("T15 leads to stale", { $0.change("T15") { $0.to = .stale } }),
        ("T12 counts no failure", { $0.change("T12") { $0.actions = [] } }),
        ("T17 counts no miss", { $0.change("T17") { $0.actions = [] } }),
        ("T15 clears no misses", { $0.change("T15") { $0.actions = [] } }),
        ("T13 does not hurry", { $0.change("T13") { $0.actions = [] } }),
        ("T16 never hurries", { $0.change("T16") { $0.actions = .countFailure } }),
        ("T32 forgets the stop", { $0.change("T32") { $0.actions = [] } }),
        ("T03 marks nothing", { $0.change("T03") { $0.actions = [] } }),
        ("T34 begins no attempt", { $0.change("T34") { $0.actions = [] } }),
        ("T04 and T05 are swapped", { $0.swapConditions("T04", "T05") }),
        ("T19 and T20 are swapped", { $0.swapConditions("T19", "T20") }),
        ("T28 and T29 are swapped", { $0.swapConditions("T28", "T29") }),
        ("N08 starts another probe", { $0.change("N08") { $0.to = .open } }),
        ("T21 is missing", { $0.rows.removeAll { $0.id == "T21" } }),
        ("open has another deadline", { $0.states[2].deadline = .drained }),
        ("probing owns no probe", { $0.states[3].owns = .socket }),
    ]

    @Test(
        "tells every broken table apart",
        .enabled(if: Program.python != nil, "python-statemachine is not here: .ci/setup --all"))
    func broken() throws {
        let each = 120
        let documents = Self.faults.map { fault in
            var table = TransitionTable.standard
            fault.make(&table)
            return StateChart(table: table).scxml
        }
        let sequences = Self.faults.indices.flatMap { document in
            (0..<each).map { number in
                var sequence = EventSequence(seed: 1_000_000 + UInt64(number))
                sequence.document = document
                return sequence
            }
        }
        let answers = try run(sequences, documents: documents)
        try #require(answers.count == sequences.count)
        for (document, fault) in Self.faults.enumerated() {
            let range = document * each..<(document + 1) * each
            let differing = range.count { sequences[$0].difference(answers[$0]) != nil }
            #expect(differing > 0, "\(fault.name)")
        }
    }

    /// The conditions that drop late results are the export's own, not the table's: without them it must not pass either.
    @Test(
        "tells documents apart that let late results through",
        .enabled(if: Program.python != nil, "python-statemachine is not here: .ci/setup --all"),
        arguments: [
            "_event.data.fromGeneration == generation", "_event.data.fromRound == round",
            "_event.data.now &gt;= _event.data.due",
        ])
    func lateResults(condition: String) throws {
        let document = StateChart.standard.scxml.replacing(condition, with: "0 == 0")
        #expect(document != StateChart.standard.scxml)
        let sequences = (0..<200).map { EventSequence(seed: 2_000_000 + UInt64($0)) }
        let answers = try run(sequences, documents: [document])
        #expect(zip(sequences, answers).contains { $0.difference($1) != nil })
    }
}

extension TransitionTable {
    fileprivate mutating func change(_ id: String, _ body: (inout Row) -> Void) {
        guard let index = rows.firstIndex(where: { $0.id == id }) else { return }
        body(&rows[index])
    }

    fileprivate mutating func swapConditions(_ id: String, _ other: String) {
        guard let first = rows.firstIndex(where: { $0.id == id }),
            let second = rows.firstIndex(where: { $0.id == other })
        else { return }
        (rows[first].condition, rows[second].condition) = (rows[second].condition, rows[first].condition)
    }
}
