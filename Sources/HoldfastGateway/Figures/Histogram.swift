/// How often a time fell where: cumulative counts by upper bound, as OpenMetrics has them.
public struct Histogram: Hashable, Sendable {
    /// Upper bounds in seconds, ascending; what is above them all is only in `count`.
    public let bounds: [Double]
    /// Of each bound alone, not cumulative.
    public private(set) var counts: [UInt64]
    public private(set) var count: UInt64 = 0
    /// Of all times, in seconds.
    public private(set) var sum: Double = 0

    public init(bounds: [Double]) {
        self.bounds = bounds
        counts = Array(repeating: 0, count: bounds.count)
    }

    mutating func note(seconds: Double) {
        count += 1
        sum += seconds
        if let index = bounds.firstIndex(where: { seconds <= $0 }) { counts[index] += 1 }
    }

    /// With the same bounds.
    mutating func add(_ other: Histogram) {
        count += other.count
        sum += other.sum
        for index in counts.indices { counts[index] += other.counts[index] }
    }
}
