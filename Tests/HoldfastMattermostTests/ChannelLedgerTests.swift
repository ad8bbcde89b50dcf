import Holdfast
import Testing

@testable import HoldfastMattermost

/// The rules of identity and order, without I/O.
@Suite struct ChannelLedgerTests {
    // MARK: Live

    @Test func aPostIsDueOnce() {
        let channel = LedgerRig()
        let post = channel.make(at: 100)
        #expect(channel.hears(.posted(post)))
        #expect(!channel.hears(.posted(post)))
    }

    @Test func anEditIsKnownByItsTime() {
        let channel = LedgerRig()
        var post = channel.make(at: 100)
        _ = channel.hears(.posted(post))
        post = post.with(editAt: 110)
        post = post.with(updateAt: 110)
        #expect(channel.hears(.edited(post)))
        #expect(!channel.hears(.edited(post)))
        post = post.with(editAt: 120)
        post = post.with(updateAt: 120)
        #expect(channel.hears(.edited(post)))
    }

    @Test func aDeletionIsDueOnceAndNoEditAfterIt() {
        let channel = LedgerRig()
        var post = channel.make(at: 100)
        _ = channel.hears(.posted(post))
        #expect(channel.hears(.deleted(post)), "as it is pushed: without a time of deletion")
        #expect(!channel.hears(.deleted(post)))
        post = post.with(editAt: 110)
        #expect(!channel.hears(.edited(post)))
    }

    @Test func aReactionMayComeGoAndComeAgain() {
        let channel = LedgerRig()
        var reaction = Reaction(userID: "u", postID: "p", emojiName: "wave", createAt: 100)
        #expect(channel.hears(.reactionAdded(reaction)))
        #expect(!channel.hears(.reactionAdded(reaction)))
        #expect(channel.hears(.reactionRemoved(reaction, by: 110)))
        #expect(!channel.hears(.reactionRemoved(reaction, by: 110)))
        reaction.createAt = 120
        #expect(channel.hears(.reactionAdded(reaction)))
    }

    @Test func whatWasTakenBackBeforeItWasGivenAgainIsHistory() {
        let channel = LedgerRig()
        let again = Reaction(userID: "u", postID: "p", emojiName: "wave", createAt: 120)
        let isAdded = channel.hears(.reactionAdded(again))
        let isRemoved = channel.hears(
            .reactionRemoved(Reaction(userID: "u", postID: "p", emojiName: "wave", updateAt: 110), by: 200))
        #expect(isAdded && !isRemoved)
    }

    @Test func postsThatArriveInAnotherOrderThanTheyWereMadeAreBothDue() {
        let channel = LedgerRig()
        let (first, second) = (channel.make(at: 100), channel.make(at: 101))
        #expect(channel.hears(.posted(second)))
        #expect(channel.hears(.posted(first)))
        #expect(channel.ledger.position.createdAt == 101)
    }

    @Test func memoryIsBounded() {
        let channel = LedgerRig()
        for number in 0..<5000 { _ = channel.hears(.posted(channel.make(at: Int64(number + 1)))) }
        #expect(channel.remembered.count == ChannelLedger.capacity)
        #expect(channel.ledger.position.createdHorizon == Int64(5000 - ChannelLedger.capacity))
        for number in 0..<5000 {
            _ = channel.hears(
                .reactionAdded(Reaction(userID: "\(number)", postID: "p", emojiName: "x", createAt: 6000)))
        }
        #expect(channel.remembered.count == ChannelLedger.capacity)
    }

    @Test func aGuessedTimeOfADeletionHidesNothingThatHappensBeforeIt() {
        let channel = LedgerRig()
        let deleted = channel.make(at: 100)
        _ = channel.hears(.posted(deleted))
        // Pushed without a time: at most 5,000.
        _ = channel.hears(.deleted(deleted, by: 5000))
        var edited = channel.make(at: 101)
        _ = channel.hears(.posted(edited))
        for number in 0..<1000 { _ = channel.hears(.posted(channel.make(at: 200 + Int64(number)))) }
        channel.begin(at: 9000)
        edited = edited.with(editAt: 2000)
        edited = edited.with(updateAt: 2000)
        #expect(channel.changed(edited) == [.edited(edited)])
    }

    // MARK: Catching up

    @Test func whatIsKnownIsNotDueAgainAndWhatIsMissingIs() {
        let channel = LedgerRig()
        let known = channel.make(at: 100_000)
        _ = channel.hears(.posted(known))
        channel.begin(at: 200_000)
        let missed = channel.make(at: 150_000)
        // Made before the newest known one, and never pushed.
        let late = channel.make(at: 99_999)
        #expect(channel.lists(known) == [])
        #expect(channel.lists(missed) == [.posted(missed)])
        #expect(channel.lists(late) == [.posted(late)])
        #expect(channel.lists(missed) == [])
    }

    @Test func whatLiesBeyondTheOverlapIsNotLookedFor() {
        let channel = LedgerRig()
        _ = channel.hears(.posted(channel.make(at: 100_000)))
        channel.begin(at: 200_000)
        let old = channel.make(at: 100_000 - ChannelLedger.overlap)
        #expect(channel.lists(old) == [])
        #expect(channel.changed(old) == [])
    }

    @Test func aReplyOrAReactionThatMovesTheTimeOfChangeIsNoEdit() {
        let channel = LedgerRig()
        var root = channel.make(at: 100_000)
        _ = channel.hears(.posted(root))
        channel.begin(at: 200_000)
        root = root.with(updateAt: 150_000)
        #expect(channel.changed(root) == [])
        let reaction = Reaction(userID: "u", postID: root.id, emojiName: "wave", createAt: 150_000)
        #expect(channel.changed(root, [reaction]) == [.reactionAdded(reaction)])
        #expect(channel.changed(root, [reaction]) == [])
    }

    @Test func copiesInTheHistoryOfEditsAreNothing() {
        let channel = LedgerRig()
        channel.begin(at: 200_000)
        var copy = channel.make(at: 150_000)
        copy = copy.with(originalID: "original")
        copy = copy.with(deleteAt: 160_000)
        #expect(channel.lists(copy) == [])
        #expect(channel.changed(copy) == [])
    }

    @Test func editsOfPostsThatAreForgottenAreDueByTheirTime() {
        let channel = LedgerRig()
        channel.ledger = .joined("c", at: 100_000, changesAt: 100_000)
        _ = channel.hears(.posted(channel.make(at: 150_000)))
        channel.begin(at: 200_000)
        var before = channel.make(at: 50_000)
        before = before.with(editAt: 90_000)
        before = before.with(updateAt: 170_000)
        #expect(channel.changed(before) == [], "edited before our time, and answered since")
        before = before.with(editAt: 170_000)
        #expect(channel.changed(before) == [.edited(before)])
        #expect(channel.changed(before) == [])
    }

    @Test func aDeletedThreadIsToldByItsFirstPost() {
        let channel = LedgerRig()
        var (root, reply) = (channel.make(at: 100_000), channel.make(at: 100_001))
        reply = reply.with(rootID: root.id)
        _ = channel.hears(.posted(root))
        _ = channel.hears(.posted(reply))
        channel.begin(at: 200_000)
        for post in [0, 1] {
            if post == 0 { root = root.with(deleteAt: 150_000) } else { reply = reply.with(deleteAt: 150_000) }
        }
        #expect(channel.changed(root) == [.deleted(root)])
        #expect(channel.changed(reply, rootWasDeletedAt: 150_000) == [])
        // One that was deleted by itself before is told.
        reply = reply.with(deleteAt: 140_000)
        #expect(channel.changed(reply, rootWasDeletedAt: 150_000) == [.deleted(reply)])
    }

    @Test func aReactionThatIsNotThereAnyMoreWasTakenBack() {
        let channel = LedgerRig()
        var post = channel.make(at: 100_000)
        _ = channel.hears(.posted(post))
        let reaction = Reaction(userID: "u", postID: post.id, emojiName: "wave", createAt: 100_001)
        _ = channel.hears(.reactionAdded(reaction))
        channel.begin(at: 200_000)
        // As many posts as push everything out that may be pushed out.
        for number in 0..<1000 { _ = channel.lists(channel.make(at: 150_000 + Int64(number))) }
        post = post.with(updateAt: 160_000)
        #expect(channel.changed(post).map(\.kind) == [.reactionRemoved])
        #expect(channel.changed(post) == [])
    }

    @Test func whatWasEditedLongAgoIsNotPushedOutByTheCatchUpItself() {
        let channel = LedgerRig()
        var old = channel.make(at: 100_000)
        _ = channel.hears(.posted(old))
        channel.begin(at: 200_000)
        var mixed = channel.make(at: 150_010)
        mixed = mixed.with(editAt: 150_020)
        #expect(channel.lists(mixed) == [.posted(mixed)])
        for number in 0..<1000 { _ = channel.lists(channel.make(at: 150_000 + Int64(number))) }
        old = old.with(editAt: 140_000)
        old = old.with(updateAt: 140_000)
        #expect(channel.changed(old) == [.edited(old)], "though posts with later changes were delivered and forgotten")
        #expect(channel.changed(old) == [])
        #expect(channel.changed(mixed) == [], "delivered as it is now, however much came after it")
    }

    @Test func whatWasCaughtUpIsKnownUntilNoPushOfItCanCome() {
        let channel = LedgerRig()
        _ = channel.hears(.posted(channel.make(at: 100_000)))
        channel.begin(at: 200_000)
        let posts = (0..<1000).map { channel.make(at: 150_000 + Int64($0)) }
        for post in posts { _ = channel.lists(post) }
        channel.endWithoutHolding(changedAt: 200_000)
        channel.endHolding()
        // The connection had been resumed, or its consumer had lagged: all of them are pushed as well, only now.
        let isAgain = posts.contains { channel.hears(.posted($0)) }
        #expect(!isAgain)
        #expect(channel.remembered.count > ChannelLedger.capacity)
        channel.endPushing()
        #expect(channel.remembered.count == ChannelLedger.capacity)
    }

    @Test func whatWaitsBehindTheCatchUpIsKnownWhenItsTurnComes() {
        let channel = LedgerRig()
        _ = channel.hears(.posted(channel.make(at: 100_000)))
        channel.begin(at: 900_000)
        // Pushed on a connection that was lost again, before much else was posted.
        let waiting = channel.make(at: 150_000)
        channel.ledger.hold(waiting.id)
        #expect(channel.lists(waiting) == [.posted(waiting)])
        // Posted after the greeting: about to be pushed as well.
        let coming = channel.make(at: 899_000)
        #expect(channel.lists(coming) == [.posted(coming)])
        for number in 0..<1000 { _ = channel.lists(channel.make(at: 200_000 + Int64(number))) }
        channel.endWithoutHolding(changedAt: 900_000)
        let isWaitingDue = channel.hears(.posted(waiting))
        #expect(!isWaitingDue)
        let isComingDue = channel.hears(.posted(coming))
        #expect(!isComingDue)
    }

    // MARK: Crashes

    /// Every prefix of a catch-up, cut off and begun again: each happening is delivered exactly once.
    @Test func aCatchUpThatIsCutOffGoesOnWithoutLossAndWithoutDoubling() {
        var model = ModelChannel(seed: 1)
        let channel = LedgerRig()
        let alive = model.live(40, channel)
        model.deaf(600, editing: 60, deleting: 20, reacting: 20)
        let steps = model.catchUp(channel.copy()).steps
        #expect(steps > 600)
        for cut in stride(from: 0, to: steps, by: 13) {
            let again = channel.copy()
            var delivered = alive + model.catchUp(again, limit: cut).happenings
            again.restart()
            delivered += model.catchUp(again).happenings
            let problem = model.compare(delivered)
            #expect(problem == nil, "cut after \(cut): \(problem ?? "")")
            if problem != nil { return }
        }
    }

    /// Live periods, deaf periods, crashes in the middle of catch-ups, by seed.
    @Test func whateverHappensEachThingIsDeliveredOnce() {
        for seed in UInt64(1)...150 {
            var model = ModelChannel(seed: seed)
            let channel = LedgerRig()
            var delivered: [Happening] = []
            for _ in 0..<6 {
                delivered += model.live(model.dice.below(60), channel)
                model.deaf(
                    model.dice.below(model.dice.below(4) == 0 ? 700 : 40), editing: model.dice.below(12),
                    deleting: model.dice.below(6), reacting: model.dice.below(6))
                while model.dice.below(3) == 0 {
                    delivered += model.catchUp(channel, limit: model.dice.below(300)).happenings
                    channel.restart()
                }
                delivered += model.catchUp(channel).happenings
                #expect(channel.remembered.count <= ChannelLedger.capacity)
            }
            let problem = model.compare(delivered)
            #expect(problem == nil, "seed \(seed): \(problem ?? "")")
            if problem != nil { return }
        }
    }
}
