import ConnectionLifecycle
import StateChartKit

/// `charts diff`: says what a change of the table does.
enum DiffCommand {
    static let command = Command(
        name: "diff", summary: "say in words what a change of the table does, and draw it", usage: usage, run: run)

    private static let usage = """
        usage: charts diff REV [--output FOLDER] [--json] [--exit-code]
               charts diff REV..REV [--output FOLDER] [--json] [--exit-code]

        Compares the table that was committed at a git revision with the present one, or those of two revisions, and says in
        words what is different: rows, guards, actions, reasons, what states own, and what follows for each state.

          --output FOLDER   also write diff.svg and diff-dark.svg: both versions in one chart, + added, − removed, ~ changed
          --json            as JSON
          --exit-code       exit 1 where there is a difference
          --directory PATH  where the charts live (StateCharts)
          --help            this text
        """

    private static func run(_ given: [String]) async throws(Failure) {
        var (revisions, output): (String?, String?) = (nil, nil)
        var folder = "StateCharts"
        var (json, exitCode) = (false, false)
        var arguments = given[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": json = true
            case "--exit-code": exitCode = true
            case "--output", "--directory":
                guard let value = arguments.popFirst(), !value.isEmpty else {
                    throw Failure(64, "\(argument) needs a path")
                }
                if argument == "--output" { output = value } else { folder = value }
            default:
                guard !argument.hasPrefix("-") else { throw .unknown(argument, of: "diff") }
                guard revisions == nil else { throw Failure(64, "give one revision, or two as REV..REV") }
                revisions = argument
            }
        }
        guard let revisions else {
            throw Failure(64, "with which revision? `charts diff HEAD` compares with the last commit")
        }
        let names = revisions.firstRange(of: "..").map { range in
            [String(revisions[..<range.lowerBound]), String(revisions[range.upperBound...])]
        }
        let old: TableVersion
        let new: TableVersion
        do throws(GitRevision.Failure) {
            old = try GitRevision(names?[0] ?? revisions).table(folder: folder)
            new =
                try names.map { names throws(GitRevision.Failure) in
                    try GitRevision(names[1].isEmpty ? "HEAD" : names[1]).table(folder: folder)
                } ?? TableVersion(.standard)
        } catch {
            throw Failure(64, error.message)
        }
        let difference = TableDifference(from: old, to: new)
        if let output {
            try OutputFolder.write(
                [("diff.svg", difference.svg(theme: .light)), ("diff-dark.svg", difference.svg(theme: .dark))],
                to: output)
            for row in difference.undrawable { Progress.say("not in the picture, for want of a place: \(row)") }
        }
        print(json ? difference.json : difference.text, terminator: "")
        if exitCode, !difference.isEmpty { throw Failure(1, "the tables differ") }
    }
}
