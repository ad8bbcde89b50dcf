import BenchmarkKit
import Foundation

/// The durable store's rate, by the benchmark that lies beside this one.
enum StoreRate {
    private struct Line: Decodable {
        let store: String
        let acknowledged: Bool
        let per_second, min_per_second, max_per_second: Double
    }

    static func measure() throws -> [Figure] {
        let path = ChildProcess.folder + "/store"
        guard FileManager.default.isExecutableFile(atPath: path) else {
            Progress.say("micro: store is skipped: build the product `store` beside this executable")
            return []
        }
        let (lines, status) = try ChildProcess.lines(path, ["--json", "--count", "30000", "--runs", "3"])
        guard status == 0 else { throw Failure("store ended with status \(status)") }
        return try lines.compactMap { line in
            let line = try JSONDecoder().decode(Line.self, from: Data(line.utf8))
            guard line.store == "SQLiteStore", line.acknowledged else { return nil }
            return Summary([line.min_per_second, line.per_second, line.max_per_second]).map {
                Figure("store: SQLite, stored and acknowledged", unit: "events per second", $0)
            }
        }
    }
}
