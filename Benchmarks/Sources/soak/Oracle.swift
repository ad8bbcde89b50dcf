import BenchmarkKit
import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import SoakKit
import Synchronization
import UVEventLoop

/// Where everything comes together: the server's log, what the connections were told, their transitions, the faults. May be used
/// from anywhere.
final class Oracle: Sendable {
    struct Contents {
        var ledger: Ledger
        var tracker: RecoveryTracker
        var problems: [SummaryRecord.Problem] = []
        var failures = 0
        var heard = 0
        /// Faults ordered and not over.
        var running: [Int: (fault: Fault, began: Double?)] = [:]
        var stalledUntil: [Double]
        var faults = 0
        /// Lines for the files, not written yet.
        var faultLines: [FaultRecord] = []
        /// Connections whose first catch-up has ended.
        var ready: Set<Int> = []
        var isServerGone = false
        var lastVerdict = ""
    }

    static let maximumProblems = 100
    static let maximumProblemsOfAKind = 25

    let clock: RunClock
    private let channels: [String: Int]
    private let contents: Mutex<Contents>

    init(_ directory: Town.Directory, clock: RunClock) {
        self.clock = clock
        channels = Dictionary(uniqueKeysWithValues: directory.channels.enumerated().map { ($1.id, $0) })
        contents = Mutex(
            Contents(
                ledger: Ledger(channels: directory.channels.map(\.members)),
                tracker: RecoveryTracker(connections: directory.bots.count),
                stalledUntil: Array(repeating: 0, count: directory.bots.count)))
    }

    func with<Value>(_ body: (inout sending Contents) throws -> sending Value) rethrows -> Value {
        try contents.withLock { contents throws in try body(&contents) }
    }

    // MARK: - The server

    func take(_ line: ServerLine?) {
        let now = clock.now
        contents.withLock { contents in
            switch line {
            case .change(let kind, let channel, let postID, let emoji)?:
                guard let kind = Ledger.Kind(kind) else { return }
                let change = Ledger.Change(kind, channel: channel, postID: postID, emoji: emoji)
                let findings = contents.ledger.note(change, at: now)
                contents.add(findings, now)
            case .began(let id, let time)?:
                let time = clock.seconds(at: time)
                contents.running[id]?.began = time
                contents.tracker.takesEffect(id, at: time)
            case .ended(let id, let time)?: contents.end(id, at: clock.seconds(at: time))
            case .complaint(let words)?:
                contents.failures += 1
                contents.add("simulator", -1, words, now)
            case .ready?: break
            case nil:
                contents.isServerGone = true
                contents.failures += 1
                contents.add("simulator", -1, "the simulator's process ended", now)
            }
        }
    }

    // MARK: - Faults

    func arm(_ fault: Fault) {
        let now = clock.now
        contents.withLock { contents in
            contents.faults += 1
            contents.running[fault.id] = (fault, nil)
            contents.tracker.arm(fault, at: now)
            guard fault.cause == .consumerStall else { return }
            for connection in fault.targets(of: contents.stalledUntil.count) {
                contents.stalledUntil[connection] = max(contents.stalledUntil[connection], now + fault.seconds)
            }
            contents.running[fault.id]?.began = now
            contents.end(fault.id, at: now + fault.seconds)
        }
    }

    // MARK: - Connections

    /// How long the connection's consumer is to take nothing, in seconds.
    func stall(of connection: Int) -> Double {
        let now = clock.now
        return contents.withLock { max(0, $0.stalledUntil[connection] - now) }
    }

    func hear(_ delivery: Delivery, on connection: Int) {
        guard let channel = channels[delivery.channelID] else { return }
        let telling: Ledger.Telling
        do throws(DecodingFailure) {
            guard let told = try Ledger.Telling(delivery, channel: channel) else { return }
            telling = told
        } catch {
            return fail("a delivery cannot be read: \(error)", on: connection)
        }
        let now = clock.now
        contents.withLock { contents in
            contents.heard += 1
            let findings = contents.ledger.tell(telling, to: connection, at: now)
            contents.add(findings, now)
        }
    }

    /// Deliveries ended, or cannot be read.
    func fail(_ words: String, on connection: Int) {
        let now = clock.now
        contents.withLock { contents in
            contents.failures += 1
            contents.add("failure", connection, words, now)
        }
    }

    func see(_ observation: Observation, on connection: Int) {
        let now = clock.now
        contents.withLock { contents in
            switch observation {
            case .transition(let record):
                let move = RecoveryTracker.Move(
                    t: clock.seconds(at: record.time).rounded(to: 4), id: record.id, from: record.from,
                    event: record.event,
                    to: record.to, reason: record.reason)
                let findings = contents.tracker.moves(
                    move, from: record.from, event: record.event, to: record.to, connection: connection)
                contents.add(findings, now)
            case .verdict(let record):
                contents.tracker.verdict(record.verdict.check, connection: connection)
                if record.verdict.outcome != .alive {
                    contents.lastVerdict = "\(connection) \(record.verdict.outcome.rawValue) by \(record.verdict.check)"
                }
            case .catchUp(let record):
                guard record.phase == .finished else { return }
                contents.ready.insert(connection)
                contents.tracker.caughtUp(record.deliveries, connection: connection)
            case .log: break
            }
        }
    }

    // MARK: - Time passes

    func sweep() {
        let now = clock.now
        contents.withLock { contents in
            let ledgers = contents.ledger.sweep(at: now)
            contents.add(ledgers, now)
            let trackers = contents.tracker.sweep(at: now)
            contents.add(trackers, now)
        }
    }

    /// The end: what is still owed is lost.
    func close() {
        let now = clock.now
        contents.withLock { contents in
            let findings = contents.ledger.close(at: now)
            contents.add(findings, now)
            contents.tracker.close(at: now)
            for (_, entry) in contents.running {
                contents.faultLines.append(FaultRecord(entry.fault, at: entry.began ?? now, until: now))
            }
            contents.running = [:]
        }
    }
}

extension Oracle.Contents {
    fileprivate mutating func end(_ id: Int, at time: Double) {
        guard let entry = running.removeValue(forKey: id) else { return }
        tracker.ends(id, at: time)
        faultLines.append(FaultRecord(entry.fault, at: entry.began ?? time, until: time))
    }

    fileprivate mutating func add(_ findings: [Ledger.Finding], _ time: Double) {
        for finding in findings { add(finding.kind.rawValue, finding.connection, finding.text, time) }
    }

    fileprivate mutating func add(_ findings: [RecoveryTracker.Finding], _ time: Double) {
        for finding in findings { add(finding.kind.rawValue, finding.connection, finding.text, time) }
    }

    fileprivate mutating func add(_ kind: String, _ connection: Int, _ text: String, _ time: Double) {
        // What is frequent must not hide what is rare.
        guard problems.count < Oracle.maximumProblems,
            problems.count(where: { $0.kind == kind }) < Oracle.maximumProblemsOfAKind
        else { return }
        problems.append(
            SummaryRecord.Problem(
                t: time.rounded(to: 3), connection: connection, kind: kind, text: text,
                transitions: tracker.recent(connection)))
    }
}

extension Ledger.Kind {
    fileprivate init?(_ kind: SimulatorChange.Kind) {
        switch kind {
        case .posted: self = .posted
        case .edited: self = .edited
        case .deleted: self = .deleted
        case .reactionAdded: self = .reactionAdded
        case .reactionRemoved, .deaf: return nil
        }
    }
}
