import WorldInterface

/// One deadline of a host. Arming it for later leaves its entry in the agenda, which is looked at when it comes.
final class SimulatedTimer: DeadlineTimer, Occasion {
    private let owner: SimulatedHost
    private let fire: () -> Void
    private var due = UInt64.max
    /// When the entry that counts comes; none if it is the end of time.
    private var entry = UInt64.max
    private var version: UInt32 = 0
    private var isClosed = false
    var host: SimulatedHost? { owner }

    init(_ owner: SimulatedHost, _ fire: @escaping () -> Void) {
        self.owner = owner
        self.fire = fire
    }

    func arm(at instant: Instant) {
        guard !isClosed else { return owner.simulation.note("\(owner.name) armed a timer that it had closed") }
        due = instant.nanoseconds
        if due < entry { schedule() }
    }

    private func schedule() {
        version &+= 1
        entry = max(due, owner.simulation.now)
        owner.simulation.agenda.add(self, at: entry, version: version)
    }

    func disarm() { due = .max }

    func close() {
        guard !isClosed else { return owner.simulation.note("\(owner.name) closed a timer twice") }
        isClosed = true
        due = .max
        owner.timerClosed()
    }

    func isDue(version: UInt32) -> Bool {
        guard version == self.version else { return false }
        if due == .max {
            entry = .max
        } else if due > entry {
            schedule()
        } else {
            return true
        }
        return false
    }

    func occur(version: UInt32) {
        // While its host was suspended it may have been changed.
        guard version == self.version, due != .max else { return }
        entry = .max
        due = .max
        fire()
    }
}
