#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// Measures what one event costs the machine.
@main
struct Micro {
    static let usage = """
        usage: micro [--json] [--gate] [--runs N] [--turns N]

        Measures what one event costs the machine: nanoseconds (median, least and most of several runs) and heap
        allocations.

          --json     one JSON object per line
          --gate     exit 1 if anything allocates (time is reported, never judged: it depends on the machine)
          --runs N   runs per scenario (21)
          --turns N  walks per run (200000)
        """

    static func main() {
        var json = false
        var gate = false
        var runs = 21
        var turns = 200_000
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--json": json = true
            case "--gate": gate = true
            case "--runs": runs = number(argument, arguments.popFirst())
            case "--turns": turns = number(argument, arguments.popFirst())
            case "--help":
                print(usage)
                return
            default: fail(64, "unknown argument \(argument); see --help")
            }
        }
        var allocates = false
        for scenario in Scenario.all {
            let measurement = Measurement(scenario, runs: runs, turns: turns)
            print(json ? measurement.json : measurement.line)
            if let allocations = measurement.allocations, allocations > 0 { allocates = true }
        }
        if gate, allocates { fail(1, "a transition allocates") }
    }

    private static func number(_ flag: String, _ text: String?) -> Int {
        guard let text, let value = Int(text), value > 0 else {
            fail(64, "\(flag) needs a number greater than 0; see --help")
        }
        return value
    }

    private static func fail(_ status: Int32, _ problem: String) -> Never {
        let line = "micro: \(problem)\n"
        _ = line.withCString { write(2, $0, strlen($0)) }
        exit(status)
    }
}
