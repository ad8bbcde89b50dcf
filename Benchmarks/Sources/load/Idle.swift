import BenchmarkKit
import Foundation
import Holdfast
import UVEventLoop

/// Connections that do nothing but prove that they could.
enum Idle {
    private struct Output: Encodable {
        var client = LoadClient.name
        var version = LoadClient.version
        var mode = "idle"
        var conns: Int
        var rssBefore: Int
        var rssAfter: Int
        var cpuHoldS: Double
        var pings: Int
        var holdS: Double
        var connectS: Double
    }

    static func run(_ options: LoadClient.Options) async throws {
        let loop = try EventLoop.start(name: "load")
        let fleet = Fleet(options, on: loop)
        let count = options.count
        let (before, connecting, alive) = try await fleet.watchdog.guarding {
            try await fleet.onLoop { fleet in
                // The first pays for what all share.
                await fleet.open(1) { _ in .seconds(30) }
                await fleet.close()
                let before = ProcessUsage.residentBytes()
                let stopwatch = Stopwatch()
                // The first probes are due evenly over the interval.
                await fleet.open(count) { .seconds(30) * $0 / count }
                return (before, stopwatch.elapsed.wall, await fleet.alive())
            }
        }
        let stopwatch = Stopwatch()
        try await hold(options.hold)
        let (wall, cpu) = stopwatch.elapsed
        let after = ProcessUsage.residentBytes()
        let (pings, problems) = try await fleet.onLoop { (Int(await $0.alive() - alive), $0.problems) }
        try JSONLine.print(
            Output(
                conns: count, rssBefore: before, rssAfter: after, cpuHoldS: cpu, pings: pings, holdS: wall,
                connectS: connecting))
        if problems > 0 { LoadClient.fail("\(problems) connections were lost or not proven") }
        exit(0)
    }

    private static func hold(_ seconds: Int) async throws {
        let end = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < end {
            let left = end - ContinuousClock.now
            Progress.show("holding for \(Int(left / .seconds(1))) s more")
            try await Task.sleep(for: min(left, .seconds(5)))
        }
        Progress.clear()
    }
}
