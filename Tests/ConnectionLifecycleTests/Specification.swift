@testable import ConnectionLifecycle

/// The machine a second time, written by hand and event by event, where the table goes state by state. It knows nothing
/// of rows, guards or actions; the tests run both side by side and compare everything.
struct Specification {
    let setting: Setting
    private(set) var state = State.idle
    private(set) var generation: UInt32 = 0
    private(set) var round: UInt32 = 0
    private(set) var misses: UInt32 = 0
    private(set) var failures: UInt32 = 0
    private(set) var stopWanted = false
    private(set) var lane = RetryLane.paced
    private(set) var readySince: UInt64?
    /// When the deadline may be due at the earliest and at the latest: jitter is not the specification's business.
    private(set) var window: ClosedRange<UInt64> = .max ... .max

    enum Outcome: Equatable {
        case late, ignored
        case transition(to: State, releases: Resources, acquires: Resources)
    }

    init(setting: Setting) { self.setting = setting }

    /// - Parameter due: when the machine's own deadline is due, drawn from the window.
    mutating func handle(_ input: Input, now: UInt64, due: UInt64) -> Outcome {
        let mine = input.generation == generation
        switch input.event {
        case .start:
            return state == .idle ? connect(now) : .ignored
        case .stop:
            return stop(input, now, due)
        case .reconnect:
            return reconnect(now)
        case .probe:
            return state == .open ? prove(now) : .ignored
        case .ready:
            guard mine, state == .connecting else { return .late }
            (readySince, misses, lane) = (now, 0, .paced)
            return go(.open, now + setting.firstProbe)
        case .attemptFailed:
            guard mine, state == .connecting else { return .late }
            guard input.failure != .fatal, budgetLeft else {
                stopWanted = true
                return end()
            }
            fail(input, now)
            return wait(now)
        case .suspicion:
            guard mine, hasSocket else { return .late }
            return state == .open ? prove(now) : .ignored
        case .lost:
            guard mine, hasSocket else { return .late }
            // A deaf connection that is then lost has failed once, not twice.
            if state != .stale { fail(input, now) }
            return wait(now)
        case .alive:
            guard mine, input.round == round, state == .probing else { return .late }
            misses = 0
            return resume(now)
        case .deaf:
            guard mine, input.round == round, state == .probing else { return .late }
            return condemn(input, now)
        case .inconclusive:
            guard mine, input.round == round, state == .probing else { return .late }
            return miss(input, now)
        case .closed:
            guard mine, state == .terminating else { return .late }
            return stopWanted ? end() : wait(now)
        case .connectTimeout:
            guard state == .connecting, now >= due else { return .late }
            if input.failure != .fatal, budgetLeft { fail(input, now) } else { stopWanted = true }
            return close(now)
        case .probeDue:
            guard state == .open, now >= due else { return .late }
            return prove(now)
        case .probeTimeout:
            guard state == .probing, now >= due else { return .late }
            return miss(input, now)
        case .drained:
            guard state == .stale, now >= due else { return .late }
            return close(now)
        case .closeTimeout:
            guard state == .terminating, now >= due else { return .late }
            return stopWanted ? end() : wait(now)
        case .retryDue:
            guard state == .backoff, now >= due else { return .late }
            return connect(now)
        }
    }

    // MARK: - What happens

    private mutating func stop(_ input: Input, _ now: UInt64, _ due: UInt64) -> Outcome {
        if state == .stopped { return .ignored }
        stopWanted = true
        forgive(now)
        let longest = input.limit == .max ? UInt64.max : now + input.limit
        switch state {
        case .idle, .backoff, .stopped: return end()
        case .terminating: return stay(min(due, longest))
        case .connecting, .open, .probing, .stale: return go(.terminating, min(now + setting.closeTimeout, longest))
        }
    }

    private mutating func reconnect(_ now: UInt64) -> Outcome {
        switch state {
        case .idle, .connecting, .stopped: return .ignored
        case .backoff: return connect(now)
        case .open, .probing, .stale:
            forgive(now)
            lane = .atOnce
            return close(now)
        case .terminating:
            lane = .atOnce
            return stay(nil)
        }
    }

    private mutating func miss(_ input: Input, _ now: UInt64) -> Outcome {
        guard misses < setting.missesAllowed else { return condemn(input, now) }
        misses += 1
        return resume(now)
    }

    private mutating func condemn(_ input: Input, _ now: UInt64) -> Outcome {
        fail(input, now)
        if failures == 1 { lane = .atOnce }
        return go(.stale, now + setting.drain)
    }

    private mutating func fail(_ input: Input, _ now: UInt64) {
        forgive(now)
        failures += 1
        switch input.failure {
        case .retryable, .fatal: lane = .paced
        case .unauthorized: lane = .slow
        case .rateLimited: lane = input.limit == .max ? .paced : .after(input.limit)
        }
    }

    private mutating func forgive(_ now: UInt64) {
        if let since = readySince, now - since >= setting.resetAfter { failures = 0 }
        readySince = nil
    }

    private mutating func connect(_ now: UInt64) -> Outcome {
        generation += 1
        return go(.connecting, now + setting.connectTimeout)
    }

    private mutating func prove(_ now: UInt64) -> Outcome {
        round += 1
        return go(.probing, now + setting.probeTimeout)
    }

    private mutating func resume(_ now: UInt64) -> Outcome {
        let interval = setting.probeInterval
        if misses > 0 { return go(.open, now + setting.probeAgain) }
        return go(.open, (now + interval - interval / 10)...(now + interval))
    }

    private mutating func close(_ now: UInt64) -> Outcome { go(.terminating, now + setting.closeTimeout) }

    private mutating func end() -> Outcome { go(.stopped, .max) }

    private mutating func wait(_ now: UInt64) -> Outcome {
        let window = setting.wait(lane, failures)
        return go(.backoff, (now + window.lowerBound)...(now + window.upperBound))
    }

    private mutating func stay(_ due: UInt64?) -> Outcome {
        if let due { window = due...due }
        return .transition(to: state, releases: [], acquires: [])
    }

    private mutating func go(_ to: State, _ due: UInt64) -> Outcome { go(to, due...due) }

    private mutating func go(_ to: State, _ window: ClosedRange<UInt64>) -> Outcome {
        let (before, after) = (Specification.belongings(state), Specification.belongings(to))
        state = to
        self.window = window
        return .transition(to: to, releases: before.subtracting(after), acquires: after.subtracting(before))
    }

    // MARK: - What is true

    private var budgetLeft: Bool { setting.budget.map { failures < $0 } ?? true }

    private var hasSocket: Bool { state == .open || state == .probing || state == .stale }

    static func belongings(_ state: State) -> Resources {
        switch state {
        case .idle, .backoff, .stopped: []
        case .connecting: .attempt
        case .open, .stale: .socket
        case .probing: [.socket, .probe]
        case .terminating: .closing
        }
    }
}

/// A configuration in which every number is different, so that no two can be taken for one another.
struct Setting: Hashable, CustomStringConvertible {
    var missesAllowed: UInt32 = 1
    var budget: UInt32?

    let connectTimeout: UInt64 = 15_000_000_000
    let probeInterval: UInt64 = 30_000_000_000
    let firstProbe: UInt64 = 1_100_000_000
    let probeAgain: UInt64 = 1_200_000_000
    let probeTimeout: UInt64 = 5_000_000_000
    let drain: UInt64 = 250_000_000
    let closeTimeout: UInt64 = 1_000_000_000
    let resetAfter: UInt64 = 40_000_000_000

    static let all = [
        Setting(missesAllowed: 1, budget: 2), Setting(missesAllowed: 2), Setting(missesAllowed: 0, budget: 0),
    ]

    var description: String { "\(missesAllowed) misses allowed, budget \(budget.map(String.init) ?? "none")" }

    func machine(_ table: CompiledTable, seed: UInt64 = 7) -> Lifecycle {
        var timing = Timing()
        timing.connectTimeout = .nanoseconds(connectTimeout)
        timing.probeInterval = .nanoseconds(probeInterval)
        timing.firstProbe = .nanoseconds(firstProbe)
        timing.probeAgain = .nanoseconds(probeAgain)
        timing.probeTimeout = .nanoseconds(probeTimeout)
        timing.missesAllowed = missesAllowed
        timing.drain = .nanoseconds(drain)
        timing.closeTimeout = .nanoseconds(closeTimeout)
        var backoff = BackoffPolicy()
        backoff.resetAfter = .nanoseconds(resetAfter)
        backoff.attemptBudget = budget
        return Lifecycle(timing: timing, backoff: backoff, seed: seed, table: table)
    }

    /// The default policy: 0.5 s doubling to 30 s, a quarter of jitter; slow lane 1 s growing by half to 30 s.
    func wait(_ lane: RetryLane, _ failures: UInt32) -> ClosedRange<UInt64> {
        func grown(_ initial: Double, _ factor: Double) -> ClosedRange<UInt64> {
            var wait = initial
            for _ in 1..<max(2, min(failures, 100)) where failures > 1 { wait = min(wait * factor, 30e9) }
            return UInt64(wait * 0.75) - 1...UInt64(wait)
        }
        switch lane {
        case .paced: return grown(0.5e9, 2)
        case .slow: return grown(1e9, 1.5)
        case .atOnce: return 1_000_000...100_000_000
        case .after(let asked):
            let least = min(asked, 300_000_000_000)
            return least...max(least + 500_000_000, grown(0.5e9, 2).upperBound)
        }
    }
}
