import ConnectionLifecycle

/// A walk through the machine that ends where it began, so that it can be repeated without end.
struct Scenario {
    let name: String
    /// Brings a new machine to where the walk begins.
    let prepare: @Sendable (inout Lifecycle) -> Void
    /// Walks once around; returns the number of events that were taken.
    let turn: @Sendable (inout Lifecycle, inout UInt64) -> Int

    static let all: [Scenario] = [
        Scenario(name: "open, probe, alive", prepare: open) { machine, now in
            now = machine.due
            _ = machine.handle(Input(.probeDue), now: now)
            now += 5_000_000
            _ = machine.handle(
                Input(.alive, generation: machine.generation, round: machine.round), now: now)
            return 2
        },
        Scenario(name: "deaf, close, retry, ready", prepare: open) { machine, now in
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
            return 6
        },
        Scenario(name: "refused for ever", prepare: connecting) { machine, now in
            _ = machine.handle(
                Input(.attemptFailed, generation: machine.generation, failure: .unauthorized), now: now)
            now = machine.due
            _ = machine.handle(Input(.retryDue), now: now)
            return 2
        },
        Scenario(name: "late results", prepare: open) { machine, now in
            _ = machine.handle(Input(.lost, generation: machine.generation &- 1), now: now)
            _ = machine.handle(Input(.deaf, generation: machine.generation), now: now)
            _ = machine.handle(Input(.probeDue), now: now)
            return 3
        },
    ]

    @Sendable private static func connecting(_ machine: inout Lifecycle) {
        _ = machine.handle(Input(.start), now: 0)
    }

    @Sendable private static func open(_ machine: inout Lifecycle) {
        _ = machine.handle(Input(.start), now: 0)
        _ = machine.handle(Input(.ready, generation: 1), now: 0)
    }
}
