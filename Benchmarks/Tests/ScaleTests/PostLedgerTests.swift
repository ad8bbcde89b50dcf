import ScaleKit
import Testing

struct PostLedgerTests {
    @Test func whatComesOnceAndInOrderIsComplete() {
        var ledger = PostLedger(accounts: 2)
        for number in 1...3 { ledger.hear(number, on: 0) }
        ledger.hear(1, on: 1)
        #expect(ledger.heard == 4)
        #expect(ledger.repeated == 0)
        #expect(ledger.missing == 0)
        #expect(ledger.outstanding { $0 == 0 ? 3 : 1 } == 0)
    }

    @Test func whatIsOwedIsCounted() {
        var ledger = PostLedger(accounts: 2)
        ledger.hear(1, on: 0)
        #expect(ledger.outstanding { _ in 3 } == 5)
    }

    @Test func aDoubledOneIsSeen() {
        var ledger = PostLedger(accounts: 1)
        ledger.hear(1, on: 0)
        ledger.hear(1, on: 0)
        #expect(ledger.repeated == 1)
        #expect(ledger.heard == 1)
    }

    @Test func aLostOneIsSeen() {
        var ledger = PostLedger(accounts: 1)
        ledger.hear(1, on: 0)
        ledger.hear(4, on: 0)
        #expect(ledger.missing == 2)
        #expect(ledger.outstanding { _ in 4 } == 0)
    }

    @Test func oneOutOfOrderIsSeen() {
        var ledger = PostLedger(accounts: 1)
        for number in [2, 1] { ledger.hear(number, on: 0) }
        #expect(ledger.missing == 1)
        #expect(ledger.repeated == 1)
    }
}
