import ConnectionLifecycle
import Testing
import WorldInterface

@testable import Holdfast

/// Which attempt may go on where the connection before ended: the engine's rule, for every way in which a link can end.
@Suite(.timeLimit(.minutes(10))) struct ResumeTests {
    static let point = ResumePoint(sessionID: "session", nextSequence: 7, revision: 42)

    private let world = ManualWorld()
    private let service = ScriptedService()
    private let connection: Connection<ScriptedService>

    init() {
        var configuration = Configuration()
        configuration.seed = 1
        connection = Connection(service, on: world, configuration: configuration)
    }

    private func inside<Result: Sendable>(
        _ body: @Sendable (isolated Connection<ScriptedService>) -> Result
    ) -> Result {
        var result: Result?
        world.onLoop { result = connection.assumeIsolated { body($0) } }
        guard let result else { preconditionFailure("unreachable") }
        return result
    }

    private var path: [String] { inside { $0.history.map(\.id) } }
    private func report(_ report: LinkReport) { world.onLoop { service.link.port.report(report) } }
    private func answer(_ outcome: Verdict.Outcome) { world.onLoop { service.link.answer(outcome) } }

    /// Open, with a link that would let a successor go on.
    private func open() {
        inside { $0.start() }
        #expect(service.link.port.resumePoint == nil, "the first attempt has nothing to go on from")
        report(.ready("scripted"))
        service.link.resumePoint = Self.point
    }

    @Test("T12: dropped while open: the next attempt may go on") func lostFromOpen() {
        open()
        report(.lost("scripted"))
        #expect(path.last == "T12")
        #expect(reattempt() == Self.point)
    }

    @Test("T21: dropped during a probe: the next attempt may go on") func lostFromProbing() {
        open()
        inside { $0.probe() }
        report(.lost("scripted"))
        #expect(path.last == "T21")
        #expect(reattempt() == Self.point)
    }

    @Test("T12 after a miss that was forgiven: the next attempt may go on") func lostAfterAMiss() {
        open()
        inside { $0.probe() }
        answer(.inconclusive)
        report(.lost("scripted"))
        #expect(path.suffix(2) == ["T17", "T12"])
        #expect(reattempt() == Self.point)
    }

    @Test("T04: as long as attempts fail, the link decides what is left of the place") func failedAttempts() {
        open()
        report(.lost("scripted"))
        for _ in 0..<3 {
            #expect(reattempt() == Self.point)
            service.link.resumePoint = service.link.port.resumePoint
            report(.attemptFailed(.retryable, "scripted"))
            #expect(path.last == "T04")
        }
        // This one says nothing, as one that asked and was not answered.
        #expect(reattempt() == Self.point)
        report(.attemptFailed(.retryable, "scripted"))
        #expect(reattempt() == nil)
    }

    @Test("T16: after a deaf verdict the next attempt is clean, however the socket ends", arguments: [true, false])
    func deaf(isLostFirst: Bool) {
        open()
        inside { $0.probe() }
        answer(.deaf)
        if isLostFirst {
            report(.lost("scripted"))
            #expect(path.last == "T25")
        }
        #expect(reattempt() == nil)
    }

    @Test("T18, T20: after the last miss the next attempt is clean", arguments: [true, false])
    func missesSpent(isAnswered: Bool) {
        open()
        for _ in 0..<2 {
            inside { $0.probe() }
            if isAnswered { answer(.inconclusive) } else { world.advance(by: .seconds(5)) }
        }
        #expect(path.last == (isAnswered ? "T18" : "T20"))
        #expect(reattempt() == nil)
    }

    @Test("T13, T22: a reconnect that was asked for starts clean", arguments: [true, false])
    func reconnect(isProbing: Bool) {
        open()
        if isProbing { inside { $0.probe() } }
        inside { $0.reconnect() }
        #expect(path.last == (isProbing ? "T22" : "T13"))
        report(.closed("scripted"))
        #expect(reattempt() == nil)
    }

    @Test("T35: a reconnect that was asked for while waiting starts clean, too") func reconnectWhileWaiting() {
        open()
        report(.lost("scripted"))
        inside { $0.reconnect() }
        #expect(path.last == "T35")
        #expect(service.link.port.resumePoint == nil)
    }

    @Test("T06: an attempt that ran out of time costs the place") func attemptTimedOut() {
        open()
        report(.lost("scripted"))
        #expect(reattempt() == Self.point)
        service.link.resumePoint = Self.point
        world.advance(by: .seconds(15))
        #expect(path.last == "T06")
        #expect(reattempt() == nil)
    }

    @Test("T03: a place is used once: what follows goes by the link that is open then") func readyForgets() {
        open()
        report(.lost("scripted"))
        #expect(reattempt() == Self.point)
        report(.ready("scripted"))
        report(.lost("scripted"))
        #expect(reattempt() == nil)
    }

    @Test("late reports of an older link neither give nor take a place") func late() {
        open()
        let old = service.link
        report(.lost("scripted"))
        #expect(reattempt() == Self.point)
        world.onLoop { old.port.report(.lost("from the grave")) }
        service.link.resumePoint = Self.point
        report(.attemptFailed(.retryable, "scripted"))
        #expect(reattempt() == Self.point)
    }

    @Test("attempts that resumed are counted, late ones are not") func counted() {
        inside { $0.start() }
        report(.ready("scripted", isResumed: true))
        report(.ready("again", isResumed: true))
        report(.lost("scripted"))
        _ = reattempt()
        report(.ready("scripted"))
        #expect(inside { $0.counters.ready } == 2)
        #expect(inside { $0.counters.resumed } == 1)
    }

    /// Moves time until the next attempt begins, and tells what it may go on from.
    private func reattempt() -> ResumePoint? {
        let count = service.links.count
        for _ in 0..<600 where service.links.count == count { world.advance(by: .milliseconds(100)) }
        #expect(service.links.count == count + 1, "no attempt followed")
        return service.link.port.resumePoint
    }
}
