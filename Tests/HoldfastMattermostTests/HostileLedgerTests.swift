import Holdfast
import Testing

@testable import HoldfastMattermost

/// Numbers and names that no server gives, but one that means harm, or a damaged file, may.
@Suite("What a ledger makes of absurd values")
struct HostileLedgerTests {
    private static let extremes: [Int64] = [.min, .min + 1, -1, 0, 1, 1 << 60, .max - 1, .max]

    @Test("a position of any numbers is one that can be gone on from", arguments: extremes, extremes)
    func positions(one: Int64, other: Int64) {
        var batch = MailboxBatch()
        var ledger = ChannelLedger(
            channelID: "c",
            position: ChannelPosition(
                createdAt: one, changedAt: other, createdHorizon: one, changedHorizon: other, passFrom: other,
                passAt: one),
            known: [KnownItem(key: "k", createdAt: one, editedAt: other, changedAt: one)])
        _ = (ledger.start, ledger.since, ledger.anchor)
        ledger.beginPass(serverTime: 7000, in: &batch)
        _ = (ledger.start, ledger.since, ledger.anchor)
        ledger.endPass(changedAt: other, in: &batch)
        ledger.endHolding(in: &batch)
        ledger.endPushing(in: &batch)
        let position = ledger.position
        #expect(position.createdAt >= 0 && position.changedAt >= position.passAt && position.passFrom == 0)
    }

    @Test("a post of any times is delivered once", arguments: extremes, extremes)
    func posts(created: Int64, changed: Int64) throws {
        let text =
            #"{"id":"p","create_at":\#(created),"update_at":\#(changed),"edit_at":\#(changed),"delete_at":0,"user_id":"u","#
            + #""channel_id":"c","message":"m"}"#
        let quoted = text.replacing("\"", with: "\\\"")
        let event = try Fixture.event(#"{"event":"posted","data":{"post":"\#(quoted)"},"broadcast":{},"seq":1}"#)
        guard case .posted(let posted) = try event.content else {
            Issue.record("no post")
            return
        }
        var batch = MailboxBatch()
        var ledger = ChannelLedger.joined("c", at: 0)
        #expect(ledger.take(.posted(posted.post), in: &batch))
        #expect(!ledger.take(.posted(posted.post), in: &batch))
        _ = ledger.take(.edited(posted.post), in: &batch)
        _ = ledger.take(.deleted(posted.post, by: changed), in: &batch)
        ledger.beginPass(serverTime: 7000, in: &batch)
        _ = ledger.due(changed: posted.post, reactions: [], after: changed, rootWasDeletedAt: nil)
        ledger.endPass(changedAt: 7000, in: &batch)
        #expect(ledger.position.createdAt >= 0)
    }

    @Test("what has a name of a megabyte is not remembered")
    func names() throws {
        let id = String(repeating: "x", count: 1_000_000)
        let event = try Fixture.event(
            #"{"event":"posted","data":{"post":"{\"id\":\"\#(id)\",\"create_at\":5,\"user_id\":\"u\",\"channel_id\":\"c\",\"message\":\"m\"}"},"broadcast":{},"seq":1}"#
        )
        guard case .posted(let posted) = try event.content else {
            Issue.record("no post")
            return
        }
        let ledger = ChannelLedger.joined("c", at: 0)
        #expect(ledger.due(listed: posted.post, reactions: []).isEmpty)
        #expect(ledger.due(changed: posted.post, reactions: [], after: 0, rootWasDeletedAt: nil).isEmpty)
    }
}
