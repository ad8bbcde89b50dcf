import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing

/// A connection that was merely dropped goes on where it was; all others start clean. Over real sockets.
@Suite(.timeLimit(.minutes(10))) struct ServiceResumeTests {
    /// What a test wants to know of an event.
    struct Seen: Hashable {
        var name: String
        var message = ""
        var sequence: Int64
        var attempt: UInt32
        var isReplayed: Bool
    }

    private func run(
        options: (inout MattermostOptions) -> Void = { _ in },
        _ body: @Sendable (ServiceRig, WatchedWorld) async throws -> Void
    ) async throws {
        let slot = Lock<WatchedWorld?>(nil)
        try await ServiceRig.run(
            world: { loop, _, _ in
                let world = WatchedWorld(loop)
                slot.withLock { $0 = world }
                return world
            },
            // A resume is given up where an answer is late; here, however slow the machine is, none is.
            timing: { $0.connectTimeout = .seconds(600) },
            options: {
                $0.requestTimeout = .seconds(300)
                options(&$0)
            }
        ) { rig in
            try await body(rig, try #require(slot.withLock { $0 }))
        }
    }

    /// Reads up to the post with this text, and checks that each session's numbers have no gap.
    private func read(
        to message: String, _ events: inout EventSequence<MattermostEvent>.Iterator, after last: Int64? = nil
    ) async throws -> [Seen] {
        var seen: [Seen] = []
        var last = last
        while let event = await events.next() {
            if event.kind == .hello { last = nil }
            if let last { #expect(event.sequence == last + 1, "a gap in the numbers") }
            last = event.sequence
            var entry = Seen(
                name: event.name, sequence: event.sequence, attempt: event.attempt, isReplayed: event.isReplayed)
            if case .posted(let posted) = try event.content { entry.message = posted.post.message }
            seen.append(entry)
            if entry.message == message { return seen }
        }
        Issue.record("the events ended before \(message) arrived")
        return seen
    }

    /// Opens, and reads a first post: so there is a number to go on from. Returns the session's id.
    private func open(
        _ rig: ServiceRig, _ events: inout EventSequence<MattermostEvent>.Iterator
    ) async throws -> (id: String, last: Int64) {
        try await rig.open()
        await rig.post("before")
        let seen = try await read(to: "before", &events)
        #expect(seen.first?.name == "hello")
        #expect(seen.allSatisfy { $0.attempt == 1 && !$0.isReplayed })
        return (try await sessionID(rig), seen.last?.sequence ?? 0)
    }

    private func sessionID(_ rig: ServiceRig) async throws -> String {
        try #require(await rig.simulator.log.connections.first { $0.userID == rig.fixture.botID }?.connectionID)
    }

    /// That the connection that is open now was greeted anew, and all of its events arrive.
    private func expectClean(
        _ rig: ServiceRig, _ events: inout EventSequence<MattermostEvent>.Iterator, insteadOf id: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        await rig.post("afterwards")
        let seen = try await read(to: "afterwards", &events)
        let attempt = await rig.connection.generation
        #expect(seen.contains { $0.name == "hello" && $0.attempt == attempt }, sourceLocation: sourceLocation)
        #expect(!seen.contains { $0.isReplayed && $0.attempt == attempt }, sourceLocation: sourceLocation)
        #expect(try await sessionID(rig) != id, sourceLocation: sourceLocation)
        #expect(await rig.connection.counters.resumed == 0, sourceLocation: sourceLocation)
    }

    // MARK: - Resumed

    @Test(arguments: [SimulatorDrop.finish, .reset], [0, 3, 120])
    func aDroppedConnectionGoesOnWhereItWas(how: SimulatorDrop, missed: Int) async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, last) = try await open(rig, &events)
            world.before(request: 2) { for number in 0..<missed { await rig.post("missed \(number)") } }
            await rig.simulator.drop(how)
            try await rig.reopened(after: 1)
            await rig.post("after")
            let seen = try await read(to: "after", &events, after: last)
            #expect(!seen.contains { $0.name == "hello" })
            let posts = seen.filter { $0.name == "posted" }
            #expect(posts.map(\.message) == (0..<missed).map { "missed \($0)" } + ["after"])
            #expect(posts.dropLast().allSatisfy { $0.isReplayed && $0.attempt == 2 })
            #expect(posts.last.map { !$0.isReplayed && $0.attempt == 2 } == true)
            #expect(try await sessionID(rig) == id)
            #expect(rig.log.transitions.last { $0.event == .ready }?.reason.contains("resumed at") == true)
            let counters = await rig.connection.counters
            #expect(counters.ready == 2 && counters.resumed == 1)
            #expect(world.targets.last == "/api/v4/websocket?connection_id=\(id)&sequence_number=\(last + 1)")
        }
    }

    @Test func aResumedConnectionIsResumedAgain() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, first) = try await open(rig, &events)
            var last = first
            for round in 1...4 {
                world.before(request: round + 1) { await rig.post("missed \(round)") }
                await rig.simulator.drop(.finish)
                try await rig.reopened(after: UInt32(round))
                await rig.post("after \(round)")
                let seen = try await read(to: "after \(round)", &events, after: last)
                #expect(seen.filter { $0.name == "posted" }.map(\.message) == ["missed \(round)", "after \(round)"])
                last = seen.last?.sequence ?? 0
            }
            #expect(try await sessionID(rig) == id)
            #expect(await rig.connection.counters.resumed == 4)
        }
    }

    @Test func aServerThatRefusesForAWhileDoesNotCostThePlace() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (_, last) = try await open(rig, &events)
            await rig.simulator.refuseConnections()
            await rig.simulator.drop(.reset)
            try await rig.log.wait("two failed attempts") { _ in
                rig.log.transitions.count { $0.event == .attemptFailed } >= 2
            }
            await rig.post("missed")
            await rig.simulator.acceptConnections()
            try await rig.reopened(after: 1)
            let seen = try await read(to: "missed", &events, after: last)
            #expect(seen.last?.isReplayed == true)
            #expect(await rig.connection.counters.resumed == 1)
        }
    }

    @Test(arguments: [429, 502, 503, 504]) func anUpgradeThatIsPutOffDoesNotCostThePlace(status: Int) async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (_, last) = try await open(rig, &events)
            await rig.simulator.failRequests(status: status, pathPrefix: "/api/v4/websocket")
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 2)
            await rig.post("after")
            _ = try await read(to: "after", &events, after: last)
            #expect(await rig.connection.counters.resumed == 1)
        }
    }

    // MARK: - Asked for, and not held

    @Test func moreThanTheServerKeepsStartsClean() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            // A queue of 256 is all that waits for a connection that is away.
            world.before(request: 2) { for number in 0..<300 { await rig.post("missed \(number)") } }
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 1)
            #expect(world.targets.last?.contains("connection_id=\(id)") == true)
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test func aPlaceThatHasLeftTheRingStartsClean() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            for number in 0..<140 { await rig.post("\(number)") }
            _ = try await read(to: "139", &events)
            world.rewriteUpgrades { $0.replacing(/sequence_number=[0-9]+/, with: "sequence_number=2") }
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 1)
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test func aServerThatRestartedStartsClean() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            await rig.simulator.restart(downFor: .milliseconds(50))
            try await rig.reopened(after: 1)
            #expect(world.targets.last?.contains("connection_id=\(id)") == true)
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test func aServerThatDropsAResumeIsNotAskedAgain() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            // A malformed id makes the server drop the socket right after the upgrade.
            world.rewriteUpgrades { $0.replacing("connection_id=", with: "connection_id=malformed-") }
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 2)
            #expect(world.targets.map { $0.contains("connection_id") } == [false, true, false])
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test(arguments: [400, 500, nil]) func anUpgradeThatIsRefusedOrUnansweredIsNotAskedAgain(status: Int?) async throws
    {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            if let status {
                await rig.simulator.failRequests(status: status, pathPrefix: "/api/v4/websocket")
            } else {
                await rig.simulator.loseAnswers(pathPrefix: "/api/v4/websocket")
            }
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 2)
            #expect(world.targets.map { $0.contains("connection_id") } == [false, true, false])
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test func aWrongNumberAfterAResumeIsSuspiciousAndTheNextStartIsClean() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, last) = try await open(rig, &events)
            // The server goes on one event too early.
            world.rewriteUpgrades { $0.replacing("number=\(last + 1)", with: "number=\(last)") }
            await rig.simulator.drop(.finish)
            try await rig.log.wait("the verdict over the suspicion") { _ in !rig.log.verdicts.isEmpty }
            #expect(rig.log.path.contains("T10"))
            #expect(
                rig.log.transitions.contains { $0.reason == "sequence gap: expected \(last + 1), got \(last)" })
            #expect(rig.log.verdicts.first?.check == "canary")
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 2)
            #expect(world.targets.map { $0.contains("connection_id") } == [false, true, false])
            await rig.post("after")
            let seen = try await read(to: "after", &events, after: last - 1)
            #expect(seen.contains { $0.name == "hello" && $0.attempt == 3 })
            #expect(try await sessionID(rig) != id)
        }
    }

    @Test func aResumeThatEndsWhereItBeganIsNotRepeated() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            // Set by hand, so that no status change is published when the connection comes and goes.
            let bot = rig.fixture.botID
            _ = await rig.simulator.perform(
                "PUT", "/api/v4/users/\(bot)/status", token: rig.fixture.botToken,
                body: #"{"user_id":"\#(bot)","status":"away"}"#)
            let (id, _) = try await open(rig, &events)
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 1)
            #expect(await rig.connection.counters.resumed == 1)
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 2)
            #expect(world.targets.map { $0.contains("connection_id") } == [false, true, false])
            #expect(try await sessionID(rig) != id)
        }
    }

    // MARK: - Not asked for

    @Test func withChallengeAuthenticationAResumeIsNeverAskedFor() async throws {
        try await run(options: { $0.authentication = .challenge }) { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 1)
            #expect(world.targets == ["/api/v4/websocket", "/api/v4/websocket"])
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    /// Why a connection that could be resumed must not be.
    enum Doubt: String, CaseIterable, Sendable {
        case deafVerdict, reconnectCommand, accountCycled, accountRenamed, tokenRefusedMeanwhile, revisionUnknown
    }

    @Test(arguments: Doubt.allCases) func inDoubtTheStartIsClean(doubt: Doubt) async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            let bot = rig.fixture.botID
            let token = #"{"token_id":"\#(rig.fixture.botTokenID)"}"#
            switch doubt {
            case .deafVerdict:
                await rig.admin("POST", "/users/sessions/revoke/all")
                #expect(try await rig.probe().outcome == .deaf)
            case .reconnectCommand: await rig.connection.reconnect()
            case .accountCycled:
                world.before(request: 2) {
                    await rig.admin("POST", "/bots/\(bot)/disable")
                    await rig.admin("POST", "/bots/\(bot)/enable")
                }
                await rig.simulator.drop(.finish)
            case .accountRenamed:
                world.before(request: 2) {
                    await rig.admin("PUT", "/users/\(bot)/patch", #"{"nickname":"renamed"}"#)
                }
                await rig.simulator.drop(.finish)
            case .tokenRefusedMeanwhile:
                world.before(request: 2) { await rig.admin("POST", "/users/tokens/disable", token) }
                world.before(request: 3) { await rig.admin("POST", "/users/tokens/enable", token) }
                await rig.simulator.drop(.finish)
            case .revisionUnknown:
                await rig.simulator.failRequests(status: 503, pathPrefix: "/api/v4/users/me")
                await rig.simulator.drop(.finish)
            }
            try await rig.reopened(after: 1)
            #expect(world.targets == ["/api/v4/websocket", "/api/v4/websocket"])
            try await expectClean(rig, &events, insteadOf: id)
        }
    }

    @Test func aRenameThatAProbeHasProvenHarmlessIsNoDoubt() async throws {
        try await run { rig, world in
            var events = rig.connection.events.makeAsyncIterator()
            let (id, _) = try await open(rig, &events)
            await rig.admin("PUT", "/users/\(rig.fixture.botID)/patch", #"{"nickname":"renamed"}"#)
            #expect(try await rig.probe().check == "canary")
            await rig.simulator.drop(.finish)
            try await rig.reopened(after: 1)
            #expect(await rig.connection.counters.resumed == 1)
            #expect(try await sessionID(rig) == id)
        }
    }
}
