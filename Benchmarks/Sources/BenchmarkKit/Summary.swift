/// Several measurements of one thing. Never one number alone.
public struct Summary: Hashable, Sendable {
    /// Ascending.
    public let values: [Double]

    /// Nil where there are none.
    public init?(_ values: [Double]) {
        guard !values.isEmpty else { return nil }
        self.values = values.sorted()
    }

    public var minimum: Double { values[0] }
    public var maximum: Double { values[values.count - 1] }
    public var median: Double {
        let middle = values.count / 2
        return values.count.isMultiple(of: 2) ? (values[middle - 1] + values[middle]) / 2 : values[middle]
    }

    /// The least value that `percent` of all do not exceed (nearest rank).
    public func percentile(_ percent: Double) -> Double {
        let rank = Int((percent / 100 * Double(values.count)).rounded(.up))
        return values[min(max(rank, 1), values.count) - 1]
    }
}

extension Double {
    /// With so many digits behind the point.
    public func rounded(to digits: Int) -> Double {
        var scale = 1.0
        for _ in 0..<digits { scale *= 10 }
        return (self * scale).rounded() / scale
    }
}
