import Foundation

/// Whether a figure grows with time.
///
/// Samples are averaged over blocks of equal length first, because neighbours resemble each other and would make the
/// estimate look more certain than it is; then a straight line is fitted by least squares, with its 99 % confidence interval.
///
/// It fails when even the interval's lower end is above what is allowed per hour, provided that the samples span at least
/// `Slope.shortest` after the warm-up (less says nothing about an hour), or when the last tenth of the samples is above the
/// first tenth by more than what is allowed in total.
public struct Slope: Sendable {
    /// Seconds.
    public static let shortest = 900.0
    private static let blocks = 24

    /// What is allowed.
    public struct Bound: Hashable, Sendable {
        public var perHour: Double
        public var total: Double

        public init(perHour: Double, total: Double) {
            self.perHour = perHour
            self.total = total
        }
    }

    /// Per hour; nil where there are too few samples.
    public let perHour: Double?
    public let low: Double?
    public let high: Double?
    /// The median of the last tenth of the samples less that of the first.
    public let growth: Double
    /// Seconds of samples after the warm-up.
    public let span: Double
    public let bound: Bound

    public var isSteep: Bool { span >= Slope.shortest && (low.map { $0 > bound.perHour } ?? false) }
    public var isLarge: Bool { growth > bound.total }
    public var isGood: Bool { !isSteep && !isLarge }

    /// - Parameters:
    ///   - samples: times in seconds, ascending, and values.
    ///   - warmUp: samples earlier than this are not looked at.
    public init(_ samples: [(time: Double, value: Double)], warmUp: Double, bound: Bound) {
        self.bound = bound
        let used = samples.filter { $0.time >= warmUp }
        span = (used.last?.time ?? 0) - (used.first?.time ?? 0)
        let tenth = max(1, used.count / 10)
        growth =
            used.count < 4
            ? 0 : Slope.median(used.suffix(tenth).map(\.value)) - Slope.median(used.prefix(tenth).map(\.value))
        let points = Slope.blockMeans(used, span: span)
        guard points.count >= 6 else {
            perHour = nil
            low = nil
            high = nil
            return
        }
        let count = Double(points.count)
        let meanTime = points.reduce(0) { $0 + $1.time } / count
        let meanValue = points.reduce(0) { $0 + $1.value } / count
        let spread = points.reduce(0) { $0 + ($1.time - meanTime) * ($1.time - meanTime) }
        let slope = points.reduce(0) { $0 + ($1.time - meanTime) * ($1.value - meanValue) } / spread
        let residuals = points.reduce(0) { sum, point in
            let rest = point.value - meanValue - slope * (point.time - meanTime)
            return sum + rest * rest
        }
        let half = Slope.quantile(points.count - 2) * (residuals / (count - 2) / spread).squareRoot()
        perHour = slope * 3600
        low = (slope - half) * 3600
        high = (slope + half) * 3600
    }

    private static func blockMeans(
        _ samples: [(time: Double, value: Double)], span: Double
    ) -> [(time: Double, value: Double)] {
        guard let first = samples.first?.time, span > 0 else { return [] }
        var blocks: [Int: (time: Double, value: Double, count: Double)] = [:]
        for sample in samples {
            let block = min(Slope.blocks - 1, Int((sample.time - first) / span * Double(Slope.blocks)))
            let old = blocks[block] ?? (0, 0, 0)
            blocks[block] = (old.time + sample.time, old.value + sample.value, old.count + 1)
        }
        return blocks.keys.sorted().compactMap { blocks[$0] }.map { ($0.time / $0.count, $0.value / $0.count) }
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted[sorted.count / 2]
    }

    /// Of Student's distribution, 99.5 %, by degrees of freedom from 4 (Cornish and Fisher's expansion).
    private static func quantile(_ freedom: Int) -> Double {
        let normal = 2.575_829
        let degrees = Double(freedom)
        let first = (pow(normal, 3) + normal) / (4 * degrees)
        let second = (5 * pow(normal, 5) + 16 * pow(normal, 3) + 3 * normal) / (96 * degrees * degrees)
        return normal + first + second
    }
}
