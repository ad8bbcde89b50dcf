import CSQLite
import Holdfast
import Testing

@testable import HoldfastStore

/// Rows that nobody wrote so. `Tests/Fuzzing` looks for more of them.
@Suite("Damaged rows", .timeLimit(.minutes(10)))
struct HostileRowsTests {
    @Test(
        "a next number that is none is damage, not a trap",
        arguments: ["9223372036854775807", "-9223372036854775808", "0", "-1", "281474976710656", "'text'", "x'00FF'"])
    func nextNumber(value: String) async throws {
        let folder = try TemporaryFolder()
        let store = try await SQLiteStore(path: folder.store)
        _ = try await store.open("")
        await store.close()
        var database: OpaquePointer?
        try #require(sqlite3_open(folder.store, &database) == SQLITE_OK)
        try #require(sqlite3_exec(database, "UPDATE mailboxes SET next_number = \(value)", nil, nil, nil) == SQLITE_OK)
        sqlite3_close(database)
        let again = try await SQLiteStore(path: folder.store)
        let error = await failure { _ = try await again.open("") }
        #expect(error?.kind == .corrupt)
        #expect(error?.message.contains("damaged") == true)
        await again.close()
    }
}
