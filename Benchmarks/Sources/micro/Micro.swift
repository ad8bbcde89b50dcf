#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures what one event costs the machine.
@main
struct Micro {
    static let usage = """
        usage: micro [--json] [--runs N] [--turns N]

        Measures what one event costs the machine: nanoseconds (median, least and most of several runs) and heap
        allocations.

          --json     one JSON object per line
          --runs N   runs per scenario (21)
          --turns N  walks per run (200000)
        """

    static func main() {
        var json = false
        var runs = 21
        var turns = 200_000
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": json = true
            case "--runs": runs = number(argument, arguments.popFirst())
            case "--turns": turns = number(argument, arguments.popFirst())
            case "--help":
                print(usage)
                return
            default: refuse("unknown argument \(argument)")
            }
        }
        for scenario in Scenario.all {
            let measurement = Measurement(scenario, runs: runs, turns: turns)
            print(json ? measurement.json : measurement.line)
        }
    }

    private static func number(_ flag: String, _ text: String?) -> Int {
        guard let text, let value = Int(text), value > 0 else { refuse("\(flag) needs a number greater than 0") }
        return value
    }

    private static func refuse(_ problem: String) -> Never {
        let line = "micro: \(problem); see --help\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        exit(64)
    }
}
