import BenchmarkKit
import ConnectionLifecycle
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
        // Each comes back on its own; that they do not all dial in the same instant is what the jitter is for.
        var backoff = BackoffPolicy()
        backoff.initial = .milliseconds(50)
        backoff.cap = .milliseconds(50)
        backoff.jitter = 1
        let (wall, cpu, dialling) = try await fleet.watchdog.guarding { [backoff] in
            try await fleet.onLoop { fleet in
                await fleet.open(count, backoff: backoff) { _ in .seconds(30) }
                Progress.say("ready")
                await fleet.survived()
                guard let elapsed = fleet.sinceFirstLoss?.elapsed else { LoadClient.fail("nothing was dropped") }
                return (elapsed.wall, elapsed.cpu, fleet.greatestDialling)
            }
        }
        try JSONLine.print(Output(conns: count, wallS: wall, cpuS: cpu))
        Progress.say("at most \(dialling) dialled at a time")
        exit(0)
    }
}
