internal import ConnectionLifecycle
internal import WorldInterface

/// A world of hosts and a network between them, in virtual time, on the caller's own thread: the same seed gives the same
/// run, event for event.
///
/// The actors that live on its hosts are the product's own; nothing of theirs is replaced. Time passes only in `run`, from
/// one thing that happens to the next, and the jobs that follow from one are all run before the next.
///
/// Not for more than one thread: whoever makes it runs it. A job that comes from elsewhere is a leak in the seam, and ends
/// the process with a message.
public final class Simulation: @unchecked Sendable {
    // Sound as Sendable: only one thread makes it, runs it, and runs all that lives in it; see above.
    public let seed: UInt64
    /// Virtual nanoseconds since the beginning.
    public private(set) var now: UInt64 = 1_000_000_000
    /// Called after each thing that happened, with all that followed from it done: to check what must always hold.
    public var afterEachStep: (() -> Void)?
    /// Things that happened.
    public private(set) var steps: UInt64 = 0
    /// What the seam forbids and was done all the same: a timer armed after it was closed.
    public private(set) var misuse: [String] = []
    /// Jobs of actors and tasks that were run.
    public private(set) var jobs: UInt64 = 0

    var agenda = Agenda()
    /// The host whose code runs now.
    private(set) var current: SimulatedHost?
    /// Listening hosts, by address.
    var listeners: [Endpoint: SimulatedListener] = [:]
    private var ready: [SimulatedHost] = []
    private var hosts: [SimulatedHost] = []
    private var generator: SeededGenerator

    public init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
    }

    /// Milliseconds since 1970 at the beginning: 2026-01-01.
    static let dawn: Int64 = 1_767_225_600_000

    /// A seed for something that is to have numbers of its own. Depends only on how many were asked for before.
    public func makeSeed() -> UInt64 { generator.next() }

    /// - Parameters:
    ///   - name: what others connect to; also its address.
    ///   - link: how it is connected to the others.
    public func makeHost(_ name: String, link: SimulatedLink? = nil) -> SimulatedHost {
        let host = SimulatedHost(
            name, simulation: self, link: link ?? SimulatedLink(seed: makeSeed()), seed: makeSeed())
        hosts.append(host)
        return host
    }

    /// The end of this world: nothing happens in it any more, and it holds nothing. What is left of processes that were killed
    /// stays, but not what they were connected to.
    public func end() {
        afterEachStep = nil
        agenda = Agenda()
        listeners = [:]
        ready = []
        for host in hosts { host.end() }
        hosts = []
    }

    // MARK: - What goes wrong with names

    /// While false no name is found, on any host.
    public var resolvesNames = true

    // MARK: - Time

    /// Lets time pass until `end` (virtual nanoseconds), or until `isOver` says so after a step.
    public func run(until end: UInt64, isOver: () -> Bool = { false }) {
        drain()
        while let time = agenda.nextTime, time <= end, let entry = agenda.takeFirst() {
            guard entry.target.isDue(version: entry.version) else { continue }
            if time > now { now = time }
            occur(entry)
            if isOver() { return }
        }
        if end > now { now = end }
    }

    /// Calls `body` at that time: for what happens to the world, not in it.
    public func at(_ time: UInt64, _ body: @escaping () -> Void) { agenda.add(Incident(body), at: max(now, time)) }

    private func occur(_ entry: Agenda.Entry) {
        guard let host = entry.target.host else {
            entry.target.occur(version: entry.version)
            return finishStep()
        }
        switch host.condition {
        case .running: break
        case .suspended: return host.hold(entry)
        case .crashed: return
        }
        enter(host) { entry.target.occur(version: entry.version) }
        finishStep()
    }

    /// Runs code of a host.
    func enter(_ host: SimulatedHost, _ body: () -> Void) {
        let outer = current
        current = host
        body()
        current = outer
    }

    private func finishStep() {
        drain()
        steps &+= 1
        afterEachStep?()
    }

    // MARK: - Jobs

    func isReady(_ host: SimulatedHost) { ready.append(host) }

    /// Runs jobs until there are none.
    private func drain() {
        var budget = 20_000_000
        while !ready.isEmpty {
            let hosts = ready
            ready = []
            for host in hosts { enter(host) { host.runJobs(&budget) } }
            precondition(budget > 0, "the actors do not come to rest: more than 20 million jobs follow from one event")
        }
    }

    func note(_ misuse: String) { if self.misuse.count < 100 { self.misuse.append(misuse) } }

    func countJob() { jobs &+= 1 }
}

/// Something that happens once, on a host or, without one, to the world itself.
final class Incident: Occasion {
    let host: SimulatedHost?
    private let body: () -> Void

    init(on host: SimulatedHost? = nil, _ body: @escaping () -> Void) {
        self.host = host
        self.body = body
    }

    func occur(version: UInt32) { body() }
}
