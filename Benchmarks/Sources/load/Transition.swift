import BenchmarkKit
import ConnectionLifecycle

/// What a transition costs, on the walk that the machines of `Peers/machines` make.
enum Transition {
    private struct Output: Encodable {
        var client = LoadClient.name
        var version = LoadClient.version
        var mode = "transition"
        var transitions: Int
        var wallS: Double
        var cpuS: Double
        var nsPerTransition: Double
    }

    /// One turn from connecting to connecting: the event, and the state that follows. The first probe without an answer is
    /// forgiven, the second is not.
    private static let cycle: [(event: Event, state: State)] = [
        (.ready, .open), (.probeDue, .probing), (.probeTimeout, .open), (.probeDue, .probing), (.probeTimeout, .stale),
        (.drained, .terminating), (.closeTimeout, .backoff), (.retryDue, .connecting),
    ]

    static func run(_ count: Int) throws {
        var machine = Lifecycle(seed: 42)
        var now: UInt64 = 0
        _ = machine.handle(Input(.start), now: now)
        for (event, state) in cycle {
            step(&machine, event, &now)
            guard machine.state == state else {
                LoadClient.fail("transition: \(event) led to \(machine.state) instead of \(state)")
            }
        }
        let turns = (count + cycle.count - 1) / cycle.count
        for _ in 0..<100 { turn(&machine, &now) }
        let generation = machine.generation
        let stopwatch = Stopwatch()
        for _ in 0..<turns { turn(&machine, &now) }
        let (wall, cpu) = stopwatch.elapsed
        guard machine.state == .connecting, machine.generation == generation &+ UInt32(truncatingIfNeeded: turns) else {
            LoadClient.fail("transition: went astray")
        }
        let transitions = turns * cycle.count
        try JSONLine.print(
            Output(
                transitions: transitions, wallS: wall, cpuS: cpu,
                nsPerTransition: (cpu * 1e9 / Double(transitions)).rounded(to: 3)))
    }

    @inline(__always)
    private static func turn(_ machine: inout Lifecycle, _ now: inout UInt64) {
        for (event, _) in cycle { step(&machine, event, &now) }
    }

    /// Deadlines come when they are due, answers with the number of their attempt.
    @inline(__always)
    private static func step(_ machine: inout Lifecycle, _ event: Event, _ now: inout UInt64) {
        if event == .ready {
            now += 1_000_000
        } else {
            now = machine.due
        }
        _ = machine.handle(Input(event, generation: event == .ready ? machine.generation : 0), now: now)
    }
}
