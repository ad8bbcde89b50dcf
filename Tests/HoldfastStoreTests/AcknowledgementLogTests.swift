import Foundation
import Holdfast
import HoldfastStore
import Testing

/// Acknowledgements that were promised, and are not in the file yet.
@Suite(.timeLimit(.minutes(10)))
struct AcknowledgementLogTests {
    @Test func moreThanTheLogHoldsOutliveTheProcess() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        let count: Int64 = 10_000
        try await mailbox.commit(MailboxBatch(1...count))
        // In an order of their own: 7,919 is prime, so that each comes once.
        let order = (1...count).map { $0 * 7919 % count + 1 }
        var left = Set(1...count)
        for (index, number) in order.dropLast(10).enumerated() {
            try await mailbox.acknowledge(number)
            left.remove(number)
            guard index % 3000 == 2999 else { continue }
            let survivor = try await SQLiteStore(path: try folder.killed("\(index)"))
            #expect(try await survivor.open("a").numbers == left.sorted())
            await survivor.close()
        }
        #expect(try await mailbox.numbers == left.sorted())
        await store.close()
        #expect(folder.names.filter { $0.hasPrefix("store") } == ["store"])
        let next = try await SQLiteStore(path: folder.store)
        #expect(try await next.open("a").numbers == left.sorted())
        await next.close()
    }

    @Test func whatIsNotThereYetIsNotPromised() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        try await mailbox.commit(MailboxBatch([1]))
        for number: Int64 in 1...3 { try await mailbox.acknowledge(number) }
        try await mailbox.commit(MailboxBatch([2, 3]))
        try await mailbox.acknowledge(3)
        let survivor = try await SQLiteStore(path: try folder.killed())
        #expect(try await survivor.open("a").numbers == [2])
        #expect(try await mailbox.numbers == [2])
        await survivor.close()
        await store.close()
    }

    /// As a backup, or a power cut, may bring them together.
    @Test func anotherSessionsLogHasNoEffect() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        let mailbox = try await store.open("a")
        try await mailbox.commit(MailboxBatch(1...5))
        let before = try folder.killed("before")
        for number: Int64 in [2, 4] { try await mailbox.acknowledge(number) }
        let log = try bytes(of: folder.store + "-done")
        #expect(!log.isEmpty)
        await store.close()

        // The same session's counts, although the file is from before.
        let same = folder.path + "/same"
        try FileManager.default.copyItem(atPath: folder.path + "/before", toPath: same)
        try write(log, to: same + "/store-done")
        #expect(try await numbers(same + "/store") == [1, 3, 5])
        // After another opening, it is another session.
        #expect(try await numbers(before) == Array(1...5))
        try write(log, to: before + "-done")
        #expect(try await numbers(before) == Array(1...5))
    }

    @Test(arguments: [0, 1, 15, 16, 17, 4096, 65_536, 200_000])
    func garbageHasNoEffect(count: Int) async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store)
        try write([UInt8](repeating: 1, count: count), to: folder.store + "-done")
        #expect(try await numbers(folder.store) == Array(1...50))
    }

    @Test func aLogThatIsAFolderIsAnError() async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store)
        try FileManager.default.createDirectory(atPath: folder.store + "-done", withIntermediateDirectories: false)
        #expect(await failure { _ = try await SQLiteStore(path: folder.store) }?.kind == .inaccessible)
    }

    private func numbers(_ path: String) async throws -> [Int64] {
        let store = try await SQLiteStore(path: path)
        let numbers = try await store.open("a").numbers
        await store.close()
        return numbers
    }
}
