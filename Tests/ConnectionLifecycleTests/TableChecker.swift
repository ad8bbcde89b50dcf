@testable import ConnectionLifecycle

/// Checks of a whole table. Each violation is a line that names the pair and the row.
///
/// `structure` reads the rows; `behaviour` runs the machine over everything that can happen and looks at the invariants;
/// `specification` runs it beside a second machine that was written by hand.
struct TableChecker {
    enum Layer: CaseIterable {
        case structure, behaviour, specification
    }

    let table: TransitionTable
    var settings = Setting.all
    var scope = Inputs.Scope.whole

    /// - Parameter enough: stop after so many; the first is what matters for a mutant.
    func violations(of layer: Layer, enough: Int = 50) -> [String] {
        switch layer {
        case .structure: return Array(structure().prefix(enough))
        case .behaviour: return explore(enough, specified: false)
        case .specification: return explore(enough, specified: true)
        }
    }

    private func explore(_ enough: Int, specified: Bool) -> [String] {
        var found: [String] = []
        var taken: Set<UInt8> = []
        for setting in settings {
            var exploration = Exploration(
                table: table, setting: setting, specified: specified, scope: scope, enough: enough)
            exploration.run()
            taken.formUnion(exploration.taken)
            found += exploration.violations.map { "\($0) (\(setting))" }
            if found.count >= enough { return found }
        }
        if specified { return found }
        // A row that nothing ever takes is a lie in the chart.
        return found
            + table.rows.indices.filter { !taken.contains(UInt8($0)) }.map { "\(name(table.rows[$0])) is never taken" }
    }

    // MARK: - Structure

    private func structure() -> [String] {
        states() + identities() + table.rows.flatMap(actions)
            + State.allCases.flatMap { state in Event.allCases.flatMap { pair(state, $0) } }
            + reach()
    }

    private func states() -> [String] {
        var problems: [String] = []
        for state in State.allCases {
            let definitions = table.states.filter { $0.state == state }
            guard definitions.count == 1, let definition = definitions.first else {
                problems.append("\(state) is defined \(definitions.count) times")
                continue
            }
            let isEnd = state == .idle || state == .stopped
            if isEnd, definition.deadline != nil { problems.append("\(state) is an end and has a deadline") }
            if isEnd, !definition.owns.isEmpty { problems.append("\(state) is an end and owns something") }
            if !isEnd, definition.deadline == nil { problems.append("\(state) can wait for ever") }
            if definition.owns.intersection(.link).rawValue.nonzeroBitCount > 1 {
                problems.append("\(state) owns two links")
            }
            if definition.owns.contains(.probe), !definition.owns.contains(.socket) {
                problems.append("\(state) owns a probe without a socket")
            }
            if definition.meaning.isEmpty { problems.append("\(state) has no meaning") }
        }
        return problems
    }

    private func identities() -> [String] {
        var problems: [String] = []
        var seen: Set<String> = []
        for row in table.rows {
            if !seen.insert(row.id).inserted { problems.append("\(name(row)): the id is taken") }
            let digits = row.id.dropFirst()
            if row.id.first != (row.to == nil ? "N" : "T") || digits.utf8.count != 2
                || !digits.utf8.allSatisfy({ (48...57).contains($0) })
            {
                problems.append("\(name(row)): the id is not well formed")
            }
            if !row.because.hasSuffix(".") { problems.append("\(name(row)) has no reason") }
            if row.to == nil, !row.actions.isEmpty { problems.append("\(name(row)) is ignored and acts") }
        }
        return problems
    }

    /// An action stands only where it can have an effect: one that cannot would be a lie in the chart.
    private func actions(_ row: Row) -> [String] {
        guard let to = row.to, let before = table.definition(of: row.from), let after = table.definition(of: to) else {
            return []
        }
        var problems: [String] = []
        let (released, acquired) = (before.owns.subtracting(after.owns), after.owns.subtracting(before.owns))
        func demand(_ rule: Bool, _ problem: String) {
            if !rule { problems.append("\(name(row)) \(problem)") }
        }
        if row.actions.contains(.beginAttempt) {
            demand(acquired.contains(.attempt), "begins an attempt that nobody makes")
        }
        if row.actions.contains(.markReady) {
            demand(acquired.contains(.socket), "marks as ready what is no new socket")
            demand(!row.actions.contains(.clearMisses), "clears misses twice")
        }
        if !row.actions.isDisjoint(with: [.countMiss, .clearMisses]) {
            demand(released.contains(.probe) || acquired.contains(.socket), "counts misses without a probe")
            demand(!row.actions.isSuperset(of: [.countMiss, .clearMisses]), "counts a miss and clears it")
        }
        if row.actions.contains(.firstRetryAtOnce) {
            demand(row.actions.contains(.countFailure), "asks for the first failure without counting one")
        }
        if row.actions.contains(.wantStop) {
            demand(row.condition != .when(.stopWanted), "wants a stop that is wanted already")
        }
        return problems
    }

    /// Exactly the pairs that can occur have rows, and the guards of each are exclusive and complete.
    private func pair(_ state: State, _ event: Event) -> [String] {
        let rows = table.rows.filter { $0.from == state && $0.event == event }
        let pair = "\(state) × \(event)"
        guard canOccur(event, in: state) else {
            return rows.map { "\(pair): \($0.id) covers what cannot occur" }
        }
        let ids = rows.map(\.id).joined(separator: ", ")
        switch rows.count {
        case 0: return ["\(pair) has no row"]
        case 1: return rows[0].condition == .always ? [] : ["\(pair): \(ids) leaves the other answer open"]
        case 2:
            if case .when(let yes) = rows[0].condition, case .unless(let no) = rows[1].condition, yes == no {
                return []
            }
            if case .unless(let no) = rows[0].condition, case .when(let yes) = rows[1].condition, yes == no {
                return []
            }
            return ["\(pair): the guards of \(ids) are not a partition"]
        default: return ["\(pair): \(ids) are too many"]
        }
    }

    private func canOccur(_ event: Event, in state: State) -> Bool {
        guard let definition = table.definition(of: state) else { return false }
        switch event.emitter {
        case .command: return true
        case .resource(let resource): return definition.owns.contains(resource)
        case .deadline(let deadline): return definition.deadline == deadline
        }
    }

    private func reach() -> [String] {
        var problems: [String] = []
        let reached = closure(from: [.idle])
        for state in State.allCases {
            if !reached.contains(state) { problems.append("\(state) cannot be reached") }
            if !closure(from: [state]).contains(.stopped) { problems.append("stopped cannot be reached from \(state)") }
        }
        return problems
    }

    private func closure(from start: Set<State>) -> Set<State> {
        var reached = start
        while true {
            let next = reached.union(table.rows.filter { reached.contains($0.from) }.compactMap(\.to))
            if next == reached { return reached }
            reached = next
        }
    }

    private func name(_ row: Row) -> String { "\(row.from) × \(row.event), \(row.id)" }
}
