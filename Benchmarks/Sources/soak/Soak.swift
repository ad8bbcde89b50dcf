import BenchmarkKit
import Foundation
import SoakKit

@main
struct Soak {
    static func main() async {
        do {
            let arguments = try Arguments(
                CommandLine.arguments.dropFirst(),
                options: [
                    "--minutes", "--connections", "--faults", "--seed", "--output", "--resume", "--report", "--serve",
                    "--rate",
                ], switches: ["--json"], usage: Options.usage)
            let isJSON = arguments.has("--json")
            if arguments.has("--serve") {
                let orders = try arguments.number("--serve", default: 0, in: 0...1_000_000)
                return try await Serve.run(
                    seed: try arguments.seed("--seed", default: 1),
                    connections: try arguments.number("--connections", default: 1, in: 1...1000),
                    rate: try arguments.real("--rate", default: 1, in: 0.1...10_000), orders: Int32(orders))
            }
            if let path = arguments.text("--report") { return try StateReport.print(RunFolder(path), isJSON: isJSON) }
            if let path = arguments.text("--resume") {
                let folder = RunFolder(path)
                let record = try folder.read("run.json", as: RunRecord.self)
                let carried = try folder.read("summary.json", as: SummaryRecord.self)
                let options = Options(resuming: record, folder, isJSON: isJSON)
                guard carried.state != "finished", carried.elapsedS < options.minutes * 60 else {
                    throw Complaint("the soak in \(path) has finished; see --report")
                }
                exit(try await Runner(options, carried: carried).run())
            }
            let options = try Options(arguments)
            try options.folder.make()
            exit(try await Runner(options, carried: nil).run())
        } catch let complaint as Complaint {
            complaint.end("soak")
        } catch {
            Progress.say("soak: \(error)")
            exit(1)
        }
    }
}
