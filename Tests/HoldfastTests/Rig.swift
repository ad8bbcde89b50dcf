import ConnectionLifecycle
import Locking
import WorldInterface

@testable import Holdfast

/// A connection on a manual world, for tests that move time and network by hand.
struct Rig {
    let world: ManualWorld
    let service = ScriptedService()
    let connection: Connection<ScriptedService>

    init(seed: UInt64 = 1, _ change: (inout Configuration) -> Void = { _ in }) {
        world = ManualWorld(seed: seed)
        var configuration = Configuration()
        configuration.seed = seed
        change(&configuration)
        connection = Connection(service, on: world, configuration: configuration)
    }

    var link: ScriptedLink { service.link }
    var state: State { inside { $0.state } }
    /// The newest record.
    var last: TransitionRecord? { inside { $0.history.last } }
    var path: [String] { inside { $0.history.map(\.id) } }

    func inside<Result: Sendable>(_ body: @Sendable (isolated Connection<ScriptedService>) -> Result) -> Result {
        var result: Result?
        world.onLoop { result = connection.assumeIsolated { body($0) } }
        guard let result else { preconditionFailure("unreachable") }
        return result
    }

    func report(_ report: LinkReport) { world.onLoop { link.port.report(report) } }
    func start() { inside { $0.start() } }

    func open() {
        start()
        report(.ready("scripted"))
    }

    func reconnect() { inside { $0.reconnect() } }
    func probe() { inside { $0.probe() } }
    func answer(_ outcome: Verdict.Outcome) { world.onLoop { link.answer(outcome) } }

    /// - Returns: tells whether the stop has returned.
    @discardableResult
    func startStop(deadline: Duration = .seconds(1)) -> () -> Bool {
        let connection = connection
        let hasReturned = Lock(false)
        Task(executorPreference: world) {
            await connection.stop(deadline: deadline)
            hasReturned.withLock { $0 = true }
        }
        world.turn()
        return { hasReturned.withLock { $0 } }
    }

    /// Nothing is held: no link, no timer.
    var isEmpty: Bool { service.liveLinks.isEmpty && world.openTimerCount == 0 }

    /// Leads to a state by the shortest way.
    func reach(_ wanted: State) {
        if wanted == .idle { return }
        start()
        if wanted == .connecting { return }
        if wanted == .backoff { return report(.attemptFailed(.retryable, "scripted")) }
        report(.ready("scripted"))
        if wanted == .open { return }
        if wanted == .terminating { return inside { $0.reconnect() } }
        inside { $0.probe() }
        if wanted == .probing { return }
        world.onLoop { link.answer(.deaf) }
        if wanted == .stale { return }
        startStop()
        report(.closed("scripted"))
    }
}
