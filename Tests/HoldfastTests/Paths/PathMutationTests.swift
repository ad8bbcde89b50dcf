import ConnectionLifecycle
import StateChartKit
import Testing

/// Paths from a table that the engine does not execute: the run must notice each difference.
@Suite("The paths bite")
struct PathMutationTests {
    /// Of each kind, so many: a mutant takes a tenth of a second, and there are 448 ways to redirect a row.
    private static let most = 120

    @Test("every mutant of the table that behaves differently is noticed", arguments: TableMutant.Kind.allCases)
    func mutants(kind: TableMutant.Kind) {
        let all = TableMutant.all(of: .standard).filter { $0.kind == kind }
        let sample = TableMutant.sample(Self.most, of: all, seed: 1)
        // Whether it does, the engine's own machine says, run beside the original.
        let different = sample.filter {
            Self.showsOutside($0.table) && Difference.between(.standard, $0.table).0 == .behaviour
        }
        let survivors = different.filter { !Self.isNoticed($0.table) }
        print(
            "paths of mutated tables, \(kind.words): \(sample.count) of \(all.count), \(different.count) behave differently, "
                + "noticed \(different.count - survivors.count)")
        #expect(!different.isEmpty)
        #expect(survivors.map(\.name) == [])
    }

    /// Of a link there is one, whatever phases of it a state owns: a second early phase beside the first shows nowhere.
    private static func showsOutside(_ table: TransitionTable) -> Bool {
        zip(TransitionTable.standard.states, table.states).allSatisfy { before, after in
            before.owns.isDisjoint(with: .link)
                || after.owns.subtracting(before.owns).isDisjoint(with: [.attempt, .socket])
        }
    }

    private static func isNoticed(_ table: TransitionTable) -> Bool {
        // What notices most comes first.
        let few = Array(PathSetting.standard.prefix(1))
        for (kinds, settings) in [
            ([PathKind.transitions, .late], few), ([.pairs, .situations], few),
            (PathKind.allCases, PathSetting.standard),
        ] {
            for path in TestPaths(table: table, settings: settings, kinds: kinds).all {
                let run = PathRun(path, table: table)
                run.walk()
                if !run.problems.isEmpty { return true }
            }
        }
        return false
    }
}
