import ConnectionLifecycle
import StateChartKit
import Testing

/// Paths from a table that the engine does not execute: the run must notice each difference.
@Suite("The paths bite")
struct PathMutationTests {
    @Test("every mutant of the table is noticed", arguments: MutatedTables.kinds.indices)
    func mutants(kind: Int) {
        let (name, make) = MutatedTables.kinds[kind]
        let mutants = make(.standard)
        var survivors: [String] = []
        var caught = 0
        for mutant in mutants {
            if PathMutationTests.isNoticed(mutant.table) { caught += 1 } else { survivors.append(mutant.name) }
        }
        print("paths of mutated tables, \(name): \(mutants.count), noticed \(caught)")
        #expect(!mutants.isEmpty)
        #expect(survivors == [])
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

/// Tables with one fault.
private enum MutatedTables {
    static let kinds: [(name: String, make: @Sendable (TransitionTable) -> [Mutant])] = [
        ("a row is missing", missing), ("a row leads elsewhere", redirected), ("guards are swapped", swapped),
        ("an action is missing", forgotten), ("a state owns something else", owners),
        ("a state has another deadline", deadlines),
    ]

    struct Mutant {
        var name: String
        var table: TransitionTable
    }

    private static func missing(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.map { index in mutant("no \(table.rows[index].id)", table) { $0.rows.remove(at: index) } }
    }

    /// To nothing, to the end, and to a neighbour.
    private static func redirected(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.flatMap { index in
            let row = table.rows[index]
            let next = State.allCases[(Int((row.to ?? row.from).rawValue) + 1) % State.allCases.count]
            return [nil, .stopped, next].filter { $0 != row.to }.map { target in
                mutant("\(row.id) leads to \(target.map { "\($0)" } ?? "nothing")", table) {
                    $0.rows[index].to = target
                }
            }
        }
    }

    private static func swapped(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.compactMap { index in
            guard case .when(let question) = table.rows[index].condition else { return nil }
            let row = table.rows[index]
            let partner = table.rows.firstIndex {
                $0.from == row.from && $0.event == row.event && $0.condition == .unless(question)
            }
            guard let partner else { return nil }
            return mutant("\(row.id) and \(table.rows[partner].id) are swapped", table) {
                $0.rows[index].condition = .unless(question)
                $0.rows[partner].condition = row.condition
            }
        }
    }

    /// Those that a guard can ever notice: not how long a wait is, and nothing on the way to the end.
    private static func forgotten(_ table: TransitionTable) -> [Mutant] {
        let counted: [(Actions, String)] = [
            (.markReady, "markReady"), (.countFailure, "countFailure"), (.countMiss, "countMiss"),
            (.clearMisses, "clearMisses"), (.wantStop, "wantStop"),
        ]
        return table.rows.indices.flatMap { index in
            counted.filter { table.rows[index].actions.contains($0.0) && table.rows[index].to != .stopped }.map {
                action in
                mutant("\(table.rows[index].id) forgets \(action.1)", table) {
                    $0.rows[index].actions.subtract(action.0)
                }
            }
        }
    }

    /// Not: a second early phase of a link beside the first. A table without rows for it says the same as before.
    private static func owners(_ table: TransitionTable) -> [Mutant] {
        table.states.indices.flatMap { index in
            let owns = table.states[index].owns
            return [Resources.attempt, .socket, .probe, .closing].filter { resource in
                owns.contains(resource) || owns.isDisjoint(with: .link) || resource == .probe || resource == .closing
            }.map { resource in
                mutant("\(table.states[index].state) owns \(resource.rawValue) or not", table) {
                    $0.states[index].owns.formSymmetricDifference(resource)
                }
            }
        }
    }

    private static func deadlines(_ table: TransitionTable) -> [Mutant] {
        table.states.indices.flatMap { index in
            ([nil] + Deadline.allCases).filter { $0 != table.states[index].deadline }.map { deadline in
                mutant("\(table.states[index].state) waits for \(deadline.map { "\($0)" } ?? "nothing")", table) {
                    $0.states[index].deadline = deadline
                }
            }
        }
    }

    private static func mutant(
        _ name: String, _ table: TransitionTable, _ change: (inout TransitionTable) -> Void
    ) -> Mutant {
        var spoilt = table
        change(&spoilt)
        return Mutant(name: name, table: spoilt)
    }
}
