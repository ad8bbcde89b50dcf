/// SplitMix64 (Steele, Lea and Flood 2014): small, fast, and the same for the same seed everywhere.
public struct SeededGenerator: RandomNumberGenerator, Hashable, Sendable {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// In 0 ..< bound, or 0 where the bound is 0. Uniform but for a bias of at most `bound` in 2^64.
    mutating func below(_ bound: UInt64) -> UInt64 { bound.multipliedFullWidth(by: next()).high }
}
