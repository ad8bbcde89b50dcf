import ConnectionLifecycle

/// A table with a fault that somebody could make, and the properties that are about it.
struct BrokenTable: Sendable, CustomStringConvertible {
    let description: String
    let properties: [String]
    let change: @Sendable (inout TransitionTable) -> Void

    var table: TransitionTable {
        var table = TransitionTable.standard
        change(&table)
        return table
    }

    init(_ description: String, _ properties: [String], _ change: @escaping @Sendable (inout TransitionTable) -> Void) {
        self.description = description
        self.properties = properties
        self.change = change
    }

    static let all = [
        BrokenTable("a stop is forgotten in open", ["answered", "stopping", "stopEnds"]) {
            $0.rows.removeAll { $0.id == "T14" }
        },
        BrokenTable("deaf, and nothing follows", ["verdict", "deafReplaced"]) { $0["T16"].to = .open },
        BrokenTable("the next link before the last is gone", ["links"]) {
            $0["T16"].to = .connecting
            $0["T16"].actions.insert(.beginAttempt)
        },
        BrokenTable("an attempt without an end", ["deadline", "deadlock", "attemptReleased", "reachable"]) {
            $0[.connecting].deadline = nil
        },
        BrokenTable("a close without an end", ["deadline", "deadlock", "stopEnds", "deafReplaced", "closingReleased"]) {
            $0[.terminating].deadline = nil
        },
        BrokenTable("never again after a failure", ["unasked", "failureRetried"]) { $0["T04"].to = .stopped },
        BrokenTable("the wait is over, and nothing follows", ["deadline", "lostReplaced", "failureRetried"]) {
            $0["T34"].to = .backoff
        },
        BrokenTable("attempts without numbers", ["late", "numbered"]) {
            for id in ["T34", "T35"] { $0[id].actions = [] }
        },
        BrokenTable("one unanswered proof is enough", ["working"]) { $0["T17"].to = .stale },
        BrokenTable("misses are not counted", ["verdict", "missedReplaced"]) {
            for id in ["T17", "T19"] { $0[id].actions = [] }
        },
        BrokenTable("the end is not the end", ["final", "stopping"]) {
            $0["N17"].to = .connecting
            $0["N17"].actions = .beginAttempt
        },
        BrokenTable("a socket is dropped without a close", ["letGo"]) { $0["T24"].to = .backoff },
        BrokenTable("nobody ever asks", ["asked", "reachable"]) {
            for id in ["T09", "T10", "T11"] { $0[id].to = .open }
        },
        BrokenTable("every wait is long", ["prompt"]) { $0["T16"].actions.remove(.firstRetryAtOnce) },
        BrokenTable("a reconnect that waits", ["atOnce"]) { $0["T35"].to = .backoff },
    ]
}

extension TransitionTable {
    /// A row by its id.
    subscript(id: String) -> Row {
        get { rows.first { $0.id == id } ?? Row(id, .idle, .start, to: nil, because: "") }
        set { if let index = rows.firstIndex(where: { $0.id == id }) { rows[index] = newValue } }
    }

    subscript(state: State) -> StateDefinition {
        get { definition(of: state) ?? StateDefinition(state, owns: [], deadline: nil, meaning: "") }
        set { if let index = states.firstIndex(where: { $0.state == state }) { states[index] = newValue } }
    }
}
