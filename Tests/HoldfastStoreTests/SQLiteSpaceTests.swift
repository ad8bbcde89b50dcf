import Foundation
import Holdfast
import HoldfastStore
import Testing

/// A file with a limit.
@Suite(.timeLimit(.minutes(10)))
struct SQLiteSpaceTests {
    private static let limit: Int64 = 256 << 10

    /// Commits until there is no space; the number that did not fit.
    private func fill(_ mailbox: any Mailbox) async throws -> Int64 {
        for number in mailbox.state.nextNumber...1000 {
            var batch = MailboxBatch([number], bytes: 1000)
            batch.memory = [.remember(KnownItem(key: "\(number)", createdAt: 0, changedAt: 0), channel: "c")]
            do throws(StoreError) { try await mailbox.commit(batch) } catch {
                #expect(error.kind == .full)
                #expect(error.message.contains("\(Self.limit) bytes"))
                return number
            }
        }
        throw StoreError(.failed, "1,000 deliveries fit into \(Self.limit) bytes")
    }

    @Test func nothingOfABatchWithoutSpaceIsThere() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store, options: .init(maximumBytes: Self.limit))
        let next = try await fill(try await store.open("a"))
        // 1,000 bytes each, three on a page of 4 KB.
        #expect((100...220).contains(next))
        let mailbox = try await store.open("a")
        #expect(mailbox.state.nextNumber == next)
        #expect(mailbox.state.known["c"]?.count == Int(next) - 1)
        #expect(try await mailbox.numbers == Array(1..<next))

        // The first of these fits, the whole does not.
        var batch = MailboxBatch(next..<next + 100, bytes: 1000)
        batch.heardAt = 5
        #expect(await failure { try await mailbox.commit(batch) }?.kind == .full)
        #expect(try await mailbox.numbers == Array(1..<next))
        #expect(try await store.open("a").state.heardAt == 0)
        await store.close()
        #expect(try bytes(of: folder.store).count <= Int(Self.limit))
    }

    @Test func acknowledgingMakesSpace() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store, options: .init(maximumBytes: Self.limit))
        let mailbox = try await store.open("a")
        let next = try await fill(mailbox)
        for number in 1..<next { try await mailbox.acknowledge(number) }
        #expect(try await mailbox.all.isEmpty)
        try await mailbox.commit(MailboxBatch(next..<next + 50, bytes: 1000))
        #expect(try await mailbox.numbers == Array(next..<next + 50))
        await store.close()
    }

    @Test func aCommitWithoutSpaceDoesNotFailItsNeighbours() async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store, options: .init(maximumBytes: Self.limit))
        let mailbox = try await store.open("a")
        let next = try await fill(mailbox)
        // All at once, so that they share transactions.
        let failures = await withTaskGroup(of: StoreError.Kind?.self) { group in
            for number in 1...20 as ClosedRange<Int64> {
                group.addTask {
                    do throws(StoreError) {
                        try await mailbox.acknowledge(number)
                        return nil
                    } catch { return error.kind }
                }
            }
            group.addTask {
                // More than ever fits.
                do throws(StoreError) {
                    try await mailbox.commit(MailboxBatch(next..<next + 400, bytes: 1000))
                    return nil
                } catch { return error.kind }
            }
            return await group.reduce(into: [StoreError.Kind]()) { if let kind = $1 { $0.append(kind) } }
        }
        #expect(failures == [.full])
        #expect(try await mailbox.numbers == Array(21..<next))
        await store.close()
    }
}
