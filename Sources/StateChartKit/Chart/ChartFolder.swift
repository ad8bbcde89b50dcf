import Foundation

/// The folder that holds the generated files, some of them in folders of their own, and nothing else.
public struct ChartFolder {
    /// Absolute, or relative to the working directory.
    public let path: String
    public let chart: StateChart
    private let files: [(name: String, contents: String)]

    public init(path: String, chart: StateChart) {
        self.path = path
        self.chart = chart
        files = chart.files
    }

    /// Writes every file, each in one piece, and creates the folders where they are missing. Blocks on the disk.
    public func write() throws {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        for file in files {
            let place = folder.appendingPathComponent(file.name)
            try FileManager.default.createDirectory(
                at: place.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(file.contents.utf8).write(to: place, options: .atomic)
        }
    }

    /// One line for each file that is missing, differs from the table, or does not belong here. Blocks on the disk.
    public func differences() -> [String] {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        var problems: [String] = []
        for file in files {
            let place = folder.appendingPathComponent(file.name)
            guard let found = try? Data(contentsOf: place) else {
                problems.append("\(path)/\(file.name) is missing")
                continue
            }
            if found != Data(file.contents.utf8) { problems.append("\(path)/\(file.name) differs from the table") }
        }
        let expected = Set(files.map(\.name))
        problems += strays(in: "", expected).map { "\(path)/\($0) is not generated and does not belong here" }
        return problems
    }

    /// What lies below a folder and is not generated, sorted; a folder without generated files is named as a whole.
    private func strays(in prefix: String, _ expected: Set<String>) -> [String] {
        let present = (try? FileManager.default.contentsOfDirectory(atPath: "\(path)/\(prefix)")) ?? []
        return present.sorted().flatMap { (name: String) -> [String] in
            let whole = prefix + name
            if expected.contains(where: { $0.hasPrefix(whole + "/") }) { return strays(in: whole + "/", expected) }
            return expected.contains(whole) ? [] : [whole]
        }
    }
}
