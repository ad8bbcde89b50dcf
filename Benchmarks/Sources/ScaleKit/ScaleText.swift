import Foundation
import SoakKit

extension ScaleRecord {
    /// The table, as Markdown: for a terminal and for the file.
    public var text: String {
        var lines = [
            "\(connections) connections to \(servers) addresses of one simulator, on \(loops) loops, each probed every "
                + "\(Self.short(probeIntervalS)) s; \(store); \(Self.short(postsPerSecond)) posts a second; "
                + "\(Self.short(attemptsPerSecond)) attempts a second for each address, \(attemptBurst) at once",
            "\(machine.processor), \(machine.cores) processors, load average \(machine.loadBefore) before, "
                + "\(machine.loadAfter) after",
            "",
        ]
        lines += table(
            ["", "come up", "steady", "watched", "drop", "deaf"],
            [
                row("seconds") { Self.short($0.seconds) },
                row("CPU of the gateway") { Self.percent($0.gatewayPercent) },
                row("CPU of the simulator") { Self.percent($0.simulatorPercent) },
                row("loop lag p50, p99, most (ms)") { $0.lagMs.map(Self.three) ?? "–" },
                row("attempts begun, failed") { "\($0.attempts), \($0.failedAttempts)" },
                row("most attempts in a second; at the server") { "\($0.attemptPeak); \($0.attemptPeakAtServer)" },
                row("verdicts: alive, inconclusive, deaf") { "\($0.alive), \($0.inconclusive), \($0.judgedDeaf)" },
                row("until noticed p50, p99, last (s)") { $0.detectionS.map(Self.three) ?? "–" },
                row("until open p50, p99, last (s)") { $0.waitS.map(Self.three) ?? "–" },
                row("the budget asks for (s)") { $0.idealS.map(Self.short) ?? "–" },
                row("deliveries of posts") { "\($0.deliveries)" },
            ])
        lines += ["", memoryText, deliveryText]
        lines.append(
            "an event for everybody: \(announcedTo) deliveries in \(Self.short(announced.seconds)) s, "
                + "\(Self.short(announced.gatewayCpuS)) s of the gateway's processor time, "
                + "\(Self.short(announced.simulatorCpuS)) s of the simulator's, timers at most "
                + "\(Self.short(announced.lagMs?.max ?? 0)) ms late")
        lines.append(
            "all states asked for in \(Self.short(statusesMs)) ms; watched, the page got \(pageBytes >> 10) KB and the "
                + "slowest answer took \(Self.short(longestAnswerMs)) ms")
        lines.append("all dropped within \(Self.short(dropTookS)) s; stopped in \(Self.short(stopS)) s")
        let failed = checks.filter { !$0.ok }
        lines.append("")
        lines +=
            failed.isEmpty ? ["All \(checks.count) checks pass."] : failed.map { "FAILED \($0.name): \($0.detail)" }
        return lines.joined(separator: "\n")
    }

    private var memoryText: String {
        let each = { (bytes: Int) in Self.short(memory.perConnection(bytes, of: connections) / 1024) }
        return
            "resident: \(memory.beforeBytes >> 20) MB before, \(memory.openBytes >> 20) MB with all open "
            + "(\(each(memory.openBytes)) KB each), \(memory.steadyBytes >> 20) MB after the steady phase "
            + "(\(each(memory.steadyBytes)) KB each), \(memory.endBytes >> 20) MB at the end, "
            + "\(memory.peakBytes >> 20) MB at most; the simulator \(memory.simulatorBytes >> 20) MB"
    }

    private var deliveryText: String {
        "deliveries of posts: \(deliveries.heard) of \(deliveries.expected) (\(deliveries.posts) posts), "
            + "\(deliveries.repeated) again, \(deliveries.missing) passed over; of all events \(deliveries.live) live, "
            + "\(deliveries.resumed) after a resume, \(deliveries.caughtUp) caught up"
    }

    private func row(_ name: String, _ value: (Phase) -> String) -> [String] {
        [name] + [comeUp, steady, watched, drop, deaf].map(value)
    }

    private func table(_ head: [String], _ rows: [[String]]) -> [String] {
        let widths = head.indices.map { column in ([head] + rows).map { $0[column].count }.max() ?? 0 }
        let line = { (cells: [String]) in
            "| "
                + zip(cells, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: " | ")
                + " |"
        }
        let rule = "| " + widths.map { String(repeating: "-", count: max(3, $0)) }.joined(separator: " | ") + " |"
        return [line(head), rule] + rows.map(line)
    }

    private static func three(_ values: Distribution) -> String {
        "\(short(values.p50)), \(short(values.p99)), \(short(values.max))"
    }

    private static func percent(_ value: Double) -> String { "\(short(value)) %" }

    /// As many digits as mean something.
    private static func short(_ value: Double) -> String {
        if value == value.rounded() { return "\(Int(value))" }
        return String(format: value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value)
    }
}
