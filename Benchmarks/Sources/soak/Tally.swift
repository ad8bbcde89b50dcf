import ConnectionLifecycle
import SoakKit

/// The figures of a whole soak: those of the parts before, and this one's.
struct Tally: Sendable {
    private let before: SummaryRecord
    private let startedAt: Double
    private var causes: [Cause: RecoveryTracker.CauseTally] = [:]

    /// - Parameters:
    ///   - carried: the summary of the parts before.
    ///   - recoveries: theirs.
    init(_ carried: SummaryRecord?, recoveries: [RecoveryTracker.Recovery]) {
        var before = carried ?? SummaryRecord()
        // It was killed: nobody knows whether what was owed then would have come.
        if before.state == "running" { before.expected -= before.outstanding }
        self.before = before
        startedAt = carried?.elapsedS ?? 0
        for recovery in recoveries { causes[recovery.cause, default: .init()].add(recovery) }
        for (name, line) in before.perCause {
            guard let cause = Cause(rawValue: name) else { continue }
            causes[cause, default: .init()].faults = line.faults
            causes[cause, default: .init()].affected = line.affected
        }
    }

    /// - Parameters:
    ///   - recovered: this part's recoveries so far are in the tallies of the tracker; the ones before are here.
    func summary(
        _ contents: Oracle.Contents, at time: Double, lag: Histogram, usage: (engine: Double, simulator: Double),
        slopes: [String: Slope]
    ) -> SummaryRecord {
        var summary = before
        let ledger = contents.ledger
        summary.elapsedS = Distribution.exact(time)
        summary.posted += ledger.posted
        summary.expected += ledger.expected
        summary.delivered += ledger.delivered
        summary.coalesced += ledger.coalesced
        summary.outstanding = ledger.outstanding
        summary.lost += ledger.counts[.lost] ?? 0
        summary.doubled += ledger.counts[.doubled] ?? 0
        summary.outOfOrder += ledger.counts[.outOfOrder] ?? 0
        summary.unknown += ledger.counts[.unknown] ?? 0
        summary.falseReconnects += contents.tracker.falseReconnects
        summary.unnoticed += contents.tracker.unnoticed
        summary.failures += contents.failures
        summary.faults += contents.faults
        summary.problems = Array((before.problems + contents.problems).prefix(Oracle.maximumProblems))
        for cause in Cause.allCases {
            var tally = causes[cause] ?? .init()
            if let new = contents.tracker.tallies[cause] { tally.merge(new) }
            guard tally.faults > 0 else { continue }
            var line = SummaryRecord.CauseLine()
            line.faults = tally.faults
            line.affected = tally.affected
            line.recovered = tally.recovered
            line.detectionS = Distribution(tally.detection)
            line.recoveryS = Distribution(tally.recovery)
            line.totalS = Distribution(tally.total)
            summary.perCause[cause.rawValue] = line
        }
        summary.edges.merge(contents.tracker.edges, uniquingKeysWith: +)
        for (state, seconds) in contents.tracker.occupancy(at: time) {
            summary.occupancyS["\(state)", default: 0] += Distribution.exact(seconds)
        }
        summary.lagMs.p50 = Distribution.exact(lag.percentile(50) ?? 0)
        summary.lagMs.p99 = max(before.lagMs.p99, Distribution.exact(lag.percentile(99) ?? 0))
        summary.lagMs.max = max(before.lagMs.max, Distribution.exact(lag.maximum))
        summary.cpu.engineS += usage.engine
        summary.cpu.simulatorS += usage.simulator
        let elapsed = max(time, 1)
        summary.cpu.enginePercent = (summary.cpu.engineS / elapsed * 100).rounded()
        summary.cpu.simulatorPercent = (summary.cpu.simulatorS / elapsed * 100).rounded()
        summary.slopes = slopes.mapValues { SummaryRecord.SlopeLine($0) }
        summary.parts.append(
            SummaryRecord.Part(fromS: startedAt, toS: Distribution.exact(time), slopes: summary.slopes))
        return summary
    }
}
