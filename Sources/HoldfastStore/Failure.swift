internal import CSQLite
internal import Holdfast

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// What SQLite's result codes mean for a store, and what to do about them. One line each.
struct Failure {
    /// As given; control characters, which would break the line, are replaced.
    let path: String
    let maximumBytes: Int64?

    init(path: String, maximumBytes: Int64?) {
        let scalars = path.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }
        self.path = String(String.UnicodeScalarView(scalars))
        self.maximumBytes = maximumBytes
    }

    /// By an SQLite result code, extended or not (sqlite.org/rescode.html), and the system's error number, 0 where there is
    /// none.
    func error(_ code: Int32, system: Int32 = 0) -> StoreError {
        switch code & 0xFF {
        case SQLITE_BUSY, SQLITE_LOCKED: inUse
        case SQLITE_READONLY: readOnly
        case SQLITE_CANTOPEN, SQLITE_PERM, SQLITE_AUTH:
            system == EROFS ? readOnly : inaccessible(system == 0 ? "unable to open the file" : text(system))
        case SQLITE_CORRUPT: damaged
        case SQLITE_NOTADB: foreign
        case SQLITE_FULL: full
        case SQLITE_IOERR where system == ENOSPC || system == EDQUOT: full
        default:
            StoreError(
                .failed,
                "the store \(path) could not be read or written (\(String(cString: sqlite3_errstr(code)))"
                    + "\(system == 0 ? "" : ", \(text(system))")); check its disk")
        }
    }

    var inUse: StoreError {
        StoreError(.inUse, "the store \(path) is in use by another process; end it or give another path")
    }

    var readOnly: StoreError {
        StoreError(.readOnly, "the store \(path) is read-only; let this user write the file and its folder")
    }

    func inaccessible(_ reason: String) -> StoreError {
        StoreError(
            .inaccessible,
            "the store \(path) cannot be opened (\(reason)); give the path of a file in a folder that this user may write"
        )
    }

    var damaged: StoreError {
        StoreError(
            .corrupt,
            "the store \(path) is damaged; put a backup in its place, or move it and \(path)-wal away to begin anew")
    }

    var foreign: StoreError {
        StoreError(.corrupt, "\(path) is not a Holdfast store; give another path")
    }

    func tooNew(_ version: Int64, known: Int) -> StoreError {
        StoreError(
            .tooNew,
            "the store \(path) was written by a later version of Holdfast (format \(version), this one knows up to "
                + "\(known)); use that version")
    }

    var full: StoreError {
        let limit = maximumBytes.map { " or raise its limit of \($0) bytes," } ?? ""
        return StoreError(
            .full, "no space is left for the store \(path); free some on its disk,\(limit) or acknowledge deliveries")
    }

    func text(_ system: Int32) -> String { String(cString: strerror(system)) }
}
