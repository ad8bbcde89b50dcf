#if canImport(Glibc)
    import Foundation
    import Holdfast
    import Testing

    @testable import HoldfastStore

    /// Files that this user may not use. Who runs tests as root may do everything, hence a thread without that right: file
    /// access is by a thread's own id, which the threads that it starts inherit (setfsuid(2)).
    @Suite(.timeLimit(.minutes(10)), .enabled("a thread can give up its rights") { await PermissionProbe.works() })
    struct SQLitePermissionTests {
        @Test func aFileThatMayOnlyBeReadIsReadOnly() async throws {
            let folder = try TemporaryFolder()
            try await SQLiteStoreTests.fill(folder.store)
            chmod(folder.store, 0o444)
            chmod(folder.path, 0o755)
            let error = await PermissionProbe.open(folder.store)
            #expect(error?.kind == .readOnly)
            #expect(
                error?.message == "the store \(folder.store) is read-only; let this user write the file and its folder")
        }

        @Test func aFolderThatMayOnlyBeReadIsReadOnly() async throws {
            let folder = try TemporaryFolder()
            try await SQLiteStoreTests.fill(folder.store)
            chmod(folder.store, 0o666)
            chmod(folder.path, 0o555)
            #expect(await PermissionProbe.open(folder.store)?.kind == .readOnly)
        }

        @Test func aFileThatMayNotBeReadIsInaccessible() async throws {
            let folder = try TemporaryFolder()
            try await SQLiteStoreTests.fill(folder.store)
            chmod(folder.store, 0)
            chmod(folder.path, 0o755)
            let error = await PermissionProbe.open(folder.store)
            #expect(error?.kind == .inaccessible)
            #expect(error?.message.contains("Permission denied") == true)
        }

        @Test func aFileThatMayNotBeMadeIsInaccessible() async throws {
            let folder = try TemporaryFolder()
            chmod(folder.path, 0o555)
            #expect(await PermissionProbe.open(folder.store)?.kind == .inaccessible)
            #expect(folder.names.isEmpty)
        }
    }

    private enum PermissionProbe {
        /// What opening fails with for somebody with few rights; nil when it works.
        static func open(_ path: String) async -> StoreError? {
            let writer = Writer(path: path)
            let error: StoreError? = await withCheckedContinuation { continuation in
                onThread {
                    writer.start(.init(), Schema.migrations) { continuation.resume(returning: $0) }
                }
            }
            await writer.close()
            return error
        }

        /// Whether a file without rights stays closed to the thread.
        static func works() async -> Bool {
            guard let folder = try? TemporaryFolder() else { return false }
            chmod(folder.path, 0o555)
            let path = folder.store
            return await withCheckedContinuation { continuation in
                onThread {
                    let descriptor = Glibc.open(path, O_RDWR | O_CREAT, 0o600)
                    if descriptor >= 0 { close(descriptor) }
                    continuation.resume(returning: descriptor < 0)
                }
            }
        }

        /// `setfsuid`, which the Glibc module does not have.
        private static let setFileUser = dlsym(nil, "setfsuid").map {
            unsafeBitCast($0, to: (@convention(c) (uid_t) -> Int32).self)
        }

        private static func onThread(_ body: @escaping @Sendable () -> Void) {
            let thread = Thread {
                // Without effect, and without need, for somebody who is not root.
                _ = setFileUser?(65534)
                body()
            }
            thread.start()
        }
    }
#endif
