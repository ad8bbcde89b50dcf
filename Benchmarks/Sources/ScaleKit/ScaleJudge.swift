extension ScaleRecord {
    /// What must hold of a run, however fast the machine is.
    ///
    /// - Parameter cycled: accounts that went deaf on purpose.
    public func judged(cycled: Int) -> [Check] {
        let phases = [comeUp, steady, announced, watched, drop, deaf]
        let notDeaf = [comeUp, steady, announced, watched, drop].reduce(0) { $0 + $1.judgedDeaf }
        let otherwise = phases.reduce(0) { $0 + $1.replacedOtherwise }
        let lostElsewhere = comeUp.lost + steady.lost + announced.lost + watched.lost + deaf.lost
        // A turn may be late by half of its share of the time; the loop's own lateness bunches them.
        let allowed = Double(servers) * (Double(attemptBurst) + attemptsPerSecond * 1.5) + 1
        let peak = phases.map(\.attemptPeak).max() ?? 0
        return [
            check("false_verdicts", notDeaf == 0, "\(notDeaf) connections were judged deaf that were not"),
            check("detected", deaf.judgedDeaf == cycled, "\(deaf.judgedDeaf) of \(cycled) deaf ones were noticed"),
            check("dropped", drop.lost == connections, "\(drop.lost) of \(connections) were dropped"),
            check(
                "no_other_loss", lostElsewhere + otherwise == 0,
                "\(lostElsewhere + otherwise) open connections ended without a reason"),
            check(
                "delivered", deliveries.heard == deliveries.expected && deliveries.expected > 0,
                "\(deliveries.heard) of \(deliveries.expected) deliveries came"),
            check(
                "once_in_order", deliveries.repeated + deliveries.missing == 0,
                "\(deliveries.repeated) came again or late, \(deliveries.missing) were passed over"),
            check("announced", announcedTo == connections, "an event for all came to \(announcedTo) of \(connections)"),
            check("store", deliveries.storeFailures == 0, "the store failed \(deliveries.storeFailures) times"),
            check(
                "budget", Double(peak) <= allowed,
                "at most \(peak) attempts began within a second; the budget allows \(Int(allowed))"),
        ]
    }

    private func check(_ name: String, _ ok: Bool, _ detail: String) -> Check {
        Check(name: name, ok: ok, detail: detail)
    }
}
