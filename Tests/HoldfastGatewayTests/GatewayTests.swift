import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import Locking
import Testing

@testable import HoldfastGateway

@Suite(.timeLimit(.minutes(10))) struct GatewayTests {
    private static let names = (1...8).map { "bot-\($0)" }

    private func begin(_ rig: GatewayRig, _ names: [String]) async throws {
        for name in names { try await rig.gateway.add(try await rig.account(name)) }
        try await rig.areReady(names)
    }

    private func expect(_ message: String, by names: [String], _ rig: GatewayRig) async throws {
        try await rig.received.wait("\(message) by \(names)") { received in
            Set(received.filter { $0.message == message }.map(\.account)) == Set(names)
        }
        #expect(rig.received.all.count { $0.message == message } == names.count, "each once")
    }

    @Test func manyAccountsHearTheSamePostOnLoopsThatShareThem() async throws {
        try await GatewayRig.run { rig in
            try await begin(rig, Self.names)
            try await rig.post("hello")
            try await expect("hello", by: Self.names, rig)
            let statuses = await rig.gateway.statuses()
            #expect(statuses.map(\.name) == Self.names)
            #expect(statuses.allSatisfy { $0.state == .open && $0.problem == nil && $0.generation == 1 })
            #expect(statuses.count { $0.loop == 0 } == 4 && statuses.count { $0.loop == 1 } == 4)
            let figures = rig.gateway.figures()
            #expect(figures.states == [.open: 8])
            #expect(figures.transitions["T01"] == 8 && figures.transitions["T03"] == 8)
            #expect(figures.waiting.count >= 8, "each was noted before it was handed over")
        }
    }

    /// More than are asked in one turn of a loop; none gets to connect.
    @Test func thousandsTellHowTheyAre() async throws {
        try await GatewayRig.run { rig in
            let bot = try await rig.account("bot")
            await rig.gateway.set(.init(perSecond: 0.01, burst: 1), for: bot.server)
            let names = (1000..<3000).map { "account-\($0)" }
            try await rig.gateway.apply(names.map { bot.named($0) })
            #expect(await rig.gateway.statuses().map(\.name) == names)
            let some = await rig.gateway.statuses(of: ["account-1000", "account-2999", "nobody"])
            #expect(some.map(\.name) == ["account-1000", "account-2999"])
        }
    }

    @Test func accountsComeAndGoWhileOthersGoOn() async throws {
        try await GatewayRig.run { rig in
            try await begin(rig, ["a", "b"])
            try await rig.gateway.remove("a")
            try await rig.post("for b")
            try await expect("for b", by: ["b"], rig)
            #expect(await rig.gateway.accountNames == ["b"])
            try await begin(rig, ["c"])
            try await rig.post("for two")
            try await expect("for two", by: ["b", "c"], rig)
            #expect(rig.gateway.figures().states == [.open: 2])
            await #expect(throws: GatewayError.unknown("a")) { try await rig.gateway.restart("a") }
            await #expect(throws: GatewayError.exists("b")) {
                try await rig.gateway.add(try await rig.account("another").named("b"))
            }
        }
    }

    @Test func aRestartLosesNothing() async throws {
        try await GatewayRig.run { rig in
            try await begin(rig, ["a"])
            try await rig.post("before")
            try await expect("before", by: ["a"], rig)
            async let restart: Void = rig.gateway.restart("a")
            for number in 1...50 { try await rig.post("meanwhile \(number)") }
            try await restart
            try await expect("meanwhile 50", by: ["a"], rig)
            let messages = rig.received.all.map(\.message)
            #expect(messages == ["before"] + (1...50).map { "meanwhile \($0)" })
        }
    }

    @Test func reloadingTouchesOnlyWhatIsChanged() async throws {
        try await GatewayRig.run { rig in
            var accounts = [
                try await rig.account("same"), try await rig.account("changed"), try await rig.account("gone"),
            ]
            let first = try await rig.gateway.apply(accounts)
            #expect(first == GatewayChanges(added: ["changed", "gone", "same"]))
            try await rig.areReady(["same", "changed", "gone"])
            accounts.removeLast()
            accounts[1].timing.probeInterval = .seconds(1800)
            accounts.append(try await rig.account("new"))
            let other = Record<GatewayRig.Received>()
            accounts[0].handler = RecordingHandler(other)
            let second = try await rig.gateway.apply(accounts)
            #expect(second == GatewayChanges(added: ["new"], removed: ["gone"], changed: ["changed"], kept: 1))
            try await rig.areReady(["changed", "new"])
            try await rig.post("after")
            try await expect("after", by: ["changed", "new"], rig)
            try await other.wait("the other handler") { $0.map(\.message) == ["after"] }
            #expect(try await rig.gateway.status(of: "same").generation == 1, "it stayed connected")
            #expect(rig.told.all.count { $0["account"] == "same" && $0["to"] == "open" } == 1)
        }
    }

    /// Throws for one account, and never returns for another.
    private struct BadHandler: DeliveryHandler {
        let received: Record<GatewayRig.Received>
        let isBroken: Record<Bool>

        struct Broken: Error, CustomStringConvertible { var description: String { "out of order" } }

        func handle(_ delivery: Delivery, of account: AccountReference) async throws {
            if isBroken.all.last == true { throw Broken() }
            try await RecordingHandler(received).handle(delivery, of: account)
        }
    }

    @Test func aHandlerThatFailsIsCalledAgainAndHoldsUpNobodyElse() async throws {
        try await GatewayRig.run { rig in
            let isBroken = Record<Bool>()
            isBroken.add(true)
            try await rig.gateway.add(
                try await rig.account("bad", handler: BadHandler(received: rig.received, isBroken: isBroken)))
            try await begin(rig, ["good"])
            try await rig.areReady(["bad"])
            try await rig.post("first")
            try await rig.post("second")
            try await expect("second", by: ["good"], rig)
            try await rig.told.wait("a warning") { entries in
                entries.contains { $0["account"] == "bad" && $0.message == "a handler failed and is called again" }
            }
            let status = try await rig.gateway.status(of: "bad")
            #expect(status.state == .open && status.counters.handlerFailures > 0 && status.counters.handled == 0)
            #expect(status.problem == "the handler failed: out of order")
            isBroken.add(false)
            try await rig.received.wait("both by bad") { $0.count { $0.account == "bad" } == 2 }
            #expect(rig.received.all.filter { $0.account == "bad" }.map(\.message) == ["first", "second"])
        }
    }

    @Test func aWrongTokenIsItsOwnProblem() async throws {
        try await GatewayRig.run { rig in
            var wrong = try await rig.account("wrong")
            wrong.token = try Token("wrongwrongwrongwrongwrong1")
            try await rig.gateway.add(wrong)
            try await begin(rig, ["right"])
            try await rig.wait(for: ["wrong"], toBecome: .backoff)
            try await rig.post("hello")
            try await expect("hello", by: ["right"], rig)
            let status = try await rig.gateway.status(of: "wrong")
            #expect(status.evidence.contains("the token was refused"))
            #expect(!rig.told.all.contains { $0.fields.contains { $0.value.contains("wrongwrong") } })
        }
    }

    @Test func aDeafAccountIsReplacedAndCaughtUp() async throws {
        try await GatewayRig.run { rig in
            try await begin(rig, ["a", "b"])
            try await rig.setActive(false, "a")
            try await rig.setActive(true, "a")
            try await rig.post("unheard")
            try await expect("unheard", by: ["b"], rig)
            try await rig.gateway.probe("a")
            try await rig.received.wait("it is fetched") {
                $0.contains { $0.account == "a" && $0.message == "unheard" }
            }
            let figures = rig.gateway.figures()
            #expect(figures.detection.count == 1 && figures.recovery.count == 1)
            #expect(figures.reconnects == ["T16": 1])
            #expect(figures.verdicts.contains { $0.key.outcome == .deaf && $0.value == 1 })
            #expect(try await rig.gateway.status(of: "b").generation == 1)
            let history = try await rig.gateway.history(of: "a")
            #expect(history.transitions.map(\.id).contains("T16") && history.counters?.deaf == 1)
        }
    }

    @Test func aConnectionThatEndsByItselfIsBegunAnew() async throws {
        try await GatewayRig.run { rig in
            var account = try await rig.account("spent")
            account.token = try Token("wrongwrongwrongwrongwrong1")
            account.backoff.attemptBudget = 1
            try await rig.gateway.add(account)
            try await rig.told.wait("it begins anew") { entries in
                entries.count { $0.message == "transition" && $0["id"] == "T01" } == 2
            }
            #expect(rig.told.all.contains { $0.message == "an account ended by itself and is begun anew" })
            let status = try await rig.gateway.status(of: "spent")
            #expect(status.counters.restarts >= 1 && status.problem != nil)
            #expect(rig.gateway.figures().states.values.reduce(0, +) == 1)
        }
    }

    @Test func anEndHandsOverWhatHasComeAndKeepsTheRest() async throws {
        let store = MemoryStore()
        try await GatewayRig.run(store: store) { rig in
            let handler = EndlessHandler(received: rig.received)
            try await rig.gateway.add(try await rig.account("a", handler: handler))
            try await rig.areReady(["a"])
            try await rig.post("one")
            try await rig.received.wait("it is being handled") { !$0.isEmpty }
            // The handler does not return before it is cancelled: the end does not wait for ever, and nothing is acknowledged.
            await rig.gateway.stop(deadline: .milliseconds(100))
            #expect(await rig.gateway.accountNames.isEmpty)
            #expect(rig.received.all.count == 1)
            await #expect(throws: GatewayError.stopping) { try await rig.gateway.add(try await rig.account("late")) }
        }
        let left = try await store.open("a").unacknowledged(after: 0, limit: 10)
        #expect(left.contains { String(decoding: $0.text, as: UTF8.self).contains("one") })
    }

    /// Notes what it gets, and returns when its task is cancelled.
    private struct EndlessHandler: DeliveryHandler {
        let received: Record<GatewayRig.Received>

        func handle(_ delivery: Delivery, of account: AccountReference) async throws {
            guard case .posted = try delivery.content else { return }
            received.add(.init(account: account.name, message: "in hand"))
            let (never, continuation) = AsyncStream.makeStream(of: Never.self)
            for await _ in never {}
            continuation.finish()
            try Task.checkCancellation()
        }
    }
}

extension Account {
    fileprivate func named(_ name: String) -> Account {
        var copy = self
        copy.name = name
        return copy
    }
}
