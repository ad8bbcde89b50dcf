import ConnectionLifecycle

extension StateChart {
    /// The page: what the machine is, its picture, its states, and every pair that can occur with the reason.
    public var markdown: String {
        """
        <!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(digest). -->
        # Connection lifecycle

        Holdfast drives each connection through these states; this is the table that the machine executes, and it is \
        complete: what is not here cannot happen.

        <picture>
          <source media="(prefers-color-scheme: dark)" srcset="lifecycle-dark.svg">
          <img alt="State chart of the connection lifecycle" src="lifecycle.svg">
        </picture>

        Solid lines are inputs, dashed lines deadlines, dotted lines failures; a line that carries several kinds is \
        solid, and the mark under each id says which it is.

        ## States

        A state owns its resources: on each transition, what the old state owns and the new one does not is released, \
        and the reverse is acquired. Every live state has exactly one deadline.

        \(markdownTable(["state", "meaning", "owns", "deadline"], states))

        ## From and to

        The row is the old state, the column the new one. An empty cell cannot happen.

        \(markdownTable(["from \\ to"] + State.allCases.map(\.name), matrix))

        ## Transitions

        \(markdownTable(["id", "from", "event", "guard", "to", "actions", "because"], transitionRows))

        Actions change what the machine remembers; what starts and ends outside follows from what the states own.

        \(markdownTable(["action", "meaning"], Actions.glossary.map { ["`\($0.name)`", $0.meaning] }))

        ## Ignored

        These can occur and change nothing, on purpose.

        \(markdownTable(["id", "state", "event", "because"], ignoredRows))

        Everything else that arrives is late: it comes from an older attempt, an older probe or a deadline that is no \
        longer set, and is dropped in one place.

        """
    }

    private var states: [[String]] {
        table.states.map { state in
            [
                "**\(state.state.name)**", state.meaning,
                state.owns.isEmpty ? "–" : state.owns.names.joined(separator: ", "),
                state.deadline.map { "`\($0)`" } ?? "–",
            ]
        }
    }

    private var matrix: [[String]] {
        let edges = edges
        return State.allCases.map { from in
            ["**\(from.name)**"]
                + State.allCases.map { to in
                    let edge = edges.first { $0.from == from && $0.to == to }
                    return edge.map { $0.rows.map(\.id).joined(separator: " ") } ?? ""
                }
        }
    }

    private var transitionRows: [[String]] {
        transitions.map { row in
            [
                row.id, row.from.name, "`\(row.event.name)`", row.condition.words ?? "", row.to?.name ?? "",
                row.actions.names.joined(separator: ", "), row.because,
            ]
        }
    }

    private var ignoredRows: [[String]] {
        ignored.map { [$0.id, $0.from.name, "`\($0.event.name)`", $0.because] }
    }

    private func markdownTable(_ head: [String], _ rows: [[String]]) -> String {
        ([head, head.map { _ in "---" }] + rows)
            .map { "| " + $0.map(\.markdownCell).joined(separator: " | ") + " |" }
            .joined(separator: "\n")
    }
}

extension String {
    /// A pipe would end the cell, a line feed the row.
    fileprivate var markdownCell: String {
        var text = ""
        for character in self {
            switch character {
            case "|": text += "\\|"
            case "\n": text += " "
            default: text.append(character)
            }
        }
        return text
    }
}
