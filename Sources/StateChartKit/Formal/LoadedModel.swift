import ConnectionLifecycle
import Foundation

/// The model without its table, compiled once; each search reads a table when it starts.
///
/// Each search needs a folder of its own, and then any number of them may run at once.
public final class LoadedModel: Sendable {
    private let folder: TemporaryFolder
    /// `rules` and `claims` search; `shortest` searches again and again to a growing depth.
    private let rules, claims, shortest: Program

    /// All rules.
    static let everyRule = 0xFF_FFFF

    /// Blocks for as long as cc takes: some seconds.
    public init(_ tools: SpinTools) throws(VerificationFailure) {
        let folder = try TemporaryFolder()
        try tools.translate(StateChart.standard.promela(loading: true), in: folder.path)
        let safety = ["-DSAFETY", "-DNOCLAIM", "-DPRINTF"]
        rules = try tools.compile("rules", safety, in: folder.path)
        claims = try tools.compile("claims", ["-DNFAIR=3"], in: folder.path)
        shortest = try tools.compile("shortest", safety + ["-DREACH"], in: folder.path)
        self.folder = folder
    }

    /// A folder for one who searches.
    func scratch(_ name: String) -> String { folder.folder(name) }

    /// Looks for a step that breaks one of the rules.
    ///
    /// - Parameter stuck: whether being stuck counts as well.
    func search(
        _ table: TransitionTable, rules mask: Int, stuck: Bool, in scratch: String
    ) throws(VerificationFailure) -> Search {
        let arguments = ["-w18", "-m50000"] + (stuck ? [] : ["-E"])
        return try Search(
            reading: rules.run(arguments, in: scratch, environment: environment(table, mask)))
    }

    /// Looks for a debt that is never paid. The name is of a property, or `together` for all.
    func claim(_ table: TransitionTable, _ name: String, in scratch: String) throws(VerificationFailure) -> Search {
        try claim(table, name, depth: 1_000_000, in: scratch)
    }

    private func claim(
        _ table: TransitionTable, _ name: String, depth: Int, in scratch: String
    ) throws(VerificationFailure) -> Search {
        try Search(
            reading: claims.run(
                ["-a", "-f", "-A", "-w20", "-m\(depth)", "-N", name], in: scratch,
                environment: environment(table, 0)))
    }

    /// The course that the last search in this folder found.
    func course(
        _ table: TransitionTable, rules mask: Int = LoadedModel.everyRule, claim name: String? = nil,
        in scratch: String
    ) throws(VerificationFailure) -> Course {
        let program = name == nil ? rules : claims
        // A debt may grow after a broken rule: the verifier must not stop there.
        let variables = environment(table, name == nil ? mask : 0).merging(["TELLING": "1"]) { _, new in new }
        let arguments = ["-r"] + (name.map { ["-N", $0] } ?? [])
        let output = program.run(arguments, in: scratch, environment: variables).text
        let course = Course(reading: output)
        guard name == nil ? !course.steps.isEmpty || mask == 0 : course.cycle != nil else {
            throw VerificationFailure(
                cause: .failed, description: "spin's verifier does not tell the course:\n\(output)")
        }
        return course
    }

    /// The shortest course that breaks a rule or gets stuck; for a rule that is known to be broken.
    func shortestCourse(
        _ table: TransitionTable, rules mask: Int, stuck: Bool, in scratch: String
    ) throws(VerificationFailure) -> Course {
        for depth in Array(14...40) + [50, 60, 80] {
            let found = try Search(
                reading: shortest.run(
                    ["-w18", "-m\(depth)"] + (stuck ? [] : ["-E"]), in: scratch,
                    environment: environment(table, mask)))
            if found.errors > 0 { return try course(table, rules: mask, in: scratch) }
        }
        _ = try search(table, rules: mask, stuck: stuck, in: scratch)
        return try course(table, rules: mask, in: scratch)
    }

    /// A short course after which a debt is never paid; for a debt that is known not to be.
    func shortCourse(_ table: TransitionTable, claim name: String, in scratch: String) throws(VerificationFailure)
        -> Course
    {
        for depth in [30, 40, 50, 60, 80, 100, 150, 200, 300] {
            // Where the limit cuts a course off, spin may tell it without the cycle at its end.
            if try claim(table, name, depth: depth, in: scratch).errors > 0,
                let course = try? course(table, claim: name, in: scratch)
            {
                return course
            }
        }
        _ = try claim(table, name, in: scratch)
        return try course(table, claim: name, in: scratch)
    }

    private func environment(_ table: TransitionTable, _ mask: Int) -> [String: String] {
        ["TABLE": table.numbers, "CHECKED": "\(mask)"]
    }
}

extension TransitionTable {
    /// As the loaded model reads it.
    fileprivate var numbers: String {
        var numbers: [Int] = []
        for state in states {
            numbers += [
                1, Int(state.state.rawValue), Int(state.owns.rawValue),
                state.deadline.map { Int($0.event.rawValue) } ?? 255,
            ]
        }
        for (index, row) in rows.prefix(255).enumerated() {
            let condition: Int =
                switch row.condition {
                case .always: 0
                case .when(let question): Int(question.rawValue) + 1
                case .unless(let question): Int(question.rawValue) + 9
                }
            numbers += [
                2, index, Int(row.from.rawValue), Int(row.event.rawValue), condition,
                row.to.map { Int($0.rawValue) } ?? 255, Int(row.actions.rawValue),
            ]
        }
        return (numbers + [0]).map(String.init).joined(separator: " ")
    }
}
