internal import Holdfast
internal import Synchronization

/// A mailbox in a file. Holds the store's thread, so that it works for as long as it is there.
struct SQLiteMailbox: Mailbox {
    let state: MailboxState
    private let row: Int64
    private let epoch: Int
    private let writer: Writer
    /// The number after the last one that is certainly in the file; nil where acknowledgements are not promised.
    private let certain: NextNumber?

    init(_ opened: OpenedMailbox, writer: Writer, promises: Bool) {
        state = opened.state
        row = opened.row
        epoch = opened.epoch
        self.writer = writer
        certain = promises ? NextNumber(opened.state.nextNumber) : nil
    }

    func commit(_ batch: MailboxBatch) async throws(StoreError) {
        for delivery in batch.deliveries where delivery.text.count > Limits.text {
            throw StoreError(
                .failed,
                "the text of delivery \(delivery.number) has \(delivery.text.count) bytes; a store takes at most "
                    + "\(Limits.text) for each")
        }
        _ = try await writer.perform(.commit(batch, row: row, epoch: epoch))
        if let last = batch.deliveries.last { certain?.value.max(last.number + 1, ordering: .relaxed) }
    }

    func acknowledge(_ number: Int64) async throws(StoreError) {
        // What is not there yet must not be written down as done: it would be when it comes.
        if let certain, number > 0, number < certain.value.load(ordering: .relaxed), writer.promise(number, in: row) {
            return
        }
        _ = try await writer.perform(.acknowledge(number, row: row))
    }

    func unacknowledged(after number: Int64, limit: Int) async throws(StoreError) -> [StoredDelivery] {
        let operation = Operation.unacknowledged(after: number, limit: limit, row: row)
        guard case .deliveries(let deliveries) = try await writer.perform(operation) else { preconditionFailure() }
        return deliveries
    }
}

/// Shared by the copies of a mailbox. It only ascends, and says nothing about other memory, hence relaxed.
private final class NextNumber: Sendable {
    let value: Atomic<Int64>

    init(_ value: Int64) {
        self.value = Atomic(value)
    }
}
