import StateChartKit

enum VerifyCommand {
    static let command = Command(name: "verify", summary: "x", usage: "x", run: run)
    private static func run(_ given: [String]) async throws(Failure) {
        do {
            let model = try LoadedModel(SpinTools())
            let m = TableMutant.all(of: StateChart.standard.table)
            print(m.count)
            let s = given.first.map { TableMutant.sample(Int($0)!, of: m, seed: 1) } ?? m
            let r = try await MutationRun.check(s, of: StateChart.standard.table, model: model) { if $0 % 50 == 0 { Progress.say("\($0)") } }
            print(r.caught.count, r.survivors.count, r.unexplained.count, r.disagreements.count)
            for o in r.survivors { print(o.mutant.name, o.difference!, o.path) }
            for o in r.disagreements { print(o.mutant.name, o.property!.name, o.counterexample!.disagreement!); print(o.counterexample!.lines.joined(separator: "\n")) }
            print(Dictionary(grouping: r.caught) { $0.property!.name }.mapValues(\.count))
        } catch { print(error) }
    }
}
