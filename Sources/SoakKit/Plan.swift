public import Foundation

/// What is to go wrong, and how often.
public struct Plan: Hashable, Sendable {
    public struct Entry: Hashable, Sendable {
        public var cause: Cause
        /// 0 … 36,000.
        public var perHour: Double
        /// How long an occurrence lasts, 0 … 60.
        public var seconds: ClosedRange<Double>

        public init(cause: Cause, perHour: Double, seconds: ClosedRange<Double>? = nil) {
            self.cause = cause
            self.perHour = perHour
            self.seconds = seconds ?? cause.defaultSeconds
        }
    }

    public struct Invalid: Error, CustomStringConvertible {
        public let description: String
    }

    public var entries: [Entry]

    public init(entries: [Entry]) { self.entries = entries }

    public static let standard = Plan(
        entries: Cause.allCases.map { Entry(cause: $0, perHour: $0.defaultRate) })

    /// Occurrences per hour, all together.
    public var perHour: Double { entries.reduce(0) { $0 + $1.perHour } }

    /// Reads a list of `{"cause": NAME, "per_hour": NUMBER, "seconds": [FROM, TO]}`; `seconds` may be left out.
    public init(json: Data) throws(Invalid) {
        let value: Any
        do {
            value = try JSONSerialization.jsonObject(with: json)
        } catch {
            throw Invalid(description: "is not JSON")
        }
        guard let list = value as? [Any] else { throw Invalid(description: "is not a JSON list of faults") }
        var entries: [Entry] = []
        for (index, item) in list.enumerated() {
            let place = "fault \(index + 1)"
            guard let object = item as? [String: Any] else {
                throw Invalid(description: "\(place) is not a JSON object")
            }
            if let unknown = object.keys.sorted().first(where: { !["cause", "per_hour", "seconds"].contains($0) }) {
                throw Invalid(
                    description: "\(place) has an unknown member \"\(unknown)\"; there are cause, per_hour, seconds")
            }
            let names = Cause.allCases.map(\.rawValue).joined(separator: ", ")
            guard let name = object["cause"] as? String, let cause = Cause(rawValue: name) else {
                throw Invalid(description: "\(place) needs a \"cause\", one of \(names)")
            }
            guard !entries.contains(where: { $0.cause == cause }) else {
                throw Invalid(description: "\(place) names \(cause.rawValue) again")
            }
            guard let rate = object["per_hour"] as? Double, (0...36_000).contains(rate) else {
                throw Invalid(description: "\(place) (\(name)) needs \"per_hour\", a number from 0 to 36000")
            }
            var entry = Entry(cause: cause, perHour: rate)
            if let seconds = object["seconds"] {
                guard let bounds = seconds as? [Double], bounds.count == 2, bounds[0] >= 0, bounds[1] >= bounds[0],
                    bounds[1] <= 60
                else {
                    throw Invalid(
                        description: "\(place) (\(name)): \"seconds\" is [FROM, TO] with 0 <= FROM <= TO <= 60")
                }
                entry.seconds = bounds[0]...bounds[1]
            }
            entries.append(entry)
        }
        guard !entries.isEmpty else { throw Invalid(description: "names no fault") }
        self.entries = entries
    }
}
