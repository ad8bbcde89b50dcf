import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastStore
import Testing

/// Random walks on a file, which must always be like the memory of one who does the same.
@Suite(.timeLimit(.minutes(10)))
struct StoreModelTests {
    @Test(arguments: UInt64(1)...24)
    func aFileIsLikeMemory(seed: UInt64) async throws {
        // Each third walk runs into a limit again and again.
        var walk = try await Walk(seed: seed, maximumBytes: seed % 3 == 0 ? 96 << 10 : nil)
        for _ in 0..<400 { try await walk.step() }
        try await walk.compare()
        #expect(walk.committed > 0 && walk.kills > 0, "seed \(seed)")
        if seed % 3 == 0 { #expect(walk.refused > 0, "seed \(seed)") }
    }
}

private struct Walk {
    private static let names = ["", "a", "b"]
    private let seed: UInt64
    private var folder: TemporaryFolder
    private(set) var kills = 0
    private let options: SQLiteStore.Options
    private var random: SeededGenerator
    private var file: SQLiteStore
    private let model = MemoryStore()
    private var mailboxes: [String: (file: any Mailbox, model: any Mailbox)] = [:]
    private var nextNumbers: [String: Int64] = [:]
    private(set) var committed = 0
    private(set) var refused = 0

    init(seed: UInt64, maximumBytes: Int64?) async throws {
        self.seed = seed
        folder = try TemporaryFolder()
        options = SQLiteStore.Options(maximumBytes: maximumBytes)
        random = SeededGenerator(seed: seed)
        file = try await SQLiteStore(path: folder.store, options: options)
    }

    mutating func step() async throws {
        let name = Self.names[Int.random(in: 0..<3, using: &random)]
        guard let mailbox = mailboxes[name] else { return try await open(name) }
        let last = nextNumbers[name, default: 1] - 1
        switch Int.random(in: 0..<100, using: &random) {
        case ..<2:
            await file.close()
            try await reopen(folder.store)
        case ..<4:
            let left = try TemporaryFolder()
            let killed = try folder.killed("\(kills)")
            for name in ["", "-wal", "-done"] {
                try? FileManager.default.moveItem(atPath: killed + name, toPath: left.store + name)
            }
            await file.close()
            folder = left
            kills += 1
            try await reopen(folder.store)
        case ..<8: try await open(name)
        case ..<50: try await commit(mailbox, name)
        case ..<90:
            let number = Int64.random(in: max(0, last - 12)...last + 2, using: &random)
            try await mailbox.file.acknowledge(number)
            try await mailbox.model.acknowledge(number)
        default:
            let after = Int64.random(in: 0...last + 1, using: &random)
            let limit = Int.random(in: 0...20, using: &random)
            let found = try await mailbox.file.unacknowledged(after: after, limit: limit)
            let expected = try await mailbox.model.unacknowledged(after: after, limit: limit)
            check(found, expected)
        }
    }

    /// Says which differ, without their texts.
    private func check(_ found: [StoredDelivery], _ expected: [StoredDelivery]) {
        #expect(found.map(\.number) == expected.map(\.number), "seed \(seed)")
        let isSame = found == expected
        #expect(isSame, "seed \(seed)")
    }

    private mutating func reopen(_ path: String) async throws {
        file = try await SQLiteStore(path: path, options: options)
        mailboxes = [:]
        try await compare()
    }

    /// Opens all, and compares all.
    mutating func compare() async throws {
        for name in Self.names {
            try await open(name)
            guard let mailbox = mailboxes[name] else { continue }
            let (found, expected) = (try await mailbox.file.all, try await mailbox.model.all)
            check(found, expected)
        }
    }

    private mutating func open(_ name: String) async throws {
        let pair = (file: try await file.open(name), model: try await model.open(name))
        #expect(pair.file.state.settled == pair.model.state.settled, "seed \(seed)")
        mailboxes[name] = pair
    }

    /// Together with acknowledgements at the same time, so that they share a transaction.
    private mutating func commit(_ mailbox: (file: any Mailbox, model: any Mailbox), _ name: String) async throws {
        let batch = randomBatch(name)
        let last = nextNumbers[name, default: 1] - 1
        let acknowledged = (0..<Int.random(in: 0...3, using: &random)).map { _ in
            Int64.random(in: max(0, last - 30)...last, using: &random)
        }
        let isTaken = try await withThrowingTaskGroup(of: Bool?.self) { group in
            group.addTask {
                do {
                    try await mailbox.file.commit(batch)
                    return true
                } catch let error as StoreError where error.kind == .full {
                    return false
                }
            }
            for number in acknowledged {
                group.addTask {
                    try await mailbox.file.acknowledge(number)
                    return nil
                }
            }
            var isTaken = false
            for try await result in group { if let result { isTaken = result } }
            return isTaken
        }
        for number in acknowledged { try await mailbox.model.acknowledge(number) }
        guard isTaken else {
            refused += 1
            return
        }
        committed += 1
        try await mailbox.model.commit(batch)
        if let last = batch.deliveries.last { nextNumbers[name] = last.number + 1 }
    }

    private mutating func randomBatch(_ name: String) -> MailboxBatch {
        var batch = MailboxBatch()
        var number = nextNumbers[name, default: 1]
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            if Int.random(in: 0..<10, using: &random) == 0 { number += 3 }
            batch.deliveries.append(StoredDelivery(number: number, bytes: Int.random(in: 0...3000, using: &random)))
            number += 1
        }
        func channel() -> String { "channel \(Int.random(in: 0..<4, using: &random))" }
        for _ in 0..<Int.random(in: 0...2, using: &random) {
            batch.positions[channel()] = ChannelPosition(
                createdAt: .random(in: 0...1000, using: &random), anchor: "p\(number)", changedAt: number,
                createdHorizon: 1, changedHorizon: 2)
        }
        for _ in 0..<Int.random(in: 0...8, using: &random) {
            let key = "key \(Int.random(in: 0..<30, using: &random))"
            if Int.random(in: 0..<3, using: &random) == 0 {
                batch.memory.append(.forget(key: key, channel: channel()))
            } else {
                let item = KnownItem(key: key, createdAt: number, changedAt: .random(in: 0...99, using: &random))
                batch.memory.append(.remember(item, channel: channel()))
            }
        }
        if Bool.random(using: &random) { batch.heardAt = number }
        if Int.random(in: 0..<10, using: &random) == 0 { batch.account = "account \(number)" }
        return batch
    }
}
