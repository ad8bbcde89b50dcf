import ConnectionLifecycle
import Foundation

/// What became of each mutant of a table.
public struct MutationRun: Sendable {
    public struct Outcome: Sendable {
        public let mutant: TableMutant
        /// The property that is broken first, in their order; nil for a survivor.
        public let property: Property?
        /// How it breaks, replayed through the engine's machine; nil for survivors and for what is never reached.
        public let counterexample: Replay?
        /// How a survivor differs from the original, and after which events that shows; nil where it was caught.
        public let difference: Difference?
        public let path: [Event]
    }

    public let outcomes: [Outcome]

    public var caught: [Outcome] { outcomes.filter { $0.property != nil } }
    /// Those that no property tells from the original.
    public var survivors: [Outcome] { outcomes.filter { $0.property == nil } }
    /// Survivors that behave differently all the same: a property is missing.
    public var unexplained: [Outcome] { survivors.filter { $0.difference == .behaviour } }
    /// Counterexamples along which the engine did not do what the model did.
    public var disagreements: [Outcome] { outcomes.filter { $0.counterexample?.disagreement != nil } }

    /// Checks mutants, on as many processors as there are. Some hundred a minute.
    ///
    /// - Parameter progress: gets the number of those that are done, now and then.
    public static func check(
        _ mutants: [TableMutant], of table: TransitionTable, model: LoadedModel,
        progress: @escaping @Sendable (Int) -> Void = { _ in }
    ) async throws -> MutationRun {
        let width = max(1, ProcessInfo.processInfo.activeProcessorCount)
        var outcomes = [Outcome?](repeating: nil, count: mutants.count)
        try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
            var next = 0
            func add() {
                guard next < mutants.count else { return }
                let (index, mutant) = (next, mutants[next])
                next += 1
                group.addTask { (index, try outcome(mutant, of: table, model)) }
            }
            for _ in 0..<width { add() }
            var done = 0
            while let (index, outcome) = try await group.next() {
                outcomes[index] = outcome
                done += 1
                progress(done)
                add()
            }
        }
        return MutationRun(outcomes: outcomes.compactMap { $0 })
    }

    private static func outcome(
        _ mutant: TableMutant, of original: TransitionTable, _ model: LoadedModel
    ) throws(VerificationFailure) -> Outcome {
        let scratch = model.scratch("mutant-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let table = mutant.table
        func caught(_ property: Property, _ course: Course?) -> Outcome {
            Outcome(
                mutant: mutant, property: property, counterexample: course.map { Replay($0, table: table) },
                difference: nil, path: [])
        }
        let search = try model.search(table, rules: LoadedModel.everyRule, stuck: true, in: scratch)
        if search.errors > 0 {
            let course = try model.course(table, in: scratch)
            let broken = course.steps.last?.broken ?? 0
            let rule = Property.rules.first {
                if case .rule(let bit) = $0.kind { broken & 1 << bit != 0 } else { false }
            }
            return caught(rule ?? .deadlock, course)
        }
        if !StateChart(table: table).missing(in: search).isEmpty { return caught(.reachable, nil) }
        if try model.claim(table, "together", in: scratch).errors > 0 {
            for property in Property.debts
            where try model.claim(table, property.name, in: scratch).errors > 0 {
                return caught(property, try model.course(table, claim: property.name, in: scratch))
            }
            throw VerificationFailure(
                cause: .failed, description: "\(mutant.name): a debt is open in all together, and in none alone")
        }
        let (difference, path) = Difference.between(original, table)
        return Outcome(mutant: mutant, property: nil, counterexample: nil, difference: difference, path: path)
    }
}
