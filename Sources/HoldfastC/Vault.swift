internal import Holdfast
internal import HoldfastStore
internal import Locking
internal import Synchronization

/// The store of one connection. It keeps the mailbox that the connection opens, so that a delivery can be acknowledged by its
/// number: what was handed out need not be remembered.
final class Vault: DeliveryStore {
    private enum Source {
        case memory(MemoryStore)
        case file(StoreFile)
    }

    private let source: Source
    private let mailbox = Lock<(any Mailbox)?>(nil)
    private let isGivenUp = Atomic(false)
    /// Opens when the connection has asked for its mailbox, and was answered.
    let answered = Gate()

    /// - Parameter path: of the file; nil for memory.
    init(path: String?) {
        source = path.map { .file(StoreFile.at($0)) } ?? .memory(MemoryStore())
    }

    /// Opens the file, so that it is known to work before anything is connected. To be followed by one `close`.
    func prepare() async throws(StoreError) {
        guard case .file(let file) = source else { return }
        _ = try await file.use()
    }

    func open(_ name: String) async throws(StoreError) -> any Mailbox {
        defer { answered.open() }
        guard !isGivenUp.load(ordering: .relaxed) else {
            throw StoreError(.superseded, "the connection was stopped before its mailbox was opened")
        }
        let opened: any Mailbox
        switch source {
        case .memory(let store): opened = try await store.open(name)
        case .file(let file): opened = try await file.opened().open(name)
        }
        mailbox.withLock { $0 = opened }
        return opened
    }

    /// The mailbox is not taken from whoever has it, if it was not opened yet: the connection stops.
    func giveUp() { isGivenUp.store(true, ordering: .relaxed) }

    func acknowledge(_ number: Int64) async throws(StoreError) {
        // Before there is a mailbox nothing can have been delivered.
        guard let mailbox = mailbox.withLock({ $0 }) else { return }
        try await mailbox.acknowledge(number)
    }

    /// After a `prepare` that went well.
    func close() async {
        guard case .file(let file) = source else { return }
        await file.leave()
    }
}

/// A store's file that connections of this process share: opened for the first of them, closed behind the last. A second
/// `SQLiteStore` on the same file would be refused.
actor StoreFile {
    private struct Reference {
        weak var file: StoreFile?
    }

    private static let files = Lock<[String: Reference]>([:])

    /// The one of this path, as it is written.
    static func at(_ path: String) -> StoreFile {
        files.withLock { files in
            if let file = files[path]?.file { return file }
            files = files.filter { $0.value.file != nil }
            let file = StoreFile(path)
            files[path] = Reference(file: file)
            return file
        }
    }

    private let path: String
    private var users = 0
    private var store: Result<SQLiteStore, StoreError>?
    /// Opening and closing, one after the other.
    private var latest: Task<Void, Never>?

    private init(_ path: String) { self.path = path }

    /// One more user.
    func use() async throws(StoreError) -> SQLiteStore {
        users += 1
        await inTurn { await self.openIfNeeded() }
        do throws(StoreError) {
            return try opened()
        } catch {
            // Whoever got an error is no user.
            users -= 1
            throw error
        }
    }

    /// For a user.
    func opened() throws(StoreError) -> SQLiteStore {
        switch store {
        case .success(let store): return store
        case .failure(let error): throw error
        case nil: throw StoreError(.inaccessible, "the store \(path) was closed; open the connection again")
        }
    }

    /// One user less. Returns when the file is closed, where that was the last.
    func leave() async {
        users -= 1
        await inTurn { await self.closeIfUnused() }
    }

    private func openIfNeeded() async {
        if case .success = store { return }
        do throws(StoreError) {
            store = .success(try await SQLiteStore(path: path))
        } catch {
            store = .failure(error)
        }
    }

    private func closeIfUnused() async {
        guard users == 0, case .success(let unused) = store else { return }
        await unused.close()
        store = nil
    }

    private func inTurn(_ step: @escaping @Sendable () async -> Void) async {
        let earlier = latest
        let task = Task {
            await earlier?.value
            await step()
        }
        latest = task
        await task.value
    }
}
