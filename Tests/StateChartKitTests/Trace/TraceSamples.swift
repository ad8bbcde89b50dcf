import ConnectionLifecycle
import Foundation

@testable import StateChartKit

/// Traces to read.
enum TraceSample {
    static let head = #"{"type":"trace","version":1,"table":"\#(TransitionTable.standard.digest)"}"#

    /// The line of a row.
    static func line(_ id: String, at time: Int64, _ generation: Int, more: String = "") -> String {
        guard let row = TransitionTable.standard.rows.first(where: { $0.id == id }) else { return "no row \(id)" }
        return #"{"type":"transition","at":\#(time),"generation":\#(generation),"id":"\#(id)","from":"\#(row.from)","#
            + #""event":"\#(row.event)","to":"\#(row.to.map { "\($0)" } ?? "")","reason":"because"\#(more)}"#
    }

    static func verdict(_ outcome: String, by check: String, at time: Int64, _ generation: Int) -> String {
        #"{"type":"verdict","at":\#(time),"generation":\#(generation),"verdict":"\#(outcome)","check":"\#(check)","#
            + #""detail":"evidence"}"#
    }

    static func catchUp(_ phase: String, at time: Int64, _ generation: Int, deliveries: Int = 0) -> String {
        #"{"type":"catch_up","at":\#(time),"generation":\#(generation),"phase":"\#(phase)","wait_s":null,"channels":2,"#
            + #""channels_done":1,"deliveries":\#(deliveries),"reason":"it was deaf"}"#
    }

    static func mark(_ text: String, at time: Int64) -> String {
        #"{"type":"mark","at":\#(time),"text":"\#(text)"}"#
    }

    static func read(_ lines: [String]) throws -> RecordedTrace {
        try RecordedTrace(Data(lines.joined(separator: "\n").utf8))
    }

    /// Started, found deaf, replaced and stopped. Times in milliseconds since 1970; it begins at 1,000.
    static let deaf = [
        head, line("T01", at: 1000, 1), line("T03", at: 1200, 1), line("T09", at: 3200, 1),
        verdict("alive", by: "reply", at: 3300, 1), line("T15", at: 3300, 1), mark("the account is cycled", at: 4300),
        line("T09", at: 6300, 1), verdict("deaf", by: "reply", at: 6400, 1), line("T16", at: 6400, 1),
        line("T24", at: 6650, 1), line("T29", at: 6700, 1), line("T34", at: 6800, 2), line("T03", at: 6900, 2),
        catchUp("began", at: 6900, 2), catchUp("finished", at: 7100, 2, deliveries: 42), line("T14", at: 10_900, 2),
        line("T28", at: 11_000, 2),
    ]

    /// A random walk through the table, with verdicts, events and catching up in between.
    static func walk(seed: UInt64, steps: Int, connection: String? = nil) -> [String] {
        var generator = SeededGenerator(seed: seed)
        let table = TransitionTable.standard
        var (state, time, generation) = (State.idle, Int64(0), 0)
        var lines: [String] = []
        let more = connection.map { #","connection":"\#($0)""# } ?? ""
        func named(_ line: String) -> String { line.dropLast() + more + "}" }
        for _ in 0..<steps {
            let rows = table.rows.filter { $0.from == state && $0.to != nil && $0.to != .stopped }
            guard let row = rows.randomElement(using: &generator), let to = row.to else { break }
            time += Int64.random(in: 0...2000, using: &generator)
            if row.actions.contains(.beginAttempt) { generation += 1 }
            switch row.event {
            case .alive, .deaf, .inconclusive:
                lines.append(named(verdict("\(row.event)", by: "canary", at: time, generation)))
            case .ready: lines.append(named(catchUp("began", at: time, generation)))
            default: break
            }
            lines.append(line(row.id, at: time, generation, more: more))
            if Bool.random(using: &generator) {
                lines.append(named(#"{"type":"event","at":\#(time),"event":"posted","seq":1}"#))
            }
            if row.event == .ready { lines.append(named(catchUp("finished", at: time, generation, deliveries: 3))) }
            state = to
        }
        return lines
    }
}
