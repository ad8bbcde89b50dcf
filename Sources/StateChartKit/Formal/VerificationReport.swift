import ConnectionLifecycle
import Foundation

extension Verification {
    /// For a terminal: a line for each property, the totals, and the way to each that is broken.
    public var text: String {
        var table = [["property", "", "states", "transitions", "depth", "seconds", ""]]
        for finding in findings {
            let search = finding.search
            table.append([
                finding.property.name, finding.holds ? "ok" : "VIOLATED", "\(search.states)", "\(search.transitions)",
                "\(search.depth)", Self.seconds(search.seconds), finding.property.sentence,
            ])
        }
        var lines = TextTable.lines(table, right: [2, 3, 4, 5])
        let broken = findings.count { !$0.holds }
        lines += [
            "",
            "\(findings.count) properties, \(broken) violated; \(searches.count) searches: \(states) states, "
                + "\(transitions) transitions, depth \(depth), \(Self.seconds(seconds)) s. Digest \(digest).",
        ]
        for finding in findings where !finding.holds {
            lines += ["", "\(finding.property.name) is violated: \(finding.property.sentence)"]
            if let detail = finding.detail { lines.append("  " + detail) }
            if let replay = finding.counterexample {
                lines += replay.lines.map { "  " + $0 }
                lines.append(
                    "  "
                        + (replay.disagreement.map { "The engine does NOT follow: \($0)" }
                            ?? "The engine, with this table, does the same."))
            }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For machines.
    public var json: String {
        struct Item: Encodable {
            let name, sentence: String
            let holds: Bool
            let detail: String?
            let search: Search
            let counterexample: [Replay.Step]?
            let cycle: Int?
            let enginesAgree: Bool?
        }
        struct Whole: Encodable {
            let digest: String
            let holds: Bool
            let properties: [Item]
            let states, transitions, depth: Int
            let seconds: Double
        }
        return Whole(
            digest: digest, holds: holds,
            properties: findings.map { finding in
                let replay = finding.counterexample
                return Item(
                    name: finding.property.name, sentence: finding.property.sentence, holds: finding.holds,
                    detail: finding.detail, search: finding.search, counterexample: replay?.steps, cycle: replay?.cycle,
                    enginesAgree: replay.map { $0.disagreement == nil })
            }, states: states, transitions: transitions, depth: depth, seconds: seconds
        ).jsonText()
    }

    private static func seconds(_ value: Double) -> String { String(format: "%.2f", value) }

    /// The charts of all counterexamples, as files.
    public var charts: [(name: String, contents: String)] {
        findings.flatMap { finding -> [(name: String, contents: String)] in
            guard let replay = finding.counterexample else { return [] }
            let name = finding.property.name
            let title = "\(name) is violated"
            return [
                ("\(name).mmd", replay.mermaid(title: title)),
                ("\(name).svg", replay.svg(title: title, theme: .light)),
                ("\(name)-dark.svg", replay.svg(title: title, theme: .dark)),
            ]
        }
    }
}

extension MutationRun {
    /// Whether every mutant that behaves differently was caught, and the engine did what each counterexample says.
    public var holds: Bool { unexplained.isEmpty && disagreements.isEmpty }

    /// For a terminal.
    public var text: String {
        var table = [["mutants", "all", "caught", "equivalent", "not caught"]]
        func line(_ name: String, _ outcomes: [Outcome]) -> [String] {
            let open = outcomes.count { $0.difference == .behaviour }
            let caught = outcomes.count { $0.property != nil }
            return [name, "\(outcomes.count)", "\(caught)", "\(outcomes.count - caught - open)", "\(open)"]
        }
        for kind in TableMutant.Kind.allCases {
            table.append(line(kind.words, outcomes.filter { $0.mutant.kind == kind }))
        }
        table.append(line("together", outcomes))
        var lines = TextTable.lines(table, right: [1, 2, 3, 4]) + [""]
        var by = [["caught by", "", ""]]
        for property in Property.all {
            let count = caught.count { $0.property == property }
            if count > 0 { by.append([property.name, "\(count)", property.sentence]) }
        }
        lines += TextTable.lines(by, right: [1])
        let replayed = caught.count { $0.counterexample != nil }
        lines += [
            "",
            "\(replayed) counterexamples replayed through the engine; it did something else in \(disagreements.count).",
        ]
        for outcome in disagreements {
            lines.append("  \(outcome.mutant.name): \(outcome.counterexample?.disagreement ?? "")")
        }
        if !survivors.isEmpty { lines += ["", "Not caught:"] }
        for outcome in survivors {
            let way = outcome.difference == Difference.none ? "" : " (after \(outcome.way))"
            lines.append("  \(outcome.mutant.name): \(outcome.difference?.words ?? "")\(way)")
        }
        return lines.joined(separator: "\n") + "\n"
    }

    /// For machines.
    public var json: String {
        struct Item: Encodable {
            let name, kind: String
            let property, difference: String?
            let way: [String]?
            let enginesAgree: Bool?
        }
        struct Whole: Encodable {
            let mutants, caught, equivalent, notCaught, replayed, disagreements: Int
            let outcomes: [Item]
        }
        return Whole(
            mutants: outcomes.count, caught: caught.count, equivalent: survivors.count - unexplained.count,
            notCaught: unexplained.count, replayed: caught.count { $0.counterexample != nil },
            disagreements: disagreements.count,
            outcomes: outcomes.map { outcome in
                Item(
                    name: outcome.mutant.name, kind: outcome.mutant.kind.rawValue, property: outcome.property?.name,
                    difference: outcome.difference.map { "\($0)" },
                    way: outcome.difference.map { _ in outcome.path.map(\.name) },
                    enginesAgree: outcome.counterexample.map { $0.disagreement == nil })
            }
        ).jsonText()
    }
}

extension MutationRun.Outcome {
    fileprivate var way: String { path.map(\.name).joined(separator: " ") }
}

/// Columns of text.
private enum TextTable {
    /// - Parameter right: the columns whose cells end at the same place.
    static func lines(_ rows: [[String]], right: Set<Int>) -> [String] {
        let widths = (rows.first ?? []).indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = row.enumerated().map { column, cell in
                let space = String(repeating: " ", count: widths[column] - cell.count)
                return right.contains(column) ? space + cell : cell + space
            }
            let line = cells.joined(separator: "  ")
            return String(line.reversed().drop { $0 == " " }.reversed())
        }
    }
}
