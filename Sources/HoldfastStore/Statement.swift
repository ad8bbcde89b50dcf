internal import CSQLite

/// A prepared statement. Values are bound without a copy and must outlive `run` or `step`; every parameter is bound anew
/// each time, so that none points to what is gone.
final class Statement {
    private let handle: OpaquePointer

    init(_ handle: OpaquePointer) {
        self.handle = handle
    }

    deinit { sqlite3_finalize(handle) }

    func bind(_ index: Int32, _ value: Int64) {
        sqlite3_bind_int64(handle, index, value)
    }

    func bind(_ index: Int32, text: UnsafeBufferPointer<UInt8>) {
        // An empty buffer may have no address, and would be NULL.
        let start = text.baseAddress ?? StaticString("").utf8Start
        start.withMemoryRebound(to: CChar.self, capacity: text.count) { characters in
            _ = sqlite3_bind_text(handle, index, characters, Int32(text.count), nil)
        }
    }

    func bind(_ index: Int32, blob: UnsafeBufferPointer<UInt8>) {
        guard let start = blob.baseAddress else {
            sqlite3_bind_zeroblob(handle, index, 0)
            return
        }
        sqlite3_bind_blob(handle, index, start, Int32(blob.count), nil)
    }

    /// To the end, for a statement without rows; the result code.
    func run() -> Int32 {
        let code = sqlite3_step(handle)
        sqlite3_reset(handle)
        return code == SQLITE_DONE || code == SQLITE_ROW ? SQLITE_OK : code
    }

    /// `SQLITE_ROW`, `SQLITE_DONE` or an error. To be followed by `reset` once no more rows are wanted.
    func step() -> Int32 { sqlite3_step(handle) }

    func reset() { sqlite3_reset(handle) }

    func integer(_ column: Int32) -> Int64 { sqlite3_column_int64(handle, column) }

    func isNull(_ column: Int32) -> Bool { sqlite3_column_type(handle, column) == SQLITE_NULL }

    func bytes(_ column: Int32) -> [UInt8] {
        let count = Int(sqlite3_column_bytes(handle, column))
        guard count > 0, let start = sqlite3_column_blob(handle, column) else { return [] }
        return Array(UnsafeRawBufferPointer(start: start, count: count))
    }

    func text(_ column: Int32) -> String {
        guard let start = sqlite3_column_text(handle, column) else { return "" }
        let count = Int(sqlite3_column_bytes(handle, column))
        return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
    }
}

extension String {
    /// Its UTF-8, without a copy for a string that is Swift's own.
    func withBytes<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        if let result = utf8.withContiguousStorageIfAvailable(body) { return result }
        return Array(utf8).withUnsafeBufferPointer(body)
    }
}
