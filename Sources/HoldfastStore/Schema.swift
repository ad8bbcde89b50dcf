internal import Holdfast

/// What is in the file, and how an earlier one becomes one of this version.
///
/// A delivery's id, and a known item's, is its mailbox's row in the upper bits and its number, or place, in the lower 48:
/// both then stand in the order in which they come and go, so that a batch changes few pages.
enum Schema {
    /// "Hold", in the file's header (sqlite.org/fileformat2.html, section 1.3.17).
    static let applicationID: Int64 = 0x486F_6C64

    /// Step by step; the version of a file is how many of them it has seen. To be added to, never changed.
    static let migrations = [
        """
        CREATE TABLE session (number INTEGER NOT NULL);
        INSERT INTO session VALUES (random());
        CREATE TABLE mailboxes (
            id INTEGER PRIMARY KEY,
            name TEXT NOT NULL UNIQUE,
            account TEXT NOT NULL DEFAULT '',
            next_number INTEGER NOT NULL DEFAULT 1,
            heard_at INTEGER NOT NULL DEFAULT 0
        );
        CREATE TABLE channels (
            id INTEGER PRIMARY KEY,
            mailbox INTEGER NOT NULL,
            name TEXT NOT NULL,
            created_at INTEGER, -- NULL: no position yet
            anchor TEXT,
            changed_at INTEGER,
            created_horizon INTEGER,
            changed_horizon INTEGER,
            pass_from INTEGER,
            pass_at INTEGER,
            UNIQUE (mailbox, name)
        );
        CREATE TABLE known (
            id INTEGER PRIMARY KEY, -- mailbox << 48 | place
            channel INTEGER NOT NULL,
            name TEXT NOT NULL,
            created_at INTEGER NOT NULL,
            edited_at INTEGER NOT NULL,
            changed_at INTEGER NOT NULL,
            is_gone INTEGER NOT NULL
        );
        CREATE TABLE deliveries (
            id INTEGER PRIMARY KEY, -- mailbox << 48 | number
            source INTEGER NOT NULL,
            reason TEXT NOT NULL,
            text BLOB NOT NULL
        );
        """
    ]

    /// Runs what the file has not seen, each step in a transaction with its version.
    static func migrate(_ database: Database, from version: Int, _ migrations: [String]) throws(StoreError) {
        for step in migrations.indices.dropFirst(version) {
            try database.execute("BEGIN IMMEDIATE")
            do throws(StoreError) {
                if step == 0 { try database.execute("PRAGMA application_id=\(applicationID)") }
                try database.execute(migrations[step])
                try database.execute("PRAGMA user_version=\(step + 1)")
                try database.execute("COMMIT")
            } catch {
                database.rollBack()
                throw error
            }
        }
    }
}

/// An id of one of a mailbox's rows.
enum RowID {
    /// Numbers and places below 2^48: 89 years at 100,000 a second.
    static let numbers: Range<Int64> = 1..<(1 << 48)
    static let mailboxes: ClosedRange<Int64> = 1...32_766

    static func of(_ number: Int64, in mailbox: Int64) -> Int64 { mailbox << 48 | number }
    static func number(_ id: Int64) -> Int64 { id & (numbers.upperBound - 1) }
}
