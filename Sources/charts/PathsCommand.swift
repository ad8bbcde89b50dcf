import StateChartKit

/// `charts paths`: the test paths of the table.
enum PathsCommand {
    static let command = Command(
        name: "paths", summary: "print the test paths of the table: rows, pairs, simple ways, deadlines at odd moments",
        usage: usage, run: run)

    private static let usage = """
        usage: charts paths [--kind KIND] [--json]

        Prints the paths on which the tests lead the engine, generated from the table over state and memory together,
        shortest first; and what the chart alone would allow and the machine does not, with the reason.

          --kind KIND  \(PathKind.allCases.map(\.rawValue).joined(separator: ", ")); without it only the counts
                       of all kinds
          --json       one JSON object with the digest, the counts and the paths of the kind, or of all
          --help       this text
        """

    private static func run(_ given: [String]) async throws(Failure) {
        var kind: PathKind?
        var isJSON = false
        var arguments = given[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": isJSON = true
            case "--kind":
                let kinds = PathKind.allCases.map(\.rawValue).joined(separator: ", ")
                guard let name = arguments.popFirst(), let known = PathKind(rawValue: name) else {
                    throw Failure(64, "--kind needs one of \(kinds)")
                }
                kind = known
            default: throw .unknown(argument, of: "paths")
            }
        }
        let paths = TestPaths.standard
        if isJSON {
            print(paths.json(kind.map { [$0] } ?? PathKind.allCases))
        } else {
            for line in kind.map(paths.lines) ?? paths.summary { print(line) }
        }
    }
}
