import ConnectionLifecycle
import Foundation
import Holdfast
import Testing

@testable import HoldfastGateway

@Suite struct MetricsTests {
    private static var metrics: MetricsText {
        var figures = GatewayFigures()
        figures.enter(.open)
        figures.enter(.open)
        figures.enter(.backoff)
        figures.handled(.live)
        figures.handled(.caughtUp)
        figures.storeFailures = 3
        figures.note(Verdict(.deaf, check: "a \"quoted\\\" check\nof two lines", detail: "nothing came"))
        figures.note(
            TransitionRecord(
                at: 0, time: 0, generation: 1, id: "T12", from: .open, event: .lost, to: .backoff, reason: "reset"))
        for seconds in [0.00005, 0.004, 0.3, 99] { figures.handling.note(seconds: seconds) }
        figures.waiting.note(seconds: 0.7)
        var loop = GatewayFigures()
        loop.loopLag.note(seconds: 0.003)
        return MetricsText(
            figures: figures, byLoop: [loop, GatewayFigures()], waitingAttempts: [("chat.example.com", 7)],
            version: "1.2")
    }

    @Test func aStrictReaderTakesIt() throws {
        let families = try StrictReader.read(Self.metrics.written(as: .openMetrics))
        #expect(families["holdfast_accounts"]?.samples[#"holdfast_accounts{state="open"}"#] == 2)
        #expect(families["holdfast_accounts"]?.samples.count == State.allCases.count)
        #expect(families["holdfast_transitions"]?.samples[#"holdfast_transitions_total{id="T12"}"#] == 1)
        let reconnects = try #require(families["holdfast_reconnects"]?.samples)
        #expect(reconnects[#"holdfast_reconnects_total{id="T12",reason="lost"}"#] == 1)
        #expect(reconnects[#"holdfast_reconnects_total{id="T16",reason="deaf"}"#] == 0, "a counter begins with 0")
        #expect(reconnects.keys.allSatisfy { !$0.contains("T09") && !$0.contains("T34") })
        #expect(
            families["holdfast_verdicts"]?.samples == [
                #"holdfast_verdicts_total{check="a \"quoted\\\" check\nof two lines",outcome="deaf"}"#: 1
            ])
        #expect(families["holdfast_deliveries"]?.samples[#"holdfast_deliveries_total{source="caught up"}"#] == 1)
        #expect(families["holdfast_store_failures"]?.samples == ["holdfast_store_failures_total": 3])
        #expect(families["holdfast_waiting_attempts"]?.samples.values.first == 7)
        let handling = try #require(families["holdfast_handling_seconds"])
        #expect(handling.samples["holdfast_handling_seconds_count"] == 4)
        #expect(handling.samples[#"holdfast_handling_seconds_bucket{le="0.005"}"#] == 2)
        let waiting = try #require(families["holdfast_waiting_seconds"])
        #expect(waiting.samples[#"holdfast_waiting_seconds_bucket{le="0.5"}"#] == 0)
        #expect(waiting.samples[#"holdfast_waiting_seconds_bucket{le="1.0"}"#] == 1)
        let lag = try #require(families["holdfast_loop_lag_seconds"])
        #expect(lag.samples[#"holdfast_loop_lag_seconds_bucket{loop="0",le="0.005"}"#] == 1)
        #expect(lag.samples[#"holdfast_loop_lag_seconds_count{loop="1"}"#] == 0)
        #expect(families["holdfast_build"]?.samples.keys.first?.contains(#"version="1.2""#) == true)
    }

    @Test(arguments: [
        "a 1\n# EOF\n", "# TYPE a gauge\n# HELP a x\na 1\n", "# TYPE a counter\n# HELP a x\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a x\na 1\na 1\n# EOF\n", "# TYPE a gauge\na 1\n# EOF\n",
        "# TYPE a gauge\n# HELP a x\na{b=\"c\nd\"} 1\n# EOF\n", "# TYPE a_seconds gauge\n# HELP a_seconds x\n# EOF\n",
    ]) func theReaderIsStrict(text: String) {
        #expect(throws: StrictReader.Wrong.self) { try StrictReader.read(text) }
    }

    // MARK: - Formats

    private static let prometheus2 =
        "application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,"
        + "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
    private static let prometheus3 =
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.5,"
        + "application/openmetrics-text;version=0.0.1;q=0.4,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.3,"
        + "text/plain;version=0.0.4;q=0.2,*/*;q=0.1"

    @Test(
        arguments: [
            (nil, .prometheus), ("", .prometheus), ("*/*", .prometheus), ("text/html,*/*;q=0.8", .prometheus),
            ("text/plain;version=0.0.4", .prometheus), (prometheus2, .openMetrics), (prometheus3, .openMetrics),
            ("application/openmetrics-text", .openMetrics),
            ("Application/OpenMetrics-Text ; Version=1.0.0", .openMetrics),
            ("application/openmetrics-text;version=0.0.1", .prometheus),
            ("application/openmetrics-text;q=0", .prometheus),
            ("application/openmetrics-text;q=0.4, text/plain;q=0.5", .prometheus),
            ("application/openmetrics-text;q=x", .prometheus), (",;,=;q", .prometheus), ("*/*;q=1;;", .prometheus),
        ] as [(String?, MetricsFormat)]) func whoAsksForOpenMetricsGetsIt(accept: String?, format: MetricsFormat)
    {
        #expect(MetricsFormat(accept: accept) == format)
    }

    /// What Prometheus keeps is the same, whatever it asked for.
    @Test func bothFormatsHaveTheSameSamples() {
        let samples = MetricsFormat.allCases.map { format in
            Self.metrics.written(as: format).split(separator: "\n").filter { !$0.hasPrefix("#") }
        }
        #expect(samples[0] == samples[1] && samples[0].count > 100)
        let older = Self.metrics.written(as: .prometheus)
        #expect(!older.contains("# UNIT") && !older.contains("# EOF") && !older.contains(" info\n"))
    }

    private static let promtool =
        ((ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").map { "\($0)/promtool" }
        + [".build/promtool/promtool"]).first { FileManager.default.isExecutableFile(atPath: $0) }

    /// It reads the older format, and knows what is good use of it.
    @Test(.enabled(if: promtool != nil, "promtool is not installed")) func promtoolFindsNothing() throws {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(Self.promtool))
        process.arguments = ["check", "metrics"]
        let (input, output) = (Pipe(), Pipe())
        (process.standardInput, process.standardError, process.standardOutput) = (input, output, output)
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(Self.metrics.written(as: .prometheus).utf8))
        try input.fileHandleForWriting.close()
        let said = String(decoding: try output.fileHandleForReading.readToEnd() ?? Data(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0 && said.isEmpty, "\(said)")
    }
}

/// Reads OpenMetrics text and accepts less than the standard does: what is doubtful is wrong.
private enum StrictReader {
    struct Family {
        var kind: String
        var unit: String?
        var help: String?
        /// By name and labels, as written.
        var samples: [String: Double] = [:]
    }

    struct Wrong: Error { var why: String }

    static func read(_ text: String) throws(Wrong) -> [String: Family] {
        guard text.hasSuffix("\n# EOF\n") else { throw Wrong(why: "no end") }
        var families: [String: Family] = [:]
        var current = ""
        for line in text.dropLast("# EOF\n".count).split(separator: "\n") {
            if line.hasPrefix("# ") {
                let parts = line.split(separator: " ", maxSplits: 3).map(String.init)
                guard parts.count == 4 else { throw Wrong(why: "a short line: \(line)") }
                switch parts[1] {
                case "TYPE":
                    guard families[parts[2]] == nil else { throw Wrong(why: "\(parts[2]) comes twice") }
                    families[parts[2]] = Family(kind: parts[3])
                    current = parts[2]
                case "UNIT" where parts[2] == current && current.hasSuffix("_\(parts[3])"):
                    families[current]?.unit = parts[3]
                case "HELP" where parts[2] == current: families[current]?.help = parts[3]
                default: throw Wrong(why: "misplaced: \(line)")
                }
                continue
            }
            guard let family = families[current] else { throw Wrong(why: "a sample before its family") }
            guard let space = line.lastIndex(of: " "), let value = Double(line[line.index(after: space)...]) else {
                throw Wrong(why: "no value: \(line)")
            }
            let key = String(line[..<space])
            try check(key, of: current, family.kind)
            guard families[current]?.samples.updateValue(value, forKey: key) == nil else {
                throw Wrong(why: "\(key) comes twice")
            }
        }
        for (name, family) in families {
            guard family.help != nil, name.hasSuffix("_seconds") == (family.unit != nil) else {
                throw Wrong(why: "\(name) lacks its help or unit")
            }
            if family.kind == "histogram" { try checkBuckets(name, family) }
        }
        return families
    }

    private static func check(_ key: String, of family: String, _ kind: String) throws(Wrong) {
        let suffixes =
            switch kind {
            case "gauge": [""]
            case "counter": ["_total"]
            case "info": ["_info"]
            case "histogram": ["_bucket", "_sum", "_count"]
            default: [String]()
            }
        let name = key.prefix { $0 != "{" }
        guard suffixes.contains(where: { "\(family)\($0)" == name }) else { throw Wrong(why: "\(key) in \(family)") }
        let labels = #/\{[a-z]+="([^"\\\n]|\\["\\n])*"(,[a-z]+="([^"\\\n]|\\["\\n])*")*\}/#
        guard name.count == key.count || key.dropFirst(name.count).wholeMatch(of: labels) != nil else {
            throw Wrong(why: "labels of \(key)")
        }
    }

    /// Buckets grow up to the count.
    private static func checkBuckets(_ name: String, _ family: Family) throws(Wrong) {
        let counts = family.samples.filter { $0.key.hasPrefix("\(name)_count") }
        for (key, count) in counts {
            let labels = key.dropFirst("\(name)_count".count).dropFirst().dropLast()
            let start = "\(name)_bucket{" + (labels.isEmpty ? "" : "\(labels),") + "le=\""
            let buckets = family.samples.filter { $0.key.hasPrefix(start) }.map { sample in
                let bound = sample.key.dropFirst(start.count).dropLast(2)
                return (bound: bound == "+Inf" ? Double.infinity : Double(bound) ?? .nan, count: sample.value)
            }.sorted { $0.bound < $1.bound }
            guard buckets.last?.bound == .infinity, buckets.last?.count == count,
                zip(buckets, buckets.dropFirst()).allSatisfy({ $0.count <= $1.count })
            else { throw Wrong(why: "buckets of \(key)") }
        }
    }
}
