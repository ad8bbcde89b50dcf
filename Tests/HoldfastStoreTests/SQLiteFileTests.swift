import ConnectionLifecycle
import Foundation
import Holdfast
import Testing

@testable import HoldfastStore

/// Files that cannot be used: each gets an error that says what to do, and stays as it was.
@Suite(.timeLimit(.minutes(10)))
struct SQLiteFileTests {
    @Test func aMissingFolderIsNotMade() async throws {
        let folder = try TemporaryFolder()
        let error = await failure { _ = try await SQLiteStore(path: folder.path + "/none/store") }
        #expect(error?.kind == .inaccessible)
        #expect(error?.message.contains(folder.path + "/none/store") == true)
        #expect(error?.message.contains("No such file or directory") == true)
        #expect(folder.names.isEmpty)
    }

    @Test func aFolderIsNotAStore() async throws {
        let folder = try TemporaryFolder()
        #expect(await failure { _ = try await SQLiteStore(path: folder.path) }?.kind == .inaccessible)
        #expect(folder.names.isEmpty)
    }

    @Test(arguments: ["", "a\u{0}b"])
    func aPathHasToBeOne(_ path: String) async {
        #expect(await failure { _ = try await SQLiteStore(path: path) }?.kind == .inaccessible)
    }

    @Test func noNameIsSpecial() async throws {
        let folder = try TemporaryFolder()
        for name in ["file:x?mode=memory", ":memory:", "é 帐户 ?#%"] {
            let store = try await SQLiteStore(path: "\(folder.path)/\(name)")
            await store.close()
            #expect(folder.names.contains(name))
        }
        let here = ":memory:"
        try #require(!FileManager.default.fileExists(atPath: here))
        defer { unlink(here) }
        await (try SQLiteStore(path: here)).close()
        #expect(FileManager.default.fileExists(atPath: here))
    }

    @Test(arguments: [1, 15, 100, 511, 512, 4096, 20_000])
    func garbageStaysAsItIs(count: Int) async throws {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: UInt64(count))
        let garbage = (0..<count).map { _ in UInt8.random(in: 1...255, using: &random) }
        try write(garbage, to: folder.store)
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message == "\(folder.store) is not a Holdfast store; give another path")
        #expect(try bytes(of: folder.store) == garbage)
        #expect(folder.names == ["store"])
    }

    @Test func anEmptyFileBecomesAStore() async throws {
        let folder = try TemporaryFolder()
        try write([], to: folder.store)
        try await SQLiteStoreTests.fill(folder.store)
        #expect(try Probe(folder.store).integer("SELECT count(*) FROM deliveries") == 50)
    }

    @Test(arguments: ["DELETE", "WAL"])
    func anotherApplicationsFileStaysAsItIs(_ mode: String) async throws {
        let folder = try TemporaryFolder()
        do {
            let probe = try Probe(folder.store)
            try probe.execute("PRAGMA journal_mode=\(mode); CREATE TABLE mailboxes (id, name); PRAGMA user_version=1")
        }
        let before = try bytes(of: folder.store)
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("is not a Holdfast store") == true)
        #expect(try bytes(of: folder.store) == before)
        #expect(!folder.names.contains("store-journal"))
    }

    @Test func ourIdWithoutOurTablesIsNotAStore() async throws {
        let folder = try TemporaryFolder()
        try Probe(folder.store).execute(
            "CREATE TABLE mailboxes (id); PRAGMA user_version=1; PRAGMA application_id=\(Schema.applicationID)")
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("is not a Holdfast store") == true)
    }

    @Test func aLaterVersionStaysAsItIs() async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store)
        try Probe(folder.store).execute("PRAGMA user_version=7")
        let before = try bytes(of: folder.store)
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .tooNew)
        #expect(error?.message.contains("format 7") == true)
        #expect(try bytes(of: folder.store) == before)
    }

    @Test func damageIsFoundWhenItIsOpened() async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store, deliveries: 200)
        var damaged = try bytes(of: folder.store)
        try #require(damaged.count > 20 * 4096)
        // Whole pages in the middle, of which most belong to the deliveries.
        for index in 10 * 4096..<14 * 4096 { damaged[index] = 0xA5 }
        try write(damaged, to: folder.store)
        let error = await failure { _ = try await SQLiteStore(path: folder.store) }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("\(folder.store) is damaged") == true)
        #expect(try bytes(of: folder.store) == damaged)
    }

    /// Wherever the damage is: an error or other contents, but never a trap.
    @Test(arguments: UInt64(1)...40)
    func noDamageEndsTheProcess(seed: UInt64) async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store)
        var random = SeededGenerator(seed: seed)
        var damaged = try bytes(of: folder.store)
        for _ in 0..<Int.random(in: 1...8, using: &random) {
            let start = Int.random(in: 0..<damaged.count, using: &random)
            for index in start..<min(damaged.count, start + .random(in: 1...64, using: &random)) {
                damaged[index] = .random(in: 0...255, using: &random)
            }
        }
        if seed % 5 == 0 { damaged.removeLast(Int.random(in: 1...20_000, using: &random)) }
        try write(damaged, to: folder.store)
        let store: SQLiteStore
        do throws(StoreError) { store = try await SQLiteStore(path: folder.store) } catch {
            #expect([.corrupt, .tooNew].contains(error.kind), "seed \(seed): \(error)")
            #expect(try bytes(of: folder.store) == damaged, "seed \(seed)")
            return
        }
        do {
            let mailbox = try await store.open("a")
            let found = try await mailbox.all
            #expect(found.count <= 50, "seed \(seed)")
            for delivery in found { try await mailbox.acknowledge(delivery.number) }
            try await mailbox.commit(MailboxBatch([mailbox.state.nextNumber]))
        } catch let error as StoreError {
            #expect([.corrupt, .failed].contains(error.kind), "seed \(seed): \(error)")
        }
        await store.close()
    }

    @Test func anErrorHasOneLine() async throws {
        let folder = try TemporaryFolder()
        let error = await failure { _ = try await SQLiteStore(path: folder.path + "/a\nb\u{1B}[2J/store") }
        #expect(error?.message.contains("/a?b?[2J/store") == true)
    }
}

/// Steps from one version to the next.
@Suite(.timeLimit(.minutes(10)))
struct MigrationTests {
    @Test func aNewFileHasTheVersionAndTheId() async throws {
        let folder = try TemporaryFolder()
        await (try SQLiteStore(path: folder.store)).close()
        let probe = try Probe(folder.store)
        #expect(try probe.integer("PRAGMA user_version") == Schema.migrations.count)
        #expect(try probe.integer("PRAGMA application_id") == Int(Schema.applicationID))
    }

    @Test func aFileOfTheFirstVersionIsBroughtUpToDate() async throws {
        let folder = try TemporaryFolder()
        let first = try await SQLiteStore(path: folder.store, migrations: [Schema.migrations[0]])
        try await first.open("a").commit(MailboxBatch(1...9))
        await first.close()

        let later =
            Schema.migrations + [
                "ALTER TABLE mailboxes ADD COLUMN note TEXT; UPDATE mailboxes SET note = 'two'",
                "CREATE TABLE three (id)",
            ]
        let store = try await SQLiteStore(path: folder.store, migrations: later)
        let mailbox = try await store.open("a")
        #expect(try await mailbox.numbers == Array(1...9))
        #expect(mailbox.state.nextNumber == 10)
        await store.close()
        do {
            let probe = try Probe(folder.store)
            #expect(try probe.integer("PRAGMA user_version") == later.count)
            #expect(try probe.integer("SELECT count(*) FROM mailboxes WHERE note = 'two'") == 1)
        }
        // And this version does not touch it any more.
        #expect(await failure { _ = try await SQLiteStore(path: folder.store) }?.kind == .tooNew)
    }

    @Test func aStepThatFailsChangesNothing() async throws {
        let folder = try TemporaryFolder()
        try await SQLiteStoreTests.fill(folder.store)
        let later = Schema.migrations + ["CREATE TABLE two (id)", "DELETE FROM deliveries; DELETE FROM nowhere"]
        let error = await failure { _ = try await SQLiteStore(path: folder.store, migrations: later) }
        #expect(error?.kind == .failed)
        // The step before it is done, and it itself is not.
        let probe = try Probe(folder.store)
        #expect(try probe.integer("PRAGMA user_version") == Schema.migrations.count + 1)
        #expect(try probe.integer("SELECT count(*) FROM deliveries") == 50)
    }
}
