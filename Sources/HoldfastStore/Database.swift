internal import CSQLite
internal import Holdfast

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The open file. Used by the store's thread only.
final class Database {
    let failure: Failure
    private let handle: OpaquePointer

    /// Of a new file. A batch of small deliveries fills few of them, and an acknowledgement rewrites one.
    private static let pageBytes: Int64 = 4096
    /// The log is moved into the file once it has this many pages (16 MB). Fewer wait for the disk more often; more
    /// were not faster.
    private static let logPages = 4000

    /// Opens the file, makes it when it is missing, takes the lock, checks and migrates.
    init(path: String, options: SQLiteStore.Options, migrations: [String]) throws(StoreError) {
        failure = Failure(path: path, maximumBytes: options.maximumBytes)
        guard !path.isEmpty, !path.utf8.contains(0) else {
            throw failure.inaccessible("a path is not empty and has no zero byte")
        }
        // So that no name is a special one, such as ":memory:".
        let file = path.hasPrefix("/") ? path : "./" + path
        try Self.make(file, failure)
        handle = try Self.open(file, failure)
        try lock(migrations)
        try configure(options)
        try Schema.migrate(self, from: Int(integer("PRAGMA user_version")), migrations)
    }

    deinit { sqlite3_close_v2(handle) }

    /// SQLite would make the file by the umask; this one is for its owner alone.
    private static func make(_ file: String, _ failure: Failure) throws(StoreError) {
        // Only a file that was not there is opened: closing one that is would end the lock of another store here.
        let descriptor = openFile(file, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else {
            guard errno == EEXIST else { throw failure.error(SQLITE_CANTOPEN, system: errno) }
            // SQLite takes a file of one byte for an empty one (a workaround for an old file system), and would use it.
            var information = stat()
            if stat(file, &information) == 0, information.st_size == 1 { throw failure.foreign }
            return
        }
        fchmod(descriptor, 0o600)
        close(descriptor)
    }

    private static func open(_ file: String, _ failure: Failure) throws(StoreError) -> OpaquePointer {
        var handle: OpaquePointer?
        // One thread has it, hence no mutex.
        let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE | SQLITE_OPEN_EXRESCODE
        let code = sqlite3_open_v2(file, &handle, flags, nil)
        guard code == SQLITE_OK, let handle else {
            let system = handle.map { sqlite3_system_errno($0) } ?? 0
            sqlite3_close_v2(handle)
            throw failure.error(code, system: system)
        }
        return handle
    }

    /// Takes the lock, for as long as the file is open, and looks whose file it is. Nothing is changed.
    private func lock(_ migrations: [String]) throws(StoreError) {
        // Where SQLite may not write, it reads.
        if sqlite3_db_readonly(handle, "main") != 0 { throw failure.readOnly }
        // If this is not ours, its log stays where it is.
        try check(holdfast_sqlite3_keep_log_on_close(handle, 1))
        try check(holdfast_sqlite3_defend(handle))
        try execute("PRAGMA locking_mode=EXCLUSIVE")
        try execute("BEGIN EXCLUSIVE")
        let application = try integer("PRAGMA application_id")
        let version = try integer("PRAGMA user_version")
        let tables = try integer("SELECT count(*) FROM sqlite_schema")
        try execute("COMMIT")
        if application == 0, version == 0, tables == 0 { return }
        guard application == Schema.applicationID, version > 0 else { throw failure.foreign }
        guard version <= migrations.count else { throw failure.tooNew(version, known: migrations.count) }
        guard try text("PRAGMA quick_check(1)") == "ok" else { throw failure.damaged }
    }

    private func configure(_ options: SQLiteStore.Options) throws(StoreError) {
        try check(holdfast_sqlite3_keep_log_on_close(handle, 0))
        try execute("PRAGMA page_size=\(Self.pageBytes)")
        guard try text("PRAGMA journal_mode=WAL") == "wal" else { throw failure.error(SQLITE_IOERR) }
        try execute("PRAGMA synchronous=\(options.synchronous.rawValue)")
        try execute("PRAGMA wal_autocheckpoint=\(Self.logPages)")
        // One large batch makes it longer; it is cut back when it begins anew.
        try execute("PRAGMA journal_size_limit=\(Int64(Self.logPages) * Self.pageBytes)")
        try execute("PRAGMA cache_size=-8192")
        // What was deleted is overwritten; that costs nothing that could be measured.
        try execute("PRAGMA secure_delete=ON")
        try execute("PRAGMA cell_size_check=ON")
        if let bytes = options.maximumBytes {
            let pages = max(1, bytes / (try integer("PRAGMA page_size")))
            try execute("PRAGMA max_page_count=\(min(pages, 0xFFFF_FFFE))")
        }
    }

    func prepare(_ sql: String) throws(StoreError) -> Statement {
        var statement: OpaquePointer?
        let code = sqlite3_prepare_v3(handle, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
        // A table or a column is missing: whoever wrote this, it was not us.
        if code == SQLITE_ERROR { throw failure.foreign }
        try check(code)
        guard let statement else { throw failure.error(SQLITE_MISUSE) }
        return Statement(statement)
    }

    /// One statement or several, without rows.
    func execute(_ sql: String) throws(StoreError) {
        try check(sqlite3_exec(handle, sql, nil, nil, nil))
    }

    func check(_ code: Int32) throws(StoreError) {
        if code != SQLITE_OK { throw failure.error(code, system: sqlite3_system_errno(handle)) }
    }

    /// SQLite has rolled back already after some failures.
    func rollBack() {
        if sqlite3_get_autocommit(handle) == 0 { sqlite3_exec(handle, "ROLLBACK", nil, nil, nil) }
    }

    /// Moves the log into the file, so that it is written from its start again.
    func moveLog() -> Bool {
        sqlite3_wal_checkpoint_v2(handle, nil, SQLITE_CHECKPOINT_PASSIVE, nil, nil) == SQLITE_OK
    }

    /// Of the row that was inserted last.
    var lastRow: Int64 { sqlite3_last_insert_rowid(handle) }

    func integer(_ sql: String) throws(StoreError) -> Int64 {
        try row(sql) { $0.integer(0) }
    }

    private func text(_ sql: String) throws(StoreError) -> String {
        try row(sql) { $0.text(0) }
    }

    private func row<Value>(_ sql: String, _ read: (Statement) -> Value) throws(StoreError) -> Value {
        let statement = try prepare(sql)
        let code = statement.step()
        guard code == SQLITE_ROW else {
            statement.reset()
            throw failure.error(code == SQLITE_DONE ? SQLITE_CORRUPT : code, system: sqlite3_system_errno(handle))
        }
        return read(statement)
    }
}

/// The system's `open`, whose name is also a method's here.
func openFile(_ file: String, _ flags: Int32, _ mode: mode_t) -> Int32 {
    open(file, flags, mode)
}
