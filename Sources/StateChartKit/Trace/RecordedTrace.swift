import ConnectionLifecycle

/// What was recorded of one or more connections, checked against the table that is drawn: each transition is a row of it, and
/// each begins where the one before ended. A value.
public struct RecordedTrace: Sendable {
    /// One connection.
    public struct Track: Sendable {
        /// Nil where the trace does not name its only connection.
        public var name: String?
        /// In the order of the file; times never fall.
        public var records: [Record] = []
    }

    /// One line of the file.
    public struct Record: Sendable {
        /// From 1.
        public var line: Int
        /// Milliseconds since the trace began.
        public var time: Int64
        /// The number of the attempt, from 1; 0 where none is meant.
        public var generation: Int
        public var content: Content
    }

    public enum Content: Sendable, Equatable {
        case transition(Row, reason: String)
        case verdict(outcome: Outcome, check: String, detail: String)
        case catchUp(phase: Phase, channels: Int, done: Int, deliveries: Int, reason: String)
        case log(level: String, message: String)
        /// The name only.
        case event(String)
        case mark(String)
    }

    public enum Outcome: String, Sendable, CaseIterable {
        case alive, deaf, inconclusive
    }

    public enum Phase: String, Sendable, CaseIterable {
        case began, running, waiting, finished
    }

    /// By their first line.
    public var tracks: [Track]
    /// The digest of the table that the recording program executed; nil where the file does not tell.
    public var digest: String?
    /// Lines of types that mean nothing here, by type.
    public var skipped: [String: Int]
    /// Why the trace ends before the connection does; nil where it does not.
    public var cut: String?
    /// How often the recording machine's clock went back; the times wait then.
    public var clockSteps: Int

    /// Milliseconds from the first line to the last.
    public var duration: Int64 { tracks.compactMap { $0.records.last?.time }.max() ?? 0 }
}

extension RecordedTrace {
    /// One stay in a state.
    struct Span: Equatable {
        var state: State
        var generation: Int
        /// Milliseconds since the trace began.
        var start, end: Int64

        var length: Int64 { end - start }
    }
}

extension RecordedTrace.Track {
    /// The stays, one after the other without a gap; the last one ends with the trace.
    ///
    /// - Parameter end: milliseconds since the trace began.
    func spans(until end: Int64) -> [RecordedTrace.Span] {
        var spans: [RecordedTrace.Span] = []
        for record in records {
            guard case .transition(let row, _) = record.content, let to = row.to else { continue }
            if spans.isEmpty, row.from != .idle {
                // What came before is not in the file, but the state is known.
                spans.append(.init(state: row.from, generation: record.generation, start: 0, end: record.time))
            }
            if let last = spans.indices.last { spans[last].end = record.time }
            if spans.last?.state != to || row.actions.contains(.beginAttempt) {
                spans.append(.init(state: to, generation: record.generation, start: record.time, end: end))
            } else if let last = spans.indices.last {
                spans[last].end = end
            }
        }
        return spans
    }
}
