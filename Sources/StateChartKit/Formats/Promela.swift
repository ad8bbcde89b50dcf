import ConnectionLifecycle

extension StateChart {
    /// The whole machine for spin: the table, the machine that takes its rows, a shell that holds what the states own, and
    /// an environment that does whatever resources, the network, deadlines and the user can do.
    ///
    /// `spin -a lifecycle.pml` reads it; `charts verify` checks every property of `Property.all` with it.
    public var promela: String { promela(loading: false) }

    /// - Parameter loading: leave the table out: the verifier reads one when it starts, so that many tables need only one
    ///   compilation.
    func promela(loading: Bool) -> String {
        [
            promelaHeading(loading: loading), PromelaText.constants, promelaNames, PromelaText.memory,
            loading ? PromelaText.loadedTable : promelaTable, PromelaText.machine, promelaRules, PromelaText.shell,
            PromelaText.rules,
            PromelaText.surroundings, promelaProperties(loading: loading),
        ].joined(separator: "\n")
    }

    private func promelaHeading(loading: Bool) -> String {
        loading
            ? "/* The lifecycle of a connection without its table. */\n" + PromelaText.loadedHeading
            : """
            /*
             * The lifecycle of a connection, for spin.
             *
             * Generated from the transition table by `swift run charts`; do not edit. Digest \(digest).
             *
             *     swift run charts verify                      all properties, with counterexamples
             *     spin -a lifecycle.pml && cc -o pan pan.c     by hand: then ./pan, and ./pan -a -f -N stopEnds for one claim
             */

            """
    }

    /// Small numbers for everything that has a name, those of the engine.
    private var promelaNames: String {
        func defines(_ names: [String]) -> [String] {
            names.enumerated().map { "#define \($1.padded(17)) \($0)" }
        }
        var lines = ["/* States. */"] + defines(State.allCases.map(\.name))
        lines += ["", "/* Events: commands, then what resources emit, then deadlines. */"]
        lines += defines(Event.allCases.map(\.name))
        lines += ["", "/* Actions. */", "#define \("nothing".padded(17)) 0"]
        lines += Actions.glossary.map { "#define \($0.name.padded(17)) \($0.action.rawValue)  /* \($0.meaning) */" }
        lines += ["", "/* Questions. A row is taken always, when the answer is yes, or unless it is. */"]
        lines += Question.allCases.map { "#define \("\($0)".padded(17)) \($0.rawValue + 1)" }
        return lines.joined(separator: "\n") + "\n"
    }

    /// One line for each state and row.
    private var promelaTable: String {
        let states = table.states.map { state in
            let owns = state.owns.promela
            let deadline = state.deadline.map { "\($0.event)" } ?? "NONE"
            return "    owns(\(state.state), \(owns), \(deadline));  /* \(state.meaning.inComment) */"
        }
        let rows = table.rows.prefix(255).enumerated().map { index, row in
            let target = row.to?.name ?? "NONE"
            return "    row(\(index), \(row.from), \(row.event), \(row.condition.promela), \(target), "
                + "\(row.actions.promela));  /* \(row.id.inComment): \(row.because.inComment) */"
        }
        return """
            /*
             * The table. Of two rows for one event and answer the later counts; an event without a row is dropped, as the
             * engine would.
             */
            #define ROWS \(max(min(table.rows.count, 255), 1))

            \(PromelaText.arrays)
            inline table() {
                /*   state, what it owns, its deadline */
            \(states.joined(separator: "\n"))
                /*  number, state, event, guard, next state (NONE: ignored), actions */
            \(rows.joined(separator: "\n"))
            }

            """
    }

    private var promelaRules: String {
        let bits = Property.rules.compactMap { property -> String? in
            guard case .rule(let bit) = property.kind else { return nil }
            return
                "#define \("BREAKS_\(property.name.uppercased())".padded(20)) \(1 << bit)  /* \(property.sentence) */"
        }
        return "/* The rules that no step may break, as bits of `broken`. */\n" + bits.joined(separator: "\n") + "\n"
    }

    private func promelaProperties(loading: Bool) -> String {
        let claims = Property.debts.compactMap { property -> String? in
            guard case .debt(let debt) = property.kind else { return nil }
            return "/* \(property.sentence) */\nltl \(property.name) { [] (<> !(\(debt))) }"
        }
        let together = Property.debts.compactMap { property -> String? in
            guard case .debt(let debt) = property.kind else { return nil }
            return "([] (<> !(\(debt))))"
        }
        // The verifier of many tables asks for all at once: one search instead of ten.
        let all = loading ? "ltl together { \(together.joined(separator: " && ")) }\n" : ""
        return "/* What must be paid in the end, whatever happens meanwhile. */\n" + all
            + claims.joined(separator: "\n") + "\n"
    }
}

extension Guard {
    fileprivate var promela: String {
        switch self {
        case .always: "always"
        case .when(let question): "when(\(question))"
        case .unless(let question): "otherwise(\(question))"
        }
    }
}

extension Resources {
    fileprivate var promela: String {
        let known: [(Resources, String)] = [
            (.attempt, "ATTEMPT"), (.socket, "SOCKET"), (.probe, "PROBE"), (.closing, "CLOSING"),
        ]
        let names = known.filter { contains($0.0) }.map(\.1)
        return names.isEmpty ? "NOTHING" : names.joined(separator: " + ")
    }
}

extension Actions {
    fileprivate var promela: String { isEmpty ? "nothing" : names.joined(separator: " + ") }
}

extension String {
    fileprivate func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

    /// On one line, and nothing that would end the comment.
    fileprivate var inComment: String {
        split(whereSeparator: \.isNewline).joined(separator: " ").split(
            separator: "*/", omittingEmptySubsequences: false
        )
        .joined(separator: "* /")
    }
}
