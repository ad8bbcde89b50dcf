/// All that is wrong with a configuration file: one line each, `FILE:LINE:COLUMN: message`. Never contains a secret.
public struct InvalidConfiguration: Error, Equatable, Sendable, CustomStringConvertible {
    /// The most that are kept; after the first ones, the others rarely tell more.
    public static let mostProblems = 50

    /// The file as it was named.
    public var file: String
    /// By their place in the file. Empty where the file could not be read at all.
    public var problems: [ConfigurationProblem]
    /// How many there were besides.
    public var omitted: Int
    /// Why the file could not be read at all.
    public var reason: String?

    init(file: String, _ findings: [Finding], in source: SourceText) {
        self.file = file
        problems = .sorted(findings, in: source, most: Self.mostProblems)
        omitted = findings.count - problems.count
    }

    init(file: String, reason: String) {
        self.file = file
        problems = []
        omitted = 0
        self.reason = reason
    }

    public var description: String {
        if let reason { return "\(file): \(reason)" }
        let lines = problems.map { "\(file):\($0)" }
        return (lines + (omitted > 0 ? ["\(file): and \(omitted) more"] : [])).joined(separator: "\n")
    }
}

/// Something that is wrong, or at least remarkable, at one place of a configuration file.
public struct ConfigurationProblem: Hashable, Sendable, CustomStringConvertible {
    /// From 1.
    public var line: Int
    /// From 1, in Unicode scalars.
    public var column: Int
    /// One line, without a full stop.
    public var message: String

    init(_ finding: Finding, in source: SourceText) {
        let place = source.place(of: finding.offset)
        line = place.line
        column = place.column
        message = finding.message
    }

    public var description: String { "\(line):\(column): \(message)" }
}

extension [ConfigurationProblem] {
    /// In the order of the file; what stands at the same place keeps its order.
    static func sorted(_ findings: [Finding], in source: SourceText, most: Int) -> [ConfigurationProblem] {
        let ordered = findings.enumerated().sorted { left, right in
            (left.element.offset, left.offset) < (right.element.offset, right.offset)
        }
        return ordered.prefix(most).map { ConfigurationProblem($0.element, in: source) }
    }
}
