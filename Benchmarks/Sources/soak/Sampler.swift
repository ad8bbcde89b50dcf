import BenchmarkKit
import Foundation
import LoopLag
import SoakKit
import UVEventLoop

/// Measures both processes.
struct Sampler {
    private let loop: EventLoop
    private let server: ServerProcess
    private let lag: LagProbe
    private let cpuAtStart: (engine: Double, simulator: Double)
    private var last = (time: 0.0, delivered: 0)
    /// Each of this process's part: a few numbers every five seconds.
    private(set) var series: [String: [(time: Double, value: Double)]] = [:]

    init(_ loop: EventLoop, _ server: ServerProcess, _ lag: LagProbe, at time: Double) {
        self.loop = loop
        self.server = server
        self.lag = lag
        cpuAtStart = (ProcessUsage.cpuSeconds, server.cpuSeconds)
        last.time = time
    }

    /// Since the start of this process's part, in seconds.
    var usage: (engine: Double, simulator: Double) {
        (
            (ProcessUsage.cpuSeconds - cpuAtStart.engine).rounded(to: 2),
            (server.cpuSeconds - cpuAtStart.simulator).rounded(to: 2)
        )
    }

    mutating func sample(at time: Double) async -> SampleRecord {
        var record = SampleRecord(t: time.rounded(to: 3))
        let (handles, timers) = await loop.run { [loop] in (loop.liveHandleCount, loop.liveTimerCount) }
        record.engine.residentBytes = ProcessUsage.residentBytes()
        record.engine.descriptors = ProcessUsage.descriptorCount()
        record.engine.handles = handles
        record.engine.timers = timers
        record.engine.threads = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/task").count) ?? 0
        record.engine.cpuS = usage.engine
        let late = lag.takeSample()
        record.engine.lagMsP50 = (late.percentile(50) ?? 0).rounded(to: 3)
        record.engine.lagMsMax = late.maximum.rounded(to: 3)
        record.simulator.residentBytes = ProcessUsage.residentBytes(of: server.identifier)
        record.simulator.descriptors = ProcessUsage.descriptorCount(of: server.identifier)
        record.simulator.cpuS = usage.simulator
        for (name, value) in [
            ("resident_bytes", record.engine.residentBytes), ("descriptors", record.engine.descriptors),
            ("handles", handles), ("timers", timers),
        ] {
            series[name, default: []].append((time, Double(value)))
        }
        return record
    }

    /// The rate since the last call.
    mutating func rate(_ delivered: Int, at time: Double) -> Double {
        defer { last = (time, delivered) }
        return time > last.time ? (Double(delivered - last.delivered) / (time - last.time)).rounded(to: 1) : 0
    }

    /// - Parameters:
    ///   - start: of this process's part, in seconds.
    ///   - time: now.
    func slopes(from start: Double, to time: Double, connections: Int) -> [String: Slope] {
        Dictionary(
            uniqueKeysWithValues: series.map { name, samples in
                let shortest = name == "resident_bytes" ? Sampler.memoryWarmUp : 60
                let warmUp = start + max(shortest, (time - start) * 0.2)
                return (name, Slope(samples, warmUp: warmUp, bound: Judge.bound(name, connections: connections)))
            })
    }

    /// Seconds until memory is in its steady state: each connection remembers the last 256 posts and reactions of each of its
    /// channels, which takes about 470 s at the traffic's rate, and the oracle what `Ledger.retention` says.
    private static let memoryWarmUp = 600.0
}
