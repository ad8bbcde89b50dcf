import BenchmarkKit
import Foundation

/// What is asked for.
struct Options: Sendable {
    var connections: Int
    var servers: Int
    var loops: Int
    var seconds: Int
    /// Of the watched phase; 0 for none.
    var watch: Int
    /// Seconds between the probes of a connection.
    var probe: Double
    /// Attempts a second, for each server.
    var rate: Double
    /// Posts a second.
    var posts: Double
    /// Percent of the accounts.
    var deaf: Int
    var isDurable: Bool
    /// Where the store lies meanwhile.
    var storeFolder: String
    /// Where the results go.
    var folder: String
    var isJSON: Bool
    /// It is the other process.
    var serves: Bool

    /// Accounts in a channel.
    static let channelSize = 10

    static let usage = """
        usage: scale [--connections N] [--seconds S] [--watch S] [--servers N] [--loops N] [--probe S] [--rate N] [--posts N]
                     [--deaf P] [--store sqlite|memory] [--folder PATH] [--output FOLDER] [--json]

        A gateway in this process keeps thousands of accounts connected to a Mattermost simulator in another one, which listens on
        several addresses of this machine: 127.0.0.1, 127.0.0.2, … Each is a server of its own to the gateway, with a budget of
        attempts of its own. Each account is in one channel with nine others, in which an account of the simulator posts.

          come up  all accounts are given to the gateway; until all are open and have caught up
          steady   all are probed: CPU of both processes, memory, how late the loops' timers are
          all      an account edits its profile, which is an event for everybody; until all have handled it
          watched  as steady, while somebody has the status page open, and /readyz and /metrics are asked for
          drop     the simulator resets all sockets at once; until all are open again
          deaf     the tokens of some accounts are cycled; until each is noticed and open again

        Then what was posted is compared with what came. Ends with status 0 if every post came to every account of its channel, once
        and in order, the deaf ones and no others were judged so, and the budgets were kept; else with 1.

          --connections N    accounts, each with a connection (10000)
          --seconds S        of the steady phase (120)
          --watch S          seconds of the watched phase (30; 0 for none)
          --servers N        addresses of the simulator (4)
          --loops N          of the gateway (the number of processors, at most 8)
          --probe S          seconds between two probes of a connection (30)
          --rate N           attempts a second for each server, and as many at once (100)
          --posts N          posts a second; each comes to ten accounts (one for 500 connections, at least 2)
          --deaf P           percent of the accounts that go deaf (5)
          --store KIND       sqlite: what is delivered outlives the process; memory: it does not (sqlite)
          --folder PATH      where the store lies meanwhile (the temporary folder)
          --output FOLDER    where scale.json and scale.md go (Benchmarks/.build/scale)
          --json             prints scale.json instead of text
          --help             this text
        """

    init(_ arguments: some Sequence<String>) throws(Complaint) {
        let arguments = try Arguments(
            arguments,
            options: [
                "--connections", "--seconds", "--watch", "--servers", "--loops", "--probe", "--rate", "--posts",
                "--deaf",
                "--store", "--folder", "--output",
            ], switches: ["--json", "--serve"], usage: Options.usage)
        connections = try arguments.number("--connections", default: 10_000, in: 10...100_000)
        seconds = try arguments.number("--seconds", default: 120, in: 1...86_400)
        watch = try arguments.number("--watch", default: 30, in: 0...86_400)
        servers = try arguments.number("--servers", default: 4, in: 1...100)
        loops = try arguments.number(
            "--loops", default: min(8, ProcessInfo.processInfo.activeProcessorCount), in: 1...64)
        probe = try arguments.real("--probe", default: 30, in: 1...3600)
        rate = try arguments.real("--rate", default: 100, in: 1...100_000)
        posts = try arguments.real("--posts", default: max(2, Double(connections) / 500), in: 0.1...10_000)
        deaf = try arguments.number("--deaf", default: 5, in: 0...100)
        switch arguments.text("--store") ?? "sqlite" {
        case "sqlite": isDurable = true
        case "memory": isDurable = false
        case let other: throw Complaint("--store is sqlite or memory, not \(other)")
        }
        storeFolder = try arguments.folder("--folder", default: FileManager.default.temporaryDirectory.path)
        // Of the benchmarks, from the folder where this is run.
        let package = FileManager.default.fileExists(atPath: "Sources/scale") ? "" : "Benchmarks/"
        folder = arguments.text("--output") ?? "\(package).build/scale"
        isJSON = arguments.has("--json")
        serves = arguments.has("--serve")
    }

    /// The accounts that go deaf, spread over servers and channels.
    var cycled: [Int] {
        let count = connections * deaf / 100
        return (0..<count).map { $0 * connections / count }
    }

    /// The server of an account: by channel, so that a channel's posts come to all servers.
    func server(of account: Int) -> Int { account % servers }

    static func channel(of account: Int) -> Int { account / channelSize }
}
