import Foundation
import Holdfast
import HoldfastStore
import Testing

/// A folder that is removed at the end of its test.
final class TemporaryFolder {
    let path: String

    init() throws {
        var template = Array("\(FileManager.default.temporaryDirectory.path)/holdfast-store-XXXXXX".utf8CString)
        path = try #require(mkdtemp(&template).map { String(cString: $0) })
    }

    deinit {
        chmod(path, 0o700)
        try? FileManager.default.removeItem(atPath: path)
    }

    /// Where the store lies.
    var store: String { path + "/store" }

    /// What a process that is killed now would leave, in a folder inside; its path.
    func killed(_ name: String = "killed") throws -> String {
        let copy = "\(path)/\(name)"
        try FileManager.default.createDirectory(atPath: copy, withIntermediateDirectories: false)
        for name in names where name.hasPrefix("store") {
            try FileManager.default.copyItem(atPath: "\(path)/\(name)", toPath: "\(copy)/\(name)")
        }
        return copy + "/store"
    }

    var names: [String] { ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []).sorted() }
}

func bytes(of path: String) throws -> [UInt8] {
    try Array(Data(contentsOf: URL(fileURLWithPath: path)))
}

func write(_ bytes: [UInt8], to path: String) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
}

/// What an operation fails with; a failed expectation when it does not.
func failure(
    _ location: SourceLocation = #_sourceLocation, of operation: () async throws -> Void
) async -> StoreError? {
    do {
        try await operation()
        Issue.record("nothing was thrown", sourceLocation: location)
        return nil
    } catch let error as StoreError {
        #expect(!error.message.contains("\n"), sourceLocation: location)
        return error
    } catch {
        Issue.record(error, sourceLocation: location)
        return nil
    }
}

extension MailboxBatch {
    /// Deliveries with these numbers.
    init(_ numbers: some Sequence<Int64>, bytes: Int = 20) {
        self.init()
        deliveries = numbers.map { StoredDelivery(number: $0, bytes: bytes) }
    }
}

extension StoredDelivery {
    init(number: Int64, bytes: Int = 20) {
        let source = DeliverySource.allCases[Int(number.magnitude % 3)]
        let text = (0..<bytes).map { UInt8(truncatingIfNeeded: Int64($0) &+ number) }
        self.init(number: number, source: source, reason: "reason \(number)", text: text)
    }
}

extension MailboxState {
    /// Without channels of which nothing is known any more: a store may keep their names or not.
    var settled: MailboxState {
        var state = self
        state.known = known.filter { !$0.value.isEmpty }
        return state
    }
}

extension Mailbox {
    var all: [StoredDelivery] {
        get async throws { try await unacknowledged(after: 0, limit: .max) }
    }

    var numbers: [Int64] {
        get async throws { try await all.map(\.number) }
    }
}
