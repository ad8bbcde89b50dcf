public import ConnectionLifecycle
internal import Synchronization
public import WorldInterface

/// One connection that is kept honest: it performs the effects of the machine and owns what the machine's state owns.
///
/// Isolation: pinned to the loop of its world. All methods may be called from anywhere with `await`. A connection that
/// has been started lives until it is `stopped`; dropping the reference does not stop it.
public actor Connection<S: Service> {
    package nonisolated let world: any World
    package nonisolated let buffer: EventBuffer<S.Event>
    private nonisolated let onObservation: (@Sendable (Observation) -> Void)?
    private nonisolated let attemptLimit: (any AttemptLimit)?
    /// Made for the first observer: most connections have none.
    private nonisolated let broadcast = AtomicLazyReference<Broadcast<Observation>>()

    private var lifecycle: Lifecycle
    private var link: (any Link)?
    private var port: LinkPort<S.Event>?
    private var timer: (any DeadlineTimer)?
    private var recorder = FlightRecorder()
    private var tally = Tally()
    private var isPerforming = false
    private var isPaused = false
    /// What begins the next attempt, once it is this connection's turn.
    private var awaitingTurn: Event?
    /// Whether `broadcast` has been made: cheaper to ask.
    private nonisolated let isObserved = Atomic(false)
    /// Where the next attempt may go on. See `carryPlace`.
    private var place = Place.clean
    /// What arrived while a step was being performed, oldest first.
    private var waiting: [Occurrence] = []
    private var stopWaiters: [CheckedContinuation<Void, Never>] = []

    /// The last: only its size differs from service to service, so all else lies where the compiler knows.
    package nonisolated let service: S

    /// - Parameters:
    ///   - service: what to connect to.
    ///   - world: the loop to live on; it must outlive the connection.
    public init(_ service: S, on world: any World, configuration: Configuration = Configuration()) {
        self.service = service
        self.world = world
        onObservation = configuration.onObservation
        attemptLimit = configuration.attemptLimit
        lifecycle = Lifecycle(
            configuration.settings, firstProbe: configuration.timing.firstProbe,
            seed: configuration.seed ?? world.makeSeed())
        buffer = EventBuffer(
            maximumCount: configuration.maximumBufferedEvents, maximumBytes: configuration.maximumBufferedBytes)
    }

    public nonisolated var unownedExecutor: UnownedSerialExecutor { world.executor.asUnownedSerialExecutor() }

    // MARK: - Commands

    /// Begins to connect. Ignored if it was started before.
    public func start() {
        if lifecycle.state == .idle { buffer.onDrained { [self] in drained() } }
        beginAttempt(by: .start)
    }

    /// Closes properly and ends in `stopped`, at the latest after `deadline`, whatever the network does.
    /// Returns when stopped; all events that were delivered before can still be read.
    public func stop(deadline: Duration = .seconds(1)) async {
        take(Input(.stop, limit: deadline.wholeNanoseconds), "")
        await withCheckedContinuation { waiter in
            // Asked here and not before: a task that does not prefer the loop comes to this line in another turn of it, and the
            // connection may have stopped in between.
            if lifecycle.state == .stopped { waiter.resume() } else { stopWaiters.append(waiter) }
        }
    }

    /// Replaces the connection by a new one, which starts clean: it does not resume.
    public func reconnect() { beginAttempt(by: .reconnect) }

    /// Proves now that events still arrive. The verdict comes through `observations`.
    public func probe() { take(Input(.probe), "") }

    // MARK: - What can be seen

    /// The state it is in.
    public var state: State { lifecycle.state }

    /// The number of the connection attempt, from 1; 0 before the first.
    public var generation: UInt32 { lifecycle.generation }

    /// The last 64 transitions, oldest first.
    public var history: [TransitionRecord] { recorder.entries.map(record) }

    /// Counters since the creation.
    public var counters: Counters {
        Counters(tally, attempts: lifecycle.generation, discarded: buffer.discarded)
    }

    /// What may wait for the consumer.
    package nonisolated var maximumBuffered: (count: Int, bytes: Int) { buffer.maximum }

    /// The events, in order. One consumer at a time; see `EventSequence`.
    public nonisolated var events: EventSequence<S.Event> { EventSequence(buffer: buffer) }

    /// Transitions, verdicts and log entries from now on. Any number of observers; one that lags by more than
    /// `capacity` loses the oldest. Ends after `stopped`.
    public nonisolated func observations(capacity: Int = 1024) -> AsyncStream<Observation> {
        observers.subscribe(capacity: capacity)
    }

    /// The transitions from now on. Ends after `stopped`.
    public nonisolated func transitions(
        capacity: Int = 1024
    ) -> AsyncCompactMapSequence<AsyncStream<Observation>, TransitionRecord> {
        observations(capacity: capacity).compactMap { observation in
            guard case .transition(let record) = observation else { return nil }
            return record
        }
    }

    // MARK: - The machine

    /// Feeds one input to the machine and performs what follows. What arrives meanwhile waits its turn.
    private func take(_ input: Input, _ evidence: String, isResumed: Bool = false) {
        let occurrence = Occurrence(input: input, evidence: evidence, isResumed: isResumed)
        guard !isPerforming else { return waiting.append(occurrence) }
        isPerforming = true
        take(occurrence)
        while !waiting.isEmpty { take(waiting.removeFirst()) }
        isPerforming = false
    }

    private func take(_ occurrence: Occurrence) {
        let now = world.now.nanoseconds
        let step = lifecycle.handle(occurrence.input, now: now)
        switch step.kind {
        case .transition: perform(step, occurrence, now)
        case .late:
            tally.late &+= 1
            rearm()  // A timer that fired early is set again; it must not leave the state without its deadline.
        case .ignored: break
        }
    }

    private func perform(_ step: Step, _ occurrence: Occurrence, _ now: UInt64) {
        let probeCause = step.acquire.contains(.probe) ? cause(of: occurrence.input, occurrence.evidence) : nil
        carryPlace(step, occurrence.input.event)
        awaitingTurn = nil
        release(step)
        rearm()
        note(step, occurrence, now)
        acquire(step)
        if let probeCause { beginProbe(probeCause) }
        if isPaused, step.from == .connecting, step.to == .open { link?.pauseReading() }
        if step.to == .stopped { finish() }
    }

    private func cause(of input: Input, _ evidence: String) -> ProbeCause {
        if input.event == .suspicion { return .suspicion(evidence) }
        if input.event == .probe { return .requested }
        if lifecycle.misses > 0 { return .again }
        return recorder.lastRow.map { CompiledTable.standard.rows[Int($0)].event } == .ready ? .first : .interval
    }

    /// The one place that decides which attempt may resume. A connection that was merely dropped may be gone on from, and
    /// an attempt that failed leaves that to the next one as far as its link allows. All else starts clean: after a
    /// verdict or a miss too many the session itself is in doubt, and a reconnect is asked for by somebody who has doubts.
    private func carryPlace(_ step: Step, _ event: Event) {
        #if CLASSIC_BUGS
            if ClassicBug.active == .resumeAfterDeaf {
                if let point = link?.resumePoint { place = Place(point) }
                return
            }
        #endif
        let wasDropped = event == .lost && (step.from == .open || step.from == .probing)
        if wasDropped || event == .attemptFailed {
            place = Place(link?.resumePoint)
        } else if event != .retryDue {
            place = .clean
        }
    }

    private func release(_ step: Step) {
        if step.release.contains(.probe) { link?.cancelProbe() }
        // Passing from one phase of the link to the next hands it over; otherwise it ends here.
        if !step.release.isDisjoint(with: .link), step.acquire.isDisjoint(with: .link) { dropLink() }
    }

    private func acquire(_ step: Step) {
        if step.acquire.contains(.attempt) { beginAttempt() }
        if step.acquire.contains(.closing) { link?.beginClose() }
    }

    private func beginAttempt() {
        let port = LinkPort(
            generation: lifecycle.generation, place: place, buffer: buffer, owner: self)
        self.port = port
        let link = service.makeLink(port: port, world: world)
        self.link = link
        link.begin()
    }

    private func beginProbe(_ cause: ProbeCause) {
        if isPaused { return excuse() }
        link?.beginProbe(round: lifecycle.round, cause: cause, due: Instant(nanoseconds: lifecycle.due))
    }

    private func dropLink() {
        port?.disconnect()
        #if CLASSIC_BUGS
            if ClassicBug.active != .twoSockets { link?.destroy() }
        #else
            link?.destroy()
        #endif
        port = nil
        link = nil
    }

    private func rearm() {
        if awaitingTurn != nil { return }
        guard lifecycle.due != .max else {
            timer?.disarm()
            return
        }
        armTimer(at: Instant(nanoseconds: lifecycle.due))
    }

    private func armTimer(at instant: Instant) {
        let timer = self.timer ?? world.makeTimer { [self] in assumeIsolated { $0.deadlinePassed() } }
        self.timer = timer
        timer.arm(at: instant)
    }

    private func deadlinePassed() {
        if let event = awaitingTurn {
            awaitingTurn = nil
            return take(Input(event), "")
        }
        guard let deadline = lifecycle.deadline else { return }
        let awaited = deadline.event == .connectTimeout ? link?.awaited ?? "" : ""
        guard awaited.isEmpty else { return take(Input(deadline.event), "waited too long for \(awaited)") }
        beginAttempt(by: deadline.event)
    }

    /// Feeds an input to the machine: one that begins an attempt, not before it is this connection's turn.
    private func beginAttempt(by event: Event) {
        let begins = lifecycle.state == .idle ? event == .start : lifecycle.state == .backoff
        guard let attemptLimit, begins else { return take(Input(event), "") }
        // Whatever it was that began to wait, its turn is kept.
        guard awaitingTurn == nil else { return }
        let now = world.now
        let turn = attemptLimit.turn(at: now)
        guard turn > now else { return take(Input(event), "") }
        awaitingTurn = event
        armTimer(at: turn)
        let wait = Double(turn.nanoseconds(since: now)) / 1e9
        log(.debug, "the limit of attempts is reached; the next one begins in \(wait) s")
    }

    private func finish() {
        timer?.close()
        timer = nil
        buffer.onDrained(nil)
        buffer.finish()
        observers.finish()  // Whoever comes later ends at once.
        let waiters = stopWaiters
        stopWaiters = []
        for waiter in waiters { waiter.resume() }
    }

    // MARK: - Reports of the link

    private func take(_ report: LinkReport, _ generation: UInt32) {
        switch report {
        case .ready(let evidence, let isResumed):
            take(Input(.ready, generation: generation), evidence, isResumed: isResumed)
        case .attemptFailed(let failure, let evidence, let retryAfter):
            #if CLASSIC_BUGS
                let isConnected = !evidence.contains("refused the connection") && !evidence.contains("no address")
                if ClassicBug.active == .earlyReset, isConnected { lifecycle.forgetFailures() }
            #endif
            take(
                Input(
                    .attemptFailed, generation: generation, failure: failure,
                    limit: retryAfter?.wholeNanoseconds ?? 0),
                evidence)
        case .suspicion(let evidence): take(Input(.suspicion, generation: generation), evidence)
        case .lost(let evidence): take(Input(.lost, generation: generation), evidence)
        case .closed(let evidence): take(Input(.closed, generation: generation), evidence)
        case .note(let level, let message): log(level, message, generation)
        case .verdict(let verdict, let round): take(verdict, generation, round)
        }
    }

    private func take(_ verdict: Verdict, _ generation: UInt32, _ round: UInt32) {
        var isLate = round != lifecycle.round || !lifecycle.owns.contains(.probe)
        #if CLASSIC_BUGS
            if ClassicBug.active == .lateVerdict { isLate = false }
        #endif
        guard !isLate else {
            tally.late &+= 1
            return
        }
        publish(
            .verdict(VerdictRecord(at: world.wallClockMilliseconds, generation: generation, verdict: verdict)))
        let event: Event
        switch verdict.outcome {
        case .alive:
            tally.alive &+= 1
            event = .alive
        case .deaf:
            tally.deaf &+= 1
            event = .deaf
        case .inconclusive:
            tally.inconclusive &+= 1
            event = .inconclusive
        }
        take(Input(event, generation: generation, round: round), verdict.evidence)
    }

    // MARK: - Backpressure

    private func pause() {
        guard !isPaused else { return }
        isPaused = true
        tally.pauses &+= 1
        log(.warning, "reading is paused: the consumer lags, and \(buffer.count) events wait for it")
        // An attempt that reads nothing can only run out of time; it is paused as soon as it is ready. What comes before,
        // a replay at most, is bounded by what the server keeps.
        if lifecycle.state != .connecting { link?.pauseReading() }
        if lifecycle.owns.contains(.probe) { excuse() }
    }

    /// Called on the consumer's thread.
    private nonisolated func drained() { Task(executorPreference: world.executor) { await self.resume() } }

    /// The consumer has caught up.
    private func resume() {
        guard isPaused else { return }
        isPaused = false
        log(.info, "reading goes on: the consumer has taken what waited")
        link?.resumeReading()
    }

    /// While we do not read, an answer cannot arrive, and its absence proves nothing against the server.
    private func excuse() {
        let verdict = Verdict(
            .alive, check: "backpressure", detail: "not judged: reading is paused because the consumer lags")
        take(verdict, lifecycle.generation, lifecycle.round)
    }

    // MARK: - Records

    private func note(_ step: Step, _ occurrence: Occurrence, _ now: UInt64) {
        let entry = FlightRecorder.Entry(
            time: now, generation: step.generation, row: step.row, reason: occurrence.evidence)
        recorder.record(entry)
        tally.transitions &+= 1
        if step.from == .connecting, step.to == .open {
            tally.ready &+= 1
            if occurrence.isResumed { tally.resumed &+= 1 }
        }
        publish(.transition(record(entry)))
    }

    /// Tells all observers, and makes the observation only if there is one. Of the layers above as well.
    package nonisolated func publish(_ observation: @autoclosure () -> Observation) {
        let isObserved = isObserved.load(ordering: .acquiring)
        guard isObserved || onObservation != nil else { return }
        let observation = observation()
        onObservation?(observation)
        if isObserved { broadcast.load()?.send(observation) }
    }

    private nonisolated var observers: Broadcast<Observation> {
        let observers = broadcast.storeIfNil(Broadcast())
        isObserved.store(true, ordering: .releasing)
        return observers
    }

    private func log(_ level: LogLevel, _ message: String, _ generation: UInt32? = nil) {
        publish(
            .log(
                LogEntry(
                    at: world.wallClockMilliseconds, generation: generation ?? lifecycle.generation, level: level,
                    message: message)))
    }

    private func record(_ entry: FlightRecorder.Entry) -> TransitionRecord {
        let row = CompiledTable.standard.rows[Int(entry.row)]
        let now = world.now.nanoseconds
        let age = Int64(clamping: (now > entry.time ? now - entry.time : 0) / 1_000_000)
        return TransitionRecord(
            at: world.wallClockMilliseconds - age, time: entry.time, generation: entry.generation, id: row.id,
            from: row.from, event: row.event, to: row.to ?? row.from,
            reason: entry.reason.isEmpty ? row.because : entry.reason)
    }
}

/// An input of the machine, and what only the records want to know of it. (Outside of the generic actor, where it would be a
/// type of its own for each service, looked up at run time.)
private struct Occurrence {
    var input: Input
    var evidence: String
    /// With `ready`.
    var isResumed: Bool
}

extension Connection: LinkOwner {
    nonisolated func take(_ report: LinkReport, of generation: UInt32) {
        assumeIsolated { $0.take(report, generation) }
    }

    nonisolated func overflowed() { assumeIsolated { $0.pause() } }
}
