public import Holdfast

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

// HoldfastStore keeps deliveries in an SQLite file, so that they outlive the process. From above, `SQLiteStore` and its
// mailboxes hand requests to a `RequestQueue`; below it, one thread (`Writer`) takes all that wait, does them in one
// transaction on its `MailboxTables`, and answers. It knows nothing of connections, servers or events.

/// Keeps the duty to deliver in a file: what was committed is still there when the process was killed.
///
/// One file holds any number of mailboxes, and one process at a time has it open: a second one, or a second `SQLiteStore`
/// on the same file, gets `StoreError.Kind.inUse`. The lock ends with the process, however that ends.
///
/// Beside the file at `path` lie its write-ahead log, `path-wal`, of about 16 MB (sqlite.org/wal.html), and `path-done`, of
/// at most 64 KB, with what was acknowledged last. After a crash they belong to the file and must stay with it. All are made
/// with mode 0600, because they hold people's messages. The file grows to what was once unacknowledged at the same time,
/// and space is used again; what was acknowledged is overwritten with one of the next commits, or by `close()`.
///
/// While a store is open, nothing else in this process may open and close its file: that would end the lock
/// (sqlite.org/howtocorrupt.html, section 2.2).
///
/// May be used from anywhere. All work on the file is done on one thread of the store's own, and the order of the calls is
/// the order of their effects; only the 16 bytes of an acknowledgement are written by who acknowledges. The thread ends with
/// `close()`, or when the store and its mailboxes are gone.
public final class SQLiteStore: DeliveryStore {
    /// How the file is kept.
    public struct Options: Hashable, Sendable {
        /// The most that the file may take, in bytes, without its log; nil for no limit. When it is reached, commits fail
        /// with `full` until deliveries were acknowledged. A file that is larger already does not grow further.
        public var maximumBytes: Int64?
        /// When the disk is asked to have written.
        public var synchronous = Synchronous.normal

        public init(maximumBytes: Int64? = nil, synchronous: Synchronous = .normal) {
            self.maximumBytes = maximumBytes
            self.synchronous = synchronous
        }
    }

    /// When the disk is asked to have written (sqlite.org/pragma.html#pragma_synchronous).
    public enum Synchronous: String, CaseIterable, Sendable {
        /// Now and then. The end of the process loses nothing; a power cut may take the file back to an earlier, consistent
        /// state, from which the catch-up fetches again, and may forget acknowledgements.
        case normal
        /// At every commit. A power cut loses nothing either; each commit costs a write to the disk.
        case full
    }

    private let writer: Writer
    private let promises: Bool

    /// Opens the file at `path`, makes it when it is missing, and brings one of an earlier version up to date. It is checked
    /// from end to end, which takes a second or two for each gigabyte. A file that is not a store, is damaged or is from a
    /// later version stays as it is.
    ///
    /// Throws `inUse`, `readOnly`, `inaccessible`, `corrupt`, `tooNew`, `full` or `failed`.
    public convenience init(path: String, options: Options = Options()) async throws(StoreError) {
        try await self.init(path: path, options: options, migrations: Schema.migrations)
    }

    /// With other migrations than this version's, for tests.
    init(path: String, options: Options = Options(), migrations: [String]) async throws(StoreError) {
        writer = Writer(path: path)
        // A promise does not outlive a power cut.
        promises = options.synchronous == .normal
        let failure: StoreError? = await withCheckedContinuation { continuation in
            writer.start(options, migrations) { continuation.resume(returning: $0) }
        }
        if let failure { throw failure }
    }

    /// A name has up to 200 bytes of UTF-8; the empty one is a mailbox like any other. A file holds up to 32,766 of them.
    public func open(_ mailbox: String) async throws(StoreError) -> any Mailbox {
        guard mailbox.utf8.count <= Limits.mailboxName else {
            throw StoreError(
                .failed,
                "the name of a mailbox has at most \(Limits.mailboxName) bytes, not \(mailbox.utf8.count); shorten it")
        }
        guard case .opened(let opened) = try await writer.perform(.open(mailbox)) else { preconditionFailure() }
        return SQLiteMailbox(opened, writer: writer, promises: promises)
    }

    /// Does what was asked for before, moves the log into the file, lets go of both, and returns when that is done. What is
    /// asked for afterwards fails with `inaccessible`. May be called again.
    public func close() async {
        await writer.close()
    }
}

/// Bounds of what a store takes.
enum Limits {
    /// In bytes of UTF-8.
    static let mailboxName = 200
    /// Of one delivery's text, in bytes.
    static let text = 16 << 20
    /// Promised acknowledgements that wait for the thread before it is woken for them alone.
    static let promises = 128
    /// Requests that share a transaction, and about how many bytes they bring: the caller's memory and the log's length are
    /// bounded by it, and nobody waits longer than for that.
    static let groupRequests = 1000
    static let groupBytes = 4 << 20
}
