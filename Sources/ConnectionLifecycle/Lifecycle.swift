/// The pure machine of one connection: a value. Time, randomness and events come in; effects go out.
///
/// It has no clock, does no I/O and logs nothing. It imports nothing and must never know sockets, actors or chat servers.
/// Whoever interprets its steps (the shell) releases and acquires what a step says and arms one timer for `deadline`.
///
/// Isolation: a value without reference semantics; use it from one place at a time.
public struct Lifecycle: Sendable {
    // In the order that leaves no room between them: there are many connections.

    /// The number of the connection attempt, from 1. Everything that a link emits carries it.
    public private(set) var generation: UInt32 = 0
    /// The number of the probe, over all generations. Everything that a probe emits carries it.
    public private(set) var round: UInt32 = 0
    /// Unanswered probes in a row.
    public private(set) var misses: UInt32 = 0
    /// Failures in a row, counted until a connection has been stable; it is only then that they are forgotten.
    public private(set) var failures: UInt32 = 0
    /// When the state's deadline is due, in nanoseconds of the caller's monotonic clock; `UInt64.max` where there is none.
    public private(set) var due: UInt64 = .max

    private(set) var random: SeededGenerator
    /// Nanoseconds.
    private let firstProbe: UInt64
    private let settings: LifecycleSettings
    /// When the connection became ready, until it ends or is judged.
    private(set) var readySince: UInt64?
    /// How the next wait is drawn.
    private(set) var lane = RetryLane.paced
    /// The state it is in.
    public private(set) var state: State = .idle
    /// Whether `stopped` is the end that is wanted: a stop was asked for, or trying again is no use.
    public private(set) var stopWanted = false

    /// - Parameters:
    ///   - firstProbe: see `Timing.firstProbe`; never later than the interval of the settings.
    ///   - seed: of the generator for all jitter.
    public init(_ settings: LifecycleSettings, firstProbe: Duration, seed: UInt64) {
        self.settings = settings
        self.firstProbe = min(firstProbe.clampedNanoseconds, settings.timing.probeInterval)
        random = SeededGenerator(seed: seed)
    }

    /// One with settings of its own.
    ///
    /// - Parameters:
    ///   - seed: of the generator for all jitter.
    ///   - table: another than the standard one only to test the tests.
    public init(
        timing: Timing = Timing(), backoff: BackoffPolicy = BackoffPolicy(), seed: UInt64,
        table: CompiledTable = .standard
    ) {
        self.init(
            LifecycleSettings(timing: timing, backoff: backoff, table: table), firstProbe: timing.firstProbe,
            seed: seed)
    }

    private var timing: CompiledTiming { settings.timing }
    private var backoff: CompiledBackoff { settings.backoff }
    private var table: CompiledTable { settings.table }

    /// What the present state owns.
    public var owns: Resources { table.owns[Int(state.rawValue)] }

    /// The present state's kind of deadline.
    public var deadline: Deadline? { table.deadlines[Int(state.rawValue)] }

    /// Takes one event and says what follows from it.
    ///
    /// - Parameter now: nanoseconds of a monotonic clock; never less than at an earlier call.
    /// - Returns: the step. `late` steps change nothing: the one place where results of an older generation, an older
    ///   probe or a disarmed deadline are dropped. A deadline that fires before `due` is late, too: whoever owns the
    ///   timer arms it for `due` again.
    public mutating func handle(_ input: Input, now: UInt64) -> Step {
        let index = CompiledTable.index(state, input.event)
        var cell = table.cells[index]
        guard admits(input, cell.gate, now) else { return Step(late: state, generation: generation) }
        if let question = cell.question, answer(question, input) { cell = table.cells[index + 1] }
        let from = state
        switch cell.kind {
        case .late: return Step(late: state, generation: generation)
        case .ignored: break
        case .transition: perform(cell, input, now)
        }
        return Step(
            row: cell.row, kind: cell.kind, from: from, to: cell.to, release: cell.release, acquire: cell.acquire,
            generation: generation)
    }

    // MARK: - Inside

    // Inlined by request: handing the cell and the input down through three calls costs as much as the work itself.

    @inline(__always)
    private func admits(_ input: Input, _ gate: CompiledTable.Gate, _ now: UInt64) -> Bool {
        switch gate {
        case .closed: false
        case .command: true
        case .link: input.generation == generation
        case .probe: input.generation == generation && input.round == round
        case .deadline: now >= due
        }
    }

    @inline(__always)
    private func answer(_ question: Question, _ input: Input) -> Bool {
        switch question {
        case .mayRetry: !isFinal(input.failure) && failures < backoff.attemptBudget
        case .missesLeft: misses < timing.missesAllowed
        case .stopWanted: stopWanted
        }
    }

    @inline(__always)
    private func isFinal(_ failure: Failure) -> Bool {
        #if CLASSIC_BUGS
            if ClassicBug.active == .finalUnauthorized, failure == .unauthorized { return true }
        #endif
        return failure == .fatal
    }

    #if CLASSIC_BUGS
        package mutating func forgetFailures() { failures = 0 }
    #endif

    @inline(__always)
    private mutating func perform(_ cell: CompiledTable.Cell, _ input: Input, _ now: UInt64) {
        if !cell.actions.isEmpty { apply(cell.actions, input, now) }
        if cell.acquire.contains(.probe) { round &+= 1 }
        if cell.to == state {
            // The deadline goes on, but a stop may shorten it.
            if cell.actions.contains(.wantStop) { due = min(due, CompiledTiming.sum(now, input.limit)) }
        } else {
            state = cell.to
            due = nextDue(after: cell.actions, input, now)
        }
    }

    @inline(__always)
    private mutating func apply(_ actions: Actions, _ input: Input, _ now: UInt64) {
        if actions.contains(.beginAttempt) { generation &+= 1 }
        if actions.contains(.markReady) {
            readySince = now
            #if CLASSIC_BUGS
                if ClassicBug.active != .leakingMiss { misses = 0 }
            #else
                misses = 0
            #endif
            lane = .paced
        }
        if actions.contains(.clearMisses) { misses = 0 }
        if actions.contains(.countMiss) { misses &+= 1 }
        if !actions.isDisjoint(with: [.countFailure, .retryAtOnce, .wantStop]) { settle(now) }
        if actions.contains(.countFailure) {
            failures = min(failures, .max - 2) + 1
            lane = RetryLane(input)
        }
        if actions.contains(.firstRetryAtOnce), failures == 1 { lane = .atOnce }
        if actions.contains(.retryAtOnce) { lane = .atOnce }
        if actions.contains(.wantStop) { stopWanted = true }
    }

    /// A connection that stayed ready long enough has earned a clean slate. Asked once, when it ends or is judged, so
    /// that no timer has to wait for it.
    private mutating func settle(_ now: UInt64) {
        guard let since = readySince else { return }
        readySince = nil
        if now >= CompiledTiming.sum(since, backoff.resetAfter) { failures = 0 }
    }

    @inline(__always)
    private mutating func nextDue(after actions: Actions, _ input: Input, _ now: UInt64) -> UInt64 {
        guard let kind = deadline else { return .max }
        let delay: UInt64
        switch kind {
        case .connectTimeout: delay = timing.connectTimeout
        case .probeDue: delay = probeDelay(after: actions)
        case .probeTimeout: delay = timing.probeTimeout
        case .drained: delay = timing.drain
        case .closeTimeout: delay = stopWanted ? min(timing.closeTimeout, input.limit) : timing.closeTimeout
        case .retryDue: delay = backoff.delay(lane, failures: failures, random: &random)
        }
        return CompiledTiming.sum(now, delay)
    }

    @inline(__always)
    private mutating func probeDelay(after actions: Actions) -> UInt64 {
        if actions.contains(.markReady) { return firstProbe }
        if misses > 0 { return timing.probeAgain }
        return timing.probeInterval - random.below(timing.probeSpread)
    }
}
