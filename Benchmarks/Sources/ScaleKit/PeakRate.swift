/// The greatest number of things that happened within any one second.
public struct PeakRate: Sendable {
    private static let window: UInt64 = 1_000_000_000
    /// Within the last second, oldest first; from `first` on.
    private var recent: [(at: UInt64, count: Int)] = []
    private var first = 0
    private var sum = 0
    public private(set) var peak = 0
    public private(set) var total = 0

    public init() {}

    /// - Parameters:
    ///   - time: in nanoseconds; not before that of the last call by more than threads may disagree.
    ///   - count: how many happened then.
    public mutating func add(at time: UInt64, count: Int = 1) {
        recent.append((time, count))
        sum += count
        total += count
        while recent[first].at + Self.window <= time {
            sum -= recent[first].count
            first += 1
        }
        peak = max(peak, sum)
        if first > 4096 {
            recent.removeFirst(first)
            first = 0
        }
    }
}
