/// The table as the machine executes it: one packed cell for each (state, event, answer), found by index.
public struct CompiledTable: Sendable {
    /// One (state, event, answer): what happens, without any allocation.
    @usableFromInline
    struct Cell: Sendable {
        /// Index into `rows`; `CompiledTable.noRow` where the pair cannot occur.
        var row: UInt8 = CompiledTable.noRow
        /// The question that selects between the two answers; nil asks nothing.
        var question: Question?
        var to: State = .idle
        var isTransition = false
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
                cells[CompiledTable.index(row.from, row.event, answer)] = Cell(
                    row: UInt8(index), question: question, to: to, isTransition: row.to != nil, actions: row.actions,
                    release: before.subtracting(after), acquire: after.subtracting(before))
            }
            // The question must be found whatever the other answer's row says.
            for answer in [false, true] { cells[CompiledTable.index(row.from, row.event, answer)].question = question }
        }
        self.cells = cells
        self.owns = owns
        self.deadlines = deadlines
    }

    @inline(__always)
    static func index(_ state: State, _ event: Event, _ answer: Bool) -> Int {
        (Int(state.rawValue) * Event.allCasesCount + Int(event.rawValue)) * 2 + (answer ? 1 : 0)
    }
}

extension Event {
    /// `allCases.count` without building the array.
    @inline(__always) static var allCasesCount: Int { Int(Event.retryDue.rawValue) + 1 }
}
