/// The table as the machine executes it: one packed cell for each (state, event, answer), found by index.
public struct CompiledTable: Sendable {
    /// What an input must show to be taken, known in advance because a state knows what it owns.
    enum Gate: UInt8 {
        /// The state owns no such emitter: whatever says so is late.
        case closed
        /// A command is always taken.
        case command
        /// Only from the link of this generation.
        case link
        /// Only from the probe of this generation and round.
        case probe
        /// Only when due.
        case deadline
    }

    /// One (state, event, answer): what happens, as eight plain bytes.
    struct Cell {
        /// Index into `rows`; `CompiledTable.noRow` where there is none.
        var row: UInt8 = CompiledTable.noRow
        var gate: Gate = .closed
        /// The question that selects between the two answers; nil asks nothing.
        var question: Question?
        var kind: Step.Kind = .late
        var to: State = .idle
        var actions: Actions = []
        var release: Resources = []
        var acquire: Resources = []
    }

    static let noRow = UInt8.max

    /// The rows, for names and reasons. `Step.row` indexes it.
    public let rows: [Row]
    let cells: [Cell]
    let deadlines: [Deadline?]
    let owns: [Resources]

    /// The table of Holdfast, compiled once.
    public static let standard = CompiledTable(TransitionTable.standard)

    /// Compiles any table, even a broken one: an uncovered pair becomes an empty cell, and of two rows for one cell the
    /// later wins. Whether a table is sound is for the checks in the tests, not for the compiler.
    public init(_ table: TransitionTable) {
        rows = Array(table.rows.prefix(Int(CompiledTable.noRow)))
        var owns = [Resources](repeating: [], count: State.allCases.count)
        var deadlines = [Deadline?](repeating: nil, count: State.allCases.count)
        for definition in table.states {
            owns[Int(definition.state.rawValue)] = definition.owns
            deadlines[Int(definition.state.rawValue)] = definition.deadline
        }
        var cells = [Cell](repeating: Cell(), count: State.allCases.count * Event.allCases.count * 2)
        for (index, row) in rows.enumerated() {
            let question: Question?
            let answers: [Bool]
            switch row.condition {
            case .always: (question, answers) = (nil, [false, true])
            case .when(let asked): (question, answers) = (asked, [true])
            case .unless(let asked): (question, answers) = (asked, [false])
            }
            let to = row.to ?? row.from
            let before = owns[Int(row.from.rawValue)]
            let after = owns[Int(to.rawValue)]
            for answer in answers {
                cells[CompiledTable.index(row.from, row.event) + (answer ? 1 : 0)] = Cell(
                    row: UInt8(index), kind: row.to == nil ? .ignored : .transition, to: to, actions: row.actions,
                    release: before.subtracting(after), acquire: after.subtracting(before))
            }
            // The question must be found whatever the other answer's row says.
            for answer in 0...1 { cells[CompiledTable.index(row.from, row.event) + answer].question = question }
        }
        for state in State.allCases {
            for event in Event.allCases {
                let gate = CompiledTable.gate(
                    event, owns: owns[Int(state.rawValue)], deadline: deadlines[Int(state.rawValue)])
                for answer in 0...1 { cells[CompiledTable.index(state, event) + answer].gate = gate }
            }
        }
        self.cells = cells
        self.owns = owns
        self.deadlines = deadlines
    }

    /// Commands always; what a resource emits only where the resource is owned; a deadline only where it is set.
    private static func gate(_ event: Event, owns: Resources, deadline: Deadline?) -> Gate {
        switch event.emitter {
        case .command: .command
        case .resource(let resource): !owns.contains(resource) ? .closed : resource == .probe ? .probe : .link
        case .deadline(let kind): kind == deadline ? .deadline : .closed
        }
    }

    /// The cell for the answer no; the next one is for yes.
    @inline(__always)
    static func index(_ state: State, _ event: Event) -> Int {
        (Int(state.rawValue) * Event.count + Int(event.rawValue)) * 2
    }
}

extension Event {
    /// `allCases.count`, without building the array.
    @inline(__always) static var count: Int { Int(Event.retryDue.rawValue) + 1 }
}
