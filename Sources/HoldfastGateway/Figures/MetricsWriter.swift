/// Writes families and samples by the grammar of a format: names and units as that has them, labels escaped.
struct MetricsWriter {
    typealias Labels = [(name: String, value: String)]

    enum Kind: String { case gauge, counter, histogram, info }

    private let format: MetricsFormat
    private var text = ""

    init(_ format: MetricsFormat) { self.format = format }

    /// - Parameter help: without backslashes, quotation marks and line breaks, which the formats escape differently.
    mutating func family(_ name: String, _ kind: Kind, unit: String? = nil, _ help: String) {
        text += "# TYPE \(name) \(kind.rawValue)\n"
        if let unit, format == .openMetrics { text += "# UNIT \(name) \(unit)\n" }
        text += "# HELP \(name) \(help)\n"
    }

    /// The older format has no families: its names are those of the samples.
    mutating func counter(_ name: String, _ help: String, _ samples: [(labels: Labels, value: UInt64)]) {
        family(format == .openMetrics ? name : "\(name)_total", .counter, help)
        for (labels, value) in samples { sample("\(name)_total", labels, "\(value)") }
    }

    /// The older format has no such kind.
    mutating func info(_ name: String, _ help: String, _ labels: Labels) {
        if format == .openMetrics { family(name, .info, help) } else { family("\(name)_info", .gauge, help) }
        sample("\(name)_info", labels, "1")
    }

    mutating func sample(_ name: String, _ labels: Labels, _ value: String) {
        text += name
        if !labels.isEmpty {
            let pairs = labels.map { "\($0.name)=\"\(escaped($0.value))\"" }
            text += "{\(pairs.joined(separator: ","))}"
        }
        text += " \(value)\n"
    }

    /// Of seconds.
    mutating func histogram(_ name: String, _ help: String, _ samples: [(labels: Labels, value: Histogram)]) {
        family(name, .histogram, unit: "seconds", help)
        for (labels, value) in samples { sample(name, labels, value) }
    }

    private mutating func sample(_ name: String, _ labels: Labels, _ histogram: Histogram) {
        var below: UInt64 = 0
        for (bound, count) in zip(histogram.bounds, histogram.counts) {
            below += count
            sample("\(name)_bucket", labels + [("le", "\(bound)")], "\(below)")
        }
        sample("\(name)_bucket", labels + [("le", "+Inf")], "\(histogram.count)")
        sample("\(name)_sum", labels, "\(histogram.sum)")
        sample("\(name)_count", labels, "\(histogram.count)")
    }

    consuming func finish() -> String { format == .openMetrics ? text + "# EOF\n" : text }

    private func escaped(_ text: String) -> String {
        var result = ""
        for character in text.unicodeScalars {
            switch character {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(character)
            }
        }
        return result
    }
}
