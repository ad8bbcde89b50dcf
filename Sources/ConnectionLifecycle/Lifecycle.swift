/// The pure machine of one connection: a value. Time, randomness and events come in; effects go out.
///
/// It has no clock, does no I/O and logs nothing. It imports nothing and must never know sockets, actors or chat servers.
/// Whoever interprets its steps (the shell) releases and acquires what a step says and arms one timer for `deadline`.
///
/// Isolation: a value without reference semantics; use it from one place at a time.
public struct Lifecycle: Sendable {
    /// The state it is in.
    public private(set) var state: State = .idle
    /// The number of the connection attempt, from 1. Everything that a link emits carries it.
    public private(set) var generation: UInt32 = 0
    /// The number of the probe, over all generations. Everything that a probe emits carries it.
    public private(set) var round: UInt32 = 0
    /// When the state's deadline is due, in nanoseconds of the caller's monotonic clock; `UInt64.max` where there is none.
    public private(set) var due: UInt64 = .max
    /// Unanswered probes in a row.
    public private(set) var misses: UInt32 = 0
    /// Failures in a row since a connection was last stable.
    public private(set) var failures: UInt32 = 0
    /// Whether a stop was asked for, or the attempts are spent.
    public private(set) var stopWanted = false

    private var lane = RetryLane.paced
    /// When the connection became ready, while there is one.
    private var readySince: UInt64?
    private var random: SeededGenerator
    private let timing: CompiledTiming
    private let backoff: CompiledBackoff
    private let table: CompiledTable

    /// - Parameters:
    ///   - seed: of the generator for all jitter.
    ///   - table: another than the standard one only to test the tests.
    public init(
        timing: Timing = Timing(), backoff: BackoffPolicy = BackoffPolicy(), seed: UInt64,
        table: CompiledTable = .standard
    ) {
        self.timing = CompiledTiming(timing)
        self.backoff = CompiledBackoff(backoff)
        self.table = table
        random = SeededGenerator(seed: seed)
    }

    /// What the present state owns.
    public var owns: Resources { table.owns[Int(state.rawValue)] }

    /// The present state's kind of deadline.
    public var deadline: Deadline? { table.deadlines[Int(state.rawValue)] }

    /// Takes one event and says what follows from it.
    ///
    /// - Parameter now: nanoseconds of a monotonic clock; never less than at an earlier call.
    /// - Returns: the step. `late` steps change nothing: the one place where results of an older generation, an older
    ///   probe or a disarmed deadline are dropped.
    public mutating func handle(_ input: Input, now: UInt64) -> Step {
        guard admits(input, now: now) else { return Step(late: state, generation: generation) }
        var cell = table.cells[CompiledTable.index(state, input.event, false)]
        if let question = cell.question, answer(question, input) {
            cell = table.cells[CompiledTable.index(state, input.event, true)]
        }
        guard cell.row != CompiledTable.noRow else { return Step(late: state, generation: generation) }
        let step = Step(
            row: cell.row, kind: cell.isTransition ? .transition : .ignored, from: state, to: cell.to,
            release: cell.release, acquire: cell.acquire, generation: generation)
        guard cell.isTransition else { return step }
        return perform(cell.actions, input, step, now)
    }

    // MARK: - Inside

    /// Commands always; what a resource emits only from the resource that is owned now; a deadline only when due.
    private func admits(_ input: Input, now: UInt64) -> Bool {
        switch input.event.emitter {
        case .command: return true
        case .resource(let resource):
            guard owns.contains(resource), input.generation == generation else { return false }
            return resource != .probe || input.round == round
        case .deadline(let kind): return kind == deadline && now >= due
        }
    }

    private func answer(_ question: Question, _ input: Input) -> Bool {
        switch question {
        case .mayRetry: return input.failure != .fatal && failures < backoff.attemptBudget
        case .missesLeft: return misses < timing.missesAllowed
        case .stopWanted: return stopWanted
        }
    }

    private mutating func perform(_ actions: Actions, _ input: Input, _ step: Step, _ now: UInt64) -> Step {
        var step = step
        if step.to != .open, step.to != .probing { settle(now) }
        if !actions.isEmpty { apply(actions, input, now) }
        if step.acquire.contains(.probe) { round &+= 1 }
        step.generation = generation
        if step.from == step.to {
            let (limited, overflow) = now.addingReportingOverflow(input.limit)
            if !overflow { due = min(due, limited) }
            return step
        }
        state = step.to
        due = nextDue(entering: step, input, now)
        return step
    }

    private mutating func apply(_ actions: Actions, _ input: Input, _ now: UInt64) {
        if actions.contains(.beginAttempt) { generation &+= 1 }
        if actions.contains(.markReady) {
            readySince = now
            misses = 0
            lane = .paced
        }
        if actions.contains(.clearMisses) { misses = 0 }
        if actions.contains(.countMiss) { misses &+= 1 }
        if actions.contains(.retryAtOnce) {
            lane = failures == 0 || input.event == .reconnect ? .atOnce : .paced
            if input.event != .reconnect { countFailure() }
        }
        if actions.contains(.countFailure) {
            lane =
                switch input.failure {
                case .retryable, .fatal: .paced
                case .unauthorized: .slow
                case .rateLimited: .after(input.limit)
                }
            countFailure()
        }
        if actions.contains(.wantStop) { stopWanted = true }
    }

    private mutating func countFailure() { failures = failures == .max ? .max : failures + 1 }

    /// A connection that stayed ready long enough has earned a clean slate. Asked once, when it ends or is judged, so
    /// that no timer has to wait for it.
    private mutating func settle(_ now: UInt64) {
        guard let since = readySince else { return }
        readySince = nil
        if now &- since >= backoff.resetAfter { failures = 0 }
    }

    private mutating func nextDue(entering step: Step, _ input: Input, _ now: UInt64) -> UInt64 {
        guard let kind = deadline else { return .max }
        let delay: UInt64
        switch kind {
        case .connectTimeout: delay = timing.connectTimeout
        case .probeDue: delay = probeDelay(step)
        case .probeTimeout: delay = timing.probeTimeout
        case .drained: delay = timing.drain
        case .closeTimeout: delay = stopWanted ? min(timing.closeTimeout, input.limit) : timing.closeTimeout
        case .retryDue: delay = backoff.delay(lane, failures: failures, random: &random)
        }
        return now &+ delay
    }

    private mutating func probeDelay(_ step: Step) -> UInt64 {
        if step.from == .connecting { return timing.firstProbe }
        if misses > 0 { return timing.probeAgain }
        return timing.probeInterval - UInt64(Double(timing.probeInterval / 10) * random.unit())
    }
}
