import ConnectionLifecycle

/// Walks through the machine that end where they began, so that they can be repeated without end.
extension PureScenario {
    static var transitions: [PureScenario] {
        [
            walk("open, probe, alive", events: 2, prepare: open) { machine, now in
                now = machine.due
                _ = machine.handle(Input(.probeDue), now: now)
                now += 5_000_000
                _ = machine.handle(
                    Input(.alive, generation: machine.generation, round: machine.round), now: now)
            },
            walk("deaf, close, retry, ready", events: 6, prepare: open) { machine, now in
                now = machine.due
                _ = machine.handle(Input(.probeDue), now: now)
                _ = machine.handle(
                    Input(.deaf, generation: machine.generation, round: machine.round), now: now)
                now = machine.due
                _ = machine.handle(Input(.drained), now: now)
                now = machine.due
                _ = machine.handle(Input(.closeTimeout), now: now)
                now = machine.due
                _ = machine.handle(Input(.retryDue), now: now)
                now += 50_000_000
                _ = machine.handle(Input(.ready, generation: machine.generation), now: now)
            },
            walk("refused for ever", events: 2, prepare: connecting) { machine, now in
                _ = machine.handle(
                    Input(.attemptFailed, generation: machine.generation, failure: .unauthorized), now: now)
                now = machine.due
                _ = machine.handle(Input(.retryDue), now: now)
            },
            walk("late results", events: 3, prepare: open) { machine, now in
                _ = machine.handle(Input(.lost, generation: machine.generation &- 1), now: now)
                _ = machine.handle(Input(.deaf, generation: machine.generation), now: now)
                _ = machine.handle(Input(.probeDue), now: now)
            },
        ]
    }

    private static func walk(
        _ name: String, events: Int, prepare: @escaping (inout Lifecycle) -> Void,
        _ turn: @escaping (inout Lifecycle, inout UInt64) -> Void
    ) -> PureScenario {
        PureScenario(
            group: .transition, name: "transition: \(name)", eventsPerOperation: events,
            run: { count in
                // The settings are shared by all machines of a program; a set of its own would be an allocation.
                var machine = Lifecycle(.standard, firstProbe: Timing().firstProbe, seed: 42)
                var now: UInt64 = 0
                prepare(&machine)
                for _ in 0..<count { turn(&machine, &now) }
                return Int(truncatingIfNeeded: machine.due) &+ Int(machine.generation)
            }, reference: .hashing(Bytes([UInt8](repeating: 0x55, count: 16 * events))))
    }

    private static func connecting(_ machine: inout Lifecycle) {
        _ = machine.handle(Input(.start), now: 0)
    }

    private static func open(_ machine: inout Lifecycle) {
        _ = machine.handle(Input(.start), now: 0)
        _ = machine.handle(Input(.ready, generation: 1), now: 0)
    }
}
