internal import HTTPServing

/// One who follows the events. First it gets all accounts, in parts as fast as it takes them; what changes meanwhile comes behind
/// them. Belongs to the status server's loop.
final class Onlooker {
    private enum Phase {
        case waiting
        case sending(ArraySlice<StatusText.Value>, isFirst: Bool)
        case live
    }

    /// What is new of some accounts.
    struct Changes {
        var rows: [String: StatusText.Value] = [:]
        var removed: Set<String> = []

        mutating func add(_ other: Changes) {
            for (name, row) in other.rows {
                rows[name] = row
                removed.remove(name)
            }
            for name in other.removed {
                rows[name] = nil
                removed.insert(name)
            }
        }

        var members: (rows: StatusText.Value, removed: StatusText.Value) {
            (
                .array(rows.sorted { $0.key < $1.key }.map(\.value)),
                .array(removed.sorted().map { .string($0) })
            )
        }
    }

    private static let rowsInPart = 200
    /// More parts follow when fewer bytes wait.
    private static let queuedBytes = 128 << 10

    private let stream: HTTPBodyStream
    private var phase = Phase.waiting
    private var changes = Changes()

    init(_ stream: HTTPBodyStream) { self.stream = stream }

    func write(_ event: String, _ value: StatusText.Value) { stream.write(StatusText.event(event, value)) }

    func write(comment: String) { stream.write(Array(": \(comment)\n\n".utf8)) }

    /// Sends all accounts from the beginning.
    func show(all rows: [StatusText.Value]) {
        phase = .sending(rows[...], isFirst: true)
        pump()
    }

    /// All accounts are asked for: what changes until they come is kept.
    func await() { phase = .waiting }

    /// Sends more of the accounts while it takes them.
    func pump() {
        while case .sending(let rows, let isFirst) = phase, stream.queuedByteCount < Self.queuedBytes {
            let part = rows.prefix(Self.rowsInPart)
            let rest = rows.dropFirst(Self.rowsInPart)
            write(
                "accounts",
                .object(["first": .flag(isFirst), "last": .flag(rest.isEmpty), "rows": .array(Array(part))]))
            phase = rest.isEmpty ? .live : .sending(rest, isFirst: false)
        }
        guard case .live = phase, !changes.rows.isEmpty || !changes.removed.isEmpty else { return }
        let members = changes.members
        changes = Changes()
        write("changes", .object(["rows": members.rows, "removed": members.removed]))
    }

    func note(_ new: Changes) {
        changes.add(new)
        pump()
    }
}
