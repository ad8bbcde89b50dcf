public import ConnectionLifecycle

/// How the connections of a gateway fare, from the transitions that it tells.
public struct Course: Sendable {
    /// From one moment to the next: a phase.
    public struct Phase: Sendable {
        /// Attempts that were begun.
        public var attempts = PeakRate()
        /// Attempts that did not lead to an open connection.
        public var failedAttempts = 0
        /// Open connections that the server or the network ended.
        public var lost = 0
        /// Open connections that were judged deaf, with the account and the time of the verdict.
        public var deaf: [(account: Int, at: UInt64)] = []
        /// Open connections that were replaced for any other reason.
        public var replacedOtherwise = 0
        /// Connections that became open, with the time of that.
        public var opened: [(account: Int, at: UInt64)] = []
    }

    private var isOpen: [Bool]
    public private(set) var openCount = 0
    /// How often a catch-up ended.
    public private(set) var caughtUp = 0
    private var phase = Phase()

    public init(accounts: Int) { isOpen = Array(repeating: false, count: accounts) }

    /// - Parameter time: in nanoseconds of the monotonic clock.
    public mutating func note(account: Int, from: State, event: Event, to: State, at time: UInt64) {
        if to == .connecting { phase.attempts.add(at: time) }
        if from == .connecting, to != .open { phase.failedAttempts += 1 }
        let isUp = to == .open || to == .probing
        guard isUp != isOpen[account] else { return }
        isOpen[account] = isUp
        openCount += isUp ? 1 : -1
        if isUp {
            phase.opened.append((account, time))
        } else if to == .stale {
            phase.deaf.append((account, time))
        } else if event == .lost {
            phase.lost += 1
        } else {
            phase.replacedOtherwise += 1
        }
    }

    public mutating func noteCaughtUp() { caughtUp += 1 }

    /// What happened since the last call.
    public mutating func takePhase() -> Phase {
        defer { phase = Phase() }
        return phase
    }
}
