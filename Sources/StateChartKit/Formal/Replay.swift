import ConnectionLifecycle

/// A course of events, run again through the engine's own machine with the same table.
public struct Replay: Sendable {
    public struct Step: Hashable, Sendable, Codable {
        /// The row's id; nil where no row was taken.
        public let id: String?
        public let from: String
        /// With where it came from, if it was late.
        public let event: String
        public let to: String
    }

    public private(set) var steps: [Step] = []
    /// The index of the first of the steps that repeat for ever; nil where the course ends.
    public private(set) var cycle: Int?
    /// Where machine and model part, in words: then the model is wrong, or the machine. nil where they agree.
    public private(set) var disagreement: String?

    private var machine: Lifecycle
    private var now: UInt64 = 1
    private var link = Numbers()
    private var older = Numbers()
    private var oldest = Numbers()
    private var proof = Numbers()
    private var olderProof = Numbers()
    private let table: TransitionTable

    private struct Numbers: Hashable {
        var generation: UInt32 = 0
        var round: UInt32 = 0
    }

    init(_ course: Course, table: TransitionTable) {
        self.table = table
        cycle = course.cycle
        machine = Replay.machine(budget: course.budget, table: table)
        for (index, step) in course.steps.enumerated() {
            let difference = take(step)
            if let difference {
                disagreement = "step \(index + 1), \(step.event?.name ?? "time"): \(difference)"
                return
            }
            // In the model what is late never counts, it only breaks the rule: here the two part.
            if step.origin != .present, step.broken != 0 {
                if cycle != nil { disagreement = "step \(index + 1) is late and counts: see the rule late" }
                return
            }
        }
        if let cycle { close(course, cycle) }
    }

    /// Spin marks where it began to look for a cycle; what repeats may begin before that, where the last step leads back to.
    private mutating func close(_ course: Course, _ mark: Int) {
        guard mark < course.steps.count, let last = course.steps.last else { return }
        let start = stride(from: mark, through: 1, by: -1).first { course.steps[$0 - 1].isSameSituation(as: last) }
        if let start {
            cycle = start
        } else if last.state == .idle {
            cycle = 0
        } else {
            disagreement = "what repeats does not end where it began"
        }
    }

    /// Deadlines of milliseconds and stability after an hour, so that only a step that says so makes a connection stable.
    static func machine(budget: UInt32?, table: TransitionTable) -> Lifecycle {
        var timing = Timing()
        timing.connectTimeout = .milliseconds(1)
        timing.probeInterval = .milliseconds(1)
        timing.probeTimeout = .milliseconds(1)
        timing.drain = .milliseconds(1)
        timing.closeTimeout = .milliseconds(1)
        timing.missesAllowed = 1
        var backoff = BackoffPolicy()
        backoff.initial = .seconds(1)
        backoff.cap = .seconds(1)
        backoff.jitter = 0
        backoff.atOnceJitter = .zero
        backoff.resetAfter = .seconds(3600)
        backoff.attemptBudget = budget
        return Lifecycle(timing: timing, backoff: backoff, seed: 1, table: CompiledTable(table))
    }

    /// A wait shorter than this, in nanoseconds, was drawn from the short lane.
    static let short: UInt64 = 10_000_000
    /// How long a connection must last to be stable, in nanoseconds.
    static let stable: UInt64 = 3_600_000_000_000

    private mutating func take(_ expected: Course.Step) -> String? {
        guard let event = expected.event else {
            now += Replay.stable
            steps.append(Step(id: nil, from: machine.state.name, event: "stable", to: machine.state.name))
            return nil
        }
        if case .deadline = event.emitter, expected.origin == .present, machine.due != .max {
            now = max(now, machine.due)
        }
        let step = machine.handle(input(event, expected), now: now)
        let row = step.kind == .late ? nil : Int(step.row)
        let words = expected.origin.words.map { "\(event.name) (\($0))" } ?? event.name
        steps.append(
            Step(
                id: row.map { table.rows[$0].id }, from: step.from.name,
                event: expected.isFatal ? "\(words) (fatal)" : words, to: machine.state.name))
        if expected.origin != .present {
            // The model stops where something late counts: there is no state of it to compare with.
            let counts = step.kind == .transition
            return counts == (expected.broken != 0) ? nil : "counts: \(counts) in the engine, not in the model"
        }
        keep(step)
        return difference(expected, row, step)
    }

    private func input(_ event: Event, _ step: Course.Step) -> Input {
        let numbers: Numbers
        switch (event.emitter, step.origin) {
        case (.command, _), (.deadline, _): return Input(event)
        case (.resource(.probe), .present): numbers = proof
        case (_, .olderProof): numbers = olderProof
        case (_, .olderLink): numbers = older
        case (_, .oldestLink): numbers = oldest
        case (_, .present), (_, .olderPhase), (_, .olderDeadline): numbers = link
        }
        return Input(
            event, generation: numbers.generation, round: numbers.round, failure: step.isFatal ? .fatal : .retryable)
    }

    /// What the shell would hold now, and what it was told.
    private mutating func keep(_ step: ConnectionLifecycle.Step) {
        guard step.kind == .transition else { return }
        let (given, got) = (step.release.intersection(.link), step.acquire.intersection(.link))
        let begins = got.contains(.attempt)
        if !given.isEmpty, got.isEmpty || begins {
            (oldest, older) = (older, link)
            link = Numbers()
        }
        if !got.isEmpty, begins || given.isEmpty { link.generation = step.generation }
        if step.release.contains(.probe) {
            olderProof = proof
            proof = Numbers()
        }
        if step.acquire.contains(.probe) { proof = Numbers(generation: machine.generation, round: machine.round) }
    }

    private func difference(
        _ expected: Course.Step, _ row: Int?, _ step: ConnectionLifecycle.Step
    ) -> String? {
        func name(_ row: Int?) -> String { row.map { table.rows[$0].id } ?? "no row" }
        if row != expected.row { return "the engine takes \(name(row)), the model \(name(expected.row))" }
        if machine.state != expected.state {
            return "the engine is in \(machine.state), the model in \(expected.state)"
        }
        let pairs: [(String, Int, Int)] = [
            ("misses", Int(min(machine.misses, 2)), expected.misses),
            ("failures", Int(min(machine.failures, 2)), expected.failures),
            ("generation", Int(machine.generation % 3), expected.generation),
            ("round", Int(machine.round % 3), expected.round),
            ("stopWanted", machine.stopWanted ? 1 : 0, expected.stopWanted ? 1 : 0),
        ]
        for (name, actual, wanted) in pairs where actual != wanted {
            return "\(name) is \(actual) in the engine, \(wanted) in the model"
        }
        if step.kind == .transition, step.from != .backoff, machine.state == .backoff, machine.deadline == .retryDue {
            let isShort = machine.due - now < Replay.short
            if isShort != expected.atOnce { return "the wait is short: \(isShort) in the engine, not in the model" }
        }
        return nil
    }

    /// What is shown of the steps: of those that repeat, the first dozen.
    var shown: ArraySlice<Step> { steps.prefix(min(steps.count, (cycle ?? steps.count) + 12)) }

    /// One line for each step that is shown.
    public var lines: [String] {
        let width = shown.map(\.event.count).max() ?? 0
        func padded(_ text: String, _ width: Int) -> String {
            text + String(repeating: " ", count: max(0, width - text.count))
        }
        var lines = shown.enumerated().flatMap { index, step in
            let place = "\(padded(step.id ?? "–", 4)) \(padded(step.from, 12))"
            let line = "\(place) \(padded(step.event, width))  → \(step.to)"
            return index == cycle ? ["     and from here for ever:", line] : [line]
        }
        if shown.count < steps.count { lines.append("     … \(steps.count - shown.count) more steps, and again") }
        if cycle == steps.count { lines.append("     and from here nothing changes.") }
        return lines
    }
}
