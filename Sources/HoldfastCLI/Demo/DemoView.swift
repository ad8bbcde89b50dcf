import Holdfast
import HoldfastMattermost
import WorldInterface

/// How the demo shows what happens. Called from the demo's loop, one call at a time.
protocol DemoView: AnyObject, Sendable {
    func begin(_ url: String, _ interval: Duration)
    func show(_ cause: Cause)
    /// The cause happens now.
    func mark(at instant: Instant)
    func show(_ observation: Observation, now: Instant)
    func show(_ result: CauseResult)
    /// All causes have been played; the bot stops.
    func leave()
    func end(_ results: [CauseResult])
}

/// For machines.
final class JSONView: DemoView {
    func begin(_ url: String, _ interval: Duration) {
        StandardOutput.write(
            JSONWriter.line([
                "type": .string("demo"), "url": .string(url), "probe_interval_s": .seconds(interval),
            ]))
    }

    func show(_ cause: Cause) {
        StandardOutput.write(
            JSONWriter.line([
                "type": .string("cause"), "cause": .string(cause.rawValue), "title": .string(cause.title),
            ]))
    }

    func mark(at instant: Instant) {}

    func leave() {}

    func show(_ observation: Observation, now: Instant) {
        if case .log(let entry) = observation {
            StandardError.complain("holdfast demo", "\(entry.level): \(entry.message)")
        } else if let line = RecordLines.line(observation) {
            StandardOutput.write(line)
        }
    }

    func show(_ result: CauseResult) {
        StandardOutput.write(JSONWriter.line(["type": .string("result"), "result": result.json]))
    }

    func end(_ results: [CauseResult]) {
        StandardOutput.write(
            JSONWriter.line([
                "type": .string("summary"), "recovered": .flag(results.allSatisfy(\.isRecovered)),
                "complete": .flag(results.allSatisfy(\.isComplete)), "causes": .array(results.map(\.json)),
            ]))
    }
}

extension CauseResult {
    fileprivate var json: JSONWriter.Value {
        .object([
            "cause": .string(cause.rawValue), "detected_by": detectedBy.map { .string($0) } ?? .raw("null"),
            "detection_s": detection.map { .seconds($0) } ?? .raw("null"),
            "recovery_s": recovery.map { .seconds($0) } ?? .raw("null"), "recovered": .flag(isRecovered),
            "sent": .integer(Int64(sent)), "sent_while_deaf": .integer(Int64(deafPosts)),
            "edits": .integer(Int64(edits)), "deletions": .integer(Int64(deletions)),
            "delivered": .integer(Int64(delivered)),
            "resumed": .integer(Int64(resumed)), "caught_up": .integer(Int64(caughtUp)),
            "missed": .integer(Int64(missed)), "duplicates": .integer(Int64(duplicates)),
        ])
    }
}

extension Duration {
    /// Seconds with two places, rounded.
    var secondsText: String {
        let hundredths = (Int64(wholeNanoseconds / 1000) + 5000) / 10_000
        let fraction = "\(hundredths % 100)"
        return "\(hundredths / 100)." + (fraction.count == 1 ? "0" : "") + fraction
    }
}
