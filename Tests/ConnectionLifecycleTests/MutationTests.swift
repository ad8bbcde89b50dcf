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
}
