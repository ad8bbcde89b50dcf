import BenchmarkKit
import Foundation

/// Measures what one event costs the machine, part by part.
@main
struct Micro {
    static let usage = """
        usage: micro [--only GROUP,…] [--runs N] [--short] [--json] [--gate]
               micro --list
               micro --instructions SCENARIO --count N

        Measures what one event costs the machine, part by part: the median, least and most of several runs that follow a
        warm-up, the heap allocations of all threads, and the ratio to a reference that is measured in turn with it.

          --only GROUPS  of transition, codec, json, hop, timer, latency, tls, store; all where it is not given
          --runs N       runs per scenario, 1 to 1000 (11)
          --short        fewer and shorter runs: a third of the time, and more noise
          --json         one JSON object per line
          --gate         only transition, unless --only says more; ends with status 1 if anything of it allocates
          --list         the scenarios that --instructions takes
          --instructions SCENARIO --count N
                         performs exactly N operations of a scenario and nothing else, to be run under a tool that counts
                         instructions: what N more operations add is their cost, free of what starting costs
          --help         this text

        Figures in nanoseconds depend on the machine and on who else uses it; compare ratios.
        """

    /// Not asynchronous: where no thread but this one is needed, there is none, and tools that count see only the work.
    static func main() {
        do {
            let arguments = try Arguments(
                CommandLine.arguments.dropFirst(), options: ["--only", "--runs", "--instructions", "--count"],
                switches: ["--json", "--gate", "--list", "--short"], usage: usage)
            if arguments.has("--list") {
                for scenario in PureScenario.all { print(scenario.name) }
            } else if let name = arguments.text("--instructions") {
                try perform(name, try arguments.number("--count", default: 1, in: 1...1_000_000_000))
            } else {
                try measure(arguments)
            }
        } catch let complaint as Complaint {
            complaint.end("micro")
        } catch {
            fail("\(error)")
        }
    }

    private static func fail(_ problem: String) -> Never {
        Progress.say("micro: \(problem)")
        exit(1)
    }

    private static func perform(_ name: String, _ count: Int) throws(Complaint) {
        guard let scenario = PureScenario.all.first(where: { $0.name == name }) else {
            throw Complaint("unknown scenario \(name); --list tells them")
        }
        print(scenario.run(count))
    }

    private static func measure(_ arguments: Arguments) throws {
        var effort = arguments.has("--short") ? Effort.short : .usual
        effort.runs = try arguments.number("--runs", default: effort.runs, in: 1...1000)
        let isGate = arguments.has("--gate")
        let asJSON = arguments.has("--json")
        let groups = try groups(arguments)
        let done = DispatchSemaphore(value: 0)
        Task { [effort] in
            do {
                let figures = try await measure(groups, effort) { try tell($0, asJSON: asJSON) }
                if isGate, figures.contains(where: { ($0.allocations ?? 0) > 0 }) {
                    fail("something allocates that must not")
                }
            } catch {
                fail("\(error)")
            }
            done.signal()
        }
        done.wait()
    }

    private static func groups(_ arguments: Arguments) throws -> [Group] {
        guard let text = arguments.text("--only") else {
            return arguments.has("--gate") ? [.transition] : Group.allCases
        }
        return try text.split(separator: ",").map { name in
            guard let group = Group(rawValue: String(name)) else {
                let known = Group.allCases.map(\.rawValue).joined(separator: ", ")
                throw Complaint("--only knows \(known); not \(name)")
            }
            return group
        }
    }

    private static func measure(
        _ groups: [Group], _ effort: Effort, _ tell: (Figure) throws -> Void
    ) async throws -> [Figure] {
        var figures: [Figure] = []
        for group in Group.allCases where groups.contains(group) {
            Progress.show("micro: \(group.rawValue)")
            let found: [Figure] =
                switch group {
                case .transition, .codec, .json:
                    PureScenario.all.filter { $0.group == group }.compactMap { $0.measure(effort) }
                case .hop: try await Hops.measure(effort)
                case .timer: try await Timers.measure(effort)
                case .latency: try await Latency.measure(effort)
                case .tls: try await TLSCost.measure(effort)
                case .store: try StoreRate.measure()
                }
            Progress.clear()
            for figure in found { try tell(figure) }
            figures += found
        }
        return figures
    }

    private static func tell(_ figure: Figure, asJSON: Bool) throws {
        if asJSON { try JSONLine.print(figure) } else { print(figure.line) }
    }
}
