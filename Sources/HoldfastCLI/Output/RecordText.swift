import ConnectionLifecycle
import Holdfast

/// What is seen of a connection, in words for a terminal: one line each, without the time in front.
struct RecordText: Sendable {
    let style: Style

    func text(_ record: TransitionRecord) -> String {
        let path = "\(record.from) → \(record.to)".padded(to: 24)
        return "\(style.paint(path, record.to.ink))  \(style.paint(record.id, .bold))  "
            + "\("\(record.event)".padded(to: 14))  \(style.paint(record.reason.onOneLine, .dim))"
    }

    func text(_ record: VerdictRecord) -> String {
        let (mark, ink): (String, Style.Ink) =
            switch record.verdict.outcome {
            case .alive: ("✓", .green)
            case .deaf: ("✗", .red)
            case .inconclusive: ("?", .yellow)
            }
        let verdict = "\(mark) \(record.verdict.outcome)".padded(to: 24)
        return "\(style.paint(verdict, ink))       \(record.verdict.check.padded(to: 14))  "
            + style.paint(record.verdict.detail.onOneLine, .dim)
    }

    func text(_ record: CatchUpRecord) -> String {
        let mark =
            switch record.phase {
            case .began, .running: "↻ catching up"
            case .waiting: "… waiting"
            case .finished: "✓ caught up"
            }
        let count = "\(record.channelsDone)/\(record.channels)".padded(to: 14)
        let detail =
            switch record.phase {
            case .began: record.reason
            case .running: "\(record.deliveries) deliveries so far"
            case .waiting(let pause): "the server limits the rate; on in \(pause.secondsText) s"
            case .finished: "\(record.deliveries) deliveries were missing"
            }
        return "\(style.paint(mark.padded(to: 24), .cyan))       \(count)  \(style.paint(detail.onOneLine, .dim))"
    }

    func text(_ entry: LogEntry) -> String {
        let ink: Style.Ink = entry.level == .error ? .red : .yellow
        return "\(style.paint("! \(entry.level)".padded(to: 24), ink))       \(entry.message.onOneLine)"
    }
}

extension State {
    var ink: Style.Ink {
        switch self {
        case .open: .green
        case .connecting, .probing: .cyan
        case .stale: .red
        case .terminating, .backoff: .yellow
        case .idle, .stopped: .blue
        }
    }
}
