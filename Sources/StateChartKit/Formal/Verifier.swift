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

    /// Checks the model as it is printed.
    public func verify(_ chart: StateChart) throws(VerificationFailure) -> Verification {
        let folder = try TemporaryFolder()
        defer { withExtendedLifetime(folder) {} }
        progress("translating and compiling the model")
        try tools.translate(chart.promela, in: folder.path)
        let rules = try tools.compile("rules", ["-DSAFETY", "-DNOCLAIM", "-DPRINTF"], in: folder.path)
        let claims = try tools.compile("claims", ["-DNFAIR=3"], in: folder.path)
        progress("searching for a broken rule")
        let safety = try Search(reading: rules.run(["-w18", "-m50000"], in: folder.folder("safety")))
        try safety.mustBeWhole()
        var findings = (Property.rules + [.deadlock, .reachable]).map { holding($0, safety) }
        var searches = [safety]
        for property in Property.debts {
            progress("\(property.name): \(property.sentence)")
            let search = try Search(
                reading: claims.run(
                    ["-a", "-f", "-A", "-w20", "-m1000000", "-N", property.name], in: folder.folder(property.name)))
            try search.mustBeWhole()
            searches.append(search)
            findings.append(holding(property, search))
        }
        if searches.contains(where: { $0.errors > 0 }) || !chart.missing(in: safety).isEmpty {
            progress("looking for short counterexamples")
            findings = try LoadedModel(tools).findings(chart)
            guard findings.contains(where: { !$0.holds }) else {
                throw VerificationFailure(
                    cause: .failed,
                    description: "the printed model is violated, and the one that loads its table is not")
            }
        }
        return Verification(digest: chart.digest, findings: findings, searches: searches)
    }

    private func holding(_ property: Property, _ search: Search) -> Verification.Finding {
        Verification.Finding(property: property, holds: true, detail: nil, search: search, counterexample: nil)
    }
}

extension LoadedModel {
    /// Each property by itself, so that one that is broken does not hide another, with a short counterexample for each that
    /// is. Blocks; some seconds.
    public func findings(
        _ chart: StateChart, of properties: [Property] = Property.all
    ) throws(VerificationFailure) -> [Verification.Finding] {
        let scratch = scratch("verify-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        var findings: [Verification.Finding] = []
        for property in properties { findings.append(try finding(property, chart, scratch)) }
        return findings
    }

    private func finding(
        _ property: Property, _ chart: StateChart, _ scratch: String
    ) throws(VerificationFailure) -> Verification.Finding {
        let table = chart.table
        let search: Search
        let course: Course?
        var detail: String?
        switch property.kind {
        case .rule(let bit):
            search = try self.search(table, rules: 1 << bit, stuck: false, in: scratch)
            course =
                search.errors == 0
                ? nil : try shortestCourse(table, rules: 1 << bit, stuck: false, in: scratch)
        case .noDeadlock:
            search = try self.search(table, rules: 0, stuck: true, in: scratch)
            course = search.errors == 0 ? nil : try shortestCourse(table, rules: 0, stuck: true, in: scratch)
        case .debt:
            search = try claim(table, property.name, in: scratch)
            course = search.errors == 0 ? nil : try shortCourse(table, claim: property.name, in: scratch)
        case .reachability:
            search = try self.search(table, rules: 0, stuck: false, in: scratch)
            course = nil
            let missing = chart.missing(in: search)
            if !missing.isEmpty { detail = "never: \(missing.joined(separator: ", "))" }
        }
        try search.mustBeWhole()
        return Verification.Finding(
            property: property, holds: search.errors == 0 && detail == nil, detail: detail, search: search,
            counterexample: course.map { Replay($0, table: table) })
    }
}

extension Search {
    /// The absence of errors says something only if nothing was left out.
    fileprivate func mustBeWhole() throws(VerificationFailure) {
        guard errors == 0, isCut else { return }
        throw VerificationFailure(cause: .failed, description: "the search was cut short, so that nothing is proven")
    }
}

extension StateChart {
    /// The states and rows that a complete search did not meet.
    func missing(in search: Search) -> [String] {
        State.allCases.filter { !search.entered.contains(Int($0.rawValue)) }.map(\.name)
            + table.rows.indices.filter { !search.rows.contains($0) }.map { table.rows[$0].id }
    }
}
