import Foundation

/// How times are distributed, in bounded memory: buckets of 2 % from a hundred-thousandth up.
public struct Histogram: Sendable {
    private static let least = 0.000_01
    private static let step = log(1.02)
    private var counts: [Int: Int] = [:]
    public private(set) var count = 0
    public private(set) var maximum = 0.0

    public init() {}

    /// Negative values count as zero.
    public mutating func add(_ value: Double) {
        count += 1
        maximum = max(maximum, value)
        let bucket = value <= Histogram.least ? 0 : Int(log(value / Histogram.least) / Histogram.step) + 1
        counts[bucket, default: 0] += 1
    }

    public mutating func merge(_ other: Histogram) {
        count += other.count
        maximum = max(maximum, other.maximum)
        counts.merge(other.counts, uniquingKeysWith: +)
    }

    /// The least value that `percent` of all do not exceed, within 2 %, and never above the maximum; nil where there is none.
    public func percentile(_ percent: Double) -> Double? {
        guard count > 0 else { return nil }
        let rank = max(1, Int((percent / 100 * Double(count)).rounded(.up)))
        var seen = 0
        for bucket in counts.keys.sorted() {
            seen += counts[bucket] ?? 0
            if seen >= rank {
                return bucket == 0 ? 0 : min(maximum, Histogram.least * exp(Double(bucket) * Histogram.step))
            }
        }
        return maximum
    }
}
