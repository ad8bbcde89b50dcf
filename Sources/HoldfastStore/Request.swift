internal import Holdfast

/// What is asked of the store's thread.
enum Operation: Sendable {
    case open(String)
    case commit(MailboxBatch, row: Int64, epoch: Int)
    case acknowledge(Int64, row: Int64)
    case unacknowledged(after: Int64, limit: Int, row: Int64)

    /// About how many bytes it brings to a transaction.
    var weight: Int {
        switch self {
        case .open, .unacknowledged: 0
        case .acknowledge: 64
        case .commit(let batch, _, _):
            batch.deliveries.reduce(128 * (batch.memory.count + batch.positions.count)) { $0 + 128 + $1.text.count }
        }
    }
}

/// What comes back.
enum Answer: Sendable {
    case opened(OpenedMailbox)
    case done
    case deliveries([StoredDelivery])
}

struct OpenedMailbox: Sendable {
    var row: Int64
    var epoch: Int
    var state: MailboxState
}

/// An operation and who waits for it. Answered exactly once.
struct Request: Sendable {
    var operation: Operation
    /// Nil for an acknowledgement that was promised already: it is in the log.
    var answer: CheckedContinuation<Result<Answer, StoreError>, Never>?
}
