import ConnectionLifecycle
import Foundation

/// What a change of the table does, in words.
public struct TableDifference: Sendable, Equatable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
        case added, removed, changed
        /// What follows from the others for a state.
        case consequence
    }

    /// One thing that is different.
    public struct Change: Sendable, Equatable, Codable {
        public var kind: Kind
        /// The row's id, or the state's name.
        public var subject: String
        /// One sentence without its full stop.
        public var text: String
    }

    public let old: TableVersion
    public let new: TableVersion
    /// States first, then rows in the order of the new table, then what was removed, then what follows.
    public let changes: [Change]

    public var isEmpty: Bool { changes.isEmpty }

    public init(from old: TableVersion, to new: TableVersion) {
        self.old = old
        self.new = new
        var comparison = Comparison(old: old, new: new)
        changes = comparison.run()
    }

    /// For a person.
    public var text: String {
        guard !isEmpty else { return "the tables are the same\n" }
        return changes.map { $0.kind == .consequence ? "so \($0.text)" : $0.text }.joined(separator: "\n") + "\n"
    }

    /// For a program.
    public var json: String {
        struct File: Encodable {
            var schema = 1
            var from, to: String?
            var changes: [Change]
        }
        return File(from: old.digest, to: new.digest, changes: changes).jsonText() + "\n"
    }
}

/// Compares two versions.
private struct Comparison {
    let old, new: TableVersion
    private var changes: [TableDifference.Change] = []

    init(old: TableVersion, new: TableVersion) {
        self.old = old
        self.new = new
    }

    mutating func run() -> [TableDifference.Change] {
        states()
        rows()
        consequences()
        if changes.isEmpty, order(old) != order(new) {
            add(.changed, "table", "only the order of the table is different")
        }
        return changes
    }

    private mutating func add(_ kind: TableDifference.Kind, _ subject: String, _ text: String) {
        changes.append(.init(kind: kind, subject: subject, text: text))
    }

    /// A page has what is ignored in a table of its own, so that only the order within each of the two is known.
    private func order(_ version: TableVersion) -> [[String]] {
        [
            version.states.map(\.name), version.rows.filter { $0.to != nil }.map(\.id),
            version.rows.filter { $0.to == nil }.map(\.id),
        ]
    }

    // MARK: - States

    private mutating func states() {
        for state in new.states {
            guard let before = old.states.first(where: { $0.name == state.name }) else {
                let deadline = state.deadline.map { ", until \($0)" } ?? ", without a deadline"
                add(
                    .added, state.name,
                    "adds the state \(state.name), which owns \(list(state.owns))\(deadline): \(state.meaning)")
                continue
            }
            let name = state.name
            if Set(before.owns) != Set(state.owns) {
                add(.changed, name, "state \(name) now owns \(list(state.owns)), before \(list(before.owns))")
            }
            if before.deadline != state.deadline {
                add(
                    .changed, name,
                    "the deadline of \(name) is now \(state.deadline ?? "none"), before \(before.deadline ?? "none")")
            }
            if before.meaning != state.meaning {
                add(.changed, name, "\(name) now means “\(state.meaning)”, before “\(before.meaning)”")
            }
        }
        for state in old.states where !new.states.contains(where: { $0.name == state.name }) {
            add(.removed, state.name, "removes the state \(state.name)")
        }
    }

    private func list(_ owns: [String]) -> String { owns.isEmpty ? "nothing" : owns.joined(separator: " + ") }

    // MARK: - Rows

    private mutating func rows() {
        var gone = old.rows.filter { row in !new.rows.contains { $0.id == row.id } }
        for row in new.rows {
            if let before = old.rows.first(where: { $0.id == row.id }) {
                compare(before, row)
            } else if let index = gone.firstIndex(where: { $0.place == row.place }) {
                let before = gone.remove(at: index)
                add(.changed, row.id, "\(before.id) is now called \(row.id): \(row.path)")
                compare(before, row)
            } else {
                add(.added, row.id, "adds \(row.id): \(row.path)\(row.doing), because: \(row.because)")
            }
        }
        for row in gone { add(.removed, row.id, "removes \(row.id): \(row.path)\(row.doing)") }
    }

    /// Two versions of one row.
    private mutating func compare(_ old: TableVersion.RowText, _ new: TableVersion.RowText) {
        let id = new.id
        if old.from != new.from { add(.changed, id, "\(id) now begins in \(new.from), before in \(old.from)") }
        if old.event != new.event { add(.changed, id, "\(id) is now on \(new.event), before on \(old.event)") }
        switch (old.condition, new.condition) {
        case (nil, let condition?): add(.changed, id, "\(id) now needs “\(condition)”, before nothing")
        case (let condition?, nil): add(.changed, id, "\(id) needs nothing any more, before “\(condition)”")
        case (let before?, let after?) where before != after:
            add(.changed, id, "\(id) now needs “\(after)”, before “\(before)”")
        case (nil, nil), (_?, _?): break
        }
        switch (old.to, new.to) {
        case (nil, let to?): add(.changed, id, "\(id) now leads to \(to), before \(new.event) was ignored")
        case (let to?, nil): add(.changed, id, "\(id) is now ignored, before it led to \(to)")
        case (let before?, let after?) where before != after:
            add(.changed, id, "\(id) now leads to \(after), before to \(before)")
        case (nil, nil), (_?, _?): break
        }
        let more = new.actions.filter { !old.actions.contains($0) }
        let fewer = old.actions.filter { !new.actions.contains($0) }
        if !more.isEmpty { add(.changed, id, "\(id) now also does \(more.joined(separator: ", "))") }
        if !fewer.isEmpty { add(.changed, id, "\(id) no longer does \(fewer.joined(separator: ", "))") }
        if old.because != new.because {
            add(.changed, id, "\(id) now gives as its reason “\(new.because)”, before “\(old.because)”")
        }
    }

    // MARK: - What follows

    private mutating func consequences() {
        for state in names {
            let (before, after) = (answers(old, state), answers(new, state))
            // A state that is new or gone has been told of as a whole.
            guard old.states.contains(where: { $0.name == state }), new.states.contains(where: { $0.name == state })
            else {
                continue
            }
            for event in before.answered.keys.sorted() where after.answered[event] == nil {
                let ignored = after.ignored.contains(event) ? ", but ignores it" : ""
                add(.consequence, state, "\(state) no longer answers \(event)\(ignored)")
            }
            for event in after.answered.keys.sorted() where before.answered[event] == nil {
                let ignored = before.ignored.contains(event) ? ", which it ignored before" : ""
                add(.consequence, state, "\(state) now answers \(event)\(ignored)")
            }
            for event in before.ignored.sorted() where after.answered[event] == nil && !after.ignored.contains(event) {
                add(.consequence, state, "\(state) no longer ignores \(event): it cannot occur there, or has no row")
            }
            for event in after.ignored.sorted() where before.answered[event] == nil && !before.ignored.contains(event) {
                add(.consequence, state, "\(state) now ignores \(event)")
            }
            let (left, leaves) = (Set(before.answered.values.joined()), Set(after.answered.values.joined()))
            for to in left.subtracting(leaves).sorted() {
                add(.consequence, state, "\(state) no longer leads to \(to == state ? "itself" : to)")
            }
            for to in leaves.subtracting(left).sorted() {
                add(.consequence, state, "\(state) now leads to \(to == state ? "itself" : to)")
            }
        }
    }

    private var names: [String] {
        new.states.map(\.name) + old.states.map(\.name).filter { name in !new.states.contains { $0.name == name } }
    }

    private func answers(
        _ version: TableVersion, _ state: String
    ) -> (answered: [String: Set<String>], ignored: Set<String>) {
        var answered: [String: Set<String>] = [:]
        var ignored: Set<String> = []
        for row in version.rows where row.from == state {
            if let to = row.to {
                answered[row.event, default: []].insert(to)
            } else {
                ignored.insert(row.event)
            }
        }
        return (answered, ignored)
    }
}

extension TableVersion.RowText {
    /// Everything but the name and the reason.
    fileprivate var place: [String?] { [from, event, condition, to] + actions }

    /// `stale on reconnect → terminating`
    var path: String {
        let guarded = condition.map { " [\($0)]" } ?? ""
        return to.map { "\(from) on \(event)\(guarded) → \($0)" } ?? "\(from) ignores \(event)"
    }

    /// ` (wantStop)`
    fileprivate var doing: String { actions.isEmpty ? "" : " (\(actions.joined(separator: ", ")))" }
}
