@testable import ConnectionLifecycle

/// Everything that can be said to a machine at one moment.
struct Inputs {
    enum Scope {
        /// All events, from the present, an older and a later link and probe, with every kind of failure and limit.
        case whole
        /// Each of these once: enough to expose a fault, and quick enough to do it for a thousand tables.
        case lean
    }

    let scope: Scope

    func all(for machine: Lifecycle) -> [Input] {
        Event.allCases.flatMap { event in
            switch event.emitter {
            case .command:
                (scope == .whole || event == .stop ? [UInt64.max, 100_000_000, 0] : [.max])
                    .map { Input(event, limit: $0) }
            case .deadline: [Input(event)]
            case .resource(.probe):
                generations(machine).flatMap { generation in
                    rounds(machine).map { Input(event, generation: generation, round: $0) }
                }
            case .resource:
                generations(machine).flatMap { generation in
                    failures(event).map {
                        Input(event, generation: generation, failure: $0.failure, limit: $0.limit)
                    }
                }
            }
        }
    }

    /// Now, just before and at the deadline, and long after it: young and stable connections.
    func times(for machine: Lifecycle, after now: UInt64, setting: Setting) -> [UInt64] {
        var times = [now]
        if scope == .whole || machine.readySince != nil { times.append(now + setting.resetAfter) }
        if machine.due != .max, machine.due > now {
            if scope == .whole { times.append(machine.due - 1) }
            times.append(machine.due)
        }
        return times
    }

    private func generations(_ machine: Lifecycle) -> [UInt32] {
        let near = [machine.generation, machine.generation &- 1]
        return scope == .lean ? near : Array(Set(near + [machine.generation &+ 1, 0])).sorted()
    }

    private func rounds(_ machine: Lifecycle) -> [UInt32] {
        let near = [machine.round, machine.round &- 1]
        return scope == .lean ? near : Array(Set(near + [machine.round &+ 1, 0])).sorted()
    }

    private func failures(_ event: Event) -> [(failure: Failure, limit: UInt64)] {
        guard event == .attemptFailed || event == .lost else { return [(.retryable, .max)] }
        let all = Failure.allCases.map { ($0, UInt64.max) } + [(.rateLimited, 1_000_000_000_000)]
        return scope == .lean ? all : all + [(.rateLimited, 3_000_000_000)]
    }
}
