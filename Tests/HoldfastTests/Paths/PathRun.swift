import ConnectionLifecycle
import StateChartKit
import WorldInterface

@testable import Holdfast

/// Leads a real connection along a path, on simulated time, and looks at it after each step: what it recorded, where it
/// is, and what it holds outside.
final class PathRun {
    /// What was not as the path and the table say.
    private(set) var problems: [String] = []
    /// The ids of the rows that were seen to answer, in order; ignored ones too.
    private(set) var rows: [String] = []
    private let path: TestPath
    private let table: TransitionTable
    private let rig: Rig
    private var stops = (asked: 0, returned: 0)
    /// How many attempts the rows have begun, as the table says.
    private var attempts: UInt32 = 0
    /// When the deadline of the state before the last input would have fired.
    private var oldDue: Instant?

    init(_ path: TestPath, table: TransitionTable = .standard) {
        self.path = path
        self.table = table
        rig = Rig {
            $0.timing = path.setting.timing
            $0.backoff = path.setting.backoff
        }
    }

    var connection: Connection<ScriptedService> { rig.connection }

    /// Walks until something is wrong, or to the end; then stops and looks whether anything is left.
    func walk() {
        for (index, step) in path.steps.enumerated() {
            take(step)
            guard problems.isEmpty else {
                problems = problems.map { "step \(index + 1), \(step): \($0) [\(path)]" }
                return
            }
            if let row = step.row { rows.append(row) }
        }
        if rig.path != path.transitions { problems.append("recorded \(rig.path) [\(path)]") }
        end()
    }

    private func take(_ step: TestStep) {
        let (history, late) = (rig.path, rig.inside { $0.counters.late })
        pass(step.wait)
        if step.input.isOfPresentState { oldDue = rig.world.nextDue }
        say(step.input)
        let recorded = Array(rig.path.dropFirst(history.count))
        let expected = step.isIgnored ? [] : [step.row].compactMap { $0 }
        if recorded != expected { problems.append("recorded \(recorded)") }
        let actions = table.rows.first { $0.id == step.row && $0.to != nil }?.actions ?? []
        if actions.contains(.beginAttempt) { attempts += 1 }
        let generation = rig.inside { $0.generation }
        if generation != attempts { problems.append("it is attempt \(generation) instead of \(attempts)") }
        if rig.state != step.to { problems.append("is \(rig.state) instead of \(step.to)") }
        let counted = rig.inside { $0.counters.late } - late
        let isLate = step.row == nil && step.input.reachesTheMachine
        if counted != (isLate ? 1 : 0) { problems.append("\(counted) inputs counted as late") }
        lookOutside(in: step.to)
    }

    private func pass(_ wait: Wait) {
        guard wait != .none else { return }
        if wait == .untilOldDue {
            // What fires on the way fires.
            let now = rig.world.now.nanoseconds
            if let oldDue { rig.world.advance(by: .nanoseconds(Int64(oldDue.nanoseconds - now))) }
            return
        }
        guard let due = rig.world.nextDue else { return problems.append("no deadline is set") }
        let early: UInt64 = wait == .untilJustBeforeDue ? 1 : 0
        rig.world.pass(until: Instant(nanoseconds: due.nanoseconds - early))
    }

    private func say(_ input: TestInput) {
        switch input {
        case .command(let event): command(event)
        case .link(let event, let failure): report(event, by: rig.service.liveLinks.last, failure)
        case .probe(let event): report(event, by: rig.service.liveLinks.last)
        case .olderProbe(let event): report(event, by: rig.service.liveLinks.last, older: 1)
        case .goneLink(let event): report(event, by: rig.service.links.last { $0.phase == .destroyed })
        case .deadline, .leftDeadline: rig.world.advance(by: .zero)
        case .earlyDeadline:
            let due = rig.world.nextDue
            rig.world.fireEarly()
            if rig.world.nextDue != due { problems.append("a timer that fired early was not set again") }
        }
    }

    private func command(_ event: Event) {
        switch event {
        case .start: rig.start()
        case .stop: stop()
        case .reconnect: rig.inside { $0.reconnect() }
        case .probe: rig.inside { $0.probe() }
        case .ready, .attemptFailed, .suspicion, .lost, .alive, .deaf, .inconclusive, .closed, .connectTimeout,
            .probeDue,
            .probeTimeout, .drained, .closeTimeout, .retryDue:
            problems.append("\(event) is no command")
        }
    }

    private func stop() {
        stops.asked += 1
        let connection = rig.connection
        let run = Unchecked(value: self)
        Task(executorPreference: rig.world) {
            await connection.stop()
            run.value.stops.returned += 1
        }
        rig.world.turn()
    }

    private func report(
        _ event: Event, by link: ScriptedLink?, _ failure: Failure = .retryable, older: UInt32 = 0
    ) {
        guard let link else { return problems.append("there is no link that could say \(event)") }
        guard let report = LinkReport(event, failure: failure, round: link.latestRound &- older) else {
            return problems.append("\(event) is nothing that a link says")
        }
        rig.world.onLoop { link.port.report(report) }
    }

    /// What a state owns is there, and nothing else.
    private func lookOutside(in state: State) {
        let definition = table.definition(of: state)
        let owns = definition?.owns ?? []
        let live = rig.service.liveLinks
        let links = owns.isDisjoint(with: .link) ? 0 : 1
        if live.count != links { problems.append("\(live.count) links live in \(state)") }
        let proves = live.contains { $0.probe != nil }
        if proves != owns.contains(.probe) { problems.append("a probe \(proves ? "runs" : "is missing") in \(state)") }
        let closes = live.contains { $0.phase == .closing }
        if closes != owns.contains(.closing) {
            problems.append("a close \(closes ? "runs" : "is missing") in \(state)")
        }
        let timers = definition?.deadline == nil ? 0 : 1
        if rig.world.armedTimerCount != timers {
            problems.append("\(rig.world.armedTimerCount) deadlines are set in \(state)")
        }
    }

    private func end() {
        stop()
        rig.world.advance(by: .seconds(2))
        var left: [String] = []
        if rig.state != .stopped { left.append("it is not stopped but \(rig.state)") }
        if !rig.service.liveLinks.isEmpty { left.append("a link lives") }
        if rig.service.links.contains(where: { $0.probe != nil }) { left.append("a probe runs") }
        if rig.world.openTimerCount > 0 { left.append("a timer is open") }
        if stops.asked != stops.returned { left.append("\(stops.asked - stops.returned) stops did not return") }
        problems += left.map { "after the end \($0) [\(path)]" }
    }
}

/// Sound: the world runs its tasks on the thread of the test, within `turn`.
private struct Unchecked<Value>: @unchecked Sendable {
    let value: Value
}

extension TestInput {
    /// The port of a link that is gone is closed, and a timer that was set anew does not fire for what it was set for before.
    fileprivate var reachesTheMachine: Bool {
        switch self {
        case .command, .link, .probe, .deadline, .olderProbe, .earlyDeadline: true
        case .goneLink, .leftDeadline: false
        }
    }

    fileprivate var isOfPresentState: Bool {
        if case .leftDeadline = self { false } else { true }
    }
}

extension LinkReport {
    /// What a link says for an event; nil for commands and deadlines.
    init?(_ event: Event, failure: Failure, round: UInt32) {
        func verdict(_ outcome: Verdict.Outcome) -> LinkReport {
            .verdict(Verdict(outcome, check: "path", detail: "as the path says"), round: round)
        }
        switch event {
        case .ready: self = .ready("path")
        case .attemptFailed: self = .attemptFailed(failure, "path")
        case .suspicion: self = .suspicion("path")
        case .lost: self = .lost("path")
        case .alive: self = verdict(.alive)
        case .deaf: self = verdict(.deaf)
        case .inconclusive: self = verdict(.inconclusive)
        case .closed: self = .closed("path")
        case .start, .stop, .reconnect, .probe, .connectTimeout, .probeDue, .probeTimeout, .drained, .closeTimeout,
            .retryDue:
            return nil
        }
    }
}
