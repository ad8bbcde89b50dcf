import ConnectionLifecycle
import StateChartKit
import Testing

@testable import Holdfast

/// The engine's actor on every path that is generated from the table. Coverage is printed at the end.
@Suite("Every path of the table")
struct PathTests {
    @Test("the engine goes where the table says, and leaves nothing behind")
    func everyPath() {
        let paths = TestPaths.standard
        var coverage = PathCoverage(.standard)
        var problems: [String] = []
        for path in paths.all {
            let run = PathRun(path)
            run.walk()
            problems += run.problems
            coverage.add(path, seen: run.rows)
        }
        print(coverage.report(paths))
        #expect(
            problems.isEmpty, "\(problems.count) problems, the first:\n\(problems.prefix(5).joined(separator: "\n"))")
        #expect(coverage.missingRows == [])
        #expect(coverage.missingPairs(of: paths) == [])
        #expect(coverage.contradictions(to: paths) == [])
    }

    @Test("nothing keeps a connection alive after its end", arguments: PathKind.allCases)
    func released(kind: PathKind) throws {
        for path in try #require(TestPaths.standard.paths[kind]).suffix(20) {
            weak let connection = walked(path)
            #expect(connection == nil, "\(path)")
        }
    }

    private func walked(_ path: TestPath) -> Connection<ScriptedService>? {
        let run = PathRun(path)
        run.walk()
        return run.connection
    }
}
