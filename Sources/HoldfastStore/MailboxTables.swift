internal import CSQLite
internal import Holdfast

/// What can be done with mailboxes, in terms of rows. Used by the store's thread only, within a transaction.
final class MailboxTables {
    private let statements: Statements
    private let database: Database
    /// By mailbox; those that were opened.
    private var indexes: [Int64: MailboxIndex] = [:]
    private var epochs: [Int64: Int] = [:]

    init(_ database: Database) throws(StoreError) {
        self.database = database
        statements = try Statements(database)
    }

    func begin() throws(StoreError) { try database.check(statements.begin.run()) }

    func commit() throws(StoreError) { try database.check(statements.commit.run()) }

    func rollBack() {
        database.rollBack()
        indexes = [:]
    }

    func moveLog() -> Bool { database.moveLog() }

    /// Throws what makes the transaction fail; what is merely refused, and changed nothing, is returned.
    func perform(_ operation: Operation) throws(StoreError) -> Result<Answer, StoreError> {
        switch operation {
        case .open(let name): try open(name)
        case .commit(let batch, let row, let epoch): try commit(batch, to: row, epoch)
        case .acknowledge(let number, let row): try acknowledge(number, in: row)
        case .unacknowledged(let number, let limit, let row): try unacknowledged(after: number, limit, in: row)
        }
    }
}

// MARK: - Opening

extension MailboxTables {
    private func open(_ name: String) throws(StoreError) -> Result<Answer, StoreError> {
        var code = name.withBytes { bytes in
            statements.insertMailbox.bind(1, text: bytes)
            return statements.insertMailbox.run()
        }
        try database.check(code)
        let select = statements.selectMailbox
        code = name.withBytes { bytes in
            select.bind(1, text: bytes)
            return select.step()
        }
        defer { select.reset() }
        guard code == SQLITE_ROW else { throw unexpected(code) }
        let row = select.integer(0)
        guard RowID.mailboxes.contains(row) else {
            throw StoreError(
                .failed, "the store \(database.failure.path) holds as many mailboxes as it can; give another path")
        }
        var state = MailboxState()
        state.account = select.text(1)
        state.nextNumber = select.integer(2)
        state.heardAt = select.integer(3)
        guard RowID.numbers.contains(state.nextNumber) else { throw database.failure.damaged }
        indexes[row] = try read(row, &state)
        let epoch = epochs[row, default: 0] + 1
        epochs[row] = epoch
        return .success(.opened(OpenedMailbox(row: row, epoch: epoch, state: state)))
    }

    /// Reads what is in the mailbox besides its deliveries.
    private func read(_ row: Int64, _ state: inout MailboxState) throws(StoreError) -> MailboxIndex {
        let index = MailboxIndex(nextNumber: state.nextNumber)
        var names: [Int64: String] = [:]
        let channels = statements.selectChannels
        channels.bind(1, row)
        try eachRow(channels) { channel throws(StoreError) in
            let (id, name) = (channel.integer(0), channel.text(1))
            names[id] = name
            index.channels[name] = id
            if channel.isNull(2) { return }
            state.channels[name] = ChannelPosition(
                createdAt: channel.integer(2), anchor: channel.text(3), changedAt: channel.integer(4),
                createdHorizon: channel.integer(5), changedHorizon: channel.integer(6), passFrom: channel.integer(7),
                passAt: channel.integer(8))
        }
        let known = statements.selectKnown
        known.bind(1, RowID.of(0, in: row))
        known.bind(2, RowID.of(0, in: row + 1))
        try eachRow(known) { item throws(StoreError) in
            let (place, channel) = (RowID.number(item.integer(0)), item.integer(1))
            guard let name = names[channel] else { throw database.failure.damaged }
            let key = item.text(2)
            index.places[MailboxIndex.KnownName(channel: channel, key: key)] = place
            index.nextPlace = place + 1
            state.known[name, default: []].append(
                KnownItem(
                    key: key, createdAt: item.integer(3), editedAt: item.integer(4), changedAt: item.integer(5),
                    isGone: item.integer(6) != 0))
        }
        return index
    }

    /// The index of an open mailbox; read again after a transaction was rolled back.
    private func index(of row: Int64) throws(StoreError) -> MailboxIndex {
        if let index = indexes[row] { return index }
        let select = statements.selectNextNumber
        select.bind(1, row)
        let code = select.step()
        defer { select.reset() }
        guard code == SQLITE_ROW else { throw unexpected(code) }
        var state = MailboxState()
        state.nextNumber = select.integer(0)
        let index = try read(row, &state)
        indexes[row] = index
        return index
    }
}

// MARK: - Committing

extension MailboxTables {
    private func commit(_ batch: MailboxBatch, to row: Int64, _ epoch: Int) throws(StoreError) -> Result<
        Answer, StoreError
    > {
        guard epochs[row] == epoch else {
            return .failure(
                StoreError(
                    .superseded, "the mailbox was opened again elsewhere in this process; use one connection for it"))
        }
        let index = try index(of: row)
        var nextNumber = index.nextNumber
        for delivery in batch.deliveries {
            guard delivery.number >= nextNumber, RowID.numbers.contains(delivery.number) else {
                return .failure(
                    StoreError(
                        .failed,
                        "delivery \(delivery.number) is out of order; the next number is \(nextNumber) (a mistake of the "
                            + "program's)"))
            }
            nextNumber = delivery.number + 1
        }
        for delivery in batch.deliveries { try insert(delivery, in: row) }
        for (channel, position) in batch.positions { try update(position, of: channel, in: row, index) }
        for change in batch.memory {
            switch change {
            case .remember(let item, let channel): try remember(item, channel, in: row, index)
            case .forget(let key, let channel): try forget(key, channel, in: row, index)
            }
        }
        if nextNumber != index.nextNumber {
            statements.updateNextNumber.bind(1, nextNumber)
            statements.updateNextNumber.bind(2, row)
            try database.check(statements.updateNextNumber.run())
            index.nextNumber = nextNumber
        }
        if let heardAt = batch.heardAt {
            statements.updateHeardAt.bind(1, heardAt)
            statements.updateHeardAt.bind(2, row)
            try database.check(statements.updateHeardAt.run())
        }
        if let account = batch.account {
            let code = account.withBytes { bytes in
                statements.updateAccount.bind(1, text: bytes)
                statements.updateAccount.bind(2, row)
                return statements.updateAccount.run()
            }
            try database.check(code)
        }
        return .success(.done)
    }

    private func insert(_ delivery: StoredDelivery, in row: Int64) throws(StoreError) {
        let insert = statements.insertDelivery
        let code = delivery.reason.withBytes { reason in
            delivery.text.withUnsafeBufferPointer { text in
                insert.bind(1, RowID.of(delivery.number, in: row))
                insert.bind(2, delivery.source.code)
                insert.bind(3, text: reason)
                insert.bind(4, blob: text)
                return insert.run()
            }
        }
        try database.check(code)
    }

    private func update(
        _ position: ChannelPosition, of channel: String, in row: Int64, _ index: MailboxIndex
    ) throws(StoreError) {
        let channel = try self.channel(channel, in: row, index)
        let update = statements.updatePosition
        let code = position.anchor.withBytes { anchor in
            update.bind(1, position.createdAt)
            update.bind(2, text: anchor)
            update.bind(3, position.changedAt)
            update.bind(4, position.createdHorizon)
            update.bind(5, position.changedHorizon)
            update.bind(6, position.passFrom)
            update.bind(7, position.passAt)
            update.bind(8, channel)
            return update.run()
        }
        try database.check(code)
    }

    private func remember(
        _ item: KnownItem, _ channel: String, in row: Int64, _ index: MailboxIndex
    ) throws(StoreError) {
        let channel = try self.channel(channel, in: row, index)
        let name = MailboxIndex.KnownName(channel: channel, key: item.key)
        let place: Int64
        if let known = index.places[name] {
            place = known
        } else {
            place = index.nextPlace
            index.nextPlace += 1
            index.places[name] = place
        }
        let replace = statements.replaceKnown
        let code = item.key.withBytes { key in
            replace.bind(1, RowID.of(place, in: row))
            replace.bind(2, channel)
            replace.bind(3, text: key)
            replace.bind(4, item.createdAt)
            replace.bind(5, item.editedAt)
            replace.bind(6, item.changedAt)
            replace.bind(7, item.isGone ? 1 : 0)
            return replace.run()
        }
        try database.check(code)
    }

    private func forget(
        _ key: String, _ channel: String, in row: Int64, _ index: MailboxIndex
    ) throws(StoreError) {
        guard let channel = index.channels[channel],
            let place = index.places.removeValue(forKey: MailboxIndex.KnownName(channel: channel, key: key))
        else { return }
        statements.deleteKnown.bind(1, RowID.of(place, in: row))
        try database.check(statements.deleteKnown.run())
    }

    /// The channel's row, which is made when it is new.
    private func channel(_ name: String, in row: Int64, _ index: MailboxIndex) throws(StoreError) -> Int64 {
        if let channel = index.channels[name] { return channel }
        let insert = statements.insertChannel
        let code = name.withBytes { bytes in
            insert.bind(1, row)
            insert.bind(2, text: bytes)
            return insert.run()
        }
        try database.check(code)
        let channel = database.lastRow
        index.channels[name] = channel
        return channel
    }
}

// MARK: - Handing over

extension MailboxTables {
    private func acknowledge(_ number: Int64, in row: Int64) throws(StoreError) -> Result<Answer, StoreError> {
        // Another number's bits would be another mailbox's.
        guard RowID.numbers.contains(number) else { return .success(.done) }
        statements.deleteDelivery.bind(1, RowID.of(number, in: row))
        try database.check(statements.deleteDelivery.run())
        return .success(.done)
    }

    private func unacknowledged(
        after number: Int64, _ limit: Int, in row: Int64
    ) throws(StoreError) -> Result<Answer, StoreError> {
        guard limit > 0, number < RowID.numbers.upperBound - 1 else { return .success(.deliveries([])) }
        let select = statements.selectDeliveries
        select.bind(1, RowID.of(max(0, number), in: row))
        select.bind(2, RowID.of(0, in: row + 1))
        select.bind(3, Int64(limit))
        var deliveries: [StoredDelivery] = []
        try eachRow(select) { delivery throws(StoreError) in
            guard let source = DeliverySource(code: delivery.integer(1)) else { throw database.failure.damaged }
            deliveries.append(
                StoredDelivery(
                    number: RowID.number(delivery.integer(0)), source: source, reason: delivery.text(2),
                    text: delivery.bytes(3)))
        }
        return .success(.deliveries(deliveries))
    }

    private func eachRow(
        _ select: Statement, _ body: (Statement) throws(StoreError) -> Void
    ) throws(StoreError) {
        defer { select.reset() }
        while true {
            let code = select.step()
            if code == SQLITE_DONE { return }
            guard code == SQLITE_ROW else { throw unexpected(code) }
            try body(select)
        }
    }

    /// For a row that has to be there, or that cannot be read.
    private func unexpected(_ code: Int32) -> StoreError {
        do throws(StoreError) {
            try database.check(code == SQLITE_DONE ? SQLITE_CORRUPT : code)
            return database.failure.damaged
        } catch {
            return error
        }
    }
}

extension DeliverySource {
    /// As it is in the file.
    fileprivate var code: Int64 {
        switch self {
        case .live: 0
        case .resumed: 1
        case .caughtUp: 2
        }
    }

    fileprivate init?(code: Int64) {
        guard let source = Self.allCases.first(where: { $0.code == code }) else { return nil }
        self = source
    }
}
