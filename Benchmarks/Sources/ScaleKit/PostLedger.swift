/// Whether each account was handed each post of its channel: once, and in the order in which they were made. A channel's posts
/// are numbered from 1.
public struct PostLedger: Sendable {
    /// By account: the number after the greatest that came.
    private var next: [Int]
    /// Posts that came and were new.
    public private(set) var heard = 0
    /// Numbers that came again, or behind a greater one.
    public private(set) var repeated = 0
    /// Numbers that were passed over. One that comes later all the same is `repeated` as well.
    public private(set) var missing = 0

    public init(accounts: Int) { next = Array(repeating: 1, count: accounts) }

    public mutating func hear(_ number: Int, on account: Int) {
        guard number >= next[account] else { return repeated += 1 }
        missing += number - next[account]
        heard += 1
        next[account] = number + 1
    }

    /// How many deliveries are still owed.
    ///
    /// - Parameter posted: by account, how many posts its channel has.
    public func outstanding(_ posted: (Int) -> Int) -> Int {
        next.indices.reduce(0) { $0 + max(0, posted($1) + 1 - next[$1]) }
    }
}
