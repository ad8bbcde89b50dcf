import CSQLite
import Foundation
import Holdfast
import HoldfastStore

@testable import HoldfastMattermost

/// A store that is made once, spoilt in a copy, and opened as a gateway does. Used from libFuzzer's one thread.
enum StoreFile {
    /// Every column of every table.
    static let columns = [
        "session.number", "mailboxes.id", "mailboxes.name", "mailboxes.account", "mailboxes.next_number",
        "mailboxes.heard_at", "channels.id", "channels.mailbox", "channels.name", "channels.created_at",
        "channels.anchor",
        "channels.changed_at", "channels.created_horizon", "channels.changed_horizon", "channels.pass_from",
        "channels.pass_at", "known.id", "known.channel", "known.name", "known.created_at", "known.edited_at",
        "known.changed_at", "known.is_gone", "deliveries.id", "deliveries.source", "deliveries.reason",
        "deliveries.text",
    ].map { $0.split(separator: ".").map(String.init) }

    private static let folder: String = {
        let parent = FileManager.default.fileExists(atPath: "/dev/shm") ? "/dev/shm" : NSTemporaryDirectory()
        let folder = "\(parent)/holdfast-fuzz-\(getpid())"
        try? FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        atexit { StoreFile.removeFolder() }
        return folder
    }()

    private static func removeFolder() { try? FileManager.default.removeItem(atPath: folder) }

    private static let suffixes = ["", "-wal", "-done"]
    private static var path: String { "\(folder)/store" }

    /// The bytes of file, log and list, as a process leaves them that was killed.
    private static let template: [[UInt8]] = {
        wait {
            do {
                let store = try await SQLiteStore(path: "\(folder)/template")
                let mailbox = try await store.open("")
                for number in 1...Int64(6) {
                    var batch = MailboxBatch()
                    batch.account = "account"
                    batch.heardAt = 1000 * number
                    batch.deliveries = [
                        StoredDelivery(
                            number: number, source: .live, reason: "pushed",
                            text: Array(
                                #"{"event":"typing","data":{"parent_id":"","user_id":"u"},"broadcast":{},"seq":\#(number)}"#
                                    .utf8))
                    ]
                    batch.positions["channel\(number % 2)"] = ChannelPosition(
                        createdAt: 1000 * number, anchor: "p\(number)", changedAt: 1000 * number, createdHorizon: 1,
                        changedHorizon: 1, passFrom: number == 6 ? 5000 : 0, passAt: number == 6 ? 6000 : 0)
                    batch.memory = [
                        .remember(
                            KnownItem(key: "p\(number)", createdAt: 1000 * number, changedAt: 1000 * number),
                            channel: "channel\(number % 2)"),
                        .remember(
                            KnownItem(key: "p\(number)/u/smile", createdAt: 1000 * number, changedAt: 1000 * number),
                            channel: "channel\(number % 2)"),
                    ]
                    try await mailbox.commit(batch)
                }
                try await mailbox.acknowledge(2)
                try await mailbox.acknowledge(3)
                let bytes = suffixes.map {
                    (try? Data(contentsOf: URL(fileURLWithPath: "\(folder)/template\($0)"))) ?? Data()
                }
                await store.close()
                // The log is in the file now: the copy's file is that one, with the log and the list from before.
                let file = try Data(contentsOf: URL(fileURLWithPath: "\(folder)/template"))
                return [Array(file), Array(bytes[1]), Array(bytes[2])]
            } catch {
                preconditionFailure("the store cannot be made: \(error)")
            }
        }
    }()

    /// Fresh files, none of them spoilt. The log stays away: it would hide what is changed in the file.
    static func restore() {
        for (suffix, bytes) in zip(suffixes, template) where suffix != "-wal" {
            try? Data(bytes).write(to: URL(fileURLWithPath: path + suffix))
        }
        try? FileManager.default.removeItem(atPath: path + "-wal")
        try? FileManager.default.removeItem(atPath: path + "-shm")
    }

    /// (column, row, kind, count, bytes…), again and again.
    static func replaceColumns(_ input: UnsafeBufferPointer<UInt8>) {
        var database: OpaquePointer?
        guard sqlite3_open(path, &database) == SQLITE_OK else { return }
        defer { sqlite3_close(database) }
        var rest = input[...]
        while rest.count >= 4 {
            let head = rest.prefix(4).map { Int($0) }
            let value = Array(rest.dropFirst(4).prefix(head[3]))
            rest = rest.dropFirst(4 + value.count)
            let (table, column) = (columns[head[0] % columns.count][0], columns[head[0] % columns.count][1])
            let sql =
                "UPDATE OR IGNORE \(table) SET \(column) = ? "
                + "WHERE rowid = (SELECT rowid FROM \(table) ORDER BY rowid LIMIT 1 OFFSET \(head[1] % 8))"
            var statement: OpaquePointer?
            guard sqlite3_prepare_v2(database, sql, -1, &statement, nil) == SQLITE_OK else { continue }
            value.withUnsafeBytes { bytes in
                switch head[2] % 4 {
                case 0:
                    var number: Int64 = 0
                    for (index, byte) in bytes.prefix(8).enumerated() { number |= Int64(byte) << (8 * index) }
                    sqlite3_bind_int64(statement, 1, number)
                case 1: sqlite3_bind_text(statement, 1, bytes.baseAddress, Int32(bytes.count), nil)
                case 2: sqlite3_bind_blob(statement, 1, bytes.baseAddress, Int32(bytes.count), nil)
                default: sqlite3_bind_null(statement, 1)
                }
                sqlite3_step(statement)
            }
            sqlite3_finalize(statement)
        }
    }

    /// (file, 0, (offset, offset, value)…), or (file, 1, length, length).
    static func changeBytes(_ input: UnsafeBufferPointer<UInt8>) {
        guard input.count >= 2 else { return }
        let which = Int(input[0]) % 3
        var bytes = template[which]
        let rest = input[2...]
        if input[1] & 1 == 1 {
            guard rest.count >= 2 else { return }
            bytes = Array(bytes.prefix(Int(input[2]) | Int(input[3]) << 8))
        } else {
            var index = rest.startIndex
            while index + 3 <= rest.endIndex, !bytes.isEmpty {
                let offset = (Int(input[index]) | Int(input[index + 1]) << 8) % bytes.count
                bytes[offset] = input[index + 2]
                index += 3
            }
        }
        try? Data(bytes).write(to: URL(fileURLWithPath: path + suffixes[which]))
    }

    /// As a gateway does: everything that is stored is read, used, added to and acknowledged. What is damaged is an error,
    /// and what was opened stays good: it can be opened again.
    static func open() {
        let path = path
        let first = wait { await use(path) }
        guard first else { return }
        _ = wait { await use(path) }
    }

    /// Whether it could be opened and used.
    private static func use(_ path: String) async -> Bool {
        let store: SQLiteStore
        do throws(StoreError) {
            store = try await SQLiteStore(path: path)
        } catch {
            Violation.check(!error.message.isEmpty && !error.message.contains("\n"), "an error of no line: \(error)")
            return false
        }
        let isGood = await use(store)
        await store.close()
        return isGood
    }

    private static func use(_ store: SQLiteStore) async -> Bool {
        do throws(StoreError) {
            let mailbox = try await store.open("")
            let state = mailbox.state
            var batch = MailboxBatch()
            for (channel, position) in state.channels {
                var ledger = ChannelLedger(channelID: channel, position: position, known: state.known[channel] ?? [])
                _ = (ledger.start, ledger.since, ledger.anchor)
                ledger.beginPass(serverTime: 7000, in: &batch)
                _ = (ledger.start, ledger.since, ledger.anchor)
                ledger.endPass(changedAt: 7000, in: &batch)
                ledger.endHolding(in: &batch)
            }
            for stored in try await mailbox.unacknowledged(after: 0, limit: 256) {
                _ = try? FrameDecoder().decode(String(decoding: stored.text, as: UTF8.self))
                try await mailbox.acknowledge(stored.number)
            }
            batch.deliveries = [
                StoredDelivery(number: state.nextNumber, source: .live, reason: "pushed", text: Array("{}".utf8))
            ]
            batch.memory.append(.remember(KnownItem(key: "new", createdAt: 1, changedAt: 1), channel: "channel1"))
            try await mailbox.commit(batch)
            try await mailbox.acknowledge(state.nextNumber)
            return true
        } catch {
            Violation.check(!error.message.isEmpty, "an error without words")
            return false
        }
    }

    /// Blocks this thread until `body` has ended on others.
    private static func wait<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
        let box = Box<Value>()
        let semaphore = DispatchSemaphore(value: 0)
        Task.detached {
            box.value = await body()
            semaphore.signal()
        }
        semaphore.wait()
        guard let value = box.value else { preconditionFailure("it has ended") }
        return value
    }

    /// Sound: written before the signal, read after it.
    private final class Box<Value>: @unchecked Sendable {
        var value: Value?
    }
}
