import ConnectionLifecycle
import Foundation

extension TestPaths {
    /// One line for each kind with its counts.
    public var summary: [String] {
        PathKind.allCases.map { kind in
            let impossible = infeasible[kind]?.count ?? 0
            let steps = (paths[kind] ?? []).map(\.steps.count)
            return "\(kind.rawValue): \(steps.count) paths, \(steps.reduce(0, +)) steps, longest \(steps.max() ?? 0)"
                + (impossible > 0 ? "; \(impossible) infeasible" : "")
        }
    }

    /// The paths of one kind for people, one in a line, then what is infeasible with the reason.
    public func lines(_ kind: PathKind) -> [String] {
        (paths[kind] ?? []).map(\.description)
            + (infeasible[kind] ?? []).map { "infeasible: \($0.rows.joined(separator: " ")): \($0.reason)" }
    }

    /// All of some kinds for machines: an object with the digest of the table, the counts, the paths and what is infeasible.
    /// Keys are sorted, so that the same table gives the same bytes.
    public func json(_ kinds: [PathKind] = PathKind.allCases) -> String {
        let report = Report(
            digest: table.digest,
            counts: Dictionary(uniqueKeysWithValues: kinds.map { ($0.rawValue, paths[$0]?.count ?? 0) }),
            paths: kinds.flatMap { paths[$0] ?? [] }.map(PathEntry.init),
            infeasible: kinds.flatMap { kind in
                (infeasible[kind] ?? []).map { InfeasibleEntry(kind: kind.rawValue, rows: $0.rows, reason: $0.reason) }
            })
        return report.jsonText(isIndented: false)
    }
}

extension TestPath: CustomStringConvertible {
    /// `T01 start, T03 ready, T09 probeDue (when due) → probing`
    public var description: String {
        let budgets = "misses \(setting.missesAllowed), budget \(setting.attemptBudget)"
        return steps.map(\.description).joined(separator: ", ") + " → \(end.name) [\(budgets)]"
    }
}

extension TestStep: CustomStringConvertible {
    public var description: String {
        "\(row ?? "–") \(input.event.name)" + (remarks.isEmpty ? "" : " (\(remarks.joined(separator: ", ")))")
    }

    private var remarks: [String] {
        [input.remark, wait.remark].compactMap { $0 }
    }
}

extension TestInput {
    /// Who says it, by one word for machines.
    var source: String {
        switch self {
        case .command: "command"
        case .link: "link"
        case .probe: "probe"
        case .deadline: "deadline"
        case .goneLink: "goneLink"
        case .olderProbe: "olderProbe"
        case .earlyDeadline: "earlyDeadline"
        case .leftDeadline: "leftDeadline"
        }
    }

    /// With a link's report: why.
    var failure: Failure? {
        if case .link(.attemptFailed, let failure) = self { failure } else { nil }
    }

    fileprivate var remark: String? {
        switch self {
        case .command, .probe, .deadline: nil
        case .link: failure == .fatal ? "fatal" : nil
        case .goneLink: "of a link that is gone"
        case .olderProbe: "of an older probe"
        case .earlyDeadline: "too early"
        case .leftDeadline: "of the state that was left"
        }
    }
}

extension Wait {
    fileprivate var remark: String? {
        switch self {
        case .none: nil
        case .untilJustBeforeDue: "just before the deadline"
        case .untilDue: "when due"
        case .untilOldDue: "when it would have been due"
        }
    }
}

private struct Report: Encodable {
    var digest: String
    var counts: [String: Int]
    var paths: [PathEntry]
    var infeasible: [InfeasibleEntry]
}

private struct InfeasibleEntry: Encodable {
    var kind: String
    var rows: [String]
    var reason: String
}

private struct PathEntry: Encodable {
    var kind: String
    var missesAllowed, attemptBudget: UInt32
    var steps: [StepEntry]

    init(_ path: TestPath) {
        kind = path.kind.rawValue
        missesAllowed = path.setting.missesAllowed
        attemptBudget = path.setting.attemptBudget
        steps = path.steps.map(StepEntry.init)
    }
}

private struct StepEntry: Encodable {
    /// Absent where nothing may happen.
    var row: String?
    var event, source, wait, to: String
    var failure: String?

    init(_ step: TestStep) {
        row = step.row
        event = step.input.event.name
        source = step.input.source
        wait = step.wait.rawValue
        to = step.to.name
        failure = step.input.failure.map { "\($0)" }
    }
}
