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

    static func main() async throws {
        var count = 100_000
        var runs = 5
        var folder = FileManager.default.temporaryDirectory.path
        var json = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--count": count = number(argument, arguments.popFirst())
            case "--runs": runs = number(argument, arguments.popFirst())
            case "--folder":
                guard let path = arguments.popFirst() else { fail("--folder needs a path; see --help") }
                folder = path
            case "--json": json = true
            case "--help", "-h": return print(usage)
            default: fail("unknown argument \(argument); see --help")
            }
        }
        if !json { print("\(folder) is on \(fileSystem(folder))") }
        for subject in Subject.allCases {
            for acknowledges in [true, false] {
                var rates: [Double] = []
                for run in 0...runs {
                    let rate = try await measure(subject, Load(count: count), acknowledges, folder)
                    if run > 0 { rates.append(rate) }
                }
                report(subject, acknowledges, rates.sorted(), count, folder, json)
            }
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

    private static func report(
        _ subject: Subject, _ acknowledges: Bool, _ rates: [Double], _ count: Int, _ folder: String, _ json: Bool
    ) {
        let (median, least, most) = (Int(rates[rates.count / 2]), Int(rates[0]), Int(rates[rates.count - 1]))
        if json {
            print(
                """
                {"type":"store","store":"\(subject.rawValue)","acknowledged":\(acknowledges),"deliveries":\(count),\
                "per_second":\(median),"min_per_second":\(least),"max_per_second":\(most),\
                "file_system":"\(subject == .sqlite ? fileSystem(folder) : "none")"}
                """)
        } else {
            let what = acknowledges ? "inserted and acknowledged one by one" : "inserted"
            print("\(subject.rawValue), \(what): \(median) events/s (\(least)–\(most))")
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

    private static func number(_ flag: String, _ text: String?) -> Int {
        guard let text, let value = Int(text), value > 0 else {
            fail("\(flag) needs a number greater than 0; see --help")
        }
        return value
    }

    private static func fail(_ line: String) -> Never {
        FileHandle.standardError.write(Data("store: \(line)\n".utf8))
        exit(64)
    }
}
