public import ConnectionLifecycle

/// Follows each connection through its states, and finds out which fault it left `open` for, how long it took to notice and
/// to come back, and whether it left without a reason. A value without clock or I/O; all times are seconds since the start.
///
/// A fault is *armed* before the server is asked for it and takes *effect* when the server has done it. A connection that is
/// open then is affected. It notices when it leaves `open` and `probing`, and has recovered when an attempt that began after
/// the effect is ready. Several faults may be noticed by one leaving: each is told, with the same transitions.
public struct RecoveryTracker: Sendable {
    /// One transition, as the records tell it.
    public struct Move: Codable, Hashable, Sendable {
        public var t: Double
        public var id: String
        public var from: String
        public var event: String
        public var to: String
        public var reason: String
    }

    public struct Recovery: Codable, Hashable, Sendable {
        public var t: Double
        public var fault: Int
        public var connection: Int
        public var cause: Cause
        public var detectedBy: String
        public var detectionS: Double
        public var recoveryS: Double
        public var totalS: Double
        public var caughtUp: Int
        public var transitions: [Move]
    }

    /// What is wrong.
    public struct Finding: Hashable, Sendable {
        public enum Kind: String, Sendable {
            /// A connection was replaced although nothing happened to it.
            case falseReconnect = "false_reconnect"
            /// A connection stayed as it was although it could hear nothing.
            case unnoticed
        }

        public var kind: Kind
        public var connection: Int
        public var text: String
    }

    public struct CauseTally: Sendable {
        public var faults = 0
        public var affected = 0
        public var recovered = 0
        public var detection = Histogram()
        public var recovery = Histogram()
        public var total = Histogram()

        public init() {}

        public mutating func merge(_ other: CauseTally) {
            faults += other.faults
            affected += other.affected
            recovered += other.recovered
            detection.merge(other.detection)
            recovery.merge(other.recovery)
            total.merge(other.total)
        }

        /// Counts a recovery.
        public mutating func add(_ recovery: Recovery) {
            recovered += 1
            detection.add(recovery.detectionS)
            self.recovery.add(recovery.recoveryS)
            total.add(recovery.totalS)
        }
    }

    /// By then an affected connection must have noticed. Two probe intervals, four unanswered probes, and time for a busy machine.
    public static let noticeBound = 60.0
    /// After a fault ended, it may be the reason of a leaving for so long.
    private static let grace = 15.0
    private static let remembered = 24
    /// Recoveries wait so long for the end of their catch-up.
    private static let catchUpPatience = 20.0

    public private(set) var tallies: [Cause: CauseTally] = [:]
    public private(set) var edges: [String: Int]
    public private(set) var occupancy: [State: Double] = [:]
    public private(set) var falseReconnects = 0
    public private(set) var unnoticed = 0
    /// Not yet handed out.
    public private(set) var recoveries: [Recovery] = []

    private struct Active: Sendable {
        var fault: Fault
        var armedAt: Double
        var effectAt: Double?
        var endAt: Double?
        var isAffected = false
        var noticedAt: Double?
        var detectedBy = ""
    }

    private struct Line: Sendable {
        var state = State.idle
        var since = 0.0
        var attemptAt = 0.0
        var lastCheck = ""
        var recent: [Move] = []
        /// Since the last leaving.
        var path: [Move] = []
        var actives: [Active] = []
        var finished: [Recovery] = []
    }

    private var lines: [Line]

    public init(connections: Int) {
        lines = Array(repeating: Line(), count: connections)
        edges = Dictionary(
            uniqueKeysWithValues: TransitionTable.standard.rows.filter { $0.to != nil }.map { ($0.id, 0) })
    }

    /// How many are in which state; all states.
    public var states: [State: Int] {
        var states = Dictionary(uniqueKeysWithValues: State.allCases.map { ($0, 0) })
        for line in lines { states[line.state, default: 0] += 1 }
        return states
    }

    public func recent(_ connection: Int) -> [Move] {
        lines.indices.contains(connection) ? lines[connection].recent : []
    }

    // MARK: - Faults

    /// Before the server is asked for it.
    public mutating func arm(_ fault: Fault, at time: Double) {
        tallies[fault.cause, default: CauseTally()].faults += 1
        guard fault.cause.consequence != .nothing else { return }
        for target in fault.targets(of: lines.count) {
            lines[target].actives.append(Active(fault: fault, armedAt: time))
        }
    }

    /// The server has done it.
    public mutating func takesEffect(_ id: Int, at time: Double) {
        change(id) { active, line in
            active.effectAt = time
            if let noticed = active.noticedAt {
                // It left before the server was done: because of this if only just.
                if time - noticed < 1 {
                    active.isAffected = true
                } else {
                    active.noticedAt = nil
                    active.isAffected = line.state.isOpen
                }
            } else {
                active.isAffected = line.state.isOpen
            }
            return active.isAffected && active.fault.cause.consequence == .replacement
        }
    }

    public mutating func ends(_ id: Int, at time: Double) {
        change(id) { active, _ in
            active.endAt = time
            return false
        }
    }

    private mutating func change(_ id: Int, _ body: (inout Active, Line) -> Bool) {
        for connection in lines.indices {
            guard let index = lines[connection].actives.firstIndex(where: { $0.fault.id == id }) else { continue }
            var active = lines[connection].actives[index]
            if body(&active, lines[connection]) { tallies[active.fault.cause, default: CauseTally()].affected += 1 }
            lines[connection].actives[index] = active
        }
    }

    // MARK: - Observations

    public mutating func verdict(_ check: String, connection: Int) { lines[connection].lastCheck = check }

    public mutating func caughtUp(_ deliveries: Int, connection: Int) {
        for index in lines[connection].finished.indices { lines[connection].finished[index].caughtUp = deliveries }
        release(connection)
    }

    public mutating func moves(_ move: Move, from: State, event: Event, to: State, connection: Int) -> [Finding] {
        let time = move.t
        edges[move.id, default: 0] += 1
        occupancy[from, default: 0] += max(0, time - lines[connection].since)
        lines[connection].state = to
        lines[connection].since = time
        lines[connection].recent.append(move)
        if lines[connection].recent.count > RecoveryTracker.remembered { lines[connection].recent.removeFirst() }
        if to == .connecting, from != .connecting { lines[connection].attemptAt = time }
        var findings: [Finding] = []
        if from.isOpen, !to.isOpen, event != .stop {
            release(connection)
            lines[connection].path = []
            findings = leave(move, event, connection)
        }
        if !to.isOpen || from == .connecting { lines[connection].path.append(move) }
        if from == .connecting, to == .open { arrive(time, connection) }
        return findings
    }

    private mutating func leave(_ move: Move, _ event: Event, _ connection: Int) -> [Finding] {
        let detectedBy: String =
            switch event {
            case .deaf: lines[connection].lastCheck
            case .probeTimeout, .inconclusive: "timeout"
            case .lost: "lost"
            case .start, .stop, .reconnect, .probe, .ready, .attemptFailed, .suspicion, .alive, .closed,
                .connectTimeout, .probeDue, .drained, .closeTimeout, .retryDue:
                "\(event)"
            }
        var hasReason = false
        for index in lines[connection].actives.indices {
            hasReason = true
            guard lines[connection].actives[index].noticedAt == nil else { continue }
            lines[connection].actives[index].noticedAt = move.t
            lines[connection].actives[index].detectedBy = detectedBy
            if lines[connection].actives[index].effectAt != nil, lines[connection].actives[index].fault.cause == .freeze
            {
                lines[connection].actives[index].isAffected = true
                tallies[.freeze, default: CauseTally()].affected += 1
            }
        }
        guard !hasReason else { return [] }
        falseReconnects += 1
        return [
            Finding(
                kind: .falseReconnect, connection: connection,
                text: "left \(move.from) for \(move.to) by \(move.id) although nothing happened to it: \(move.reason)")
        ]
    }

    private mutating func arrive(_ time: Double, _ connection: Int) {
        let attempt = lines[connection].attemptAt
        var kept: [Active] = []
        for active in lines[connection].actives {
            guard let effect = active.effectAt, attempt >= effect || active.noticedAt.map({ $0 >= effect }) == true
            else {
                kept.append(active)
                continue
            }
            guard let noticed = active.noticedAt, active.isAffected else { continue }
            let detection = max(0, noticed - effect)
            lines[connection].finished.append(
                Recovery(
                    t: Distribution.rounded(time), fault: active.fault.id, connection: connection,
                    cause: active.fault.cause,
                    detectedBy: active.detectedBy, detectionS: Distribution.rounded(detection),
                    recoveryS: Distribution.rounded(time - max(noticed, effect)),
                    totalS: Distribution.rounded(max(0, time - effect)), caughtUp: 0,
                    transitions: lines[connection].path))
        }
        lines[connection].actives = kept
    }

    private mutating func release(_ connection: Int) {
        for recovery in lines[connection].finished {
            tallies[recovery.cause, default: CauseTally()].add(recovery)
            recoveries.append(recovery)
        }
        lines[connection].finished = []
    }

    /// Hands out the recoveries that are complete.
    public mutating func takeRecoveries() -> [Recovery] {
        defer { recoveries = [] }
        return recoveries
    }

    // MARK: - Time passes

    /// Finds what was not noticed, and forgets faults that cannot be a reason any more.
    public mutating func sweep(at time: Double) -> [Finding] {
        var findings: [Finding] = []
        for connection in lines.indices {
            if let first = lines[connection].finished.first, time - first.t > RecoveryTracker.catchUpPatience {
                release(connection)
            }
            guard !lines[connection].actives.isEmpty else { continue }
            var kept: [Active] = []
            for active in lines[connection].actives {
                guard let effect = active.effectAt else {
                    kept.append(active)
                    continue
                }
                let isOver = active.noticedAt == nil && active.endAt.map { time - $0 > RecoveryTracker.grace } == true
                switch active.fault.cause.consequence {
                case .replacement:
                    if active.isAffected, active.noticedAt == nil, time - effect > RecoveryTracker.noticeBound {
                        unnoticed += 1
                        findings.append(
                            Finding(
                                kind: .unnoticed, connection: connection,
                                text: "fault \(active.fault.id), \(active.fault.cause.rawValue), was not noticed in "
                                    + "\(Int(RecoveryTracker.noticeBound)) s"))
                        continue
                    }
                    if !active.isAffected, isOver, time - effect > RecoveryTracker.noticeBound { continue }
                case .either, .nothing: if isOver { continue }
                }
                kept.append(active)
            }
            lines[connection].actives = kept
        }
        return findings
    }

    /// The end: all that is complete is handed out, and the time in the present states is counted.
    public mutating func close(at time: Double) {
        for connection in lines.indices {
            release(connection)
            occupancy[lines[connection].state, default: 0] += max(0, time - lines[connection].since)
            lines[connection].since = time
        }
    }

    /// The occupancy up to now.
    public func occupancy(at time: Double) -> [State: Double] {
        var occupancy = occupancy
        for line in lines { occupancy[line.state, default: 0] += max(0, time - line.since) }
        return occupancy
    }

    /// Time before the start does not count.
    public mutating func begin(at time: Double) {
        occupancy = [:]
        for connection in lines.indices { lines[connection].since = time }
    }
}

extension State {
    /// Events are delivered.
    package var isOpen: Bool { self == .open || self == .probing }
}

extension RecoveryTracker.Move {
    public init(t: Double, id: String, from: State, event: Event, to: State, reason: String) {
        self.init(t: t, id: id, from: "\(from)", event: "\(event)", to: "\(to)", reason: reason)
    }
}
