import BenchmarkKit
import Holdfast
import HoldfastGateway
import LoopLag
import ScaleKit
import SoakKit
import UVEventLoop

/// Measures both processes from phase to phase.
struct Meter {
    private let loops: [EventLoop]
    private let probes: [LagProbe]
    private let running: [Task<Void, Never>]
    private let gateway: Gateway
    private let server: ServerProcess
    private let fleet: Fleet
    private var began: UInt64
    private var gatewayCPU: Double
    private var simulatorCPU: Double
    private var figures: GatewayFigures
    private var heard = 0
    private(set) var peakBytes = 0

    init(_ loops: [EventLoop], _ gateway: Gateway, _ server: ServerProcess, _ fleet: Fleet) {
        self.loops = loops
        self.gateway = gateway
        self.server = server
        self.fleet = fleet
        probes = loops.map { _ in LagProbe() }
        running = zip(loops, probes).map { loop, probe in
            Task(executorPreference: loop) { await probe.run(on: loop) }
        }
        began = loops[0].now.nanoseconds
        gatewayCPU = ProcessUsage.cpuSeconds
        simulatorCPU = ProcessUsage.cpuSeconds(of: server.identifier)
        figures = gateway.figures()
    }

    /// Nanoseconds of the machine's monotonic clock.
    var now: UInt64 { loops[0].now.nanoseconds }

    mutating func look() { peakBytes = max(peakBytes, ProcessUsage.residentBytes()) }

    /// What happened since the last call.
    mutating func take() async throws -> (ScaleRecord.Phase, Course.Phase) {
        let attempts = try await server.ask(.attempts, for: Order.Attempts.self)
        look()
        var phase = ScaleRecord.Phase()
        let now = (loops[0].now.nanoseconds, ProcessUsage.cpuSeconds, ProcessUsage.cpuSeconds(of: server.identifier))
        phase.seconds = (Double(now.0 - began) / 1e9).rounded(to: 3)
        phase.gatewayCpuS = (now.1 - gatewayCPU).rounded(to: 3)
        phase.simulatorCpuS = (now.2 - simulatorCPU).rounded(to: 2)
        (began, gatewayCPU, simulatorCPU) = now
        let lag = probes.map { $0.takeSample() }.reduce(into: Histogram()) { $0.merge($1) }
        phase.lagMs = Distribution(lag)
        let course = fleet.takePhase()
        phase.attempts = course.attempts.total
        phase.attemptPeak = course.attempts.peak
        phase.attemptPeakAtServer = attempts.peak
        phase.failedAttempts = course.failedAttempts
        phase.lost = course.lost
        phase.judgedDeaf = course.deaf.count
        phase.replacedOtherwise = course.replacedOtherwise
        let figures = gateway.figures()
        phase.alive = count(.alive, figures) - count(.alive, self.figures)
        phase.inconclusive = count(.inconclusive, figures) - count(.inconclusive, self.figures)
        self.figures = figures
        let heard = fleet.ledger.heard
        phase.deliveries = heard - self.heard
        self.heard = heard
        return (phase, course)
    }

    private func count(_ outcome: Verdict.Outcome, _ figures: GatewayFigures) -> Int {
        Int(figures.verdicts.filter { $0.key.outcome == outcome }.reduce(0) { $0 + $1.value })
    }

    func end() async {
        for probe in probes { probe.end() }
        for task in running { await task.value }
    }
}
