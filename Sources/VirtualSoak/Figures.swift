/// What a run, or many, consisted of.
public struct Figures: Hashable, Codable, Sendable {
    public var faults = 0
    /// Made by the colleagues.
    public var posts = 0
    /// Handed over.
    public var deliveries = 0
    /// What the ledger counted as owed.
    public var owed = 0
    public var transitions = 0
    /// Attempts that became ready, and of these resumed ones.
    public var connected = 0
    public var resumed = 0
    /// Connections that were left.
    public var replaced = 0
    public var crashes = 0
    /// Things that happened in the simulation, and jobs that actors ran.
    public var steps: UInt64 = 0
    public var jobs: UInt64 = 0
    public var connectionHours = 0.0

    public init() {}

    public static func += (left: inout Figures, right: Figures) {
        left.faults += right.faults
        left.posts += right.posts
        left.deliveries += right.deliveries
        left.owed += right.owed
        left.transitions += right.transitions
        left.connected += right.connected
        left.resumed += right.resumed
        left.replaced += right.replaced
        left.crashes += right.crashes
        left.steps += right.steps
        left.jobs += right.jobs
        left.connectionHours += right.connectionHours
    }
}

/// FNV-1a (Fowler, Noll and Vo), 64 bits: tells two runs apart.
struct Digest64: Hashable, Sendable {
    private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

    mutating func add(_ byte: UInt8) { value = (value ^ UInt64(byte)) &* 0x100_0000_01B3 }
    mutating func add(_ number: UInt64) { for shift in 0..<8 { add(UInt8(truncatingIfNeeded: number >> (8 * shift))) } }
    mutating func add(_ text: some Sequence<UInt8>) { for byte in text { add(byte) } }
}
