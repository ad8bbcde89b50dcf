internal import CSQLite
internal import Holdfast

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// A ring of acknowledged deliveries beside the file, `path-done`: one small write outlives the process, and costs a
/// twentieth of a transaction with its two changes of thread. The store's thread deletes the rows later, many at a time.
///
/// A record counts for the session in which it was written, from one opening to the next; the session's random number is in
/// the file and changes at each opening, in the transaction that deletes what the records name. So a record that is older
/// than the file, or belongs to another, has no effect, also when a power cut takes one of them back but not the other.
/// Within a session a number is never used twice, so that a record may count any number of times.
///
/// Guarded by the queue's mutex.
struct AcknowledgementLog {
    private static let slots = 4096
    private static let recordBytes = 16

    private let file: String
    private let descriptor: Int32
    private let session: Int64
    /// Where the next record goes.
    private var slot = 0
    /// Records whose rows are still in the file.
    private var pending = 0

    /// Deletes what the last session's records name, and begins a session.
    init(path: String, _ database: Database) throws(StoreError) {
        file = path + "-done"
        descriptor = openFile(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw database.failure.error(SQLITE_CANTOPEN, system: errno) }
        do throws(StoreError) {
            try database.execute("BEGIN IMMEDIATE")
            let last = try database.integer("SELECT number FROM session")
            let delete = try database.prepare("DELETE FROM deliveries WHERE id = ?")
            for id in Self.records(of: descriptor, last) {
                delete.bind(1, id)
                try database.check(delete.run())
            }
            try database.execute("UPDATE session SET number = random()")
            session = try database.integer("SELECT number FROM session")
            try database.execute("COMMIT")
        } catch {
            database.rollBack()
            close(descriptor)
            throw error
        }
        fchmod(descriptor, 0o600)
    }

    /// The row's duty is done. False where that cannot be written down here.
    mutating func note(_ id: Int64) -> Bool {
        guard pending < Self.slots else { return false }
        var record = (id.littleEndian, Self.check(id, session).littleEndian)
        let count = withUnsafeBytes(of: &record) {
            pwrite(descriptor, $0.baseAddress, Self.recordBytes, off_t(slot * Self.recordBytes))
        }
        guard count == Self.recordBytes else { return false }
        slot = (slot + 1) % Self.slots
        pending += 1
        return true
    }

    /// The rows of the oldest records are gone; their places are used again.
    mutating func release(_ count: Int) {
        pending -= count
    }

    /// Lets go of the file, and removes it where no record is needed any more.
    func end() {
        if pending == 0 { unlink(file) }
        close(descriptor)
    }

    private static func records(of descriptor: Int32, _ session: Int64) -> [Int64] {
        let words = [Int64](unsafeUninitializedCapacity: slots * 2) { buffer, count in
            let read = pread(descriptor, buffer.baseAddress, slots * recordBytes, 0)
            count = max(0, read) / recordBytes * 2
        }
        return stride(from: 0, to: words.count, by: 2).compactMap { index in
            let id = Int64(littleEndian: words[index])
            return Int64(littleEndian: words[index + 1]) == check(id, session) ? id : nil
        }
    }

    /// Tells this session's records from all others.
    private static func check(_ id: Int64, _ session: Int64) -> Int64 {
        (id ^ session) &* 0x5851_F42D_4C95_7F2D
    }
}
