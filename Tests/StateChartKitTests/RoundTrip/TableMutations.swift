import ConnectionLifecycle

/// Random changes of a table, each one that an export must show.
struct TableMutations {
    var random: SeededGenerator

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// One change, and its name for a failure's message.
    mutating func mutate(_ table: TransitionTable) -> (name: String, table: TransitionTable) {
        var table = table
        let index = pick(table.rows.count)
        let id = table.rows[index].id
        switch pick(10) {
        case 0, 1:
            table.rows[index].because = hostileText()
            return ("reason of \(id)", table)
        case 2:
            table.rows[index].id = hostileText()
            return ("name of \(id)", table)
        case 3:
            table.rows.remove(at: index)
            return ("without \(id)", table)
        case 4:
            let row = Row(
                "T99\(hostileText())", element(State.allCases), element(Event.allCases), element(conditions),
                to: element(State.allCases), Actions(rawValue: UInt8(pick(256))), because: hostileText())
            table.rows.insert(row, at: index)
            return ("one more row", table)
        case 5:
            table.rows[index].to = element(State.allCases.filter { $0 != table.rows[index].to })
            return ("\(id) leads elsewhere", table)
        case 6:
            table.rows[index].condition = element(conditions.filter { $0 != table.rows[index].condition })
            return ("\(id) asks something else", table)
        case 7:
            table.rows[index].actions.formSymmetricDifference(Actions(rawValue: 1 << UInt8(pick(8))))
            // An ignored row that acts is not a row: it becomes a transition.
            if table.rows[index].to == nil { table.rows[index].to = table.rows[index].from }
            return ("\(id) does something else", table)
        case 8:
            table.rows[index].event = element(Event.allCases.filter { $0 != table.rows[index].event })
            return ("\(id) answers something else", table)
        default:
            let state = pick(table.states.count)
            table.states[state].meaning = hostileText()
            table.states[state].owns.formSymmetricDifference(.probe)
            table.states[state].deadline = element([nil] + Deadline.allCases)
            return ("another \(table.states[state].state)", table)
        }
    }

    private let conditions: [Guard] = [.always] + Question.allCases.flatMap { [.when($0), .unless($0)] }

    /// What each of the languages takes for its own, in random order.
    mutating func hostileText() -> String {
        let pieces = [
            "a", "Z9", " ", "  ", "\"", "'", "\\", "\\n", "\\\"", "<", ">", "</state>", "<br/>", "&", "&amp;", "&#34;",
            "#35;", "#", ";", ":", "::", "|", "\\|", "-->", "--", "->", "[", "]", "(", ")", "{", "}", "%%", "//", "/*",
            "@enduml", "\n", "\r\n", "\t", "\u{0}", "\u{1}", "\u{7f}", "\u{85}", "\u{2028}", "\u{FFFE}", "]]>", "`",
            "**", "~~", "__", "é", "e\u{301}", "日本", "🚪", "\u{202E}", "%(x)", "${x}", "\\N", "\\l", "T14", "null",
        ]
        return (0...pick(8)).map { _ in element(pieces) }.joined()
    }

    mutating func pick(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }

    mutating func element<Element>(_ elements: [Element]) -> Element { elements[pick(elements.count)] }
}
