@testable import ConnectionLifecycle

/// A table with one fault.
struct Mutant {
    let name: String
    let table: TransitionTable
}

/// Every way to spoil a table that the checks must notice.
enum Mutants {
    static let kinds: [(name: String, make: @Sendable (TransitionTable) -> [Mutant])] = [
        ("drop a row", dropped), ("double a row", doubled), ("redirect a row", redirected),
        ("break a guard", guards), ("give or take a resource", resources), ("change a deadline", deadlines),
        ("drop an action", droppedActions), ("add an action", addedActions), ("spoil an id or a reason", identities),
        ("drop or double a state", states),
    ]

    private static func dropped(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.map { index in
            mutant("drop \(table.rows[index].id)", table) { $0.rows.remove(at: index) }
        }
    }

    private static func doubled(_ table: TransitionTable) -> [Mutant] {
        table.rows.flatMap { row in
            ([row.to] + State.allCases.filter { $0 != row.to }).map { target in
                mutant("double \(row.id) to \(words(target))", table) {
                    var copy = row
                    copy.to = target
                    copy.id = target == nil ? "N99" : "T99"
                    if target == nil { copy.actions = [] }
                    $0.rows.append(copy)
                }
            }
        }
    }

    /// Ids and actions are made to fit, so that only the target is wrong.
    private static func redirected(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.flatMap { index in
            let row = table.rows[index]
            return ([nil] + State.allCases.map { $0 }).filter { $0 != row.to }.map { target in
                mutant("redirect \(row.id) to \(words(target))", table) {
                    $0.rows[index].to = target
                    if (target == nil) != (row.to == nil) { $0.rows[index].id = target == nil ? "N99" : "T99" }
                    if target == nil { $0.rows[index].actions = [] }
                }
            }
        }
    }

    private static func guards(_ table: TransitionTable) -> [Mutant] {
        var mutants: [Mutant] = []
        for (index, row) in table.rows.enumerated() {
            for other in conditions where other != row.condition {
                mutants.append(
                    mutant("guard of \(row.id) becomes \(other)", table) { $0.rows[index].condition = other })
            }
            guard let partner = table.rows.firstIndex(where: { isPartner($0, row) }), partner > index else { continue }
            let ids = "\(row.id) and \(table.rows[partner].id)"
            mutants.append(
                mutant("swap the guards of \(ids)", table) {
                    $0.rows[index].condition = flipped(row.condition)
                    $0.rows[partner].condition = row.condition
                })
            for question in Question.allCases where Guard.when(question) != row.condition {
                mutants.append(
                    mutant("\(ids) ask \(question)", table) {
                        $0.rows[index].condition = .when(question)
                        $0.rows[partner].condition = .unless(question)
                    })
            }
        }
        return mutants
    }

    private static func resources(_ table: TransitionTable) -> [Mutant] {
        table.states.indices.flatMap { index in
            [Resources.attempt, .socket, .probe, .closing].map { resource in
                mutant("\(table.states[index].state) owns \(resource.rawValue) or not", table) {
                    $0.states[index].owns.formSymmetricDifference(resource)
                }
            }
        }
    }

    private static func deadlines(_ table: TransitionTable) -> [Mutant] {
        table.states.indices.flatMap { index in
            ([nil] + Deadline.allCases.map { $0 }).filter { $0 != table.states[index].deadline }.map { deadline in
                mutant("\(table.states[index].state) waits for \(deadline.map { "\($0)" } ?? "nothing")", table) {
                    $0.states[index].deadline = deadline
                }
            }
        }
    }

    private static func droppedActions(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.flatMap { index in
            actions.filter { table.rows[index].actions.contains($0) }.map { action in
                mutant("\(table.rows[index].id) without action \(action.rawValue)", table) {
                    $0.rows[index].actions.subtract(action)
                }
            }
        }
    }

    private static func addedActions(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.flatMap { index in
            actions.filter { !table.rows[index].actions.contains($0) }.map { action in
                mutant("\(table.rows[index].id) with action \(action.rawValue)", table) {
                    $0.rows[index].actions.formUnion(action)
                }
            }
        }
    }

    private static func identities(_ table: TransitionTable) -> [Mutant] {
        table.rows.indices.flatMap { index in
            let row = table.rows[index]
            let other = table.rows[index == 0 ? 1 : 0].id
            return [
                mutant("\(row.id) takes the id \(other)", table) { $0.rows[index].id = other },
                mutant("\(row.id) has a long id", table) { $0.rows[index].id = row.id + "0" },
                mutant("\(row.id) has the other letter", table) {
                    $0.rows[index].id = (row.to == nil ? "T" : "N") + "98"
                },
                mutant("\(row.id) has no reason", table) { $0.rows[index].because = "" },
            ]
        }
    }

    private static func states(_ table: TransitionTable) -> [Mutant] {
        table.states.indices.flatMap { index in
            [
                mutant("drop \(table.states[index].state)", table) { $0.states.remove(at: index) },
                mutant("double \(table.states[index].state)", table) { $0.states.append($0.states[index]) },
            ]
        }
    }

    // MARK: - Inside

    private static func mutant(
        _ name: String, _ table: TransitionTable, _ change: (inout TransitionTable) -> Void
    ) -> Mutant {
        var spoilt = table
        change(&spoilt)
        return Mutant(name: name, table: spoilt)
    }

    private static let actions = (0..<8).map { Actions(rawValue: 1 << $0) }

    private static let conditions: [Guard] =
        [.always] + Question.allCases.map { .when($0) } + Question.allCases.map { .unless($0) }

    private static func flipped(_ condition: Guard) -> Guard {
        switch condition {
        case .always: .always
        case .when(let question): .unless(question)
        case .unless(let question): .when(question)
        }
    }

    private static func isPartner(_ row: Row, _ other: Row) -> Bool {
        row.from == other.from && row.event == other.event && row.condition != .always
            && row.condition == flipped(other.condition)
    }

    private static func words(_ target: State?) -> String { target.map { "\($0)" } ?? "nothing" }
}
