import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import SimulatedWorld
import SoakKit

/// Sees all that happens in a run, and says what must not have been. Also the run's memory: what happened, as lines with
/// their time, and a digest of it all, by which two runs are told apart.
final class Judge: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    private(set) var violations: [Violation] = []
    private(set) var digest = Digest64()
    private(set) var figures = Figures()
    /// The last things that happened, oldest first.
    private(set) var recent: [TimelineEntry] = []
    /// More than a reader takes in.
    private let remembered: Int
    private let clock: () -> UInt64
    private let start: UInt64
    private var ledger = Ledger(channels: [])
    private var channels: [String: Int] = [:]
    private var lines: [Line] = []

    /// What a connection holds at most: its deadline, its probe's, REST requests in flight and what its consumer waits for.
    static let timerLimit = 40
    /// Events that wait: a connection's bound of 4,096 at most, and what one read brings.
    static let waitingLimit = 5000
    /// After a fault is over, it may be the reason of a replacement for so long: two intervals, and the misses. Where only REST
    /// can tell, other faults may hide it for longer.
    private static func grace(_ gateway: Int) -> Double { Gateway.reliesOnREST(gateway) ? 300 : 90 }
    /// A connection that gets no events is replaced by then, whatever else happens, as long as its process runs and something
    /// passes: eight intervals, or fourteen where only REST can tell.
    private static func noticeLimit(_ gateway: Int) -> Double { Gateway.reliesOnREST(gateway) ? 420 : 240 }
    /// Attempts within `hammeringSpan` without one that is ready: the backoff makes them about ten.
    static let hammeringLimit = 16
    static let hammeringSpan = 60.0

    private struct Line {
        var state = State.idle
        var generation: UInt32 = 0
        var incarnation = 0
        /// Until then a replacement has a reason.
        var excusedUntil = 0.0
        var lastLeave: Event?
        /// Verdict `deaf` since the last time it was ready.
        var isJudgedDeaf = false
        var misses = 0
        var attempts: [Double] = []
        /// Deaf since, by the server's word, and the attempt that is.
        var deafSince: (time: Double, generation: UInt32)?
        var mayStop = false
        /// Deliveries handed over, by number: whether the acknowledgement has returned.
        var handed: [Int64: Bool] = [:]
        var highest: Int64 = 0
    }

    init(gateways: Int, remembered: Int, start: UInt64, clock: @escaping () -> UInt64) {
        lines = Array(repeating: Line(), count: gateways)
        self.remembered = remembered
        self.start = start
        self.clock = clock
    }

    /// Virtual seconds since the start.
    var time: Double { Double(clock() - start) / 1e9 }

    /// The accounts are there.
    func begin(_ town: Town) {
        // Gateways may be away for long: between faults that follow one another.
        ledger = Ledger(channels: town.channels.map(\.members), patience: 7200)
        channels = Dictionary(uniqueKeysWithValues: town.channels.enumerated().map { ($1.id, $0) })
        bots = Dictionary(uniqueKeysWithValues: town.bots.enumerated().map { ($1.id, $0) })
    }

    private var bots: [String: Int] = [:]

    // MARK: - What is wrong

    func report(_ kind: Violation.Kind, _ gateway: Int, _ text: String) {
        guard violations.count < 50 else { return }
        violations.append(Violation(kind: kind, at: time, gateway: gateway, text: text))
        remember(gateway, "VIOLATION \(kind.rawValue): \(text)")
    }

    private func report(_ findings: [Ledger.Finding]) {
        for finding in findings {
            let kind: Violation.Kind =
                switch finding.kind {
                case .lost: .lost
                case .doubled: .doubled
                case .outOfOrder: .outOfOrder
                case .unknown: .unknown
                }
            report(kind, finding.connection, finding.text)
        }
    }

    /// Notes what happened.
    func remember(_ gateway: Int, _ text: @autoclosure () -> String) {
        guard remembered > 0 else { return }
        if recent.count >= 2 * remembered { recent.removeFirst(remembered) }
        recent.append(TimelineEntry(at: time, gateway: gateway, text: text()))
    }

    // MARK: - Faults

    func faultBegins(_ fault: InjectedFault) {
        figures.faults += 1
        digest.add(UInt64(fault.id))
        remember(fault.gateways.count == 1 ? fault.gateways[0] : -1, fault.sentence)
        guard fault.kind.mayReplace else { return }
        // A burst may be too much for whoever lags for another reason.
        let hitsAll = fault.kind.hitsServer || fault.kind == .overflow
        for gateway in hitsAll ? Array(lines.indices) : fault.gateways {
            excuse(gateway, until: fault.end + Judge.grace(gateway))
        }
    }

    func excuse(_ gateway: Int, until time: Double) {
        lines[gateway].excusedUntil = max(lines[gateway].excusedUntil, time)
    }

    // MARK: - The server

    func see(_ change: SimulatorChange) {
        if change.kind == .deaf {
            guard let gateway = bots[change.userID] else { return }
            remember(gateway, "the server's connection is deaf from now on")
            if lines[gateway].state.isOpen { lines[gateway].deafSince = (time, lines[gateway].generation) }
            return
        }
        guard let channel = channels[change.channelID], let kind = Ledger.Kind(change) else { return }
        // Somebody joins, somebody leaves: not what the traffic does.
        if kind == .posted, !change.detail.isEmpty { return }
        if kind == .posted { figures.posts += 1 } else { remember(-1, "\(kind.rawValue): post \(change.postID)") }
        let emoji = kind == .reactionAdded ? change.detail : ""
        report(
            ledger.note(
                Ledger.Change(kind, channel: channel, postID: change.postID, emoji: emoji), at: time))
    }

    // MARK: - A gateway's process

    /// What is to happen the next time a gateway's connection is ready.
    var onReady: [Int: () -> Void] = [:]

    func begins(_ gateway: Int, incarnation: Int) {
        lines[gateway].state = .idle
        lines[gateway].generation = 0
        lines[gateway].incarnation = incarnation
        lines[gateway].isJudgedDeaf = false
        lines[gateway].lastLeave = nil
        lines[gateway].misses = 0
        lines[gateway].attempts = []
        lines[gateway].deafSince = nil
    }

    func crashes(_ gateway: Int, _ farewell: SimulatedHost.Farewell) {
        figures.crashes += 1
        remember(gateway, "its process is killed; its peers hear of it by \(farewell.rawValue)")
    }

    func mayStop(_ gateway: Int) { lines[gateway].mayStop = true }

    func state(of gateway: Int) -> State { lines[gateway].state }

    func see(_ observation: Observation, _ gateway: Int, _ incarnation: Int) {
        guard lines[gateway].incarnation == incarnation else { return }
        switch observation {
        case .transition(let record): see(record, gateway)
        case .verdict(let record):
            if record.generation != lines[gateway].generation || lines[gateway].state != .probing {
                report(.lateVerdict, gateway, "a verdict of attempt \(record.generation) in \(lines[gateway].state)")
            }
            if record.verdict.outcome == .deaf { lines[gateway].isJudgedDeaf = true }
            if record.verdict.outcome != .alive || record.verdict.check != "reply" {
                remember(gateway, observation.description)
            }
        case .catchUp(let record):
            remember(gateway, record.description)
        case .log(let entry): if entry.level != .debug { remember(gateway, observation.description) }
        }
    }

    private func see(_ record: TransitionRecord, _ gateway: Int) {
        digest.add(record.time)
        digest.add(UInt64(gateway))
        digest.add(record.id.utf8)
        digest.add(record.reason.utf8)
        figures.transitions += 1
        let isRoutine = record.from.isOpen && record.to.isOpen
        if !isRoutine { remember(gateway, Observation.transition(record).description) }
        if record.from != lines[gateway].state || record.generation < lines[gateway].generation {
            report(
                .incoherent, gateway,
                "\(record.id) leads from \(record.from), attempt \(record.generation), but it was in \(lines[gateway].state), attempt \(lines[gateway].generation)"
            )
        }
        lines[gateway].state = record.to
        lines[gateway].generation = record.generation
        if record.to == .connecting, record.from != .connecting { attempted(gateway) }
        if record.from == .connecting, record.to == .open { ready(record, gateway) }
        if record.from == .probing, record.to == .open, record.event != .alive { lines[gateway].misses += 1 }
        if record.from == .probing, record.event == .alive { lines[gateway].misses = 0 }
        if record.from.isOpen, !record.to.isOpen { left(record, gateway) }
        if record.to == .stopped, !lines[gateway].mayStop {
            report(.gaveUp, gateway, "stopped by \(record.id): \(record.reason)")
        }
    }

    private func attempted(_ gateway: Int) {
        let now = time
        lines[gateway].attempts.append(now)
        while let first = lines[gateway].attempts.first, now - first > Judge.hammeringSpan {
            lines[gateway].attempts.removeFirst()
        }
        if lines[gateway].attempts.count > Judge.hammeringLimit {
            report(
                .hammering, gateway,
                "\(lines[gateway].attempts.count) attempts within \(Int(Judge.hammeringSpan)) s, none of them ready")
            lines[gateway].attempts = []
        }
    }

    private func ready(_ record: TransitionRecord, _ gateway: Int) {
        figures.connected += 1
        if record.reason.hasPrefix("resumed") {
            figures.resumed += 1
            if lines[gateway].isJudgedDeaf || lines[gateway].lastLeave != .lost {
                report(
                    .wrongResume, gateway,
                    "resumed, although the connection before ended by \(lines[gateway].lastLeave.map { "\($0)" } ?? "nothing")"
                )
            }
        }
        lines[gateway].isJudgedDeaf = false
        lines[gateway].misses = 0
        lines[gateway].attempts = []
        onReady.removeValue(forKey: gateway)?()
    }

    private func left(_ record: TransitionRecord, _ gateway: Int) {
        lines[gateway].lastLeave = record.event
        lines[gateway].deafSince = nil
        if record.event == .stop { return }
        figures.replaced += 1
        if record.event == .inconclusive || record.event == .probeTimeout, lines[gateway].misses < 1 {
            report(
                .tooFewMisses, gateway,
                "stale by \(record.id) after \(lines[gateway].misses) misses of this connection, of which 1 is forgiven"
            )
        }
        if time > lines[gateway].excusedUntil {
            report(
                .withoutCause, gateway,
                "left \(record.from) for \(record.to) by \(record.id) although nothing happened to it: \(record.reason)"
            )
        }
    }

    // MARK: - Deliveries

    func hear(_ delivery: Delivery, _ gateway: Int) {
        figures.deliveries += 1
        digest.add(clock())
        digest.add(UInt64(bitPattern: delivery.number))
        if let isAcknowledged = lines[gateway].handed[delivery.number] {
            if isAcknowledged {
                report(.acknowledgedAgain, gateway, "delivery \(delivery.number) came again after its acknowledgement")
            } else if !delivery.isRepeated {
                report(.doubled, gateway, "delivery \(delivery.number) came twice without being marked as repeated")
            }
            return
        }
        if delivery.number <= lines[gateway].highest {
            report(.outOfOrder, gateway, "delivery \(delivery.number) came after \(lines[gateway].highest)")
        }
        lines[gateway].highest = max(lines[gateway].highest, delivery.number)
        lines[gateway].handed[delivery.number] = false
        lines[gateway].handed[delivery.number - 4096] = nil
        do throws(DecodingFailure) {
            guard let channel = channels[delivery.channelID],
                let telling = try Ledger.Telling(delivery, channel: channel)
            else { return }
            digest.add(telling.postID.utf8)
            report(ledger.tell(telling, to: gateway, at: time))
        } catch {
            report(.unknown, gateway, "a delivery cannot be read: \(error)")
        }
    }

    func acknowledged(_ delivery: Delivery, _ gateway: Int) {
        if lines[gateway].handed[delivery.number] != nil { lines[gateway].handed[delivery.number] = true }
    }

    // MARK: - After each step

    func check(_ gateway: Int, sockets: Int, timers: Int, waiting: Int, isCutOff: Bool) {
        if waiting > Judge.waitingLimit { report(.unbounded, gateway, "\(waiting) events wait for the consumer") }
        if sockets > 1 { report(.twoSockets, gateway, "\(sockets) sockets are open at once") }
        if timers > Judge.timerLimit { report(.timers, gateway, "\(timers) timers are open") }
        guard let deaf = lines[gateway].deafSince else { return }
        if lines[gateway].generation != deaf.generation { return lines[gateway].deafSince = nil }
        if isCutOff { return lines[gateway].deafSince = (time, deaf.generation) }
        if time - deaf.time > Judge.noticeLimit(gateway) {
            lines[gateway].deafSince = nil
            report(.unnoticed, gateway, "deaf since \(TimelineEntry.clock(deaf.time)), and not noticed")
        }
    }

    /// The end: everybody is well, and owed nothing.
    func conclude() {
        for (index, line) in lines.enumerated() where !line.state.isOpen {
            report(
                .notRecovered, index,
                "in \(line.state) at the end, \(Int(Scenario.recoverySeconds)) s after the last fault")
        }
        report(ledger.close(at: time))
        figures.owed = ledger.expected
    }
}

extension Ledger.Kind {
    /// Nil where the ledger does not count it.
    init?(_ change: SimulatorChange) {
        switch change.kind {
        case .posted: self = .posted
        case .edited: self = .edited
        case .deleted: self = .deleted
        case .reactionAdded: self = .reactionAdded
        case .reactionRemoved, .deaf: return nil
        }
    }
}
