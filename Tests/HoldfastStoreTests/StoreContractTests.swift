import Holdfast
import HoldfastStore
import Testing

/// What every store must do.
@Suite(.timeLimit(.minutes(10)))
struct StoreContractTests {
    enum Subject: String, CaseIterable, CustomTestStringConvertible {
        case memory, sqlite

        var testDescription: String { rawValue }

        func test(_ body: (any DeliveryStore) async throws -> Void) async throws {
            switch self {
            case .memory: try await body(MemoryStore())
            case .sqlite:
                let folder = try TemporaryFolder()
                let store = try await SQLiteStore(path: folder.store)
                try await body(store)
                await store.close()
            }
        }
    }

    @Test(arguments: Subject.allCases)
    func aNewMailboxIsEmpty(_ subject: Subject) async throws {
        try await subject.test { store in
            let mailbox = try await store.open("")
            #expect(mailbox.state == MailboxState())
            #expect(try await mailbox.all.isEmpty)
        }
    }

    @Test(arguments: Subject.allCases)
    func everythingComesBack(_ subject: Subject) async throws {
        try await subject.test { store in
            let full = ChannelPosition(
                createdAt: 1, anchor: "post", changedAt: 2, createdHorizon: 3, changedHorizon: 4, passFrom: 5, passAt: 6
            )
            let extreme = ChannelPosition(
                createdAt: .min, changedAt: .max, createdHorizon: -1, changedHorizon: 0, passFrom: .max, passAt: .min)
            var batch = MailboxBatch(1...3)
            batch.account = "https://chat.example.com 帐户\u{0}é"
            batch.heardAt = 1_700_000_000_123
            batch.positions = ["c1": full, "": extreme]
            let item = KnownItem(key: "k", createdAt: 7, editedAt: 8, changedAt: 9, isGone: true)
            batch.memory = [.remember(item, channel: "c1"), .remember(item, channel: "c2")]
            batch.deliveries[0].reason = ""
            batch.deliveries[0].text = []
            batch.deliveries[1].text = [0, 0xFF, 0xC0, 10]
            batch.deliveries[2].text = [UInt8](repeating: 7, count: 100_000)
            try await store.open("a").commit(batch)

            let mailbox = try await store.open("a")
            var expected = MailboxState()
            expected.account = "https://chat.example.com 帐户\u{0}é"
            expected.heardAt = 1_700_000_000_123
            expected.nextNumber = 4
            expected.channels = ["c1": full, "": extreme]
            expected.known = ["c1": [item], "c2": [item]]
            #expect(mailbox.state == expected)
            #expect(try await mailbox.all == batch.deliveries)
        }
    }

    @Test(arguments: Subject.allCases)
    func whatABatchLeavesOutStays(_ subject: Subject) async throws {
        try await subject.test { store in
            let mailbox = try await store.open("a")
            var first = MailboxBatch(1...2)
            first.account = "account"
            first.heardAt = 5
            first.positions["c"] = ChannelPosition(createdAt: 1, changedAt: 1, createdHorizon: 1, changedHorizon: 1)
            try await mailbox.commit(first)
            let before = try await store.open("a")
            try await before.commit(MailboxBatch())
            let after = try await store.open("a")
            #expect(after.state == before.state)
            #expect(after.state.account == "account")
        }
    }

    @Test(arguments: Subject.allCases)
    func deliveriesComeInOrderAndAtMostAsManyAsAsked(_ subject: Subject) async throws {
        try await subject.test { store in
            let mailbox = try await store.open("a")
            try await mailbox.commit(MailboxBatch(1...5))
            try await mailbox.commit(MailboxBatch([7, 9, 300]))
            for number: Int64 in [2, 7] { try await mailbox.acknowledge(number) }
            #expect(try await mailbox.numbers == [1, 3, 4, 5, 9, 300])
            #expect(try await mailbox.unacknowledged(after: 3, limit: 2).map(\.number) == [4, 5])
            #expect(try await mailbox.unacknowledged(after: 5, limit: 10).map(\.number) == [9, 300])
            #expect(try await mailbox.unacknowledged(after: 300, limit: 10).isEmpty)
            #expect(try await mailbox.unacknowledged(after: 0, limit: 0).isEmpty)
        }
    }

    @Test(arguments: Subject.allCases)
    func numbersAreNeverUsedTwice(_ subject: Subject) async throws {
        try await subject.test { store in
            let mailbox = try await store.open("a")
            try await mailbox.commit(MailboxBatch(1...3))
            for number: Int64 in 1...3 { try await mailbox.acknowledge(number) }
            #expect(try await mailbox.all.isEmpty)
            let again = try await store.open("a")
            #expect(again.state.nextNumber == 4)
            try await again.commit(MailboxBatch([4]))
            #expect(try await again.numbers == [4])
            #expect(try await store.open("a").state.nextNumber == 5)
        }
    }

    @Test(arguments: Subject.allCases)
    func whatIsNotThereMayBeAcknowledged(_ subject: Subject) async throws {
        try await subject.test { store in
            let (first, second) = (try await store.open("a"), try await store.open("b"))
            try await first.commit(MailboxBatch(1...2))
            try await second.commit(MailboxBatch(1...2))
            for number: Int64 in [0, -1, 3, 1 << 47, 1 << 48, 1 << 48 | 1, 3 << 48 | 2, .max, 2, 2] {
                try await first.acknowledge(number)
            }
            #expect(try await first.numbers == [1])
            #expect(try await second.numbers == [1, 2])
        }
    }

    @Test(arguments: Subject.allCases)
    func mailboxesAreApart(_ subject: Subject) async throws {
        try await subject.test { store in
            let names = ["", "a", "A", String(repeating: "x", count: 200), "b\u{0}", "b"]
            for (index, name) in names.enumerated() {
                var batch = MailboxBatch(1...Int64(index + 1))
                batch.heardAt = Int64(index)
                batch.memory = [
                    .remember(KnownItem(key: "k", createdAt: Int64(index), changedAt: 0), channel: "c"),
                    .remember(KnownItem(key: "gone", createdAt: 0, changedAt: 0), channel: "c"),
                ]
                try await store.open(name).commit(batch)
            }
            var forgetting = MailboxBatch()
            forgetting.memory = [.forget(key: "gone", channel: "c"), .forget(key: "k", channel: "other")]
            try await store.open("a").commit(forgetting)
            for (index, name) in names.enumerated() {
                let mailbox = try await store.open(name)
                #expect(mailbox.state.heardAt == Int64(index))
                #expect(mailbox.state.known["c"]?.first?.createdAt == Int64(index))
                #expect(mailbox.state.known["c"]?.count == (name == "a" ? 1 : 2))
                #expect(try await mailbox.numbers == Array(1...Int64(index + 1)))
            }
        }
    }

    @Test(arguments: Subject.allCases)
    func aKnownItemKeepsItsPlace(_ subject: Subject) async throws {
        try await subject.test { store in
            func item(_ key: String, _ changedAt: Int64) -> KnownItem {
                KnownItem(key: key, createdAt: 0, changedAt: changedAt)
            }
            var batch = MailboxBatch()
            batch.memory = [
                .remember(item("z", 1), channel: "c"), .remember(item("a", 2), channel: "c"),
                .remember(item("m", 3), channel: "c"), .remember(item("a", 4), channel: "c"),
                .forget(key: "never", channel: "c"), .forget(key: "never", channel: "none"),
            ]
            try await store.open("a").commit(batch)
            let second = try await store.open("a")
            #expect(second.state.known["c"] == [item("z", 1), item("a", 4), item("m", 3)])

            // Replaced in a later opening; forgotten and remembered again, which is at the end.
            batch.memory = [
                .remember(item("m", 5), channel: "c"), .forget(key: "z", channel: "c"),
                .remember(item("b", 6), channel: "c"), .remember(item("z", 7), channel: "c"),
            ]
            try await second.commit(batch)
            let third = try await store.open("a")
            #expect(third.state.known["c"] == [item("a", 4), item("m", 5), item("b", 6), item("z", 7)])
        }
    }

    @Test(arguments: Subject.allCases)
    func whoOpensLastMayCommit(_ subject: Subject) async throws {
        try await subject.test { store in
            let older = try await store.open("a")
            let other = try await store.open("b")
            try await older.commit(MailboxBatch(1...2))
            let newer = try await store.open("a")
            let error = await failure { try await older.commit(MailboxBatch([3])) }
            #expect(error?.kind == .superseded)
            try await older.acknowledge(1)
            #expect(try await newer.numbers == [2])
            #expect(newer.state.nextNumber == 3)
            try await newer.commit(MailboxBatch([3]))
            #expect(try await older.numbers == [2, 3])
            try await other.commit(MailboxBatch([1]))
        }
    }

    @Test(arguments: Subject.allCases)
    func manyAtOnceEndConsistent(_ subject: Subject) async throws {
        try await subject.test { store in
            let mailbox = try await store.open("shared")
            let count: Int64 = 400
            try await withThrowingTaskGroup(of: Void.self) { group in
                // One who commits, and tells; four who acknowledge all but each tenth; others with mailboxes of their own.
                let (committed, committer) = AsyncStream.makeStream(of: Int64.self)
                group.addTask {
                    for number in 1...count {
                        try await mailbox.commit(MailboxBatch([number]))
                        committer.yield(number)
                    }
                    committer.finish()
                }
                group.addTask {
                    try await withThrowingTaskGroup(of: Void.self) { acknowledgers in
                        for await number in committed where number % 10 != 0 {
                            acknowledgers.addTask { try await mailbox.acknowledge(number) }
                        }
                        try await acknowledgers.waitForAll()
                    }
                }
                for name in 0..<8 {
                    group.addTask {
                        let own = try await store.open("own \(name)")
                        for number: Int64 in 1...50 {
                            var batch = MailboxBatch([number])
                            batch.heardAt = number
                            try await own.commit(batch)
                            if number > 1 { try await own.acknowledge(number - 1) }
                            #expect(try await own.numbers == [number])
                        }
                    }
                }
                try await group.waitForAll()
            }
            #expect(try await mailbox.numbers == (1...count).filter { $0 % 10 == 0 })
            #expect(try await store.open("shared").state.nextNumber == count + 1)
            for name in 0..<8 { #expect(try await store.open("own \(name)").state.heardAt == 50) }
        }
    }
}
