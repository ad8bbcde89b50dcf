import ConnectionLifecycle
import Foundation

/// What spin found out about a table.
public struct Verification: Sendable {
    public struct Finding: Sendable {
        public let property: Property
        public let holds: Bool
        /// What is broken, where a property names things.
        public let detail: String?
        /// The search that decided; several properties may share one.
        public let search: Search
        /// How it breaks, replayed through the engine's machine; nil where it holds, or where nothing can be shown.
        public let counterexample: Replay?
    }

    public let digest: String
    public let findings: [Finding]
    /// The searches of the model as it is printed: one for the rules, one for each debt.
    public let searches: [Search]

    public var holds: Bool { findings.allSatisfy(\.holds) }
    /// Whether the engine did along every counterexample what the model did.
    public var enginesAgree: Bool { findings.allSatisfy { $0.counterexample?.disagreement == nil } }
    public var states: Int { searches.map(\.states).reduce(0, +) }
    public var transitions: Int { searches.map(\.transitions).reduce(0, +) }
    public var depth: Int { searches.map(\.depth).max() ?? 0 }
    /// Of the searches alone, without spin's and cc's own time.
    public var seconds: Double { searches.map(\.seconds).reduce(0, +) }
}

/// Runs spin over the model of a table. Blocks; takes some seconds, most of them the C compiler's.
public struct Verifier: Sendable {
    private let tools: SpinTools
    private let progress: @Sendable (String) -> Void

    /// - Parameter progress: gets a line now and then for a person who waits.
    public init(progress: @escaping @Sendable (String) -> Void = { _ in }) throws(VerificationFailure) {
        tools = try SpinTools()
        self.progress = progress
    }

    /// - Parameter loaded: where there is one already, for counterexamples; made where it is needed and missing.
    public func verify(_ chart: StateChart, loaded: LoadedModel? = nil) throws(VerificationFailure) -> Verification {
        let folder = try TemporaryFolder()
        progress("translating and compiling the model")
        try tools.translate(chart.promela, in: folder.path)
        let rules = try tools.compile("rules", ["-DSAFETY", "-DNOCLAIM", "-DPRINTF"], in: folder.path)
        let claims = try tools.compile("claims", ["-DNFAIR=3"], in: folder.path)
        progress("searching for a broken rule")
        let safety = try Search(reading: rules.run(["-w18", "-m500000"], in: folder.folder("safety")))
        try check(safety)
        var searches = [safety]
        var debts: [(Property, Search)] = []
        for property in Property.debts {
            progress("\(property.name): \(property.sentence)")
            let search = try Search(
                reading: claims.run(
                    ["-a", "-f", "-A", "-w20", "-m1000000", "-N", property.name], in: folder.folder(property.name)))
            try check(search)
            searches.append(search)
            debts.append((property, search))
        }
        var findings: [Verification.Finding] = []
        if safety.errors == 0, missing(chart, safety).isEmpty, debts.allSatisfy({ $0.1.errors == 0 }) {
            findings = (Property.rules + [Property.deadlock, Property.reachable]).map { holding($0, safety) }
            findings += debts.map { holding($0.0, $0.1) }
        } else {
            progress("looking for short counterexamples")
            let model = if let loaded { loaded } else { try LoadedModel(tools) }
            findings = try breaking(chart, debts, model)
        }
        return Verification(digest: chart.digest, findings: findings, searches: searches)
    }

    private func check(_ search: Search) throws(VerificationFailure) {
        guard search.errors == 0, search.isCut else { return }
        throw VerificationFailure(cause: .failed, description: "the search was cut short, so that nothing is proven")
    }

    private func holding(_ property: Property, _ search: Search) -> Verification.Finding {
        Verification.Finding(property: property, holds: true, detail: nil, search: search, counterexample: nil)
    }

    /// Each property by itself, so that one that is broken does not hide another.
    private func breaking(
        _ chart: StateChart, _ debts: [(Property, Search)], _ model: LoadedModel
    ) throws(VerificationFailure) -> [Verification.Finding] {
        let table = chart.table
        let scratch = model.scratch("verify-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var findings: [Verification.Finding] = []
        for property in Property.rules + [Property.deadlock] {
            let (mask, stuck) = if case .rule(let bit) = property.kind { (1 << bit, false) } else { (0, true) }
            let search = try model.search(table, rules: mask, stuck: stuck, in: scratch)
            guard search.errors > 0 else {
                try check(search)
                findings.append(holding(property, search))
                continue
            }
            let course = try model.shortestCourse(table, rules: mask, stuck: stuck, in: scratch)
            findings.append(
                Verification.Finding(
                    property: property, holds: false, detail: nil, search: search,
                    counterexample: Replay(course, table: table)))
        }
        let whole = try model.search(table, rules: 0, stuck: false, in: scratch)
        try check(whole)
        let absent = missing(chart, whole)
        findings.append(
            Verification.Finding(
                property: .reachable, holds: absent.isEmpty,
                detail: absent.isEmpty ? nil : "never: \(absent.joined(separator: ", "))", search: whole,
                counterexample: nil))
        for (property, search) in debts {
            guard search.errors > 0 else {
                findings.append(holding(property, search))
                continue
            }
            let course = try model.shortCourse(table, claim: property.name, in: scratch)
            findings.append(
                Verification.Finding(
                    property: property, holds: false, detail: nil, search: search,
                    counterexample: Replay(course, table: table)))
        }
        return findings
    }

    private func missing(_ chart: StateChart, _ search: Search) -> [String] { chart.missing(in: search) }
}

extension StateChart {
    /// The states and rows that a complete search did not meet.
    func missing(in search: Search) -> [String] {
        State.allCases.filter { !search.entered.contains(Int($0.rawValue)) }.map(\.name)
            + table.rows.indices.filter { !search.rows.contains($0) }.map { table.rows[$0].id }
    }
}
