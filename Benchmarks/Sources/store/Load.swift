import Holdfast

/// What an engine on a busy server asks of its store.
struct Load {
    static let batch = 64
    /// How many items are remembered until they are forgotten again.
    static let remembered = 2048

    let count: Int

    /// Events per second.
    func run(on store: some DeliveryStore, acknowledges: Bool) async throws -> Double {
        let mailbox = try await store.open("benchmark")
        let text = [UInt8](repeating: UInt8(ascii: "x"), count: 1000)
        let (committed, committer) = AsyncStream.makeStream(of: ClosedRange<Int64>.self)
        let clock = ContinuousClock()
        let start = clock.now
        async let consumed: Void = consume(committed, from: mailbox, acknowledges)
        var number: Int64 = 1
        while number <= count {
            let last = min(number + Int64(Self.batch) - 1, Int64(count))
            var batch = MailboxBatch()
            for next in number...last {
                batch.deliveries.append(StoredDelivery(number: next, source: .live, reason: "pushed", text: text))
                let item = KnownItem(key: Self.key(next), createdAt: next, changedAt: next)
                batch.memory.append(.remember(item, channel: Self.channel))
                batch.memory.append(.forget(key: Self.key(next - Int64(Self.remembered)), channel: Self.channel))
            }
            batch.positions[Self.channel] = ChannelPosition(
                createdAt: last, anchor: Self.key(last), changedAt: last, createdHorizon: 0, changedHorizon: 0)
            try await mailbox.commit(batch)
            committer.yield(number...last)
            number = last + 1
        }
        committer.finish()
        try await consumed
        // Also what the store has put off is done then.
        let left = try await mailbox.unacknowledged(after: 0, limit: 1)
        precondition(left.isEmpty == acknowledges)
        let elapsed = start.duration(to: clock.now)
        return Double(count) / (elapsed / .seconds(1))
    }

    private func consume(
        _ committed: AsyncStream<ClosedRange<Int64>>, from mailbox: any Mailbox, _ acknowledges: Bool
    ) async throws {
        for await numbers in committed where acknowledges {
            for number in numbers { try await mailbox.acknowledge(number) }
        }
    }

    private static let channel = "c4a6b1n8tpgq5dkr9m3x7wyz2e"

    /// 26 characters, as a post's id; scattered, as ids are.
    private static func key(_ number: Int64) -> String {
        let scattered = String(UInt64(bitPattern: number) &* 0x9E37_79B9_7F4A_7C15, radix: 36)
        return String(repeating: "0", count: 26 - scattered.count) + scattered
    }
}
