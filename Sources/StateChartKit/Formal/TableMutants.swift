import ConnectionLifecycle

/// A table with one fault.
public struct TableMutant: Sendable {
    public enum Kind: String, CaseIterable, Sendable, Codable {
        case dropRow, redirectRow, breakGuard, dropAction, changeOwnership, changeDeadline

        /// For people.
        public var words: String {
            switch self {
            case .dropRow: "drop a row"
            case .redirectRow: "redirect a row"
            case .breakGuard: "break a guard"
            case .dropAction: "drop an action"
            case .changeOwnership: "give or take a resource"
            case .changeDeadline: "change a deadline"
            }
        }
    }

    public let kind: Kind
    public let name: String
    public let table: TransitionTable

    /// Every one, in the order of the kinds and of the table. What only a reader of the table can see – an id, a reason, a
    /// row that is there twice – is for the checks of the table itself.
    public static func all(of table: TransitionTable) -> [TableMutant] {
        Kind.allCases.flatMap { kind in
            switch kind {
            case .dropRow: dropped(table)
            case .redirectRow: redirected(table)
            case .breakGuard: guards(table)
            case .dropAction: actions(table)
            case .changeOwnership: ownership(table)
            case .changeDeadline: deadlines(table)
            }
        }
    }

    /// So many of them, the same for the same seed, in their order.
    public static func sample(_ count: Int, of mutants: [TableMutant], seed: UInt64) -> [TableMutant] {
        var generator = SeededGenerator(seed: seed)
        let chosen = Set(mutants.indices.shuffled(using: &generator).prefix(count))
        return mutants.indices.filter(chosen.contains).map { mutants[$0] }
    }

    private static func dropped(_ table: TransitionTable) -> [TableMutant] {
        table.rows.indices.map { index in
            spoil(.dropRow, "drop \(table.rows[index].id)", table) { $0.rows.remove(at: index) }
        }
    }

    /// To each other state, the present one included, and to nothing.
    private static func redirected(_ table: TransitionTable) -> [TableMutant] {
        table.rows.indices.flatMap { index in
            let row = table.rows[index]
            return ([nil] + State.allCases.map { $0 }).filter { $0 != row.to }.map { target in
                spoil(.redirectRow, "redirect \(row.id) to \(target?.name ?? "nothing")", table) {
                    $0.rows[index].to = target
                    if target == nil { $0.rows[index].actions = [] }
                }
            }
        }
    }

    /// The other answer, no question at all, and for two rows with opposite answers both exchanged.
    private static func guards(_ table: TransitionTable) -> [TableMutant] {
        table.rows.indices.flatMap { index -> [TableMutant] in
            let row = table.rows[index]
            guard let opposite = row.condition.opposite else { return [] }
            var mutants = [
                spoil(.breakGuard, "flip the guard of \(row.id)", table) { $0.rows[index].condition = opposite },
                spoil(.breakGuard, "\(row.id) asks nothing", table) { $0.rows[index].condition = .always },
            ]
            let partner = table.rows.indices.first { other in
                other > index && table.rows[other].from == row.from && table.rows[other].event == row.event
                    && table.rows[other].condition == opposite
            }
            if let partner {
                mutants.append(
                    spoil(.breakGuard, "exchange the guards of \(row.id) and \(table.rows[partner].id)", table) {
                        $0.rows[index].condition = opposite
                        $0.rows[partner].condition = row.condition
                    })
            }
            return mutants
        }
    }

    private static func actions(_ table: TransitionTable) -> [TableMutant] {
        table.rows.indices.flatMap { index in
            let row = table.rows[index]
            return Actions.glossary.filter { row.actions.contains($0.action) }.map { action in
                spoil(.dropAction, "\(row.id) without \(action.name)", table) {
                    $0.rows[index].actions.subtract(action.action)
                }
            }
        }
    }

    private static func ownership(_ table: TransitionTable) -> [TableMutant] {
        table.states.indices.flatMap { index in
            [Resources.attempt, .socket, .probe, .closing].map { resource in
                let verb = table.states[index].owns.contains(resource) ? "without" : "with"
                let names = resource.names.joined()
                return spoil(.changeOwnership, "\(table.states[index].state) \(verb) \(names)", table) {
                    $0.states[index].owns.formSymmetricDifference(resource)
                }
            }
        }
    }

    private static func deadlines(_ table: TransitionTable) -> [TableMutant] {
        table.states.indices.flatMap { index in
            ([nil] + Deadline.allCases.map { $0 }).filter { $0 != table.states[index].deadline }.map { deadline in
                let words = deadline?.event.name ?? "nothing"
                return spoil(.changeDeadline, "\(table.states[index].state) waits for \(words)", table) {
                    $0.states[index].deadline = deadline
                }
            }
        }
    }

    private static func spoil(
        _ kind: Kind, _ name: String, _ table: TransitionTable, _ change: (inout TransitionTable) -> Void
    ) -> TableMutant {
        var spoilt = table
        change(&spoilt)
        return TableMutant(kind: kind, name: name, table: spoilt)
    }
}

extension Guard {
    fileprivate var opposite: Guard? {
        switch self {
        case .always: nil
        case .when(let question): .unless(question)
        case .unless(let question): .when(question)
        }
    }
}
