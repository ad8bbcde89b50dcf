/// Times in seconds, as the summary gives them.
public struct Distribution: Codable, Hashable, Sendable {
    public var p50: Double
    public var p99: Double
    public var max: Double

    /// Nil where there are none.
    public init?(_ histogram: Histogram) {
        guard let median = histogram.percentile(50), let high = histogram.percentile(99) else { return nil }
        p50 = Distribution.rounded(median)
        p99 = Distribution.rounded(high)
        max = Distribution.rounded(histogram.maximum)
    }

    /// Seconds, to a millisecond.
    public static func exact(_ value: Double) -> Double { (value * 1000).rounded() / 1000 }

    static func rounded(_ value: Double) -> Double { (value * 10_000).rounded() / 10_000 }
}
