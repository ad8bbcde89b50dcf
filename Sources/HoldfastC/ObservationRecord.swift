internal import CHoldfast
internal import ConnectionLifecycle
internal import Holdfast

/// An observation as C sees it; its texts live as long as this does.
struct ObservationRecord {
    let observation: holdfast_observation
    private let texts: TextBlob

    init(_ seen: Observation) {
        var kind = HOLDFAST_OBSERVED_LOG
        var from: Int32 = -1
        var to: Int32 = -1
        var verdict: Int32 = -1
        var level: Int32 = -1
        var id = ""
        let (attempt, at): (UInt32, Int64)
        let json: [UInt8]
        switch seen {
        case .transition(let record):
            kind = HOLDFAST_OBSERVED_TRANSITION
            // The numbers of the header are those of the machine; a test compares them.
            from = Int32(record.from.rawValue)
            to = Int32(record.to.rawValue)
            id = record.id
            (attempt, at) = (record.generation, record.at)
            json = TraceLine.line(record)
        case .verdict(let record):
            kind = HOLDFAST_OBSERVED_VERDICT
            verdict = Self.number(record.verdict.outcome)
            id = record.verdict.check
            (attempt, at) = (record.generation, record.at)
            json = TraceLine.line(record)
        case .catchUp(let record):
            kind = HOLDFAST_OBSERVED_CATCH_UP
            (attempt, at) = (record.generation, record.at)
            json = TraceLine.line(record)
        case .log(let entry):
            level = Self.number(entry.level)
            (attempt, at) = (entry.generation, entry.at)
            json = TraceLine.line(entry)
        }
        texts = json.withUnsafeBytes { json in
            // A line of a trace ends with a line feed.
            let count = json.last == UInt8(ascii: "\n") ? json.count - 1 : json.count
            return TextBlob([id, "\(seen)"], last: UnsafeRawBufferPointer(rebasing: json[..<count]))
        }
        observation = holdfast_observation(
            size: MemoryLayout<holdfast_observation>.size, kind: Int32(kind), from: from, to: to, verdict: verdict,
            level: level, attempt: attempt, at: at, id: texts[0], text: texts[1], json: texts[2])
    }

    private static func number(_ outcome: Verdict.Outcome) -> Int32 {
        switch outcome {
        case .alive: Int32(HOLDFAST_VERDICT_ALIVE)
        case .deaf: Int32(HOLDFAST_VERDICT_DEAF)
        case .inconclusive: Int32(HOLDFAST_VERDICT_INCONCLUSIVE)
        }
    }

    private static func number(_ level: LogLevel) -> Int32 {
        switch level {
        case .debug: Int32(HOLDFAST_LEVEL_DEBUG)
        case .info: Int32(HOLDFAST_LEVEL_INFO)
        case .warning: Int32(HOLDFAST_LEVEL_WARNING)
        case .error: Int32(HOLDFAST_LEVEL_ERROR)
        }
    }
}
