import Foundation

/// The folder that holds the generated files and nothing else.
public struct ChartFolder {
    /// Absolute, or relative to the working directory.
    public let path: String
    public let chart: StateChart

    public init(path: String, chart: StateChart) {
        self.path = path
        self.chart = chart
    }

    /// Writes every file, each in one piece, and creates the folder where it is missing. Blocks on the disk.
    public func write() throws {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for file in chart.files {
            try Data(file.contents.utf8).write(to: folder.appendingPathComponent(file.name), options: .atomic)
        }
    }

    /// One line for each file that is missing, differs from the table, or does not belong here. Blocks on the disk.
    public func differences() -> [String] {
        let folder = URL(fileURLWithPath: path, isDirectory: true)
        var problems: [String] = []
        for file in chart.files {
            let place = folder.appendingPathComponent(file.name)
            guard let found = try? Data(contentsOf: place) else {
                problems.append("\(path)/\(file.name) is missing")
                continue
            }
            if found != Data(file.contents.utf8) { problems.append("\(path)/\(file.name) differs from the table") }
        }
        let expected = Set(chart.files.map(\.name))
        let present = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in present.sorted() where !expected.contains(name) {
            problems.append("\(path)/\(name) is not generated and does not belong here")
        }
        return problems
    }
}
