/// The last transitions of one connection, oldest first. Grows to `capacity` and then overwrites the oldest.
public struct FlightRecorder: Sendable {
    /// One transition.
    public struct Entry: Hashable, Sendable {
        /// Nanoseconds of the machine's monotonic clock.
        public var time: UInt64
        public var generation: UInt32
        /// Index into the rows of the table.
        public var row: UInt8
        /// The evidence, for a person. Empty where the row says it all.
        public var reason: String

        public init(time: UInt64, generation: UInt32, row: UInt8, reason: String) {
            self.time = time
            self.generation = generation
            self.row = row
            self.reason = reason
        }
    }

    /// How many entries are kept.
    public static let capacity = 64

    private var ring: [Entry] = []
    private var oldest: UInt8 = 0

    public init() {}

    /// Adds one transition, dropping the oldest when full.
    public mutating func record(_ entry: Entry) {
        var entry = entry
        // A probe's way out and back says the same again and again: its text is kept once.
        let earlier = ring.count >= 2 ? ring[index(back: 2)].reason : ""
        if earlier == entry.reason { entry.reason = earlier }
        if ring.count < FlightRecorder.capacity {
            ring.append(entry)
        } else {
            ring[Int(oldest)] = entry
            oldest = (oldest + 1) % UInt8(FlightRecorder.capacity)
        }
    }

    /// Oldest first.
    public var entries: [Entry] { Array(ring[Int(oldest)...] + ring[..<Int(oldest)]) }

    /// The newest entry.
    public var last: Entry? { ring.isEmpty ? nil : ring[index(back: 1)] }

    /// The newest entry's row.
    public var lastRow: UInt8? { ring.isEmpty ? nil : ring[index(back: 1)].row }

    /// Of the newest entry for 1, of the one before for 2.
    private func index(back count: Int) -> Int { (Int(oldest) + ring.count - count) % ring.count }
}
