internal import Holdfast

/// All that is ever asked of the file, prepared once.
struct Statements {
    let begin, commit: Statement
    let insertMailbox, selectMailbox, selectNextNumber: Statement
    let updateNextNumber, updateHeardAt, updateAccount: Statement
    let insertChannel, selectChannels, updatePosition: Statement
    let selectKnown, replaceKnown, deleteKnown: Statement
    let insertDelivery, deleteDelivery, selectDeliveries: Statement

    init(_ database: Database) throws(StoreError) {
        begin = try database.prepare("BEGIN IMMEDIATE")
        commit = try database.prepare("COMMIT")
        insertMailbox = try database.prepare("INSERT INTO mailboxes (name) VALUES (?) ON CONFLICT DO NOTHING")
        selectMailbox = try database.prepare(
            "SELECT id, account, next_number, heard_at FROM mailboxes WHERE name = ?")
        selectNextNumber = try database.prepare("SELECT next_number FROM mailboxes WHERE id = ?")
        updateNextNumber = try database.prepare("UPDATE mailboxes SET next_number = ? WHERE id = ?")
        updateHeardAt = try database.prepare("UPDATE mailboxes SET heard_at = ? WHERE id = ?")
        updateAccount = try database.prepare("UPDATE mailboxes SET account = ? WHERE id = ?")
        insertChannel = try database.prepare("INSERT INTO channels (mailbox, name) VALUES (?, ?)")
        selectChannels = try database.prepare(
            """
            SELECT id, name, created_at, anchor, changed_at, created_horizon, changed_horizon, pass_from, pass_at
            FROM channels WHERE mailbox = ?
            """)
        updatePosition = try database.prepare(
            """
            UPDATE channels SET created_at = ?, anchor = ?, changed_at = ?, created_horizon = ?, changed_horizon = ?,
            pass_from = ?, pass_at = ? WHERE id = ?
            """)
        selectKnown = try database.prepare(
            """
            SELECT id, channel, name, created_at, edited_at, changed_at, is_gone FROM known
            WHERE id > ? AND id < ? ORDER BY id
            """)
        replaceKnown = try database.prepare("REPLACE INTO known VALUES (?, ?, ?, ?, ?, ?, ?)")
        deleteKnown = try database.prepare("DELETE FROM known WHERE id = ?")
        insertDelivery = try database.prepare("INSERT INTO deliveries VALUES (?, ?, ?, ?)")
        deleteDelivery = try database.prepare("DELETE FROM deliveries WHERE id = ?")
        selectDeliveries = try database.prepare(
            "SELECT id, source, reason, text FROM deliveries WHERE id > ? AND id < ? ORDER BY id LIMIT ?")
    }
}
