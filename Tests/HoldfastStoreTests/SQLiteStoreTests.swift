import Foundation
import Holdfast
import Testing

@testable import HoldfastStore

/// What is special about a file.
@Suite(.timeLimit(.minutes(10)))
struct SQLiteStoreTests {
    /// A store with deliveries, positions and known items, closed.
    static func fill(_ path: String, deliveries: Int64 = 50) async throws {
        let store = try await SQLiteStore(path: path)
        try await store.open("a").commit(batch(deliveries))
        await store.close()
    }

    private static func batch(_ deliveries: Int64) -> MailboxBatch {
        var batch = MailboxBatch(1...deliveries, bytes: 500)
        batch.account = "account"
        for number in 1...deliveries {
            batch.memory.append(
                .remember(KnownItem(key: "key \(number)", createdAt: number, changedAt: number), channel: "c"))
            batch.positions["channel \(number)"] = ChannelPosition(
                createdAt: number, changedAt: number, createdHorizon: 0, changedHorizon: 0)
        }
        return batch
    }

    @Test func everythingIsThereWhenItIsOpenedAgain() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        try await store.open("a").commit(Self.batch(30))
        let mailbox = try await store.open("a")
        try await mailbox.acknowledge(17)
        let deliveries = try await mailbox.all
        await store.close()
        // The log has been moved into the file.
        #expect(folder.names == ["store"])

        let again = try await SQLiteStore(path: folder.store)
        let found = try await again.open("a")
        #expect(found.state == mailbox.state)
        #expect(found.state.known["c"]?.count == 30)
        #expect(try await found.all == deliveries)
        #expect(deliveries.count == 29)
        await again.close()
    }

    @Test(arguments: SQLiteStore.Synchronous.allCases)
    func whatWasAnsweredOutlivesTheProcess(_ synchronous: SQLiteStore.Synchronous) async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store, options: .init(synchronous: synchronous))
        let mailbox = try await store.open("a")
        try await mailbox.commit(Self.batch(30))
        for number: Int64 in [3, 4, 30] { try await mailbox.acknowledge(number) }
        let found = try await SQLiteStore(path: try folder.killed())
        let survivor = try await found.open("a")
        #expect(survivor.state.account == "account")
        #expect(survivor.state.nextNumber == 31)
        #expect(try await survivor.numbers == (1...29).filter { $0 != 3 && $0 != 4 })
        await found.close()
        await store.close()
    }

    @Test func theFileIsForItsOwnerAlone() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        try await store.open("a").commit(MailboxBatch([1]))
        #expect(folder.names.count > 1)
        for name in folder.names {
            var information = stat()
            #expect(stat("\(folder.path)/\(name)", &information) == 0)
            #expect(information.st_mode & 0o777 == 0o600, "\(name)")
        }
        await store.close()
    }

    @Test func oneAtATimeHasTheFile() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .inUse)
        #expect(
            error?.message
                == "the store \(folder.store) is in use by another process; end it or give another path")
        // Trying has not ended the lock, nor the store.
        #expect(await failure { _ = try await SQLiteStore(path: folder.store) }?.kind == .inUse)
        try await mailbox.commit(MailboxBatch([1]))
        await store.close()
        let next = try await SQLiteStore(path: folder.store)
        #expect(try await next.open("a").numbers == [1])
        await next.close()
    }

    @Test func ofManyAtOnceAtMostOneGetsTheFile() async throws {
        let folder = try TemporaryFolder()
        let path = folder.store
        try await Self.fill(path)
        let stores = await withTaskGroup(of: Result<SQLiteStore, StoreError>.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    do throws(StoreError) { return .success(try await SQLiteStore(path: path)) } catch {
                        return .failure(error)
                    }
                }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        var opened: [SQLiteStore] = []
        for store in stores {
            switch store {
            case .success(let store): opened.append(store)
            case .failure(let error): #expect(error.kind == .inUse)
            }
        }
        #expect(opened.count <= 1)
        for store in opened { await store.close() }
        let last = try await SQLiteStore(path: folder.store)
        #expect(try await last.open("a").numbers.count == 50)
        await last.close()
    }

    @Test func aClosedStoreSaysSo() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        async let first: Void = store.close()
        async let second: Void = store.close()
        _ = await (first, second)
        await store.close()
        #expect(await failure { try await mailbox.commit(MailboxBatch([1])) }?.kind == .inaccessible)
        #expect(await failure { try await mailbox.acknowledge(1) }?.kind == .inaccessible)
        #expect(await failure { _ = try await store.open("b") }?.message.contains("was closed") == true)
    }

    @Test func whatWasAskedBeforeClosingIsDone() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        let taken = await withTaskGroup(of: Bool.self) { group in
            for name in 0..<50 {
                group.addTask { (try? await store.open("mailbox \(name)")) != nil }
            }
            group.addTask {
                await store.close()
                return false
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        // Each was either done, and is in the file, or was told that it came too late.
        #expect(mailbox.state == MailboxState())
        let count = try Probe(folder.store).integer("SELECT count(*) FROM mailboxes WHERE name LIKE 'mailbox %'")
        #expect(count == taken)
    }

    @Test func aDroppedStoreLetsGoOfItsFile() async throws {
        let folder = try TemporaryFolder()
        func use() async throws {
            let store = try await SQLiteStore(path: folder.store)
            try await store.open("a").commit(MailboxBatch([1]))
        }
        try await use()
        // Its thread closes the file in its own time.
        while true {
            do throws(StoreError) {
                let next = try await SQLiteStore(path: folder.store)
                #expect(try await next.open("a").state.nextNumber == 2)
                return await next.close()
            } catch {
                guard error.kind == .inUse else { throw error }
                await Task.yield()
            }
        }
    }

    @Test func aMailboxOutlivesItsStore() async throws {
        let folder = try TemporaryFolder()
        func mailbox() async throws -> any Mailbox { try await SQLiteStore(path: folder.store).open("a") }
        let mailbox = try await mailbox()
        try await mailbox.commit(MailboxBatch([1]))
        #expect(try await mailbox.numbers == [1])
    }

    @Test func numbersThatWereUsedAreRefused() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        try await mailbox.commit(MailboxBatch(1...3))
        try await mailbox.acknowledge(2)
        for numbers: [Int64] in [[2], [4, 4], [5, 4], [0], [-1], [1 << 48], [.max]] {
            #expect(await failure { try await mailbox.commit(MailboxBatch(numbers)) }?.kind == .failed, "\(numbers)")
        }
        #expect(try await mailbox.numbers == [1, 3])
        #expect(try await store.open("a").state.nextNumber == 4)
        // To acknowledge or to look beyond what can be is no mistake.
        for number: Int64 in [.min, .max] { try await mailbox.acknowledge(number) }
        #expect(try await mailbox.unacknowledged(after: .min, limit: .max).map(\.number) == [1, 3])
        #expect(try await mailbox.unacknowledged(after: .max, limit: .max).isEmpty)
        await store.close()
    }

    @Test func whatIsTooLongIsRefused() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let name = String(repeating: "é", count: 100)
        let mailbox = try await store.open(name)
        let error = await failure { _ = try await store.open(name + "x") }
        #expect(error?.message.contains("at most 200 bytes, not 201") == true)

        var batch = MailboxBatch([1, 2])
        batch.deliveries[1].text = [UInt8](repeating: 1, count: 16 << 20)
        batch.deliveries[1].text.append(1)
        #expect(await failure { try await mailbox.commit(batch) }?.message.contains("16777217 bytes") == true)
        #expect(try await mailbox.all.isEmpty)
        batch.deliveries[1].text.removeLast()
        try await mailbox.commit(batch)
        #expect(try await mailbox.all == batch.deliveries)
        await store.close()
    }

    @Test func theLogDoesNotGrowWithoutBound() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        // 60 MB come and go.
        for number: Int64 in 1...60 {
            try await mailbox.commit(MailboxBatch([number], bytes: 1 << 20))
            try await mailbox.acknowledge(number)
        }
        for name in folder.names {
            var information = stat()
            stat("\(folder.path)/\(name)", &information)
            // The log is 16 MB and a transaction; the file as much as there was at once.
            #expect(information.st_size < 20 << 20, "\(name)")
        }
        await store.close()
    }
}
