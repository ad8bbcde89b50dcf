import StateChartKit

/// `charts write`, or `charts` alone: writes the state charts, or checks that those on disk are those of the table.
enum WriteCommand {
    static let command = Command(
        name: "write", summary: "write the charts into StateCharts, or check those that are there", usage: usage,
        run: run)

    private static let usage = """
        usage: charts [write] [--check] [--directory PATH]

        Writes the state charts of the connection lifecycle, generated from the table that the machine executes.

          --check           write nothing; exit 1 and name each file that differs from the table
          --directory PATH  where the charts live (StateCharts)
          --help            this text
        """

    private static func run(_ given: [String]) async throws(Failure) {
        var check = false
        var directory = "StateCharts"
        var arguments = given[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--check": check = true
            case "--directory":
                guard let path = arguments.popFirst(), !path.isEmpty else {
                    throw Failure(64, "--directory needs a path")
                }
                directory = path
            default: throw .unknown(argument, of: "write")
            }
        }
        let folder = ChartFolder(path: directory, chart: .standard)
        if check {
            let problems = folder.differences()
            for problem in problems { Progress.say(problem) }
            if !problems.isEmpty { throw Failure(1, "run `swift run charts` and commit the result") }
        } else {
            do {
                try folder.write()
            } catch {
                throw Failure(1, "cannot write \(directory): \(error.localizedDescription)")
            }
        }
    }
}
