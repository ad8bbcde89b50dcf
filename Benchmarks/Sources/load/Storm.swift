import BenchmarkKit
import Foundation
import Holdfast
import UVEventLoop

/// Connections that are all dropped at once, and come back.
enum Storm {
    private struct Output: Encodable {
        var client = LoadClient.name
        var version = LoadClient.version
        var mode = "storm"
        var conns: Int
        var wallS: Double
        var cpuS: Double
    }

    static func run(_ options: LoadClient.Options) async throws {
        let loop = try EventLoop.start(name: "load")
        let fleet = Fleet(options, on: loop)
        let count = options.count
        let (wall, cpu) = try await fleet.watchdog.guarding {
            try await fleet.onLoop { fleet in
                await fleet.open(count, redials: true) { _ in .seconds(30) }
                Progress.say("ready")
                await fleet.survived()
                guard let elapsed = fleet.sinceFirstLoss?.elapsed else { LoadClient.fail("nothing was dropped") }
                return elapsed
            }
        }
        try JSONLine.print(Output(conns: count, wallS: wall, cpuS: cpu))
        exit(0)
    }
}
