internal import ConnectionLifecycle

/// The lines of a trace: JSON objects, one a line. `holdfast watch --json` prints the same ones, so each has one source.
package enum TraceLine {
    package static func line(_ record: TransitionRecord) -> [UInt8] {
        JSONWriter.line([
            "type": .string("transition"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "id": .string(record.id), "from": .string("\(record.from)"), "event": .string("\(record.event)"),
            "to": .string("\(record.to)"), "reason": .string(record.reason),
        ])
    }

    package static func line(_ record: VerdictRecord) -> [UInt8] {
        JSONWriter.line([
            "type": .string("verdict"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "verdict": .string(record.verdict.outcome.rawValue), "check": .string(record.verdict.check),
            "detail": .string(record.verdict.detail),
        ])
    }

    package static func line(_ record: CatchUpRecord) -> [UInt8] {
        let (phase, pause): (String, Duration?) =
            switch record.phase {
            case .began: ("began", nil)
            case .running: ("running", nil)
            case .waiting(let pause): ("waiting", pause)
            case .finished: ("finished", nil)
            }
        return JSONWriter.line([
            "type": .string("catch_up"), "at": .integer(record.at), "generation": .integer(Int64(record.generation)),
            "phase": .string(phase), "wait_s": pause.map { .seconds($0) } ?? .raw("null"),
            "channels": .integer(Int64(record.channels)), "channels_done": .integer(Int64(record.channelsDone)),
            "deliveries": .integer(Int64(record.deliveries)), "reason": .string(record.reason),
        ])
    }

    package static func line(_ entry: LogEntry) -> [UInt8] {
        JSONWriter.line([
            "type": .string("log"), "at": .integer(entry.at), "generation": .integer(Int64(entry.generation)),
            "level": .string(entry.level.rawValue), "message": .string(entry.message),
        ])
    }
}
