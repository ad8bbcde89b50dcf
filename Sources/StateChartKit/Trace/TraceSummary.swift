import ConnectionLifecycle
import Foundation

/// The figures of a trace, of all its connections together.
public struct TraceSummary: Codable, Equatable, Sendable {
    /// Of this form.
    public var schema = 1
    /// The digest of the table.
    public var table: String
    /// Seconds from the first line to the last.
    public var seconds: Double
    public var connections: Int
    /// Attempts begun.
    public var attempts: Int
    /// Seconds in each state that was entered, summed over the connections.
    public var secondsInState: [String: Double]
    /// How often each row was taken; rows that were not are left out.
    public var transitions: [String: Int]
    /// Verdicts by check and outcome.
    public var verdicts: [String: [String: Int]]
    public var events: Int
    /// In the order of time.
    public var recoveries: [Recovery]
    /// Lines that were skipped, by type.
    public var skipped: [String: Int]

    /// One time that a connection was found to be of no use.
    public struct Recovery: Codable, Equatable, Sendable {
        public var connection: String?
        /// Seconds since the trace began at which it was noticed.
        public var noticed: Double
        /// The row that noticed it.
        public var id: String
        /// The check whose verdict it was, `timeout` for spent misses, `lost` where the connection ended.
        public var by: String
        /// Seconds since the last mark before it (what was done to the connection); nil without one.
        public var afterMark: Double?
        /// Seconds until it was open again; nil where the trace ends before.
        public var recovery: Double?
        /// How many deliveries were fetched afterwards; nil where that is not in the trace.
        public var caughtUp: Int?
    }

    public init(_ trace: RecordedTrace, table: TransitionTable = .standard) {
        self.table = table.digest
        seconds = TraceSummary.seconds(trace.duration)
        connections = trace.tracks.count
        skipped = trace.skipped
        (attempts, events) = (0, 0)
        (secondsInState, transitions, verdicts, recoveries) = ([:], [:], [:], [])
        var time: [State: Int64] = [:]
        for track in trace.tracks {
            for span in track.spans(until: trace.duration) where span.state != .stopped {
                time[span.state, default: 0] += span.length
            }
            add(track)
        }
        secondsInState = Dictionary(uniqueKeysWithValues: time.map { ($0.name, TraceSummary.seconds($1)) })
        recoveries.sort { $0.noticed < $1.noticed }
    }

    private mutating func add(_ track: RecordedTrace.Track) {
        var check: String?
        var mark: Int64?
        var current: Int?
        for record in track.records {
            switch record.content {
            case .transition(let row, _):
                transitions[row.id, default: 0] += 1
                if row.actions.contains(.beginAttempt) { attempts += 1 }
                if row.to == .stale || row.event == .lost && row.from != .stale {
                    current = recoveries.count
                    recoveries.append(
                        Recovery(
                            connection: track.name, noticed: TraceSummary.seconds(record.time), id: row.id,
                            by: row.event == .lost ? "lost" : row.event == .deaf ? check ?? "deaf" : "timeout",
                            afterMark: mark.map { TraceSummary.seconds(record.time - $0) }))
                    mark = nil
                } else if row.event == .ready, let current, recoveries[current].recovery == nil {
                    recoveries[current].recovery = TraceSummary.rounded(
                        TraceSummary.seconds(record.time) - recoveries[current].noticed)
                }
            case .verdict(let outcome, let name, _):
                check = name
                verdicts[name, default: [:]][outcome.rawValue, default: 0] += 1
            case .catchUp(let phase, _, _, let deliveries, _):
                if phase == .finished, let current, recoveries[current].recovery != nil,
                    recoveries[current].caughtUp == nil
                {
                    recoveries[current].caughtUp = deliveries
                }
            case .event: events += 1
            case .mark: mark = record.time
            case .log: break
            }
        }
    }

    /// Milliseconds as seconds.
    private static func seconds(_ milliseconds: Int64) -> Double { Double(milliseconds) / 1000 }

    private static func rounded(_ seconds: Double) -> Double { (seconds * 1000).rounded() / 1000 }
}

extension TraceSummary {
    /// For a program; keys sorted.
    public var json: String { jsonText() + "\n" }

    /// For a person.
    public var text: String {
        var lines = [
            "\(TimeText.seconds(seconds)), \(counted(connections, "connection")), \(counted(attempts, "attempt")), "
                + "\(counted(transitions.values.reduce(0, +), "transition")), \(counted(events, "event")); table \(table)"
        ]
        lines += ["", "time in each state"]
        let whole = secondsInState.values.reduce(0, +)
        for state in State.allCases {
            guard let time = secondsInState[state.name] else { continue }
            let share = whole > 0 ? time / whole * 100 : 0
            lines.append(
                "  \(padded(state.name, 12)) \(padded(TimeText.seconds(time), 12)) \(TimeText.fixed(share, 1)) %")
        }
        lines += ["", "transitions"]
        for row in TransitionTable.standard.rows {
            guard let count = transitions[row.id] else { continue }
            let path = "\(row.from.name) → \(row.to?.name ?? "")"
            lines.append("  \(row.id)  \(padded(path, 26)) \(padded(row.event.name, 14)) \(count)")
        }
        if !verdicts.isEmpty {
            lines += ["", "verdicts"]
            for (check, outcomes) in verdicts.sorted(by: { $0.key < $1.key }) {
                let counts = outcomes.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
                lines.append("  \(padded(check, 12)) \(counts.joined(separator: ", "))")
            }
        }
        lines += ["", "detections and recoveries"]
        if recoveries.isEmpty { lines.append("  none") }
        for recovery in recoveries {
            let name = recovery.connection.map { "\($0): " } ?? ""
            let delay = recovery.afterMark.map { ", \(TimeText.seconds($0)) after the mark" } ?? ""
            let end =
                recovery.recovery.map { "open again \(TimeText.seconds($0)) later" } ?? "not open again in this trace"
            let caughtUp = recovery.caughtUp.map { ", \(counted($0, "delivery", "deliveries")) caught up" } ?? ""
            lines.append(
                "  \(name)at \(TimeText.seconds(recovery.noticed)) \(recovery.id) \(recovery.by == "lost" ? "" : "by ")\(recovery.by)\(delay): \(end)\(caughtUp)"
            )
        }
        if !skipped.isEmpty {
            let kinds = skipped.sorted { $0.key < $1.key }.map { "\($0.value) × \($0.key)" }
            lines += ["", "skipped lines of other types: \(kinds.joined(separator: ", "))"]
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func counted(_ count: Int, _ word: String, _ plural: String? = nil) -> String {
        count == 1 ? "1 \(word)" : "\(count) \(plural ?? word + "s")"
    }

    private func padded(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - text.count))
    }
}

/// Times for people.
enum TimeText {
    /// `1.926 s`, `2 min 05 s`, `3 h 04 min`.
    static func seconds(_ seconds: Double) -> String {
        if seconds < 60 { return "\(fixed(seconds, 3)) s" }
        let whole = Int(min(seconds, 1e15))
        if whole < 3600 { return "\(whole / 60) min \(two(whole % 60)) s" }
        return "\(whole / 3600) h \(two(whole / 60 % 60)) min"
    }

    /// With so many decimals; no locale.
    static func fixed(_ value: Double, _ decimals: Int) -> String {
        let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
        let parts = Int((min(abs(value), 1e12) * Double(scale)).rounded())
        let sign = value < 0 && parts > 0 ? "−" : ""
        guard decimals > 0 else { return "\(sign)\(parts)" }
        let fraction = "\(parts % scale)"
        return "\(sign)\(parts / scale)." + String(repeating: "0", count: decimals - fraction.count) + fraction
    }

    private static func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
}
