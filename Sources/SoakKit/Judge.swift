/// What a soak must hold to. Each check can fail; the tests show how.
public enum Judge {
    /// Bounds of the slopes, by the summary's name.
    ///
    /// Memory: allocators take from the system in steps of a megabyte and more. The others are counts of what connections own,
    /// which swing by some for each connection that is being replaced.
    public static func bound(_ name: String, connections: Int) -> Slope.Bound {
        switch name {
        case "resident_bytes": Slope.Bound(perHour: 16 * 1_048_576, total: 64 * 1_048_576)
        case "handles": Slope.Bound(perHour: 20, total: 50 + 2 * Double(connections))
        default: Slope.Bound(perHour: 20, total: 50 + Double(connections))
        }
    }

    /// Milliseconds that the loop's timer may be late, at the 99th percentile.
    public static let lagBound = 250.0

    /// The checks of a summary whose figures are complete.
    public static func checks(_ summary: SummaryRecord) -> [SummaryRecord.Check] {
        var checks = [
            zero("lost", summary.lost, "Each post, edit, deletion and reaction reached each member of its channel."),
            zero("doubled", summary.doubled, "Nothing came twice."),
            zero("out_of_order", summary.outOfOrder, "Each channel came in its order."),
            zero("unknown", summary.unknown, "Nothing came that the server's log does not know."),
            zero("outstanding", summary.outstanding, "After the last fault all that was owed came within a minute."),
            zero(
                "failures", summary.failures,
                "No connection's deliveries ended before their time, and all ended in time."),
            zero(
                "false_reconnects", summary.falseReconnects,
                "No connection was replaced to which nothing had happened."),
            zero(
                "unnoticed", summary.unnoticed,
                "Each fault that takes a connection's events was noticed within \(Int(RecoveryTracker.noticeBound)) s."),
            SummaryRecord.Check(
                name: "deliveries", ok: summary.delivered > 0, value: "\(summary.delivered)", bound: "more than 0",
                text: "The soak did deliver."),
            SummaryRecord.Check(
                name: "loop_lag", ok: summary.lagMs.p99 <= lagBound, value: "\(summary.lagMs.p99) ms",
                bound: "at most \(Int(lagBound)) ms", text: "A timer on the engine's loop was late by that much (p99)."),
        ]
        for name in summary.slopes.keys.sorted() {
            let lines = summary.parts.compactMap { $0.slopes[name] }
            for (index, line) in lines.enumerated() {
                checks.append(slope(lines.count > 1 ? "\(name)_\(index + 1)" : name, line))
            }
        }
        return checks
    }

    private static func zero(_ name: String, _ value: Int, _ text: String) -> SummaryRecord.Check {
        SummaryRecord.Check(name: name, ok: value == 0, value: "\(value)", bound: "0", text: text)
    }

    private static func slope(_ name: String, _ line: SummaryRecord.SlopeLine) -> SummaryRecord.Check {
        let isMemory = name.hasPrefix("resident_bytes")
        let unit = isMemory ? " MB" : ""
        let number = { (value: Double) in
            "\(Distribution.rounded(isMemory ? value / 1_048_576 : value).formatted(digits: 1))\(unit)"
        }
        var value = "grew by \(number(line.growth))"
        if let perHour = line.perHour, let low = line.low, let high = line.high {
            value += ", slope \(number(perHour)) an hour (99 %: \(number(low)) to \(number(high)))"
        }
        if line.spanS == 0 {
            value = "not judged, the soak ended within the warm-up"
        } else if line.spanS < Slope.shortest {
            value += "; the slope is judged from \(Int(Slope.shortest / 60)) minutes after the warm-up on"
        }
        return SummaryRecord.Check(
            name: "slope_\(name)", ok: line.ok, value: value,
            bound:
                "lower end of the slope at most \(number(line.bound)) an hour, growth at most \(number(line.growthBound))",
            text: "The engine's process does not grow.")
    }
}

extension Double {
    func formatted(digits: Int) -> String {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        let rounded = (self * scale).rounded() / scale
        return "\(rounded == 0 ? 0 : rounded)"
    }
}
