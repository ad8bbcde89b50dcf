import BenchmarkKit
import Foundation
import SoakKit

/// What a soak is asked to do.
struct Options: Sendable {
    var minutes: Double
    var connections: Int
    var seed: UInt64
    var faults: String
    var plan: Plan
    var folder: RunFolder
    var isJSON: Bool

    static var usage: String {
        let causes = Plan.standard.entries.map { entry in
            let whom: String =
                switch entry.cause.scope {
                case .group: "1 to 3 connections"
                case .spread: "one, some or all"
                case .server: "all"
                }
            let name = entry.cause.rawValue.padding(toLength: 15, withPad: " ", startingAt: 0)
            let rate = "\(Int(entry.perHour))".leftPadded(to: 4)
            let (low, high) = (entry.seconds.lowerBound, entry.seconds.upperBound)
            let length = high > 0 ? ", \(low.short)–\(high.short) s" : ""
            return "    \(name) \(rate) an hour, \(whom)\(length): \(entry.cause.text)"
        }
        return """
            usage: soak [--minutes M] [--connections N] [--faults default|FILE] [--seed S] [--output FOLDER] [--json]
                   soak --resume FOLDER [--json]
                   soak --report FOLDER [--json]

            Runs connections against a Mattermost simulator in another process, over sockets on 127.0.0.1, while a second account
            writes, and breaks them on purpose. What each connection is told is compared with the simulator's own log: nothing may
            be lost, come twice or out of order; no connection may be replaced without a reason; the process may not grow. Ends
            with status 0 if all of that held, 1 if not, 130 when it was interrupted.

              --minutes M      how long faults are made (5)
              --connections N  how many, each an account of its own (50)
              --faults FILE    a JSON list of {"cause": NAME, "per_hour": NUMBER, "seconds": [FROM, TO]}; see below (default)
              --seed S         fixes accounts, traffic, faults and all jitter (1)
              --output FOLDER  where its files go (Benchmarks/.build/soak/S)
              --resume FOLDER  goes on with an interrupted soak, for the minutes that are left
              --report FOLDER  prints how a soak stands, also one that is under way
              --json           prints summary.json instead of text
              --help           this text

            Traffic: \(postsText). A fifth are
            replies; behind each post comes, with a chance of 15, 10 and 10 %, the edit, the deletion or a reaction to one of
            a channel's last 40 posts. Each bot is in three channels with some fourteen others.
            Each second connection keeps its deliveries in SQLite, the others in memory; each fifth signs in by challenge; each
            fourth proves the push path at every probe. Probes come every \(Int(Fleet.probeInterval)) s.

            Faults, by --faults default (\(Int(Plan.standard.perHour)) an hour, at random times that the seed fixes):
            \(causes.joined(separator: "\n"))

            Interrupted by Ctrl-C (or SIGTERM) it makes no more faults, waits for what is owed, and writes its files as
            `interrupted`. --resume makes the faults that were still planned and adds to the files. Counts and times go on; the
            server, its accounts and posts, the stores, and the processes are new, so what is owed and how memory grows is judged
            for each part. Faults planned for the seconds of that waiting are left out. One that was killed can be
            resumed from its last sample; what was owed then is not judged.
            """
    }

    /// Posts a second.
    static func rate(_ connections: Int) -> Double { max(2, Double(connections) / 10) }
    private static let postsText = "a post a second for every ten connections, at least two"

    init(_ arguments: Arguments) throws(Complaint) {
        minutes = try arguments.real("--minutes", default: 5, in: 0.2...10_080)
        connections = try arguments.number("--connections", default: 50, in: 1...1000)
        seed = try arguments.seed("--seed", default: 1)
        faults = arguments.text("--faults") ?? "default"
        plan = try Options.plan(faults)
        folder = RunFolder(arguments.text("--output") ?? "\(Options.packageFolder).build/soak/\(seed)")
        isJSON = arguments.has("--json")
    }

    /// Of an interrupted soak.
    init(resuming record: RunRecord, _ folder: RunFolder, isJSON: Bool) {
        self.isJSON = isJSON
        minutes = record.minutes
        connections = record.connections
        seed = record.seed
        faults = record.faults
        plan = record.entries
        self.folder = folder
    }

    /// Of the benchmarks, from the folder where this is run.
    static let packageFolder = FileManager.default.fileExists(atPath: "Sources/soak") ? "" : "Benchmarks/"

    private static func plan(_ name: String) throws(Complaint) -> Plan {
        if name == "default" { return .standard }
        guard let data = FileManager.default.contents(atPath: name) else {
            throw Complaint("--faults \(name) cannot be read; it is `default` or a file, see --help")
        }
        do throws(Plan.Invalid) {
            return try Plan(json: data)
        } catch {
            throw Complaint("--faults \(name) \(error)")
        }
    }
}

extension String {
    fileprivate func leftPadded(to width: Int) -> String {
        String(repeating: " ", count: Swift.max(0, width - count)) + self
    }
}

extension Double {
    fileprivate var short: String { self == rounded() ? "\(Int(self))" : "\(self)" }
}
