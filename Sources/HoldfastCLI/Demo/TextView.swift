import Holdfast
import WorldInterface

/// For people: a line for each step, with the time since the cause, and a table at the end.
///
/// Sound to share: `DemoView` is called from the demo's loop only, and `end` after it.
final class TextView: DemoView, @unchecked Sendable {
    private let style: Style
    private var start: Instant?

    init(style: Style) { self.style = style }

    func begin(_ url: String, _ interval: Duration) {
        print(style.paint("Holdfast demo", .bold))
        print("A Mattermost simulator on \(url), a bot on it, and an account that posts 20 times a second.")
        print("The bot's connection proves every \(interval.secondsText) s that events still arrive.")
    }

    func show(_ cause: Cause) {
        start = nil
        print("")
        print("\(style.paint(cause.rawValue, .bold)) – \(cause.title)")
    }

    func mark(at instant: Instant) {
        start = instant
        line(instant, style.paint("⚡ it happens", .yellow))
    }

    func show(_ observation: Observation, now: Instant) {
        let records = RecordText(style: style)
        switch observation {
        case .transition(let record): line(Instant(nanoseconds: record.time), records.text(record))
        case .verdict(let record): line(now, records.text(record))
        case .catchUp(let record): line(now, records.text(record))
        case .log(let entry): line(now, records.text(entry))
        }
    }

    func show(_ result: CauseResult) {
        guard let detectedBy = result.detectedBy, let detection = result.detection else {
            return print(style.paint("  not detected", .red))
        }
        let found = "  detected by \(detectedBy) after \(detection.secondsText) s"
        guard let recovery = result.recovery, result.isDelivering else {
            return print(style.paint("\(found), not recovered", .red))
        }
        print(
            style.paint(
                "\(found), open again \(recovery.secondsText) s later; "
                    + "missed \(result.missed), duplicates \(result.duplicates)", result.isComplete ? .green : .red))
    }

    func leave() {
        start = nil
        print("")
        print("\(style.paint("stop", .bold)) – the bot says goodbye")
    }

    func end(_ results: [CauseResult]) {
        print("")
        print(ResultTable(style: style).text(results))
        print("")
        if results.allSatisfy(\.isComplete) {
            print(style.paint("Every cause was detected, the connection came back, and nothing was lost.", .green))
        } else if results.allSatisfy(\.isRecovered) {
            print(style.paint("Every cause was detected, but deliveries were lost or came twice.", .red))
        } else {
            print(style.paint("Not every cause was detected and recovered.", .red))
        }
        print("Sent: posts, edits and deletions; of the posts, so many while the bot heard nothing.")
    }

    private func line(_ instant: Instant, _ text: String) {
        let time = start.map {
            Duration.nanoseconds(Int64(clamping: instant.nanoseconds(since: $0))).secondsText + " s"
        }
        print("\(style.paint((time ?? "").aligned(to: 9), .dim))  \(text)")
    }

    private func print(_ line: String) { StandardOutput.write(line + "\n") }
}
