internal import Locking

/// Keeps the duty to deliver as long as the process lives: nothing is lost across deafness, reconnects and restarts of the
/// server, but what was not acknowledged is forgotten when the process ends.
public final class MemoryStore: DeliveryStore {
    fileprivate struct Contents {
        /// Without what is known.
        var state = MailboxState()
        /// By channel and key; the number tells the order.
        var known: [String: [String: (order: Int, item: KnownItem)]] = [:]
        var nextOrder = 0
        /// Ascending; acknowledged ones leave holes, which are closed from the front.
        var deliveries: [StoredDelivery?] = []
        var firstNumber: Int64 = 1
        var epoch = 0
    }

    private let mailboxes = Lock<[String: Lock<Contents>]>([:])

    public init() {}

    public func open(_ mailbox: String) async throws(StoreError) -> any Mailbox {
        let contents = mailboxes.withLock { mailboxes in
            if let contents = mailboxes[mailbox] { return contents }
            let contents = Lock(Contents())
            mailboxes[mailbox] = contents
            return contents
        }
        return contents.withLock { inside in
            inside.epoch += 1
            var state = inside.state
            state.known = inside.known.mapValues { items in
                items.values.sorted { $0.order < $1.order }.map(\.item)
            }
            return MemoryMailbox(state: state, epoch: inside.epoch, contents: contents)
        }
    }
}

private struct MemoryMailbox: Mailbox {
    let state: MailboxState
    let epoch: Int
    let contents: Lock<MemoryStore.Contents>

    func commit(_ batch: MailboxBatch) async throws(StoreError) {
        let isCurrent = contents.withLock { contents in
            guard contents.epoch == epoch else { return false }
            contents.apply(batch)
            return true
        }
        guard isCurrent else {
            throw StoreError(
                .superseded, "the mailbox was opened again elsewhere in this process; use one connection for it")
        }
    }

    func acknowledge(_ number: Int64) async throws(StoreError) {
        contents.withLock { $0.acknowledge(number) }
    }

    func unacknowledged(after number: Int64, limit: Int) async throws(StoreError) -> [StoredDelivery] {
        contents.withLock { contents in
            let start = number < contents.firstNumber ? 0 : Int(clamping: number - contents.firstNumber) + 1
            return Array(contents.deliveries.dropFirst(start).lazy.compactMap { $0 }.prefix(limit))
        }
    }
}

extension MemoryStore.Contents {
    fileprivate mutating func apply(_ batch: MailboxBatch) {
        for delivery in batch.deliveries {
            if deliveries.isEmpty { firstNumber = delivery.number }
            while firstNumber + Int64(deliveries.count) < delivery.number { deliveries.append(nil) }
            deliveries.append(delivery)
            state.nextNumber = delivery.number + 1
        }
        state.channels.merge(batch.positions) { _, new in new }
        for change in batch.memory {
            switch change {
            case .remember(let item, let channel):
                let order = known[channel]?[item.key]?.order ?? nextOrder
                if order == nextOrder { nextOrder += 1 }
                known[channel, default: [:]][item.key] = (order, item)
            case .forget(let key, let channel):
                known[channel]?[key] = nil
                if known[channel]?.isEmpty == true { known[channel] = nil }
            }
        }
        if let account = batch.account { state.account = account }
        if let heardAt = batch.heardAt { state.heardAt = heardAt }
    }

    fileprivate mutating func acknowledge(_ number: Int64) {
        guard number >= firstNumber, number - firstNumber < deliveries.count else { return }
        let index = number - firstNumber
        deliveries[Int(index)] = nil
        let done = deliveries.prefix { $0 == nil }.count
        // Not at each one: closing the hole moves all that follow.
        guard done * 2 > deliveries.count else { return }
        deliveries.removeFirst(done)
        firstNumber += Int64(done)
    }
}
