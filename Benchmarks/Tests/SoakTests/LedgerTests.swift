import SoakKit
import Testing

/// Two connections in one channel. Each finding is shown to be possible.
struct LedgerTests {
    private var ledger = Ledger(channels: [[0, 1]])

    private mutating func make(_ kind: Ledger.Kind, _ id: String, at time: Double = 0) {
        _ = ledger.note(
            Ledger.Change(kind, channel: 0, postID: id, emoji: kind == .reactionAdded ? "wave" : ""), at: time)
    }

    private mutating func tell(
        _ kind: Ledger.Kind, _ id: String, to connections: [Int] = [0, 1], isEdited: Bool = false,
        by way: Ledger.Way = .pushed, at time: Double = 0
    ) -> [Ledger.Finding.Kind] {
        connections.flatMap { connection in
            ledger.tell(
                Ledger.Telling(
                    kind, channel: 0, postID: id, emoji: kind == .reactionAdded ? "wave" : "", isEdited: isEdited,
                    way), to: connection, at: time
            ).map(\.kind)
        }
    }

    @Test mutating func whatIsToldOnceAndInOrderIsFine() {
        for id in ["a", "b", "c"] { make(.posted, id) }
        make(.edited, "a")
        make(.deleted, "b")
        make(.reactionAdded, "c")
        for id in ["a", "b", "c"] { #expect(tell(.posted, id) == []) }
        #expect(tell(.edited, "a") + tell(.deleted, "b") + tell(.reactionAdded, "c") == [])
        #expect(ledger.outstanding == 0)
        // Six changes for two members.
        #expect(ledger.delivered == 12)
        #expect(ledger.close(at: 1) == [])
    }

    @Test mutating func aLostDeliveryIsFound() {
        make(.posted, "a")
        #expect(tell(.posted, "a", to: [0]) == [])
        #expect(ledger.outstanding == 1)
        let findings = ledger.close(at: 1)
        #expect(findings.map(\.kind) == [.lost])
        #expect(findings.map(\.connection) == [1])
        #expect(ledger.outstanding == 0)
    }

    @Test mutating func aLostEditDeletionAndReactionAreFound() {
        for (id, kind) in [("a", Ledger.Kind.edited), ("b", .deleted), ("c", .reactionAdded)] {
            make(.posted, id)
            make(kind, id)
            #expect(tell(.posted, id) == [])
            #expect(tell(kind, id, to: [1]) == [])
        }
        #expect(ledger.close(at: 1).map(\.connection) == [0, 0, 0])
    }

    @Test mutating func whatIsOwedForTooLongIsLostWhileTheSoakRuns() {
        make(.posted, "a", at: 0)
        #expect(tell(.posted, "a", to: [0]) == [])
        #expect(ledger.sweep(at: Ledger.patience - 1) == [])
        #expect(ledger.sweep(at: Ledger.patience + 1).map(\.kind) == [.lost])
        #expect(ledger.sweep(at: Ledger.patience + 2) == [], "once")
        #expect(ledger.counts[.lost] == 1)
    }

    @Test mutating func aDoubledDeliveryIsFound() {
        for kind in Ledger.Kind.allCases where kind != .deleted {
            make(kind, "a")
            #expect(tell(kind, "a") == [])
            #expect(tell(kind, "a", to: [1]) == [.doubled])
        }
        make(.posted, "b")
        make(.deleted, "b")
        #expect(tell(.posted, "b") + tell(.deleted, "b") == [])
        #expect(tell(.deleted, "b", to: [0], by: .fetched) == [.doubled])
        #expect(ledger.counts[.doubled] == 4)
    }

    @Test mutating func aSwappedDeliveryIsFound() {
        make(.posted, "a")
        make(.posted, "b")
        #expect(tell(.posted, "b", to: [0]) == [])
        #expect(tell(.posted, "a", to: [0]) == [.outOfOrder])
        #expect(tell(.posted, "a", to: [1], by: .fetched) + tell(.posted, "b", to: [1]) == [])
    }

    @Test mutating func aChangeBeforeItsPostIsFound() {
        for kind in [Ledger.Kind.edited, .deleted, .reactionAdded] {
            let id = kind.rawValue
            make(.posted, id)
            make(kind, id)
            #expect(tell(kind, id, to: [0]) == [.outOfOrder])
        }
    }

    @Test mutating func pushedChangesKeepTheOrderOfTheChannel() {
        make(.posted, "a")
        make(.posted, "b")
        make(.edited, "a")
        make(.edited, "b")
        #expect(tell(.posted, "a") + tell(.posted, "b") + tell(.edited, "b", to: [0]) == [])
        #expect(tell(.edited, "a", to: [0]) == [.outOfOrder])
        // Fetched ones come behind the posts, in whatever order.
        #expect(tell(.edited, "b", to: [1], by: .fetched) + tell(.edited, "a", to: [1], by: .fetched) == [])
    }

    @Test mutating func anEditCountsAsToldByThePostAsItIsNow() {
        make(.posted, "a")
        make(.edited, "a")
        #expect(tell(.posted, "a", isEdited: true, by: .fetched) == [])
        #expect(ledger.outstanding == 0)
        #expect(ledger.coalesced == 2)
        #expect(tell(.edited, "a", to: [0]) == [.doubled])
    }

    @Test mutating func aPostMadeAndDeletedWhileAwayIsToldAsDeletedOnly() {
        make(.posted, "a")
        make(.deleted, "a")
        #expect(tell(.deleted, "a", by: .fetched) == [])
        #expect(ledger.outstanding == 0)
        #expect(tell(.posted, "a", to: [0]) == [.doubled])
    }

    @Test mutating func aPostThatWasSkippedIsNotExcusedByItsDeletion() {
        make(.posted, "a")
        make(.posted, "b")
        // The connection was there for the later one.
        #expect(tell(.posted, "b") == [])
        make(.deleted, "a")
        #expect(tell(.deleted, "a", to: [0], by: .fetched) == [.outOfOrder])
        #expect(tell(.deleted, "a", to: [1]) == [.outOfOrder])
        #expect(ledger.close(at: 1).map(\.kind) == [.lost, .lost])
    }

    @Test mutating func whatWaitedForACatchUpComesBeforeWhatThatFetchesOfOlderPosts() {
        make(.posted, "a")
        make(.posted, "b")
        make(.deleted, "a")
        make(.edited, "b")
        // Pushed in the order a, b, edit of b; the connection was away for a, and the posts that wait come first.
        make(.posted, "c")
        #expect(tell(.posted, "b", by: .waited) + tell(.posted, "c", by: .waited) == [])
        #expect(tell(.deleted, "a", to: [0], by: .fetched) + tell(.edited, "b", to: [0], by: .waited) == [])
        // Posts keep their order all the same, and a change comes behind its post.
        make(.posted, "d")
        make(.posted, "e")
        make(.edited, "e")
        #expect(tell(.edited, "e", to: [0], by: .waited) == [.outOfOrder])
        #expect(tell(.posted, "e", to: [0], by: .waited) == [])
        #expect(tell(.posted, "d", to: [0], by: .waited) == [.outOfOrder])
    }

    @Test mutating func aTellingMayComeBeforeTheLogAndKeepsItsPlace() {
        #expect(tell(.posted, "b", to: [0]) == [])
        #expect(tell(.posted, "a", to: [0]) == [])
        make(.posted, "a")
        let findings = ledger.note(Ledger.Change(.posted, channel: 0, postID: "b"), at: 0)
        #expect(findings.map(\.kind) == [.outOfOrder], "b was told before a, whenever the log came")
    }

    @Test mutating func whatTheLogNeverTellsOfIsFound() {
        #expect(tell(.posted, "x", to: [0]) == [])
        #expect(ledger.sweep(at: Ledger.logDelay - 1) == [])
        #expect(ledger.sweep(at: Ledger.logDelay + 1).map(\.kind) == [.unknown])
    }

    @Test mutating func memoryIsBounded() {
        for number in 0..<5000 {
            let time = Double(number)
            make(.posted, "\(number)", at: time)
            #expect(tell(.posted, "\(number)", at: time) == [])
            #expect(ledger.sweep(at: time) == [])
        }
        // One a second; each is remembered for the time of the retention.
        #expect(ledger.size <= Int(Ledger.retention) + 2)
    }
}
