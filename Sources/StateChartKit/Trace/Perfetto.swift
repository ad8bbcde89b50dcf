import ConnectionLifecycle
import Foundation

extension RecordedTrace {
    /// Chrome's Trace Event Format, as JSON: open it in ui.perfetto.dev or chrome://tracing. Each connection is a thread; an
    /// attempt is a slice with the slices of its states inside, transitions and verdicts are instants, catching up is an
    /// asynchronous slice. Times are microseconds since the trace began.
    ///
    /// - Parameter table: the table that is named in it.
    public func perfetto(table: TransitionTable = .standard) -> String {
        var events = [
            Slice(name: "process_name", ph: "M", pid: 1, tid: 0, args: ["name": .text("holdfast")])
        ]
        for (index, track) in tracks.enumerated() {
            let thread = index + 1
            events.append(
                Slice(
                    name: "thread_name", ph: "M", pid: 1, tid: thread,
                    args: ["name": .text(track.name ?? "connection")]))
            events +=
                attempts(track, thread) + states(track, thread) + instants(track, thread) + catchUps(track, thread)
        }
        let file = File(traceEvents: events, displayTimeUnit: "ms", otherData: ["table": table.digest])
        return file.jsonText(isIndented: false) + "\n"
    }

    private func attempts(_ track: Track, _ thread: Int) -> [Slice] {
        var slices: [(generation: Int, start: Int64, end: Int64)] = []
        for span in track.spans(until: duration) where span.state != .stopped {
            if let last = slices.indices.last, slices[last].generation == span.generation {
                slices[last].end = span.end
            } else {
                slices.append((span.generation, span.start, span.end))
            }
        }
        return slices.map { slice in
            Slice(
                name: "attempt \(slice.generation)", cat: "attempt", ph: "X", ts: slice.start * 1000,
                dur: (slice.end - slice.start) * 1000, pid: 1, tid: thread)
        }
    }

    private func states(_ track: Track, _ thread: Int) -> [Slice] {
        track.spans(until: duration).filter { $0.state != .stopped }.map { span in
            Slice(
                name: span.state.name, cat: "state", ph: "X", ts: span.start * 1000, dur: span.length * 1000, pid: 1,
                tid: thread, args: ["generation": .number(span.generation)])
        }
    }

    private func instants(_ track: Track, _ thread: Int) -> [Slice] {
        track.records.compactMap { record in
            func instant(_ name: String, _ category: String, _ args: [String: Slice.Value]) -> Slice {
                Slice(
                    name: name, cat: category, ph: "i", ts: record.time * 1000, pid: 1, tid: thread, s: "t",
                    args: args.merging(["line": .number(record.line)]) { first, _ in first })
            }
            return switch record.content {
            case .transition(let row, let reason):
                instant("\(row.id) \(row.event.name)", "transition", ["reason": .text(reason)])
            case .verdict(let outcome, let check, let detail):
                instant("\(outcome.rawValue) by \(check)", "verdict", ["detail": .text(detail)])
            case .log(let level, let message): instant(level, "log", ["message": .text(message)])
            case .event(let name): instant(name, "event", [:])
            case .mark(let text): instant(text, "mark", [:])
            case .catchUp: nil
            }
        }
    }

    private func catchUps(_ track: Track, _ thread: Int) -> [Slice] {
        var slices: [Slice] = []
        var count = 0
        var isOpen = false
        func edge(_ phase: String, _ time: Int64, _ args: [String: Slice.Value]) -> Slice {
            Slice(
                name: "catching up", cat: "catch_up", ph: phase, ts: time * 1000, pid: 1, tid: thread,
                id: "\(thread).\(count)", args: args)
        }
        for record in track.records {
            guard case .catchUp(let phase, let channels, _, let deliveries, let reason) = record.content else {
                continue
            }
            switch phase {
            case .began:
                if isOpen { slices.append(edge("e", record.time, [:])) }
                count += 1
                isOpen = true
                slices.append(edge("b", record.time, ["channels": .number(channels), "reason": .text(reason)]))
            case .finished where isOpen:
                slices.append(edge("e", record.time, ["deliveries": .number(deliveries)]))
                isOpen = false
            case .running, .waiting, .finished: break
            }
        }
        if isOpen { slices.append(edge("e", duration, [:])) }
        return slices
    }
}

/// The top of the file.
private struct File: Encodable {
    var traceEvents: [Slice]
    var displayTimeUnit: String
    var otherData: [String: String]
}

/// One element of `traceEvents`, with the names of the format.
private struct Slice: Encodable {
    var name: String
    var cat: String?
    var ph: String
    var ts: Int64?
    var dur: Int64?
    var pid: Int
    var tid: Int
    var s: String?
    var id: String?
    var args: [String: Value]?

    enum Value: Encodable {
        case text(String)
        case number(Int)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .text(let text): try container.encode(text)
            case .number(let number): try container.encode(number)
            }
        }
    }

    init(
        name: String, cat: String? = nil, ph: String, ts: Int64? = nil, dur: Int64? = nil, pid: Int, tid: Int,
        s: String? = nil, id: String? = nil, args: [String: Value]? = nil
    ) {
        self.name = name
        self.cat = cat
        self.ph = ph
        self.ts = ts
        self.dur = dur
        self.pid = pid
        self.tid = tid
        self.s = s
        self.id = id
        self.args = args
    }
}
