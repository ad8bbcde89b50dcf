import Foundation
import StateChartKit

/// `charts verify`: what must hold of the table, proven by spin over everything that can happen.
enum VerifyCommand {
    static let command = Command(
        name: "verify", summary: "prove with spin what must hold of the table, or show how it breaks", usage: usage,
        run: run)

    private static let usage = """
        usage: charts verify [--table FILE] [--output FOLDER] [--json]
               charts verify --mutants [N] [--seed S] [--json]

        Checks the transition table with spin: safety and liveness under everything that the user, the network, the
        resources and the deadlines can do. Where something is violated, the way there is replayed through the engine's own
        machine, printed and drawn.

          --table FILE     the table of this model, as `lifecycle.pml`, instead of the engine's
          --output FOLDER  where the charts of counterexamples go (a new temporary folder, named at the end)
          --mutants [N]    spoil the table in every way, or in N ways drawn by the seed, and tell what catches each
          --seed S         0 … 2^64 - 1 (1)
          --json           the result as one JSON object
          --help           this text

        Exit status: 0 all holds; 1 something is violated, or a mutant that behaves differently is not caught; 64 the
        command line is wrong; 69 spin or cc is missing. Takes half a minute; all mutants take some minutes.
        """

    private struct Options {
        var table: String?
        var output: String?
        var isJSON = false
        var mutants: Int?
        var seed: UInt64 = 1
    }

    private static func run(_ arguments: [String]) async throws(Failure) {
        let options = try parse(arguments)
        let chart = try chart(options)
        do {
            if let count = options.mutants {
                try await mutate(chart, count, options)
            } else {
                try verify(chart, options)
            }
        } catch let failure as Failure {
            throw failure
        } catch let failure as VerificationFailure {
            throw Failure(failure.cause == .missing ? 69 : 1, failure.description)
        } catch {
            throw Failure(1, error.localizedDescription)
        }
    }

    private static func parse(_ given: [String]) throws(Failure) -> Options {
        var options = Options()
        var arguments = given[...]
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": options.isJSON = true
            case "--table": options.table = try value(&arguments, "--table needs a file")
            case "--output": options.output = try value(&arguments, "--output needs a folder")
            case "--seed":
                let text = try value(&arguments, "--seed needs a number")
                guard let seed = UInt64(text) else { throw Failure(64, "--seed \(text) is not a number") }
                options.seed = seed
            case "--mutants":
                options.mutants = .max
                guard let text = arguments.first, !text.hasPrefix("--") else { break }
                guard let count = Int(text), count > 0 else {
                    throw Failure(64, "--mutants \(text) is not a number of 1 or more")
                }
                options.mutants = count
                arguments.removeFirst()
            default: throw .unknown(argument, of: "verify")
            }
        }
        if options.mutants != nil, options.output != nil {
            throw Failure(64, "--output is for counterexamples of one table; leave it out with --mutants")
        }
        return options
    }

    private static func value(_ arguments: inout ArraySlice<String>, _ complaint: String) throws(Failure) -> String {
        guard let value = arguments.popFirst(), !value.isEmpty else { throw Failure(64, complaint) }
        return value
    }

    private static func chart(_ options: Options) throws(Failure) -> StateChart {
        guard let path = options.table else { return .standard }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Failure(64, "--table \(path) cannot be read")
        }
        do {
            return StateChart(table: try PromelaReader.table(from: String(decoding: data, as: UTF8.self)))
        } catch {
            throw Failure(64, "--table \(path): \(error.description)")
        }
    }

    private static func verify(_ chart: StateChart, _ options: Options) throws {
        let verification = try Verifier { Progress.say($0) }.verify(chart)
        print(options.isJSON ? verification.json : verification.text, terminator: options.isJSON ? "\n" : "")
        guard !verification.holds else { return }
        let folder = try folder(options)
        for file in verification.charts {
            try Data(file.contents.utf8).write(to: folder.appendingPathComponent(file.name), options: .atomic)
        }
        let names = verification.findings.filter { !$0.holds }.map(\.property.name)
        let charts = verification.charts.isEmpty ? "" : "; charts are in \(folder.path)"
        throw Failure(1, "violated: \(names.joined(separator: ", "))\(charts)")
    }

    private static func folder(_ options: Options) throws -> URL {
        let folder =
            options.output.map { URL(fileURLWithPath: $0, isDirectory: true) }
            ?? FileManager.default.temporaryDirectory.appendingPathComponent("counterexamples-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        return folder
    }

    private static func mutate(_ chart: StateChart, _ count: Int, _ options: Options) async throws {
        Progress.say("compiling the model")
        let model = try LoadedModel(SpinTools())
        var mutants = TableMutant.all(of: chart.table)
        if count < mutants.count { mutants = TableMutant.sample(count, of: mutants, seed: options.seed) }
        let total = mutants.count
        let run = try await MutationRun.check(mutants, of: chart.table, model: model) { done in
            if done % 50 == 0 { Progress.say("\(done) of \(total) mutants") }
        }
        print(options.isJSON ? run.json : run.text, terminator: options.isJSON ? "\n" : "")
        guard !run.holds else { return }
        throw Failure(
            1,
            "\(run.unexplained.count) mutants behave differently and are not caught; the engine did something else "
                + "than the model for \(run.disagreements.count)")
    }
}
