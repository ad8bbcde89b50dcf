import ConnectionLifecycle
import Foundation

/// A table as it was at some time, in its own words: it may know states, events and guards that the present one does not.
public struct TableVersion: Sendable, Equatable {
    public struct StateText: Sendable, Equatable {
        public var name: String
        /// In the words of the source: `attempt`, `socket`, `probe`, `closing`.
        public var owns: [String]
        public var deadline: String?
        public var meaning: String
    }

    public struct RowText: Sendable, Equatable {
        public var id, from, event: String
        /// In words, such as `may retry`; nil where there is none.
        public var condition: String?
        /// nil where the event is ignored.
        public var to: String?
        public var actions: [String]
        public var because: String
    }

    public var digest: String?
    public var states: [StateText]
    public var rows: [RowText]

    public init(digest: String?, states: [StateText], rows: [RowText]) {
        self.digest = digest
        self.states = states
        self.rows = rows
    }

    public init(_ table: TransitionTable) {
        digest = table.digest
        states = table.states.map { state in
            StateText(
                name: state.state.name, owns: state.owns.names.map(TableVersion.resource),
                deadline: state.deadline.map { "\($0)" }, meaning: state.meaning)
        }
        rows = table.rows.map { row in
            RowText(
                id: row.id, from: row.from.name, event: row.event.name, condition: row.condition.words,
                to: row.to?.name,
                actions: row.actions.names, because: row.because)
        }
    }

    /// Pictures call it in two words.
    fileprivate static func resource(_ name: String) -> String { name == "closing socket" ? "closing" : name }
}

/// Why an older table cannot be read.
public struct InvalidTable: Error, Equatable, CustomStringConvertible {
    public var message: String

    public var description: String { message }
}

// MARK: - From JSON

extension TableVersion {
    /// The form of `lifecycle.json`.
    public init(json: Data) throws(InvalidTable) {
        let file: File
        do {
            file = try JSONDecoder().decode(File.self, from: json)
        } catch DecodingError.keyNotFound(let key, _) {
            throw InvalidTable(message: "“\(key.stringValue)” is missing")
        } catch {
            throw InvalidTable(message: "this is no JSON of a table")
        }
        digest = file.digest
        states = file.states.map { state in
            StateText(
                name: state.name, owns: state.owns.map(TableVersion.resource), deadline: state.deadline,
                meaning: state.meaning)
        }
        rows = file.rows.map { row in
            RowText(
                id: row.id, from: row.from, event: row.event, condition: row.guard.map(TableVersion.words), to: row.to,
                actions: row.actions, because: row.because)
        }
    }

    private struct File: Decodable {
        struct State: Decodable {
            var name, meaning: String
            var owns: [String]
            var deadline: String?
        }

        struct Row: Decodable {
            var id, from, event, because: String
            var `guard`, to: String?
            var actions: [String]
        }

        var digest: String?
        var states: [State]
        var rows: [Row]
    }

    /// `!mayRetry` → `final`
    private static func words(_ identifier: String) -> String {
        let guards = Question.allCases.flatMap { [Guard.when($0), .unless($0)] }
        for condition in guards {
            switch condition {
            case .when(let question) where identifier == "\(question)": return condition.words ?? identifier
            case .unless(let question) where identifier == "!\(question)": return condition.words ?? identifier
            case .always, .when, .unless: continue
            }
        }
        return identifier
    }
}

// MARK: - From Markdown

extension TableVersion {
    /// The form of `StateCharts/README.md`: what was written before there was a `lifecycle.json`.
    public init(markdown: String) throws(InvalidTable) {
        let tables = MarkdownTables(markdown)
        guard let transitions = tables.first(with: ["id", "from", "event", "guard", "to", "actions", "because"]),
            let definitions = tables.first(with: ["state", "meaning", "owns", "deadline"])
        else { throw InvalidTable(message: "it holds no tables of states and transitions") }
        digest = tables.digest
        states = definitions.map { row in
            StateText(
                name: row["state"] ?? "", owns: MarkdownTables.list(row["owns"]).map(TableVersion.resource),
                deadline: MarkdownTables.list(row["deadline"]).first, meaning: row["meaning"] ?? "")
        }
        rows = transitions.map { row in
            RowText(
                id: row["id"] ?? "", from: row["from"] ?? "", event: row["event"] ?? "",
                condition: MarkdownTables.list(row["guard"]).first, to: MarkdownTables.list(row["to"]).first,
                actions: MarkdownTables.list(row["actions"]), because: row["because"] ?? "")
        }
        rows += (tables.first(with: ["id", "state", "event", "because"]) ?? []).map { row in
            RowText(
                id: row["id"] ?? "", from: row["state"] ?? "", event: row["event"] ?? "", condition: nil, to: nil,
                actions: [], because: row["because"] ?? "")
        }
        guard !states.isEmpty, !rows.isEmpty, rows.allSatisfy({ !$0.id.isEmpty && !$0.from.isEmpty }) else {
            throw InvalidTable(message: "its tables of states and transitions are empty")
        }
    }
}

/// The tables of a page, by the names of their columns.
private struct MarkdownTables {
    private var tables: [(head: [String], rows: [[String: String]])] = []
    private(set) var digest: String?

    init(_ text: String) {
        var head: [String]?
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            if digest == nil, let place = line.range(of: "Digest ") {
                digest = String(line[place.upperBound...].prefix { $0.isHexDigit })
            }
            guard line.hasPrefix("|") else {
                head = nil
                continue
            }
            let cells = MarkdownTables.cells(line)
            guard let names = head else {
                head = cells
                tables.append((cells, []))
                continue
            }
            if cells.allSatisfy({ !$0.isEmpty && $0.allSatisfy { "-: ".contains($0) } }) { continue }
            tables[tables.count - 1].rows.append(Dictionary(zip(names, cells)) { first, _ in first })
        }
    }

    /// The first table that has at least these columns.
    func first(with columns: [String]) -> [[String: String]]? {
        tables.first { table in columns.allSatisfy(table.head.contains) }?.rows
    }

    /// Without what makes a name a link, bold or code.
    private static func cells(_ line: Substring) -> [String] {
        var cells: [String] = [""]
        var isEscaped = false
        for character in line.dropFirst() {
            if character == "|", !isEscaped {
                cells.append("")
            } else if character == "\\", !isEscaped {
                isEscaped = true
                continue
            } else {
                cells[cells.count - 1].append(character)
            }
            isEscaped = false
        }
        if cells.last?.allSatisfy(\.isWhitespace) == true { cells.removeLast() }
        return cells.map { plain($0.trimmingCharacters(in: .whitespaces)) }
    }

    private static func plain(_ cell: String) -> String {
        var text = cell.replacing("**", with: "").replacing("`", with: "")
        while let open = text.firstIndex(of: "["), let middle = text.range(of: "](", range: open..<text.endIndex),
            let close = text[middle.upperBound...].firstIndex(of: ")")
        {
            let label = text[text.index(after: open)..<middle.lowerBound]
            text.replaceSubrange(open...close, with: label)
        }
        return text
    }

    /// `a, b` → a and b; a dash means none.
    static func list(_ cell: String?) -> [String] {
        (cell ?? "").split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
            .filter { !$0.isEmpty && $0 != "–" && $0 != "-" }
    }
}
