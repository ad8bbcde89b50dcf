import BenchmarkKit
import Foundation
import Holdfast
import HoldfastStore

/// Measures how many deliveries a second a store takes in and lets go of.
@main
struct Store {
    static let usage = """
        usage: store [--count N] [--runs N] [--folder PATH] [--json]

        Commits batches of 64 deliveries of 1,000 bytes, each batch with one position, 64 items to remember and 64 to
        forget, while another task acknowledges each delivery and waits for it; then the same without acknowledging. Events
        per second: median, least and most of several runs, each on a new store.

          --count N      deliveries per run (100000)
          --runs N       runs of each kind; one more comes first for warming up (5)
          --folder PATH  where the file lies meanwhile (the temporary folder)
          --json         one JSON object per line
          --help         this text
        """

    static func main() async {
        do {
            try await run()
        } catch let complaint as Complaint {
            complaint.end("store")
        } catch {
            Progress.say("store: \(error)")
            exit(1)
        }
    }

    private static func run() async throws {
        let arguments = try Arguments(
            CommandLine.arguments.dropFirst(), options: ["--count", "--runs", "--folder"], switches: ["--json"],
            usage: usage)
        let count = try arguments.number("--count", default: 100_000, in: 1...100_000_000)
        let runs = try arguments.number("--runs", default: 5, in: 1...1000)
        let folder = try arguments.folder("--folder", default: FileManager.default.temporaryDirectory.path)
        let isJSON = arguments.has("--json")
        if !isJSON { print("\(folder) is on \(fileSystem(folder))") }
        for subject in Subject.allCases {
            for acknowledges in [true, false] {
                var rates: [Double] = []
                for run in 0...runs {
                    Progress.show("store: \(subject.rawValue), run \(run) of \(runs)")
                    let rate = try await measure(subject, Load(count: count), acknowledges, folder)
                    if run > 0 { rates.append(rate) }
                }
                Progress.clear()
                guard let rates = Summary(rates) else { continue }
                let figure = Figure(
                    store: subject.rawValue, acknowledged: acknowledges, deliveries: count,
                    perSecond: Int(rates.median), minPerSecond: Int(rates.minimum), maxPerSecond: Int(rates.maximum),
                    fileSystem: subject == .sqlite ? fileSystem(folder) : "none")
                if isJSON { try JSONLine.print(figure) } else { print(figure.line) }
            }
        }
    }

    private struct Figure: Encodable {
        let type = "store"
        let store: String
        let acknowledged: Bool
        let deliveries: Int
        let perSecond, minPerSecond, maxPerSecond: Int
        let fileSystem: String

        var line: String {
            let what = acknowledged ? "inserted and acknowledged one by one" : "inserted"
            return "\(store), \(what): \(perSecond) events/s (\(minPerSecond)–\(maxPerSecond))"
        }
    }

    private enum Subject: String, CaseIterable {
        case sqlite = "SQLiteStore"
        case memory = "MemoryStore"
    }

    /// Events per second of one run on a new store.
    private static func measure(
        _ subject: Subject, _ load: Load, _ acknowledges: Bool, _ folder: String
    ) async throws -> Double {
        switch subject {
        case .memory: return try await load.run(on: MemoryStore(), acknowledges: acknowledges)
        case .sqlite:
            let own = folder + "/holdfast-store-\(UUID().uuidString)"
            try FileManager.default.createDirectory(atPath: own, withIntermediateDirectories: false)
            defer { try? FileManager.default.removeItem(atPath: own) }
            let store = try await SQLiteStore(path: own + "/store")
            let rate = try await load.run(on: store, acknowledges: acknowledges)
            await store.close()
            return rate
        }
    }

    /// Of the mount that has the longest part of the path.
    private static func fileSystem(_ folder: String) -> String {
        let path = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
        let mounts = (try? String(contentsOfFile: "/proc/mounts", encoding: .utf8)) ?? ""
        var best = (length: -1, name: "an unknown file system")
        for line in mounts.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count > 2, path == fields[1] || fields[1] == "/" || path.hasPrefix(fields[1] + "/") else {
                continue
            }
            if fields[1].count >= best.length { best = (fields[1].count, String(fields[2])) }
        }
        return best.name
    }
}
