import Holdfast

@testable import HoldfastMattermost

/// What only the catch-up reads: a page with its texts, each row with its reactions.
enum PageReading {
    static func read(_ client: MattermostClient) async throws(MattermostError) -> Int {
        let page = try await client.postPage(channel: "c", .since(0))
        var count = 0
        var ledger = ChannelLedger.joined("c", at: 0)
        var batch = MailboxBatch()
        ledger.beginPass(serverTime: 0, in: &batch)
        for row in page.rows {
            let reactions = (try? row.reactions) ?? []
            let due =
                ledger.due(listed: row.post, reactions: reactions)
                + ledger.due(
                    changed: row.post, reactions: reactions, after: ledger.since.changes, rootWasDeletedAt: nil)
            for happening in due where ledger.isDue(happening) {
                ledger.record(happening, in: &batch)
                count += 1
            }
            _ = (ledger.start, ledger.anchor)
        }
        ledger.endPass(changedAt: page.rows.reduce(0) { max($0, $1.post.updateAt) }, in: &batch)
        ledger.endHolding(in: &batch)
        return count
    }
}
