/// What the store's thread keeps in memory of a mailbox, to find its rows without an index in the file: a random key would
/// change a page of such an index for nearly every item, while the rows themselves come and go in order.
///
/// It mirrors the file, and is thrown away and read again when a transaction was rolled back.
final class MailboxIndex {
    struct KnownName: Hashable {
        var channel: Int64
        var key: String
    }

    var nextNumber: Int64
    /// Rows by id of the channel.
    var channels: [String: Int64] = [:]
    /// Of the known items.
    var places: [KnownName: Int64] = [:]
    var nextPlace: Int64 = 1

    init(nextNumber: Int64) {
        self.nextNumber = nextNumber
    }
}
