import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import UVEventLoop
import WorldInterface

/// Plays the causes: one bot whose connection is broken, one account that posts, and a stopwatch. Belongs to the loop.
actor DemoRun {
    private let simulator: Simulator
    private let fixture: SimulatorFixture
    private let loop: EventLoop
    private let view: any DemoView
    private let connection: Connection<MattermostService>
    private let poster: MattermostClient
    private let colleague: Colleague

    private var ledger = PostLedger()
    private var transitions: [TransitionRecord] = []
    private var lastVerdict: Verdict?
    private var provenGeneration: UInt32 = 0
    private var isPosting = false
    private var isDeaf = false
    /// The channels have been listed: deliveries have begun.
    private var isListening = false
    private var isOver = false
    /// What the script waits for now.
    private var condition: ((isolated DemoRun) -> Bool)?
    private var waiter: CheckedContinuation<Bool, Never>?
    private var pauseTimer: (any DeadlineTimer)?

    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.asUnownedSerialExecutor() }

    /// Bounds of what should happen at once, for a machine that is busy.
    private static let patience = Duration.seconds(15)
    private static let pauseBetweenPosts = Duration.milliseconds(50)

    init(
        simulator: Simulator, fixture: SimulatorFixture, loop: EventLoop, interval: Duration, seed: UInt64?,
        view: any DemoView
    ) throws(Complaint) {
        self.simulator = simulator
        self.fixture = fixture
        self.loop = loop
        self.view = view
        var configuration = Configuration()
        configuration.seed = seed
        configuration.timing.probeInterval = interval
        // Loopback answers at once or not at all.
        configuration.timing.probeTimeout = .seconds(1)
        configuration.timing.probeAgain = .milliseconds(500)
        // One cause follows the other within seconds; none is to wait longer for what the one before did.
        configuration.backoff.resetAfter = .milliseconds(500)
        do {
            let server = try ServerURL(fixture.url)
            let service = MattermostService(
                server: server, token: try Token(fixture.botToken), store: MemoryStore())
            connection = Connection(service, on: loop, configuration: configuration)
            poster = MattermostClient(server: server, token: try Token(fixture.userToken), world: loop)
            colleague = try Colleague(simulator, fixture, server, world: loop)
        } catch {
            throw Complaint("the simulator's accounts cannot be used: \(error)", status: .failure)
        }
        view.begin(fixture.url, interval)
    }

    /// One result for each cause; fewer when it was broken off.
    func play(_ causes: [Cause]) async -> Result<[CauseResult], Complaint> {
        let observations = connection.observations(capacity: 10_000)
        let seeing = Task(executorPreference: loop) {
            for await observation in observations { await self.see(observation) }
        }
        let hearing = Task(executorPreference: loop) {
            do {
                for try await delivery in self.connection.deliveries {
                    await self.hear(delivery)
                    try await delivery.acknowledge()
                }
            } catch {
                await self.fail("\(error)")
            }
        }
        await connection.start()
        var results: [CauseResult] = []
        var complaint: Complaint?
        do throws(Complaint) {
            guard await wait(until: { $0.isListening }) || isOver else {
                throw Complaint("the first connection did not open", status: .failure)
            }
            for cause in causes where !isOver {
                let result = try await play(cause)
                guard !isOver else { break }
                view.show(result)
                results.append(result)
            }
        } catch {
            complaint = error
        }
        view.leave()
        await connection.stop()
        await seeing.value
        await hearing.value
        return complaint.map { .failure($0) } ?? .success(results)
    }

    /// Ends what is under way.
    func breakOff() {
        isOver = true
        check()
    }

    // MARK: - One cause

    private func play(_ cause: Cause) async throws(Complaint) -> CauseResult {
        view.show(cause)
        ledger = PostLedger()
        isPosting = true
        defer { isPosting = false }
        let posting = Task(executorPreference: loop) { await self.post() }
        // Past its first probe, which comes early: what follows is found at the pace of the interval.
        _ = await wait { $0.ledger.delivered >= Colleague.edits + Colleague.deletions && $0.isProven }

        let start = loop.now
        let generation = transitions.last?.generation ?? 0
        transitions = []
        view.mark(at: start)
        let earlier = ledger.posts.prefix(Colleague.edits + Colleague.deletions)
        isDeaf = true
        try await cause.happen(to: simulator, fixture)
        do throws(MattermostError) {
            try await colleague.work(on: earlier) { await self.note($0) }
        } catch {
            throw Complaint("the simulator refused a post: \(error)", status: .failure)
        }
        _ = await wait { $0.detection(generation) != nil }
        await cause.end(on: simulator)
        var result = CauseResult(cause: cause)
        if let detection = detection(generation) {
            result.detectedBy =
                detection.event == .deaf ? lastVerdict?.check : detection.to == .stale ? "timeout" : "lost"
            result.detection = .nanoseconds(Int64(clamping: detection.time - min(detection.time, start.nanoseconds)))
            _ = await wait { $0.reopening(generation) != nil }
            if let reopening = reopening(generation) {
                result.recovery = .nanoseconds(Int64(clamping: reopening.time - min(reopening.time, detection.time)))
            }
        }

        // Posts made from now on must arrive; once the last has, each earlier one has too, or never will.
        isDeaf = false
        let count = ledger.posts.count
        let delivers = await wait { $0.ledger.posts.count >= count + 5 }
        isPosting = false
        await posting.value
        let last = ledger.posts.last
        let arrived = await wait { run in last.map { run.ledger.hasArrived(.posted($0)) } ?? false }
        result.isDelivering = delivers && arrived
        // The changes of a channel come behind its posts.
        _ = await wait { $0.ledger.missed == 0 }
        result.sent = ledger.sent
        result.deafPosts = ledger.deafPosts
        result.edits = ledger.edits
        result.deletions = ledger.deletions
        result.delivered = ledger.delivered
        result.resumed = ledger.sources[.resumed] ?? 0
        result.caughtUp = ledger.sources[.caughtUp] ?? 0
        result.missed = ledger.missed
        result.duplicates = ledger.duplicates
        return result
    }

    /// The transition by which the end of a generation was noticed.
    private func detection(_ generation: UInt32) -> TransitionRecord? {
        transitions.first { $0.generation == generation && ($0.to == .stale || $0.event == .lost) }
    }

    private func reopening(_ generation: UInt32) -> TransitionRecord? {
        transitions.first { $0.generation > generation && $0.to == .open && $0.event == .ready }
    }

    /// Whether a probe has proven the connection that there is now.
    private var isProven: Bool { provenGeneration == transitions.last?.generation }

    private var state: State { transitions.last?.to ?? .idle }

    /// The second account.
    private func post() async {
        var number = 0
        while isPosting, !isOver {
            number += 1
            // What fails while the server is away was not posted: the demo counts what the server took.
            if let post = try? await poster.createPost(channelID: fixture.channelID, message: "post \(number)") {
                note(.posted(post.id))
            }
            await pause(DemoRun.pauseBetweenPosts)
        }
    }

    // MARK: - What is seen

    private func see(_ observation: Observation) {
        switch observation {
        case .transition(let record): transitions.append(record)
        case .verdict(let record):
            lastVerdict = record.verdict
            if record.verdict.outcome == .alive { provenGeneration = record.generation }
        case .catchUp(let record): if record.phase == .finished { isListening = true }
        case .log: break
        }
        view.show(observation, now: loop.now)
        check()
    }

    private func note(_ deed: PostLedger.Deed) {
        ledger.note(deed, isDeaf: isDeaf)
        check()
    }

    private func hear(_ delivery: Delivery) {
        guard let deed = PostLedger.Deed(delivery) else { return }
        ledger.arrive(deed, delivery.source)
        check()
    }

    private func fail(_ message: String) {
        StandardError.complain("holdfast demo", message)
        breakOff()
    }

    // MARK: - Waiting

    /// Whether the condition came true in time. Only the script waits, so there is one waiter at most.
    private func wait(until condition: @escaping (isolated DemoRun) -> Bool) async -> Bool {
        let timer = loop.makeTimer { [self] in assumeIsolated { $0.answer(false) } }
        timer.arm(at: loop.now + DemoRun.patience)
        defer { timer.close() }
        return await withCheckedContinuation { continuation in
            self.condition = condition
            waiter = continuation
            // It may be so already.
            check()
        }
    }

    /// Only the second account pauses.
    private func pause(_ duration: Duration) async {
        await withCheckedContinuation { continuation in
            pauseTimer = loop.makeTimer { continuation.resume() }
            pauseTimer?.arm(at: loop.now + duration)
        }
        pauseTimer?.close()
        pauseTimer = nil
    }

    private func check() {
        if let condition, condition(self) { return answer(true) }
        if isOver { answer(false) }
    }

    private func answer(_ answer: Bool) {
        let waiter = waiter
        self.waiter = nil
        condition = nil
        waiter?.resume(returning: answer)
    }
}
