import CAllocationCounter
import ConnectionLifecycle

/// What one scenario cost.
struct Measurement {
    let name: String
    /// Nanoseconds per event, of several runs.
    let median, minimum, maximum: Double
    /// Heap allocations per event over all runs; nil where they cannot be counted.
    let allocations: Double?

    /// - Parameters:
    ///   - runs: how many times to measure; the first one more is for warming up.
    ///   - turns: how many times each run walks around.
    init(_ scenario: Scenario, runs: Int, turns: Int) {
        var costs: [Double] = []
        costs.reserveCapacity(runs + 1)
        var events = 0
        var asked: UInt64 = 0
        for run in 0...runs {
            var machine = Lifecycle(seed: 42)
            var now: UInt64 = 0
            scenario.prepare(&machine)
            let clock = ContinuousClock()
            var taken = 0
            let before = allocation_count()
            let start = clock.now
            for _ in 0..<turns { taken += scenario.turn(&machine, &now) }
            let elapsed = start.duration(to: clock.now)
            asked += allocation_count() - before
            events += taken
            if run > 0 { costs.append(elapsed.nanoseconds / Double(taken)) }
        }
        costs.sort()
        name = scenario.name
        median = costs[costs.count / 2]
        minimum = costs[0]
        maximum = costs[costs.count - 1]
        // A counter that counted nothing since the process began, arrays and all, does not count.
        allocations = allocation_count_is_available() && allocation_count() > 0 ? Double(asked) / Double(events) : nil
    }

    var json: String {
        let heap = allocations.map { "\($0)" } ?? "null"
        return """
            {"type":"transition","scenario":"\(name)","median_ns":\(median.rounded(to: 2)),\
            "min_ns":\(minimum.rounded(to: 2)),"max_ns":\(maximum.rounded(to: 2)),"allocations":\(heap)}
            """
    }

    var line: String {
        let heap = allocations.map { "\($0.rounded(to: 6)) allocations" } ?? "allocations not counted here"
        return "\(name): \(median.rounded(to: 2)) ns per event "
            + "(\(minimum.rounded(to: 2))–\(maximum.rounded(to: 2))), \(heap)"
    }
}

extension Duration {
    fileprivate var nanoseconds: Double {
        Double(components.seconds) * 1e9 + Double(components.attoseconds) / 1e9
    }
}

extension Double {
    fileprivate func rounded(to digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
