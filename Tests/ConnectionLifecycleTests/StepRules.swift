@testable import ConnectionLifecycle

/// The invariants that a single step must keep.
enum StepRules {
    static func problems(
        _ before: Exploration.Node, _ after: inout Exploration.Node, _ step: Step, _ input: Input
    ) -> [String] {
        var problems = after.shell.perform(step, input.event)
        let (old, new) = (Snapshot(before.machine), Snapshot(after.machine))

        var again = before.machine
        if again.handle(input, now: after.now) != step || Snapshot(again) != new {
            problems.append("the same input had another effect")
        }
        if step.from != old.state || step.to != new.state || step.generation != new.generation {
            problems.append("the step does not say what happened")
        }
        if step.kind != .transition, old != new { problems.append("has an effect without a transition") }
        if step.kind == .late, step.row != CompiledTable.noRow { problems.append("is late and names a row") }
        if after.shell.held != after.machine.owns { problems.append("the shell does not hold what the state owns") }

        problems += admission(old, before.shell.held, step, input, after.now)
        if step.kind == .transition { problems += transition(before, old, new, step, input) }
        return problems
    }

    /// Late is exactly what comes from something that is not held now.
    private static func admission(
        _ old: Snapshot, _ held: Resources, _ step: Step, _ input: Input, _ now: UInt64
    ) -> [String] {
        let isLate: Bool
        switch input.event.emitter {
        case .command: isLate = false
        case .resource(.probe):
            isLate = !held.contains(.probe) || input.generation != old.generation || input.round != old.round
        case .resource(let resource): isLate = !held.contains(resource) || input.generation != old.generation
        case .deadline(let deadline):
            let state: State =
                switch deadline {
                case .connectTimeout: .connecting
                case .probeDue: .open
                case .probeTimeout: .probing
                case .drained: .stale
                case .closeTimeout: .terminating
                case .retryDue: .backoff
                }
            isLate = old.state != state || now < old.due
        }
        if isLate, step.kind != .late { return ["something that is over has an effect"] }
        if !isLate, step.kind == .late { return ["something that can occur is dropped"] }
        return []
    }

    private static func transition(
        _ before: Exploration.Node, _ old: Snapshot, _ new: Snapshot, _ step: Step, _ input: Input
    ) -> [String] {
        var problems: [String] = []
        let working: Set<State> = [.open, .probing]
        if (new.due == .max) != (new.state == .idle || new.state == .stopped) {
            problems.append("waits for ever, or has a deadline at an end")
        }
        if working.contains(old.state), !working.contains(new.state) {
            switch input.event {
            case .deaf, .lost, .reconnect, .stop: break
            case .inconclusive, .probeTimeout:
                if old.misses < before.specification.setting.missesAllowed {
                    problems.append("ends a working connection while misses are left")
                }
            case .start, .probe, .ready, .attemptFailed, .suspicion, .alive, .closed, .connectTimeout, .probeDue,
                .drained, .closeTimeout, .retryDue:
                problems.append("ends a working connection")
            }
        }
        if input.event == .suspicion {
            var expected = old
            expected.state = .probing
            expected.due = new.due
            expected.round = old.round &+ 1
            if new != expected { problems.append("a suspicion does more than cause a probe") }
        }
        if input.event == .deaf, new.state != .stale { problems.append("a deaf connection is not drained") }
        if input.event == .stop, new.state != .terminating && new.state != .stopped || !new.stopWanted {
            problems.append("a stop does not begin to stop")
        }
        if new.stopWanted, new.state != .terminating, new.state != .stopped {
            problems.append("goes on although a stop is wanted")
        }
        if new.state == .stopped, !new.stopWanted { problems.append("is stopped although nobody wants it") }
        if old.stopWanted, new.due > old.due, new.state != .stopped { problems.append("a stop is put off") }
        let begins = step.acquire.contains(.attempt)
        if new.generation != old.generation &+ (begins ? 1 : 0) {
            problems.append("the generation does not number the attempts")
        }
        if new.round != old.round &+ (step.acquire.contains(.probe) ? 1 : 0) {
            problems.append("the round does not number the probes")
        }
        if new.misses > before.specification.setting.missesAllowed { problems.append("more misses than are allowed") }
        return problems
    }
}

/// Side by side with the specification.
enum Comparison {
    static func problems(
        _ before: Exploration.Node, _ after: inout Exploration.Node, _ step: Step, _ input: Input
    ) -> [String] {
        let expected = after.specification.handle(input, now: after.now, due: before.machine.due)
        let actual: Specification.Outcome =
            switch step.kind {
            case .late: .late
            case .ignored: .ignored
            case .transition: .transition(to: step.to, releases: step.release, acquires: step.acquire)
            }
        if actual != expected { return ["does \(actual), specified is \(expected)"] }
        let (machine, specified) = (after.machine, after.specification)
        var problems: [String] = []
        func compare<Value: Equatable>(_ name: String, _ actual: Value, _ expected: Value) {
            if actual != expected { problems.append("\(name) is \(actual), specified is \(expected)") }
        }
        compare("state", machine.state, specified.state)
        compare("generation", machine.generation, specified.generation)
        compare("round", machine.round, specified.round)
        compare("misses", machine.misses, specified.misses)
        compare("failures", machine.failures, specified.failures)
        compare("stopWanted", machine.stopWanted, specified.stopWanted)
        compare("lane", machine.lane, specified.lane)
        compare("readySince", machine.readySince, specified.readySince)
        if step.kind == .transition, !specified.window.contains(machine.due) {
            problems.append("due at \(machine.due), specified is \(specified.window)")
        }
        return problems
    }
}
