import ConnectionLifecycle

/// How far two tables differ for anyone who only sees what their machines do.
///
/// Both machines – the engine's own – are run side by side over every pair of situations that they can come into, with every
/// event at every moment that tells one from another.
public enum Difference: Int, Comparable, Sendable, Codable {
    /// Nothing that can be seen.
    case none
    /// An event that changes nothing is reported as a transition in one and as ignored in the other.
    case report
    /// Only the length of a wait, or a number that nobody reads any more.
    case wait
    /// States, resources or what is late.
    case behaviour

    public static func < (left: Difference, right: Difference) -> Bool { left.rawValue < right.rawValue }

    /// For people.
    public var words: String {
        switch self {
        case .none: "equivalent: no course of events tells it from the original"
        case .report: "equivalent but for the log: an event without effect is reported as a transition"
        case .wait: "only the length of a wait differs"
        case .behaviour: "it behaves differently"
        }
    }

    /// - Returns: the greatest difference there is, and the events after which it shows.
    public static func between(_ left: TransitionTable, _ right: TransitionTable) -> (Difference, [Event]) {
        var worst = (Difference.none, [Event]())
        for budget in [nil, 2] as [UInt32?] {
            var search = PairSearch(left, right, budget: budget)
            let found = search.run()
            if found.0 > worst.0 { worst = found }
        }
        return worst
    }
}

/// Breadth first over the pairs of situations.
private struct PairSearch {
    private struct Pair {
        var left, right: Lifecycle
        var leftMemory = Memory(), rightMemory = Memory()
        var now: UInt64 = 1
        var path: [Event] = []
    }

    /// What the machine keeps to itself and a row's actions tell.
    private struct Memory: Hashable {
        var isReady = false
        var isStable = false
        var isAtOnce = false

        mutating func follow(_ step: Step, _ table: TransitionTable, failures: UInt32) {
            guard step.kind == .transition else { return }
            let actions = table.rows[Int(step.row)].actions
            if !actions.isDisjoint(with: [.countFailure, .retryAtOnce, .wantStop]) {
                (isReady, isStable) = (false, false)
            }
            if actions.contains(.markReady) { (isReady, isStable, isAtOnce) = (true, false, false) }
            if actions.contains(.countFailure) { isAtOnce = false }
            if actions.contains(.firstRetryAtOnce), failures == 1 { isAtOnce = true }
            if actions.contains(.retryAtOnce) { isAtOnce = true }
        }
    }

    private struct Key: Hashable {
        var left, right: Half

        struct Half: Hashable {
            var state: State
            var misses, failures: UInt32
            var stopWanted: Bool
            var memory: Memory
            /// Whether the numbers moved on with those of the other machine.
            var hasSameNumbers: Bool

            init(_ machine: Lifecycle, _ memory: Memory, _ other: Lifecycle) {
                state = machine.state
                misses = min(machine.misses, 3)
                failures = min(machine.failures, 3)
                stopWanted = machine.stopWanted
                self.memory = memory
                hasSameNumbers = machine.generation == other.generation && machine.round == other.round
            }
        }
    }

    private let leftTable, rightTable: TransitionTable
    private var pairs: [Pair]
    private var seen: Set<Key> = []
    private var worst = (Difference.none, [Event]())

    init(_ left: TransitionTable, _ right: TransitionTable, budget: UInt32?) {
        (leftTable, rightTable) = (left, right)
        pairs = [
            Pair(left: Replay.machine(budget: budget, table: left), right: Replay.machine(budget: budget, table: right))
        ]
    }

    mutating func run() -> (Difference, [Event]) {
        var next = 0
        while next < pairs.count, worst.0 < .behaviour {
            expand(pairs[next])
            next += 1
        }
        return worst
    }

    private mutating func expand(_ pair: Pair) {
        if pair.leftMemory.isReady, !pair.leftMemory.isStable {
            var older = pair
            older.now += Replay.stable
            older.leftMemory.isStable = pair.leftMemory.isReady
            older.rightMemory.isStable = pair.rightMemory.isReady
            add(older)
        }
        for event in Event.allCases {
            for input in inputs(event, pair.left) {
                var after = pair
                // Whichever waits longer: how long a wait is makes no other difference.
                if case .deadline = event.emitter {
                    for due in [pair.left.due, pair.right.due] where due != .max { after.now = max(after.now, due) }
                }
                let one = after.left.handle(input, now: after.now)
                let other = after.right.handle(input, now: after.now)
                after.leftMemory.follow(one, leftTable, failures: after.left.failures)
                after.rightMemory.follow(other, rightTable, failures: after.right.failures)
                after.path.append(event)
                let difference = difference(one, other, after)
                if difference > worst.0 { worst = (difference, after.path) }
                if worst.0 == .behaviour { return }
                if one.kind == .transition || other.kind == .transition { add(after) }
            }
        }
    }

    private mutating func add(_ pair: Pair) {
        let key = Key(
            left: Key.Half(pair.left, pair.leftMemory, pair.right),
            right: Key.Half(pair.right, pair.rightMemory, pair.left))
        if seen.insert(key).inserted { pairs.append(pair) }
    }

    /// Now, from the generation before and, for a verdict, from the proof before; failures that may be healed and others.
    private func inputs(_ event: Event, _ machine: Lifecycle) -> [Input] {
        switch event.emitter {
        case .command, .deadline: return [Input(event)]
        case .resource(let resource):
            let generations = [machine.generation, machine.generation &- 1]
            let rounds = resource == .probe ? [machine.round, machine.round &- 1] : [0]
            let failures: [Failure] = event == .attemptFailed || event == .lost ? [.retryable, .fatal] : [.retryable]
            return generations.flatMap { generation in
                rounds.flatMap { round in
                    failures.map { Input(event, generation: generation, round: round, failure: $0) }
                }
            }
        }
    }

    private func difference(_ one: Step, _ other: Step, _ pair: Pair) -> Difference {
        let (left, right) = (pair.left, pair.right)
        guard one.to == other.to, one.release == other.release, one.acquire == other.acquire,
            left.state == right.state, left.generation == right.generation, left.round == right.round,
            left.owns == right.owns, left.deadline == right.deadline,
            (one.kind == .late) == (other.kind == .late)
        else { return .behaviour }
        if left.due != right.due { return .wait }
        return one.kind == other.kind ? .none : .report
    }
}
