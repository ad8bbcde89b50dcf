internal import CHoldfast

#if canImport(Glibc)
    internal import Glibc
#elseif canImport(Musl)
    internal import Musl
#else
    internal import Darwin
#endif

/// Why a call is answered with an error: the status, and what to do about it in words, without secrets.
struct Failure: Error {
    let status: holdfast_status
    let message: String

    init(_ status: holdfast_status, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Keeps the words for this thread's `holdfast_last_error`.
    func note() -> holdfast_status {
        var message = message
        message.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { choldfast_set_last_error($0.baseAddress, $0.count) }
        }
        return status
    }
}

/// The statuses of the header: a C enumeration without a name comes as integers of another width.
enum Status {
    static let done = holdfast_status(HOLDFAST_OK)
    static let end = holdfast_status(HOLDFAST_END)
    static let timeout = holdfast_status(HOLDFAST_TIMEOUT)
    static let argument = holdfast_status(HOLDFAST_ERROR_ARGUMENT)
    static let handle = holdfast_status(HOLDFAST_ERROR_HANDLE)
    static let thread = holdfast_status(HOLDFAST_ERROR_THREAD)
    static let state = holdfast_status(HOLDFAST_ERROR_STATE)
    static let busy = holdfast_status(HOLDFAST_ERROR_BUSY)
    static let system = holdfast_status(HOLDFAST_ERROR_SYSTEM)
    static let store = holdfast_status(HOLDFAST_ERROR_STORE)
    static let network = holdfast_status(HOLDFAST_ERROR_NETWORK)
    static let server = holdfast_status(HOLDFAST_ERROR_SERVER)
    static let refused = holdfast_status(HOLDFAST_ERROR_REFUSED)
    static let unauthorized = holdfast_status(HOLDFAST_ERROR_UNAUTHORIZED)
    static let rateLimited = holdfast_status(HOLDFAST_ERROR_RATE_LIMITED)
    static let cancelled = holdfast_status(HOLDFAST_ERROR_CANCELLED)
    static let `internal` = holdfast_status(HOLDFAST_ERROR_INTERNAL)
}

/// What each exported function is wrapped in.
func answering(_ body: () throws(Failure) -> holdfast_status) -> holdfast_status {
    do throws(Failure) {
        return try body()
    } catch {
        return error.note()
    }
}

/// Where a call leaves what it made.
func required<Target>(
    _ pointer: UnsafeMutablePointer<Target>?, _ name: String
) throws(Failure) -> UnsafeMutablePointer<Target> {
    guard let pointer else { throw Failure(Status.argument, "\(name) is NULL; give a pointer to it") }
    return pointer
}

/// A text of the caller, copied.
///
/// - Parameter limit: the most bytes that it may have.
func text(_ pointer: UnsafePointer<CChar>?, _ name: String, limit: Int = 4096) throws(Failure) -> String? {
    guard let pointer else { return nil }
    guard strnlen(pointer, limit + 1) <= limit else {
        throw Failure(Status.argument, "\(name) is longer than \(limit) bytes, or does not end with a zero byte")
    }
    guard let text = String(validatingCString: pointer) else {
        throw Failure(Status.argument, "\(name) is not UTF-8; convert it")
    }
    return text
}
