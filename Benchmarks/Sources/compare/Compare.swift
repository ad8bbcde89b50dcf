import BenchmarkKit
import Foundation

/// Runs the engine and what people use today side by side.
@main
struct Compare {
    static let usage = """
        usage: compare [--quick] [--only KINDS] [--clients NAMES] [--rounds N] [--output FOLDER] [--peers FOLDER] [--json]

        Starts the load server, and runs the engine and its peers against it one after the other, round by round, each once a
        round and in an order that rotates. The server keeps to the last processor and the clients to the first. What a
        client says it received is checked against what the server says it sent; a run that does not agree is not counted.

          --quick           two rounds, fewer events and connections: a look, not a result
          --only KINDS      of ingest, idle, storm, transition, with commas between (all)
          --clients NAMES   only these, with commas between (all that are installed)
          --rounds N        that are counted, 1 to 100 (5); one more goes first, for warming up
          --output FOLDER   where comparison.json goes (Results/comparison beside the peers)
          --peers FOLDER    where the peers lie, each with a script `run` (Benchmarks/Peers)
          --json            prints comparison.json on standard output instead of tables
          --help            this text

        Needs the other benchmarks beside it (swift build -c release --package-path Benchmarks builds all) and what the peers
        need (Benchmarks/Peers/install gets it); peers that cannot run are skipped by name. Takes about twenty minutes, three
        with --quick. An interrupt ends the clients and writes what there is. Ends with status 1 when a client failed or
        disagreed with the server, and with 130 after an interrupt; goals that are missed are told, but are no failure.
        """

    static func main() {
        do {
            exit(try run(try Options(CommandLine.arguments.dropFirst())))
        } catch let complaint as Complaint {
            complaint.end("compare")
        } catch {
            Progress.say("compare: \(error)")
            exit(1)
        }
    }

    private static func run(_ options: Options) throws -> Int32 {
        for neighbour in ["blast", "load"]
        where !FileManager.default.isExecutableFile(atPath: "\(ChildProcess.folder)/\(neighbour)") {
            throw Complaint(
                "\(neighbour) is not built; build all of the benchmarks first: swift build -c release --package-path Benchmarks"
            )
        }
        try FileManager.default.createDirectory(atPath: options.output, withIntermediateDirectories: true)
        let interruption = Interruption()
        let processors = Processor.allowed
        let placement =
            processors.count > 1
            ? Placement(server: processors[processors.count - 1], client: processors[0])
            : Placement(server: nil, client: nil)
        if placement.server == nil {
            Progress.say("compare: there is only one processor: server and client share it, which blurs all figures")
        }
        let (clients, skipped) = Client.discover(options, interruption)
        for skip in skipped { Progress.say("skipped: \(skip.name): \(skip.why)") }
        var document = Document(options, clients: clients, skipped: skipped)
        let plan = Plan(options, clients: clients)
        let runner = Runner(try LoadServer.Controller(), placement: placement, interruption: interruption)
        var schedule = Schedule(plan: plan)
        for scenario in plan.scenarios {
            var results = RoundTable(scenario: scenario)
            for round in 0...options.rounds {
                for client in scenario.clients(inRound: round) where !interruption.isSet && !results.isGivenUp(client) {
                    schedule.announce(scenario, client, round: round, of: options.rounds)
                    let begin = ContinuousClock.now
                    do {
                        let count = results.count(for: client, plan: plan)
                        let figures = try runner.run(scenario, client, count: count, hold: plan.hold)
                        results.record(figures, of: client, round: round)
                        schedule.tell(scenario, client, figures)
                    } catch  where !interruption.isSet {
                        document.note(problem: "\(error)", client, scenario, round)
                        results.failed(client)
                        Progress.clear()
                        Progress.say("FAILED: \(scenario.name), \(client.name): \(error)")
                    } catch {}
                    schedule.finished(scenario, client, took: (ContinuousClock.now - begin) / .seconds(1))
                }
            }
            document.add(results, isComplete: !interruption.isSet)
            try document.write(to: options.output)
        }
        document.isInterrupted = interruption.isSet
        try document.write(to: options.output)
        Progress.clear()
        FileHandle.standardOutput.write(Data((options.json ? try document.json() : document.tables()).utf8))
        Report.make(options)
        if interruption.isSet { return 130 }
        return document.problems.isEmpty ? 0 : 1
    }
}

/// Which processors are used; nil leaves it to the system.
struct Placement {
    var server: Int?
    var client: Int?
}

/// What is to be run.
struct Options {
    var isQuick: Bool
    var kinds: Set<Kind>
    /// Nil means all.
    var clients: [String]?
    var rounds: Int
    var output: String
    var peers: String
    var json: Bool

    init(_ arguments: some Sequence<String>) throws(Complaint) {
        let arguments = try Arguments(
            arguments, options: ["--only", "--clients", "--rounds", "--output", "--peers"],
            switches: ["--quick", "--json"], usage: Compare.usage)
        isQuick = arguments.has("--quick")
        json = arguments.has("--json")
        rounds = try arguments.number("--rounds", default: isQuick ? 2 : 5, in: 1...100)
        kinds = Set(Kind.allCases)
        if let text = arguments.text("--only") {
            kinds = []
            for name in text.split(separator: ",") {
                guard let kind = Kind(rawValue: String(name)) else {
                    let known = Kind.allCases.map(\.rawValue).joined(separator: ", ")
                    throw Complaint("--only knows \(known); not \(name)")
                }
                kinds.insert(kind)
            }
        }
        clients = arguments.text("--clients")?.split(separator: ",").map(String.init)
        guard let peers = arguments.text("--peers") ?? Self.peersNearby else {
            throw Complaint("no folder Peers was found above \(ChildProcess.folder); say where it is with --peers")
        }
        guard FileManager.default.fileExists(atPath: peers) else { throw Complaint("--peers \(peers): no such folder") }
        self.peers = URL(fileURLWithPath: peers).standardizedFileURL.path
        output =
            arguments.text("--output") ?? (self.peers as NSString).deletingLastPathComponent + "/Results/comparison"
    }

    /// The build folder lies within the package.
    private static var peersNearby: String? {
        var folder = URL(fileURLWithPath: ChildProcess.folder)
        while folder.path != "/" {
            let peers = folder.appendingPathComponent("Peers").path
            if FileManager.default.fileExists(atPath: peers) { return peers }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
