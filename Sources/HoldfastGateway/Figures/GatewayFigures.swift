public import ConnectionLifecycle
public import Holdfast

/// What a gateway counts, of one loop or of all.
public struct GatewayFigures: Sendable {
    /// Accounts in each state, now.
    public private(set) var states: [State: Int] = [:]
    /// Transitions by the id of their row, e.g. `T16`.
    public private(set) var transitions: [String: UInt64] = [:]
    /// Verdicts by check and outcome.
    public private(set) var verdicts: [VerdictKind: UInt64] = [:]
    /// Connections that were open and ended, by the row that ended them.
    public private(set) var reconnects: [String: UInt64] = [:]
    /// Deliveries handled, by how they came.
    public private(set) var deliveries: [DeliverySource: UInt64] = [:]
    public internal(set) var handlerFailures: UInt64 = 0
    public internal(set) var storeFailures: UInt64 = 0
    /// Accounts that ended by themselves and were begun anew.
    public internal(set) var restarts: UInt64 = 0
    /// From the last proof that a connection delivers to the verdict that it does not: at most so long was it deaf.
    public internal(set) var detection = Histogram(bounds: [0.5, 1, 2, 5, 10, 20, 30, 40, 60, 90, 120, 300])
    /// From the end of an open connection to the next one.
    public internal(set) var recovery = Histogram(bounds: [0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 900])
    /// From the arrival of a delivery to its handing over: the store, and the deliveries before it.
    public internal(set) var waiting = Histogram(bounds: [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30, 60, 300, 3600])
    /// From the handing over of a delivery to its lasting acknowledgement: the handler, and the store.
    public internal(set) var handling = Histogram(bounds: [0.0001, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 30])
    /// How late the timers of the loop are.
    public internal(set) var loopLag = Histogram(bounds: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 5])

    /// A check's name comes from the service: bounded, as all names are that become labels.
    public struct VerdictKind: Hashable, Sendable {
        public var check: String
        public var outcome: Verdict.Outcome
    }

    private static let maximumChecks = 64

    mutating func enter(_ state: State) { states[state, default: 0] += 1 }

    mutating func leave(_ state: State) {
        states[state, default: 0] -= 1
        if states[state] == 0 { states[state] = nil }
    }

    mutating func note(_ record: TransitionRecord) {
        transitions[record.id, default: 0] += 1
        if Self.endsOpenConnection(from: record.from, to: record.to) { reconnects[record.id, default: 0] += 1 }
    }

    /// Whether a row counts among `reconnects`.
    static func endsOpenConnection(_ row: Row) -> Bool {
        row.to.map { endsOpenConnection(from: row.from, to: $0) } ?? false
    }

    private static func endsOpenConnection(from: State, to: State) -> Bool {
        let open: [State] = [.open, .probing]
        return open.contains(from) && !open.contains(to)
    }

    mutating func note(_ verdict: Verdict) {
        let kind = VerdictKind(check: verdict.check, outcome: verdict.outcome)
        if verdicts[kind] != nil || verdicts.count < Self.maximumChecks { verdicts[kind, default: 0] += 1 }
    }

    mutating func handled(_ source: DeliverySource) { deliveries[source, default: 0] += 1 }

    mutating func add(_ other: GatewayFigures) {
        states.merge(other.states, uniquingKeysWith: +)
        transitions.merge(other.transitions, uniquingKeysWith: +)
        verdicts.merge(other.verdicts, uniquingKeysWith: +)
        reconnects.merge(other.reconnects, uniquingKeysWith: +)
        deliveries.merge(other.deliveries, uniquingKeysWith: +)
        handlerFailures += other.handlerFailures
        storeFailures += other.storeFailures
        restarts += other.restarts
        detection.add(other.detection)
        recovery.add(other.recovery)
        waiting.add(other.waiting)
        handling.add(other.handling)
        loopLag.add(other.loopLag)
    }
}
