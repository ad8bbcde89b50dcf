import Foundation
import StateChartKit

/// Writes the state charts, or checks that those on disk are those of the table.
@main
struct Charts {
    static let usage = """
        usage: charts [--check] [--directory PATH]

        Writes the state charts of the connection lifecycle, generated from the table that the machine executes.

          --check           write nothing; exit 1 and name each file that differs from the table
          --directory PATH  where the charts live (StateCharts)
          --help            this text
        """

    static func main() {
        var check = false
        var directory = "StateCharts"
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--check": check = true
            case "--directory":
                guard let path = arguments.popFirst(), !path.isEmpty else { fail(64, "--directory needs a path") }
                directory = path
            case "--help", "-h":
                print(usage)
                return
            default: fail(64, "unknown argument \(argument); see --help")
            }
        }
        let folder = ChartFolder(path: directory, chart: .standard)
        if check {
            let problems = folder.differences()
            for problem in problems { report(problem) }
            if !problems.isEmpty { fail(1, "run `swift run charts` and commit the result") }
        } else {
            do { try folder.write() } catch { fail(1, "cannot write \(directory): \(error.localizedDescription)") }
        }
    }

    private static func report(_ line: String) {
        FileHandle.standardError.write(Data("charts: \(line)\n".utf8))
    }

    private static func fail(_ status: Int32, _ line: String) -> Never {
        report(line)
        exit(status)
    }
}
