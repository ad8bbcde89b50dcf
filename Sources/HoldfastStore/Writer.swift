internal import CSQLite
internal import Holdfast

#if canImport(Glibc)
    internal import Glibc
#else
    internal import Darwin
#endif

/// The way to the store's thread. The store and its mailboxes share it; when the last of them is gone, the thread does what
/// still waits, closes the file and ends.
final class Writer: Sendable {
    private let path: String
    private let queue = RequestQueue()

    init(path: String) {
        self.path = path
    }

    deinit { queue.end() }

    /// Starts the thread, which opens the file. `whenOpen` is called once, on it, with what went wrong or nil. To be called
    /// once, before all else.
    func start(
        _ options: SQLiteStore.Options, _ migrations: [String], whenOpen: @escaping @Sendable (StoreError?) -> Void
    ) {
        // Not the writer itself, which could then never be gone.
        let started = startThread { [path, queue] in
            do throws(StoreError) {
                let database = try Database(path: path, options: options, migrations: migrations)
                queue.use(try AcknowledgementLog(path: path, database))
                // While the file is locked: the next one to open it makes a log of its own.
                defer { withExtendedLifetime(database) { queue.endLog() } }
                let group = try GroupCommit(MailboxTables(database), queue)
                whenOpen(nil)
                var requests: [Request] = []
                while queue.next(reusing: &requests) { group.perform(requests) }
                group.finish()
            } catch {
                whenOpen(error)
            }
            // The file is closed here, as database and tables are gone.
            queue.hasEnded()
        }
        if !started { whenOpen(StoreError(.failed, "no thread can be started for the store; end other processes")) }
    }

    func perform(_ operation: Operation) async throws(StoreError) -> Answer {
        let result: Result<Answer, StoreError> = await withCheckedContinuation { continuation in
            if !queue.add(Request(operation: operation, answer: continuation)) {
                continuation.resume(
                    returning: .failure(StoreError(.inaccessible, "the store \(path) was closed; open it again")))
            }
        }
        return try result.get()
    }

    /// Acknowledges a delivery that is in the file, without waiting for the thread; false where that has to be.
    func promise(_ number: Int64, in row: Int64) -> Bool {
        queue.promise(number, in: row)
    }

    func close() async {
        await withCheckedContinuation { queue.end($0) }
    }
}

/// Runs `body` on a thread of its own; false where the system has none left.
private func startThread(_ body: @escaping @Sendable () -> Void) -> Bool {
    final class Box {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, 1 << 20)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let box = Unmanaged.passRetained(Box(body))
    #if canImport(Glibc)
        var thread = pthread_t()
    #else
        var thread: pthread_t?
    #endif
    let result = pthread_create(
        &thread, &attributes,
        { argument in
            #if canImport(Glibc)
                guard let argument else { return nil }
            #endif
            holdfast_sqlite3_name_thread("holdfast-store")
            Unmanaged<Box>.fromOpaque(argument).takeRetainedValue().body()
            return nil
        }, box.toOpaque())
    if result != 0 { box.release() }
    return result == 0
}
