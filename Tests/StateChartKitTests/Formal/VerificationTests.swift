import ConnectionLifecycle
import Foundation
import Testing

@testable import StateChartKit

@Suite(
    "What spin proves", .serialized,
    .enabled(if: SpinTools.missing.isEmpty, "spin or cc is not here: .ci/setup --all"))
struct VerificationTests {
    /// Compiled once for all tests.
    private static let model = Result { try LoadedModel(SpinTools()) }

    @Test("the table holds all that is promised of it")
    func standard() throws {
        let verification = try Verifier().verify(.standard)
        #expect(verification.findings.filter { !$0.holds }.map(\.property.name) == [])
        #expect(verification.findings.map(\.property) == Property.all)
        #expect(verification.searches.count == 1 + Property.debts.count)
        #expect(verification.searches.allSatisfy { $0.states > 10_000 && !$0.isCut })
        print("spin: \(verification.states) states, \(verification.transitions) transitions")

        // The model that reads its table when it starts is the same model.
        let loaded = try Self.model.get().search(
            .standard, rules: LoadedModel.everyRule, stuck: true, in: Self.model.get().scratch("standard"))
        #expect(loaded.states == verification.searches[0].states)
        #expect(loaded.transitions == verification.searches[0].transitions)
    }

    @Test("a fault is caught by the properties that are about it, and the engine follows", arguments: BrokenTable.all)
    func broken(table: BrokenTable) throws {
        let properties = Property.all.filter { table.properties.contains($0.name) }
        #expect(properties.count == table.properties.count)
        let findings = try Self.model.get().findings(StateChart(table: table.table), of: properties)
        #expect(findings.filter(\.holds).map(\.property.name) == [])
        for finding in findings where finding.property != .reachable {
            let replay = try #require(finding.counterexample, "\(finding.property.name)")
            #expect(replay.disagreement == nil, "\(finding.property.name)\n\(replay.lines.joined(separator: "\n"))")
            #expect(!replay.steps.isEmpty || finding.property == .deadlock)
            switch finding.property.kind {
            case .debt: #expect(replay.cycle != nil, "\(finding.property.name)")
            case .rule, .noDeadlock, .reachability: #expect(replay.steps.count < 16, "\(finding.property.name)")
            }
            #expect(replay.mermaid(title: "x").contains("[*] --> idle"))
            #expect(replay.svg(title: "x", theme: .light).hasSuffix("</svg>\n"))
        }
    }

    @Test("the printed model, too, says what is broken")
    func printed() throws {
        let table = BrokenTable.all[1].table
        let verification = try Verifier().verify(StateChart(table: table))
        #expect(!verification.holds)
        let deaf = try #require(verification.findings.first { $0.property.name == "deafReplaced" })
        #expect(!deaf.holds)
        #expect(deaf.counterexample?.steps.contains { $0.id == "T16" && $0.to == "open" } == true)
        #expect(verification.text.contains("deafReplaced is violated"))
        #expect(verification.charts.contains { $0.name == "deafReplaced.svg" })
    }

    /// With a course without end whose short searches are cut off before it repeats.
    @Test("a table that is wrong in many ways is told in all of them")
    func manyFaults() throws {
        var table = TransitionTable.standard
        for index in table.rows.indices {
            switch table.rows[index].id {
            case "T12":
                table.rows[index].to = .connecting
                table.rows[index].actions = .beginAttempt
            case "T26":
                table.rows[index].to = nil
                table.rows[index].actions = []
            default: break
            }
        }
        let verification = try Verifier().verify(StateChart(table: table))
        let broken = verification.findings.filter { !$0.holds }
        let names = Set(broken.map(\.property.name))
        #expect(names.isSuperset(of: ["links", "stopping", "atOnce", "stopEnds", "failureRetried"]))
        for finding in broken {
            let replay = try #require(finding.counterexample, "\(finding.property.name)")
            #expect(replay.disagreement == nil, "\(finding.property.name)")
        }
    }

    /// The other direction: not only where something breaks does the model do what the engine does.
    @Test(
        "wherever chance leads, the engine does what the model does",
        arguments: [TransitionTable.standard, BrokenTable.all[1].table, BrokenTable.all[7].table])
    func conformance(table: TransitionTable) throws {
        let folder = try TemporaryFolder()
        try Data(StateChart(table: table).promela.utf8).write(to: URL(fileURLWithPath: folder.path + "/model.pml"))
        let spin = try #require(Program.find("spin"))
        var steps = 0
        var rows: Set<String> = []
        for seed in 1...40 {
            // Without rules: on a broken table, too, it goes on.
            let run = spin.run(
                ["-DTELLING=1", "-DCHECKED=0", "-n\(seed)", "-u3000", "model.pml"], in: folder.path)
            let course = Course(reading: run.text)
            let replay = Replay(course, table: table)
            #expect(replay.disagreement == nil, "seed \(seed)")
            steps += replay.steps.count
            rows.formUnion(replay.steps.compactMap(\.id))
        }
        print("conformance: \(steps) steps, \(rows.count) of \(table.rows.count) rows")
        #expect(steps > 1_000)
        #expect(rows.count > table.rows.count / 3)
    }

    @Test("a sample of mutants is caught, or explained")
    func mutants() async throws {
        let mutants = TableMutant.sample(24, of: TableMutant.all(of: .standard), seed: 11)
        let run = try await MutationRun.check(mutants, of: .standard, model: Self.model.get())
        #expect(run.outcomes.map(\.mutant.name) == mutants.map(\.name))
        #expect(run.unexplained.map(\.mutant.name) == [])
        #expect(run.disagreements.map(\.mutant.name) == [])
        #expect(run.caught.count > 12)
    }
}

@Suite("How tables differ")
struct DifferenceTests {
    private func difference(_ change: (inout TransitionTable) -> Void) -> Difference {
        var table = TransitionTable.standard
        change(&table)
        return Difference.between(.standard, table).0
    }

    @Test("by rule, not by list")
    func rules() {
        #expect(difference { _ in } == .none)
        #expect(difference { $0["T01"].because = "Another reason." } == .none)
        // It changes nothing, and says that it does.
        #expect(difference { $0["N08"].to = .probing } == .report)
        // It only decides how long the next wait is.
        #expect(difference { $0["T16"].actions.remove(.firstRetryAtOnce) } == .wait)
        #expect(difference { $0["T17"].actions = [] } == .behaviour)
        #expect(difference { $0["T34"].actions = [] } == .behaviour)
        #expect(difference { $0[.open].deadline = nil } == .behaviour)
    }
}

@Suite("charts verify", .serialized)
struct VerifyCommandTests {
    private func charts(_ arguments: String..., path: String? = nil) throws -> Program.Run {
        let bundle = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath
        let folder = URL(fileURLWithPath: bundle ?? CommandLine.arguments[0]).deletingLastPathComponent()
        let scratch = try TemporaryFolder()
        defer { withExtendedLifetime(scratch) {} }
        return Program(path: folder.appendingPathComponent("charts").path).run(
            ["verify"] + arguments, in: scratch.path, environment: path.map { ["PATH": $0] } ?? [:])
    }

    @Test("explains itself")
    func help() throws {
        let run = try charts("--help")
        #expect(run.status == 0)
        #expect(run.text.contains("--mutants"))
    }

    @Test(
        "a wrong argument gets one clear line and status 64",
        arguments: [["--mutants", "0"], ["--seed", "x"], ["--table", "nowhere.pml"], ["--tabel"], ["--output"]])
    func usage(arguments: [String]) throws {
        let run = try charts(arguments[0], arguments.count > 1 ? arguments[1] : "")
        #expect(run.status == 64)
        #expect(run.text.split(separator: "\n").count == 1)
    }

    @Test("without spin it says how to get it, and ends with status 69")
    func missing() throws {
        let run = try charts("--json", path: "/nowhere")
        #expect(run.status == 69)
        #expect(run.text.contains("spin") && run.text.contains(".ci/setup --all"))
    }
}
