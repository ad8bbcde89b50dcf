import ConnectionLifecycle

extension TableDifference {
    /// The complete chart of both versions in one: added lines bold and with +, removed ones dash-dotted, struck and with −,
    /// changed ones with ~, the rest pale. What the present program has no words for is left out; see `undrawable`.
    public func svg(theme: ChartTheme) -> String {
        let before = old.rows.compactMap(Row.init)
        let after = new.rows.compactMap(Row.init)
        let changed = Set(changes.filter { $0.kind == .changed }.map(\.subject))
        var marks: [ChartOverlay.Place: ChartOverlay.Mark] = [:]
        for row in after {
            guard let place = row.overlayPlace else { continue }
            let isNew = !before.contains { $0.isBeside(row) }
            marks[place] =
                isNew
                ? .init(emphasis: .added, prefix: "+ ")
                : changed.contains(row.id) ? .init(emphasis: .changed, prefix: "~ ") : .init(emphasis: .pale)
        }
        let removed = before.filter { row in !after.contains { $0.isBeside(row) } }
        for place in removed.compactMap(\.overlayPlace) { marks[place] = .init(emphasis: .removed, prefix: "− ") }
        let rows = after + removed
        let overlay = ChartOverlay(
            heading: "What changes in the lifecycle of a connection",
            remark: "+ added, − removed, ~ changed; the rest is pale.", marks: marks,
            digest: "\(old.digest ?? "?") → \(new.digest ?? "?")")
        let table = TransitionTable(states: TransitionTable.standard.states, rows: rows)
        return StateChart(table: table).svg(overlay: overlay, theme: theme)
    }

    /// The transitions of both versions that have states, events or guards which the present program does not know.
    public var undrawable: [String] {
        (old.rows + new.rows).filter { $0.to != nil && Row($0) == nil }.map { "\($0.id): \($0.path)" }
    }
}

extension Row {
    /// Nil where a name is unknown, and for what is ignored.
    fileprivate init?(_ text: TableVersion.RowText) {
        guard let from = State.allCases.first(where: { $0.name == text.from }),
            let to = State.allCases.first(where: { $0.name == text.to }),
            let event = Event.allCases.first(where: { $0.name == text.event }),
            let condition = Guard.named(text.condition)
        else { return nil }
        self.init(text.id, from, event, condition, to: to, because: text.because)
    }

    /// Whether two versions of a row stand on the same line.
    fileprivate func isBeside(_ other: Row) -> Bool { id == other.id && from == other.from && to == other.to }

    fileprivate var overlayPlace: ChartOverlay.Place? {
        to.map { ChartOverlay.Place(id: id, from: from, to: $0, event: event, condition: condition) }
    }
}

extension Guard {
    /// By its words.
    fileprivate static func named(_ words: String?) -> Guard? {
        guard let words else { return .always }
        return Question.allCases.flatMap { [Guard.when($0), .unless($0)] }.first { $0.words == words }
    }
}
