import ConnectionLifecycle

extension StateChart {
    /// The page of one state: its picture, what it means, the ways in and out, and what is ignored there.
    public func markdown(of state: State) -> String {
        let place = PagePlace.state
        let definition = table.definition(of: state)
        var parts = [
            """
            <!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(digest). -->
            # \(state.name)

            **\(definition?.meaning ?? "")** \(state.prose)

            \(place.picture(.state(state), alternative: "The ways into and out of \(state.name)"))

            \(markdownTable(["owns", "deadline"], [[owns(definition), deadline(definition)]]))
            """,
            "## Ways in\n\n"
                + section(
                    ["id", "from", "event", "guard", "because"],
                    transitions.filter { $0.to == state && $0.from != state }.map { row in
                        [
                            place.test(of: row), place.page(of: row.from), "`\(row.event.name)`",
                            row.condition.words ?? "",
                            row.because,
                        ]
                    }, otherwise: "None: a connection begins here."),
            "## Ways out\n\n"
                + section(
                    ["id", "event", "guard", "to", "actions", "because"],
                    transitions.filter { $0.from == state }.map { row in
                        [
                            place.test(of: row), "`\(row.event.name)`", row.condition.words ?? "",
                            row.to.map { $0 == state ? "stays" : place.page(of: $0) } ?? "",
                            row.actions.names.joined(separator: ", "), row.because,
                        ]
                    }, otherwise: "None: this is the end."),
            "## Ignored\n\n"
                + section(
                    ["id", "event", "because"],
                    ignored.filter { $0.from == state }.map { [$0.id, "`\($0.event.name)`", $0.because] },
                    otherwise: "Nothing that can occur here is ignored.")
                + "\n\n" + impossible(in: state),
        ]
        let faults = faults(of: state)
        if !faults.isEmpty {
            parts.append(
                "## What it answers\n\n"
                    + markdownTable(
                        ["what goes wrong", "what is seen", "what the engine does"],
                        faults.map { ["**\($0.name)**", $0.seen, $0.answer] }))
        }
        let all = table.states.map { $0.state == state ? "**\(state.name)**" : place.page(of: $0.state) }
        parts.append("[The whole machine](../README.md) · \(all.joined(separator: " · "))")
        return parts.joined(separator: "\n\n") + "\n"
    }

    func owns(_ definition: StateDefinition?) -> String {
        let names = definition?.owns.names ?? []
        return names.isEmpty ? "–" : names.joined(separator: ", ")
    }

    private func deadline(_ definition: StateDefinition?) -> String {
        guard let deadline = definition?.deadline else { return "none: it waits for its user" }
        let exceptions = deadline.exceptions.map { "; \($0)" } ?? ""
        return "`\(deadline.event.name)`, at most \(deadline.usual)\(exceptions)"
    }

    private func section(_ head: [String], _ rows: [[String]], otherwise: String) -> String {
        rows.isEmpty ? otherwise : markdownTable(head, rows)
    }

    /// The events that no row of the state names.
    private func impossible(in state: State) -> String {
        let rows = table.rows.filter { $0.from == state }
        let rest = Event.allCases.filter { event in !rows.contains { $0.event == event } }
        let names = rest.map { "`\($0.name)`" }.joined(separator: ", ")
        return "Cannot occur here, because nothing that the state owns could emit it: \(names)."
    }
}
