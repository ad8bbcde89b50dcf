/// What the suite made of a case.
struct CaseResult: Encodable, Sendable {
    /// Such as `9.1.1`; its first number is its group.
    let id: String
    let description: String
    /// The suite's word; nil when the case could not be run.
    let behavior: String?
    /// How the connection ended, as the client tells it.
    let closure: String
    let milliseconds: Double

    var group: Int { id.split(separator: ".").first.flatMap { Int($0) } ?? 0 }

    /// What is only informational, or strict where the RFC leaves a choice, is conformant.
    var isConformant: Bool {
        switch behavior {
        case "OK", "NON-STRICT", "INFORMATIONAL": true
        default: false
        }
    }

    var line: String { "case \(id): \(behavior ?? "not run"); \(closure)" }
}

/// Results by group, for a terminal.
struct GroupTable {
    private static let words = ["OK", "NON-STRICT", "INFORMATIONAL", "UNIMPLEMENTED", "FAILED"]
    private let results: [CaseResult]

    init(_ results: [CaseResult]) { self.results = results }

    var text: String {
        var lines = [Self.row(["group", "cases"] + Self.words.map { $0.lowercased() } + ["other"])]
        for group in Set(results.map(\.group)).sorted() {
            lines.append(Self.row(["\(group)"] + counts(results.filter { $0.group == group })))
        }
        lines.append(Self.row(["all"] + counts(results)))
        return lines.map { $0 + "\n" }.joined()
    }

    private func counts(_ results: [CaseResult]) -> [String] {
        let numbers = Self.words.map { word in results.count { $0.behavior == word } }
        return ([results.count] + numbers + [results.count - numbers.reduce(0, +)]).map(String.init)
    }

    private static func row(_ cells: [String]) -> String {
        cells.map { String(repeating: " ", count: max(0, 14 - $0.count)) + $0 }.joined()
    }
}
