import Testing

@testable import ConnectionLifecycle

@Suite("The checks bite")
struct MutationTests {
    @Test("every mutant is reported", arguments: Mutants.kinds.indices)
    func everyMutantIsReported(kind: Int) {
        let (name, make) = Mutants.kinds[kind]
        let mutants = make(.standard)
        var caught = [0, 0, 0]
        var survivors: [String] = []
        for mutant in mutants where mutant.table != .standard {
            let checker = TableChecker(table: mutant.table, settings: [Setting.all[0]], scope: .lean)
            let layers = TableChecker.Layer.allCases
            if let layer = layers.firstIndex(where: { !checker.violations(of: $0, enough: 1).isEmpty }) {
                caught[layer] += 1
            } else {
                survivors.append(mutant.name)
            }
        }
        let sum = caught.reduce(0, +)
        print(
            "mutants, \(name): \(sum + survivors.count), caught \(sum)",
            "(structure \(caught[0]), invariants \(caught[1]), specification \(caught[2]))")
        #expect(survivors == [])
    }

    @Test("a report names the pair and the row")
    func names() throws {
        var table = TransitionTable.standard
        let index = try #require(table.rows.firstIndex { $0.id == "T12" })
        table.rows.remove(at: index)
        #expect(TableChecker(table: table).violations(of: .structure).contains("open × lost has no row"))

        table = .standard
        table.rows.append(Row("T99", .open, .lost, to: .stopped, because: "Wrong."))
        let doubled = TableChecker(table: table).violations(of: .structure)
        #expect(doubled.contains { $0.contains("open × lost") && $0.contains("T12, T99") })

        table = .standard
        table.rows[index].to = .stopped
        let redirected = TableChecker(table: table).violations(of: .behaviour, enough: 3)
        #expect(redirected.contains { $0.hasPrefix("open × lost, T12: is stopped although nobody wants it") })
    }
}
