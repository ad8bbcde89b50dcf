import ConnectionLifecycle
import MattermostSimulator
import SimulatedWorld
import WorldInterface

/// One scenario, run from its beginning to its end or to the first thing that must not be.
public struct VirtualRun {
    /// What came of it.
    public struct Outcome: Hashable, Codable, Sendable {
        public var violations: [Violation]
        public var figures: Figures
        /// Of everything that happened: the same for the same scenario.
        public var digest: UInt64
        /// The last things that happened, oldest first.
        public var timeline: [TimelineEntry]

        public var isGood: Bool { violations.isEmpty }
    }

    private init() {}

    /// - Parameter remembered: how many of the last things that happened are told.
    public static func run(_ scenario: Scenario, remembered: Int = 0) -> Outcome {
        let simulation = Simulation(seed: scenario.seed)
        let server = simulation.makeHost("chat.example")
        let judge = Judge(gateways: scenario.gateways, remembered: remembered, start: simulation.now) {
            simulation.now
        }
        let stage = Stage(simulation, server, scenario, judge)
        stage.run()
        defer { simulation.end() }
        var figures = judge.figures
        figures.steps = simulation.steps
        figures.jobs = simulation.jobs
        figures.connectionHours = judge.time / 3600 * Double(scenario.gateways)
        return Outcome(
            violations: judge.violations, figures: figures, digest: judge.digest.value,
            timeline: judge.recent.suffix(remembered))
    }
}

/// What is on it during a run.
private final class Stage: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    private let simulation: Simulation
    private let server: SimulatedHost
    private let scenario: Scenario
    private let judge: Judge
    private var gateways: [Gateway] = []
    private var failure: String?

    init(_ simulation: Simulation, _ server: SimulatedHost, _ scenario: Scenario, _ judge: Judge) {
        self.simulation = simulation
        self.server = server
        self.scenario = scenario
        self.judge = judge
    }

    func run() {
        let start = simulation.now
        let end = start + UInt64(scenario.seconds * 1e9)
        server.run { [self] in await prepare() }
        simulation.afterEachStep = { [unowned self] in afterEachStep() }
        simulation.run(until: end) { [judge] in !judge.violations.isEmpty }
        if let failure { judge.report(.incoherent, -1, failure) }
        if judge.violations.isEmpty { judge.conclude() }
        if judge.violations.isEmpty { stop() }
        simulation.afterEachStep = nil
    }

    private func afterEachStep() {
        for gateway in gateways { gateway.check() }
        if let misuse = simulation.misuse.first { judge.report(.timers, -1, misuse) }
    }

    private func prepare() async {
        do {
            let simulator = Simulator(
                world: server, configuration: SimulatorConfiguration(seed: scenario.seed, keepsLog: false))
            try await simulator.start(on: Endpoint(host: "chat.example", port: 8065))
            let town = try await Town(simulator, bots: scenario.gateways)
            judge.begin(town)
            await simulator.watch { [judge] in judge.see($0) }
            gateways = town.bots.enumerated().map { Gateway($0, $1, in: simulation, judge: judge) }
            let injector = FaultInjector(
                simulation, server: server, simulator: simulator, town: town, gateways: gateways, judge: judge)
            injector.schedule(scenario.faults, from: simulation.now)
            for gateway in gateways { gateway.start() }
            var traffic = Traffic(simulator, town, on: server, seed: scenario.seed ^ 0x7AFF_1C)
            let quietFrom = simulation.now + UInt64((scenario.seconds - 60) * 1e9)
            // The last minute is for what is on its way.
            await traffic.run(postsPerHour: scenario.postsPerHour) { [simulation] in simulation.now < quietFrom }
        } catch {
            failure = "the world could not be prepared: \(error)"
        }
    }

    /// A stop ends in `stopped` within its deadline, and leaves nothing.
    private func stop() {
        for gateway in gateways { gateway.stop() }
        simulation.run(until: simulation.now + 10_000_000_000)
        for gateway in gateways {
            if !gateway.hasStopped || judge.state(of: gateway.index) != .stopped {
                judge.report(.notStopped, gateway.index, "in \(judge.state(of: gateway.index)) 10 s after the stop")
            } else if !gateway.consumerHasEnded {
                judge.report(.notStopped, gateway.index, "its deliveries have not ended 10 s after the stop")
            } else if gateway.host.openTimerCount > 0 || gateway.host.openStreamCount > 0 {
                judge.report(
                    .notStopped, gateway.index,
                    "\(gateway.host.openTimerCount) timers and \(gateway.host.openStreamCount) sockets are left")
            }
        }
    }
}
