import ConnectionLifecycle

@testable import StateChartKit

/// What a reader found in an export, in words: nothing here knows how the export was written.
struct ReadChart: Equatable {
    struct Definition: Hashable {
        var name: String
        var meaning = ""
        var owns: [String] = []
        var deadline: String?
    }

    struct Transition: Hashable, CustomStringConvertible {
        var id: String
        var from: String
        var event: String
        /// In the words of the charts; nil where there is none.
        var condition: String?
        var to: String?
        var actions: [String] = []
        var because = ""

        var description: String {
            "\(id): \(from), \(event) [\(condition ?? "")] to \(to ?? "nothing"), \(actions), \(because)"
        }
    }

    var digest = ""
    var states: [Definition] = []
    var rows: [Transition] = []

    /// What a format carries; the rest is left empty on both sides of a comparison.
    struct Content: OptionSet {
        let rawValue: Int

        static let definitions = Content(rawValue: 1)
        static let actions = Content(rawValue: 2)
        static let reasons = Content(rawValue: 4)
        static let ignored = Content(rawValue: 8)
        static let everything: Content = [.definitions, .actions, .reasons, .ignored]
    }

    /// The table itself, as a reader should have found it.
    init(_ chart: StateChart, view: ChartView = .complete, content: Content) {
        digest = chart.digest
        let shown = content.contains(.definitions) ? chart.table.states.map(\.state) : chart.states(in: view)
        states = shown.map { state in
            let definition = chart.table.states.first { $0.state == state }
            guard let definition, content.contains(.definitions) else { return Definition(name: "\(state)") }
            return Definition(
                name: "\(state)", meaning: definition.meaning, owns: ReadChart.names(definition.owns),
                deadline: definition.deadline.map { "\($0)" })
        }
        let rows = content.contains(.ignored) ? chart.table.rows : chart.edges(in: view).flatMap(\.rows)
        self.rows = rows.map { row in
            Transition(
                id: row.id, from: "\(row.from)", event: "\(row.event)", condition: ReadChart.words[row.condition],
                to: row.to.map { "\($0)" }, actions: content.contains(.actions) ? ReadChart.names(row.actions) : [],
                because: content.contains(.reasons) ? row.because : "")
        }
    }

    init() {}

    /// What is only on one of two sides, for a person. Where things stand in a file does not matter.
    func differences(from other: ReadChart) -> [String] {
        var lines: [String] = digest == other.digest ? [] : ["digest \(digest) and \(other.digest)"]
        lines += ReadChart.differences(states, other.states).map { "state \($0)" }
        lines += ReadChart.differences(rows, other.rows).map { "row \($0)" }
        return lines.sorted()
    }

    private static func differences<Element: Hashable>(_ some: [Element], _ others: [Element]) -> [Element] {
        var counts: [Element: Int] = [:]
        for element in some { counts[element, default: 0] += 1 }
        for element in others { counts[element, default: 0] -= 1 }
        return counts.filter { $0.value != 0 }.map(\.key)
    }

    // Spelled out here again, so that a slip in the source's names does not agree with itself.

    static let words: [Guard: String] = [
        .when(.mayRetry): "may retry", .unless(.mayRetry): "final", .when(.missesLeft): "misses left",
        .unless(.missesLeft): "misses spent", .when(.stopWanted): "stop wanted", .unless(.stopWanted): "no stop",
    ]

    static func names(_ owns: Resources) -> [String] {
        let known: [(Resources, String)] = [
            (.attempt, "attempt"), (.socket, "socket"), (.probe, "probe"), (.closing, "closing"),
        ]
        return known.filter { owns.contains($0.0) }.map(\.1).sorted()
    }

    static func names(_ actions: Actions) -> [String] {
        let known: [(Actions, String)] = [
            (.beginAttempt, "beginAttempt"), (.markReady, "markReady"), (.countFailure, "countFailure"),
            (.countMiss, "countMiss"), (.clearMisses, "clearMisses"), (.retryAtOnce, "retryAtOnce"),
            (.firstRetryAtOnce, "firstRetryAtOnce"), (.wantStop, "wantStop"),
        ]
        return known.filter { actions.contains($0.0) }.map(\.1).sorted()
    }
}

/// What a reader could not read.
struct Unreadable: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

extension String {
    /// `&#34;` back as a character.
    func dereferenced() throws -> String {
        var text = ""
        var rest = self[...]
        while let range = rest.firstRange(of: "&") {
            text += rest[..<range.lowerBound]
            rest = rest[range.upperBound...]
            guard rest.first == "#", let end = rest.firstIndex(of: ";"), let value = UInt32(rest.dropFirst()[..<end]),
                let scalar = Unicode.Scalar(value)
            else { throw Unreadable("no character reference: \(self)") }
            text.unicodeScalars.append(scalar)
            rest = rest[rest.index(after: end)...]
        }
        return text + rest
    }

    /// `%2F` back as a byte.
    func percentDecoded() throws -> String {
        var bytes: [UInt8] = []
        var rest = Array(utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%") {
                let digits = String(decoding: rest.prefix(2), as: UTF8.self)
                guard digits.count == 2, let value = UInt8(digits, radix: 16) else {
                    throw Unreadable("no escape: \(self)")
                }
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func trimmed() -> String {
        var part = self[...]
        while part.first?.isWhitespace == true { part.removeFirst() }
        while part.last?.isWhitespace == true { part.removeLast() }
        return String(part)
    }
}

extension Substring {
    func trimmed() -> String { String(self).trimmed() }
}

/// A label such as `T14 T23 T27 stop [no stop]` of the formats that draw.
struct ReadLabel {
    let ids: [String]
    let event: String
    let condition: String?

    init(_ text: String, brackets: (open: Character, close: Character)) throws {
        var words = text[...]
        var condition: String?
        if words.last == brackets.close, let start = words.lastIndex(of: brackets.open) {
            condition = String(words[words.index(after: start)...].dropLast())
            words = words[..<start]
        }
        var parts = words.split(separator: " ", omittingEmptySubsequences: true).map(String.init)
        guard parts.count >= 2 else { throw Unreadable("no label: \(text)") }
        event = parts.removeLast()
        ids = try parts.map { try $0.percentDecoded() }
        self.condition = condition
    }

    /// One row for each source: the nth id belongs to the nth.
    func rows(from sources: [String], to target: String) throws -> [ReadChart.Transition] {
        if sources.count == 1 {
            return ids.map {
                ReadChart.Transition(id: $0, from: sources[0], event: event, condition: condition, to: target)
            }
        }
        guard ids.count == sources.count else { throw Unreadable("\(ids) from \(sources)") }
        return zip(ids, sources).map {
            ReadChart.Transition(id: $0, from: $1, event: event, condition: condition, to: target)
        }
    }
}
