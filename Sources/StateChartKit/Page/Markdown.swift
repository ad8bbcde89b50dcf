import ConnectionLifecycle

extension StateChart {
    /// The page that people land on: what the machine is, its pictures, its states, and every pair that can occur with
    /// the reason.
    public var markdown: String {
        let place = PagePlace.landing
        return [
            introduction(place), states(place), matrix, faults, story, views(place), transitions(place), machines,
        ]
        .filter { !$0.isEmpty }
        .joined(separator: "\n\n") + "\n"
    }

    // MARK: - In short

    private func introduction(_ place: PagePlace) -> String {
        """
        <!-- Generated from the transition table by `swift run charts`; do not edit. Digest \(digest). -->
        # How a connection lives

        Holdfast keeps a chat gateway's connection honest: it asks at intervals for a proof that events still \
        arrive, and replaces a connection that cannot give one.

        \(place.picture(.overview, alternative: "The lifecycle of a connection, in short"))

        ## How to read it

        Clockwise, from the upper left.

        - **The happy path** is the row above. A connection is *connecting* until it is greeted and has answered. \
        Then it is *open*, and every now and then *probing*: events flow on while it proves that it still hears.
        - **Recovery** is the row below. A connection that is proven deaf, or that misses too many answers, is \
        *stale*; what is on its way still comes in, then it is closed (*terminating*). After a pause (*backoff*) a \
        new attempt begins.
        - **The end** is *stopped*. A stop is taken in every state and reaches it in bounded time, whatever the \
        network does.

        A box is a state; under its name stands what it owns. A line is a transition: the id, the event, and in \
        brackets the condition. Solid lines answer inputs, dashed ones deadlines, dotted ones failures; a line of \
        several kinds is solid, and the mark under each id says which it is. A line from the frame holds for every \
        state in it.

        The engine executes one table. These pages are generated from it and the tests enumerate it, so it is \
        complete: **what is not here cannot happen.**
        """
    }

    // MARK: - States

    private func states(_ place: PagePlace) -> String {
        let rows = table.states.map { definition in
            let state = definition.state
            return [
                "**\(place.page(of: state))**", definition.meaning, owns(definition),
                definition.deadline.map { "`\($0.event.name)`, at most \($0.usual)" } ?? "–",
                events { $0.to == state && $0.from != state }, events { $0.from == state && $0.to != state },
            ]
        }
        return """
            ## States

            \(markdownTable(["state", "meaning", "owns", "deadline", "enters on", "leaves on"], rows))

            Two rules hold everywhere. **A state owns its resources:** on each transition, what the old state owns \
            and the new one does not is released, and the reverse is acquired; so no timer, socket or probe outlives \
            its state. **Every state but the two ends has exactly one deadline:** nothing waits for ever. (The times \
            are the defaults.) What arrives from an older attempt, an older probe or a deadline that is no longer \
            set is dropped in one place.
            """
    }

    private func events(_ isWanted: (Row) -> Bool) -> String {
        let names = transitions.filter(isWanted).map { "`\($0.event.name)`" }.unique
        return names.isEmpty ? "–" : names.joined(separator: " ")
    }

    private var matrix: String {
        let edges = edges
        let rows = State.allCases.map { from in
            ["**\(from.name)**"]
                + State.allCases.map { to in
                    let edge = edges.first { $0.from == from && $0.to == to }
                    return edge.map { $0.rows.map(\.id).joined(separator: " ") } ?? ""
                }
        }
        return """
            ## From and to

            The row is the old state, the column the new one. An empty cell *cannot happen*.

            \(markdownTable(["from \\ to"] + State.allCases.map(\.name), rows))
            """
    }

    // MARK: - Transitions

    private func transitions(_ place: PagePlace) -> String {
        let rows = transitions.map { row in
            [
                place.test(of: row), row.from.name, "`\(row.event.name)`", row.condition.words ?? "",
                row.to?.name ?? "",
                row.actions.names.joined(separator: ", "), row.because,
            ]
        }
        let ignoredRows = ignored.map { [$0.id, $0.from.name, "`\($0.event.name)`", $0.because] }
        return """
            ## Transitions

            \(place.picture(.complete, alternative: "Every transition of a connection"))

            Each id leads to the tests of its state; `swift test --filter t09` runs the one of T09.

            \(markdownTable(["id", "from", "event", "guard", "to", "actions", "because"], rows))

            Actions change what the machine remembers; what starts and ends outside follows from what the states \
            own.

            \(markdownTable(["action", "meaning"], Actions.glossary.map { ["`\($0.name)`", $0.meaning] }))

            ## Ignored

            These can occur and change nothing, on purpose.

            \(markdownTable(["id", "state", "event", "because"], ignoredRows))
            """
    }

    private var faults: String {
        let commands = Event.allCases.filter { $0.emitter == .command }.map { command in
            ["`\(command.name)`", transitions.filter { $0.event == command }.map(\.id).joined(separator: " ")]
        }
        return """
            ## What each rule answers

            Each rule is there because something goes wrong without it. The ids name the transitions that are taken.

            \(faultTable)

            The rest is what a user may ask for, at any time:

            \(markdownTable(["command", "taken by"], commands))
            """
    }

    // MARK: - Further

    private func views(_ place: PagePlace) -> String {
        """
        ## One question at a time

        Nothing waits for ever. What happens when the time of a state is up?

        \(place.picture(.deadlines, alternative: ChartView.deadlines.title))

        A stop never hangs. How does it end?

        \(place.picture(.shutdown, alternative: ChartView.shutdown.title))

        What leads into one state and out of it, what is ignored there, and why? \
        \(table.states.map { place.page(of: $0.state) }.joined(separator: " · "))
        """
    }

    private var machines: String {
        """
        ## For machines

        The same table in other languages, each file generated and checked like this page:

        \(markdownTable(["format", "files"], formats))
        """
    }

    /// The files of each format. Where there is one for each view, it is called by the view.
    private var formats: [[String]] {
        let names = exports.map(\.name)
        return Self.readers.map { ending, reader in
            let files = names.filter { $0.hasSuffix(".\(ending)") }
            let links = files.map { file in
                let view = ChartView.allCases.first { "\($0.path).\(ending)" == file }
                return "[\(files.count > 2 ? view?.name ?? file : file)](\(file))"
            }
            return [reader, links.joined(separator: " ")]
        }
    }

    private static let readers = [
        ("mmd", "Mermaid, as GitHub renders it"), ("dot", "Graphviz"), ("puml", "PlantUML"),
        ("scxml", "SCXML (W3C): interpreters execute it"), ("json", "JSON and its schema"),
        ("pml", "Promela: the model checker spin proves properties of it"),
    ]
}
