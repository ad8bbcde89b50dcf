import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

/// The machine that the engine executes beside the exported SCXML in an interpreter that others wrote. Both get the same
/// random events and must be in the same state, with the same memory, after each.
@Suite("The SCXML in an interpreter of others", .serialized)
struct DifferentialTests {
    /// `HOLDFAST_SEQUENCES` runs more, or fewer.
    private static let count = ProcessInfo.processInfo.environment["HOLDFAST_SEQUENCES"].flatMap(Int.init) ?? 1000

    /// What the interpreter says to each sequence.
    private func run(_ sequences: [EventSequence], documents: [String]) async throws -> [String] {
        let python = try #require(OtherProgram.python)
        return try await ScratchFolder.with { (folder) async throws in
            let files = try documents.enumerated().map { try folder.write("\($0).scxml", $1) }
            let input = try folder.write("sequences", sequences.map(\.json).joined(separator: "\n") + "\n")
            let run = try await python.run(
                [OtherProgram.script("scxml_run.py"), input, folder.path("output")] + files, seconds: 1_200)
            guard run.status == 0 else { throw Unreadable("status \(run.status): \(run.complaint)") }
            return try folder.read("output").split(separator: "\n").map(String.init)
        }
    }

    @Test(
        "is in the same state as the machine after every event",
        .enabled(if: OtherProgram.python != nil, "python-statemachine is not here: .ci/setup --all"))
    func same() async throws {
        let start = ContinuousClock.now
        var sequences: [EventSequence] = []
        for seed in 0..<Self.count {
            sequences.append(EventSequence(seed: UInt64(seed)))
            if seed % 100 == 0 { await Task.yield() }
        }
        let generated = ContinuousClock.now
        let answers = try await run(sequences, documents: [StateChart.standard.scxml])
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

    /// One fault each, of every kind that a row can have, and the row that shows it.
    private static let faults: [(name: String, row: String, make: @Sendable (inout TransitionTable) -> Void)] = [
        ("leads elsewhere", "T25", { $0.change("T25") { $0.to = .terminating } }),
        ("leads elsewhere", "T15", { $0.change("T15") { $0.to = .stale } }),
        ("counts no failure", "T12", { $0.change("T12") { $0.actions = [] } }),
        ("counts no miss", "T17", { $0.change("T17") { $0.actions = [] } }),
        ("clears no misses", "T15", { $0.change("T15") { $0.actions = [] } }),
        ("does not hurry", "T13", { $0.change("T13") { $0.actions = [] } }),
        ("never hurries", "T16", { $0.change("T16") { $0.actions = .countFailure } }),
        ("forgets the stop", "T32", { $0.change("T32") { $0.actions = [] } }),
        ("marks nothing", "T03", { $0.change("T03") { $0.actions = [] } }),
        ("begins no attempt", "T34", { $0.change("T34") { $0.actions = [] } }),
        ("is swapped with T04", "T05", { $0.swapConditions("T04", "T05") }),
        ("is swapped with T19", "T20", { $0.swapConditions("T19", "T20") }),
        ("is swapped with T28", "T29", { $0.swapConditions("T28", "T29") }),
        ("is no longer ignored", "N08", { $0.change("N08") { $0.to = .open } }),
        ("is missing", "T21", { $0.rows.removeAll { $0.id == "T21" } }),
        ("has no deadline", "T09", { $0.states[2].deadline = .drained }),
        ("has no probe", "T15", { $0.states[3].owns = .socket }),
    ]

    @Test(
        "tells every broken table apart",
        .enabled(if: OtherProgram.python != nil, "python-statemachine is not here: .ci/setup --all"))
    func broken() async throws {
        let pool = (0..<1_500).map { EventSequence(seed: 1_000_000 + UInt64($0), length: 16...40) }
        var documents: [String] = []
        var sequences: [EventSequence] = []
        for fault in Self.faults {
            var table = TransitionTable.standard
            fault.make(&table)
            for var sequence in pool.filter({ $0.rows.contains(fault.row) }).prefix(50) {
                sequence.document = documents.count
                sequences.append(sequence)
            }
            documents.append(StateChart(table: table).scxml)
        }
        let answers = try await run(sequences, documents: documents)
        try #require(answers.count == sequences.count)
        for (document, fault) in Self.faults.enumerated() {
            let differing = zip(sequences, answers).count { $0.document == document && $0.difference($1) != nil }
            #expect(differing > 0, "\(fault.row) \(fault.name)")
        }
    }

    @Test(
        "means the same in ECMAScript, which it calls itself, and in Python, as that interpreter reads it",
        .enabled(if: OtherProgram.python != nil, "python-statemachine is not here: .ci/setup --all"))
    func expressions() async throws {
        let python = try #require(OtherProgram.python)
        try await ScratchFolder.with { (folder) async throws in
            let script = OtherProgram.script("expressions_check.py")
            let text = StateChart.standard.scxml
            let run = try await python.run([script, folder.write("lifecycle.scxml", text)])
            #expect(run.status == 0 && run.output.contains(" expressions, "), "\(run.complaint)")
            // Of a negative number, the two languages take different remainders.
            let broken = text.replacing("cond=\"failures == 1\"", with: "cond=\"failures % 3 == 2\"")
            #expect(broken != text)
            #expect(try await python.run([script, folder.write("broken.scxml", broken)]).status != 0)
        }
    }

    /// The conditions that drop late results are the export's own, not the table's: without them it must not pass either.
    @Test(
        "tells documents apart that let late results through",
        .enabled(if: OtherProgram.python != nil, "python-statemachine is not here: .ci/setup --all"),
        arguments: [
            "_event.data.fromGeneration == generation", "_event.data.fromRound == round",
            "_event.data.now &gt;= _event.data.due",
        ])
    func lateResults(condition: String) async throws {
        let document = StateChart.standard.scxml.replacing(condition, with: "0 == 0")
        #expect(document != StateChart.standard.scxml)
        let sequences = (0..<200).map { EventSequence(seed: 2_000_000 + UInt64($0)) }
        let answers = try await run(sequences, documents: [document])
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
