import BenchmarkKit

/// Tells what came out, for a person or a machine.
final class Report {
    private struct Line: Encodable {
        let type = "gate"
        let scenario: String
        let measure: String
        let verdict: String
        let value: Double?
        let again: Double?
        let limit: Double
        let committed: Double
        let reason: String?
    }

    private struct End: Encodable {
        let type = "gate-end"
        let passed, failed, skipped: Int
        let seconds: Double
    }

    private let asJSON: Bool
    private var passed = 0
    private(set) var failed = 0
    private var skipped = 0

    init(asJSON: Bool) { self.asJSON = asJSON }

    func tell(_ check: Check, _ first: Outcome, _ second: Outcome?) throws {
        switch first {
        case .skipped(let reason):
            skipped += 1
            try tell(check, "skipped", nil, nil, reason)
        case .value(let value) where check.accepts(value):
            passed += 1
            try tell(check, "ok", value, nil, nil)
        case .value(let value):
            var again: Double?
            if case .value(let value)? = second { again = value }
            let isWell = again.map(check.accepts) ?? false
            if isWell { passed += 1 } else { failed += 1 }
            try tell(check, isWell ? "ok" : "FAILED", value, again, isWell ? "the second time" : check.because)
        }
    }

    private func tell(
        _ check: Check, _ verdict: String, _ value: Double?, _ again: Double?, _ reason: String?
    ) throws {
        if asJSON {
            return try JSONLine.print(
                Line(
                    scenario: check.scenario, measure: check.measure.rawValue, verdict: verdict, value: value,
                    again: again, limit: check.limit.rounded(to: 4), committed: check.value, reason: reason))
        }
        var text = "\(verdict)\(String(repeating: " ", count: 8 - verdict.count))\(check.name)"
        if let value {
            text += ": \(value.rounded(to: 3))"
            if let again { text += ", then \(again.rounded(to: 3))" }
            text += " (\(check.isRate == true ? "at least" : "at most") \(check.limit.rounded(to: 3)); "
            text += "committed \(check.value.rounded(to: 3)))"
        }
        print(reason.map { "\(text): \($0)" } ?? text)
    }

    func update(_ check: Check, to value: Double) {
        print("\(check.name): \(check.value.rounded(to: 4)) → \(value.rounded(to: 4))")
    }

    func end(after time: Duration) throws {
        let seconds = (Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18).rounded(to: 1)
        if asJSON {
            try JSONLine.print(End(passed: passed, failed: failed, skipped: skipped, seconds: seconds))
        } else {
            print("\(passed) passed, \(failed) failed, \(skipped) skipped, in \(seconds) s")
        }
    }
}
