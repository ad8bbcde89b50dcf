import ConnectionLifecycle
import Locking
import Testing
import WorldInterface

@testable import Holdfast

@Suite struct ConnectionTests {
    @Test func theHookSeesEachObservationInOrder() {
        let seen = Lock<[String]>([])
        let rig = Rig { $0.onObservation = { observation in seen.withLock { $0.append("\(observation)") } } }
        rig.open()
        rig.report(.note(.warning, "something"))
        rig.world.advance(by: .seconds(1))
        rig.world.onLoop { rig.link.answer(.deaf) }
        let lines = seen.withLock { $0 }
        #expect(
            lines.prefix(4) == [
                "T01 idle → connecting on start, attempt 1: The user asked for a connection.",
                "T03 connecting → open on ready, attempt 1: scripted", "warning: something",
                "T09 open → probing on probeDue, attempt 1: Silence proves nothing: ask at intervals.",
            ])
        #expect(lines.dropFirst(4).map { $0.prefix(4) } == ["deaf", "T16 "])
    }

    @Test func aHealthyConnectionOpensProbesAndStops() {
        let rig = Rig()
        rig.open()
        #expect(rig.state == .open)
        rig.world.advance(by: .seconds(1))
        #expect(rig.state == .probing)
        #expect(rig.link.probe?.cause == .first)
        rig.world.onLoop { rig.link.answer(.alive) }
        #expect(rig.state == .open)
        rig.world.advance(by: .seconds(30))
        #expect(rig.link.probeCauses == [.first, .interval])
        rig.startStop()
        #expect(rig.state == .terminating)
        rig.report(.closed("scripted"))
        #expect(rig.state == .stopped)
        #expect(rig.path == ["T01", "T03", "T09", "T15", "T09", "T23", "T28"])
    }

    @Test(arguments: State.allCases)
    func stopEndsInStoppedFromEveryState(_ state: State) {
        let rig = Rig()
        rig.reach(state)
        #expect(rig.state == state)
        rig.startStop()
        // Whatever the network does, which is nothing at all here.
        rig.world.advance(by: .seconds(2))
        #expect(rig.state == .stopped)
        #expect(rig.service.liveLinks.isEmpty, "a link outlived the end")
        #expect(rig.world.openTimerCount == 0, "a timer outlived the end")
    }

    /// A task that does not prefer the loop comes back to it in a later turn within `stop`: the link may close in between.
    @Test("stop returns to a task of another executor though the link closes at once", .timeLimit(.minutes(10)))
    func stopReturnsElsewhere() async {
        let rig = Rig()
        rig.open()
        let hasReturned = Lock(false)
        let stopping = Task.detached { [connection = rig.connection] in
            await connection.stop()
            hasReturned.withLock { $0 = true }
        }
        while !hasReturned.withLock({ $0 }) {
            if rig.world.turnOnce(), rig.link.phase == .closing { rig.report(.closed("at once")) }
            await Task.yield()
        }
        await stopping.value
        #expect(rig.state == .stopped)
    }

    @Test func aDeafVerdictReplacesTheConnectionWithinTwoSeconds() {
        let rig = Rig()
        rig.open()
        rig.world.advance(by: .seconds(1))
        rig.world.onLoop { rig.link.answer(.deaf) }
        #expect(rig.state == .stale)
        // Drain 0.25 s, close 1 s (a deaf server does not answer it), retry at once.
        rig.world.advance(by: .milliseconds(1_350))
        #expect(rig.state == .connecting)
        #expect(rig.service.links.count == 2)
        #expect(rig.service.liveLinks.count == 1)
        #expect(rig.path.suffix(5) == ["T09", "T16", "T24", "T31", "T34"])
    }

    @Test func whatAnOlderLinkSaysIsDropped() {
        let rig = Rig()
        rig.open()
        let old = rig.link
        rig.report(.lost("scripted"))
        rig.world.advance(by: .seconds(1))
        #expect(rig.state == .connecting)
        rig.world.onLoop { old.port.report(.ready("from the grave")) }
        #expect(rig.state == .connecting)
        rig.report(.ready("scripted"))
        rig.world.onLoop { old.port.report(.lost("from the grave")) }
        #expect(rig.state == .open)
    }

    @Test func aLinkMayReportFromWithinACall() {
        let rig = Rig()
        rig.service.onBegin = { $0.port.report(.attemptFailed(.unauthorized, "at once")) }
        rig.start()
        #expect(rig.state == .backoff)
        #expect(rig.service.liveLinks.isEmpty)
        // The slow lane: the first wait is between 0.75 and 1 s.
        rig.world.advance(by: .milliseconds(700))
        #expect(rig.service.links.count == 1)
        rig.world.advance(by: .milliseconds(300))
        #expect(rig.service.links.count == 2)
    }

    @Test func retryAfterIsHonoured() {
        let rig = Rig()
        rig.start()
        rig.report(.attemptFailed(.rateLimited, "429", retryAfter: .seconds(20)))
        rig.world.advance(by: .milliseconds(19_999))
        #expect(rig.state == .backoff)
        rig.world.advance(by: .seconds(1))
        #expect(rig.state == .connecting)
    }

    @Test func historyKeepsTheEvidence() {
        let rig = Rig()
        rig.open()
        rig.world.advance(by: .seconds(1))
        rig.world.onLoop { rig.link.answer(.deaf) }
        let last = rig.inside { $0.history.last }
        #expect(last?.id == "T16")
        #expect(last?.reason == "script: as told")
        #expect(last?.generation == 1)
    }

    @Test func observersSeeTransitionsAndVerdictsInOrderAndTheEnd() async {
        let rig = Rig()
        let observations = rig.connection.observations()
        rig.open()
        rig.world.advance(by: .seconds(1))
        rig.world.onLoop { rig.link.answer(.alive) }
        rig.startStop()
        rig.report(.closed("scripted"))
        var seen: [String] = []
        for await observation in observations {
            switch observation {
            case .transition(let record): seen.append(record.id)
            case .verdict(let record): seen.append(record.verdict.outcome.rawValue)
            case .catchUp, .log: break
            }
        }
        #expect(seen == ["T01", "T03", "T09", "alive", "T15", "T14", "T28"])
    }
}

@Suite struct BackpressureTests {
    private func feed(_ rig: Rig, _ events: Range<Int>) {
        rig.world.onLoop {
            for event in events { rig.link.port.deliver(event, byteCount: 1) }
            rig.link.port.flush()
        }
    }

    @Test func aConsumerThatLagsPausesReadingAndNothingIsLost() async {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        var iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        feed(rig, 0..<9)
        #expect(!rig.link.isPaused)
        feed(rig, 9..<25)
        #expect(rig.link.isPaused)
        for expected in 0..<25 { #expect(await iterator.next() == expected) }
        rig.world.turn()
        #expect(!rig.link.isPaused)
        #expect(rig.inside { $0.counters.pauses } == 1)
    }

    @Test func whileTheConsumerLagsAnAttemptIsReadUntilItIsReady() async {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        var iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        feed(rig, 0..<20)
        #expect(rig.link.isPaused)
        rig.report(.lost("scripted"))
        rig.world.advance(by: .seconds(1))
        #expect(rig.state == .connecting)
        #expect(!rig.link.isPaused, "its greeting would never arrive")
        feed(rig, 20..<30)
        #expect(!rig.link.isPaused)
        rig.report(.ready("scripted"))
        #expect(rig.link.isPaused)
        for expected in 0..<30 { #expect(await iterator.next() == expected) }
        rig.world.turn()
        #expect(!rig.link.isPaused)
    }

    @Test func aReplayThatIsMoreThanTheConsumerTakesDoesNotHoldUpTheAttempt() {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        let iterator = rig.connection.events.makeAsyncIterator()
        rig.start()
        feed(rig, 0..<20)
        #expect(!rig.link.isPaused)
        rig.report(.ready("scripted", isResumed: true))
        #expect(rig.link.isPaused)
        withExtendedLifetime(iterator) {}
    }

    @Test func whileReadingIsPausedNothingIsJudged() {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        let iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        feed(rig, 0..<20)
        #expect(rig.link.isPaused)
        rig.world.advance(by: .seconds(600))
        #expect(rig.service.links.count == 1, "a slow consumer is not a deaf connection")
        #expect(rig.inside { $0.counters.inconclusive } == 0)
        withExtendedLifetime(iterator) {}
    }

    @Test func aProbeThatRunsWhenReadingPausesIsExcused() {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        let iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        rig.world.advance(by: .seconds(1))
        #expect(rig.state == .probing)
        feed(rig, 0..<20)
        #expect(rig.state == .open)
        withExtendedLifetime(iterator) {}
    }

    @Test func whatWasDeliveredBeforeTheEndArrivesThoughTheReadWasNotFinished() async {
        let rig = Rig()
        var iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        rig.world.onLoop {
            rig.link.port.deliver(1, byteCount: 1)
            rig.link.port.report(.lost("in the middle of a read"))
        }
        #expect(await iterator.next() == 1)
    }

    @Test func eventsThatNobodyAsksForDoNotStopTheConnection() {
        let rig = Rig { $0.maximumBufferedEvents = 10 }
        rig.open()
        feed(rig, 0..<25)
        #expect(!rig.link.isPaused)
        #expect(rig.inside { $0.counters.discarded } == 15)
    }

    @Test func theEventsEndAfterTheStopWithNothingLeftOut() async {
        let rig = Rig()
        rig.open()
        feed(rig, 0..<3)
        rig.startStop()
        rig.report(.closed("scripted"))
        var seen: [Int] = []
        for await event in rig.connection.events { seen.append(event) }
        #expect(seen == [0, 1, 2])
    }

    @Test func eventsThatArriveDuringTheDrainAreDelivered() async {
        let rig = Rig()
        var iterator = rig.connection.events.makeAsyncIterator()
        rig.open()
        rig.world.advance(by: .seconds(1))
        rig.world.onLoop { rig.link.answer(.deaf) }
        feed(rig, 7..<8)
        #expect(await iterator.next() == 7)
    }
}
