import ConnectionLifecycle
import Holdfast
import HoldfastGateway
import HoldfastMattermost
import Locking
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// A simulator with bots, and a gateway on two loops, over real sockets on loopback.
///
/// Probes run only when a test asks, and the server's check of new connections does not come: nothing depends on how fast the
/// machine is.
final class GatewayRig: Sendable {
    let simulator: Simulator
    let fixture: SimulatorFixture
    let gateway: Gateway
    let received = Record<Received>()
    let told = Record<GatewayLogEntry>()
    private let bots = Lock<[String: String]>([:])

    struct Received: Sendable, Equatable {
        var account: String
        var message: String
        var isRepeated = false
    }

    private init(_ simulator: Simulator, _ fixture: SimulatorFixture, on loops: [EventLoop], _ store: any DeliveryStore)
    {
        self.simulator = simulator
        self.fixture = fixture
        gateway = Gateway(on: loops, store: store) { [told] in told.add($0) }
    }

    /// Runs a test's body; afterwards stops everything and checks that no handle is left on the gateway's loops.
    static func run(store: any DeliveryStore = MemoryStore(), _ body: @Sendable (GatewayRig) async throws -> Void)
        async throws
    {
        let serverLoop = try EventLoop.start(name: "simulator")
        let loops = [try EventLoop.start(name: "gateway-0"), try EventLoop.start(name: "gateway-1")]
        let simulator = Simulator(world: serverLoop, configuration: .init(authenticationCheck: .seconds(3600)))
        try await simulator.start()
        let rig = GatewayRig(simulator, await simulator.fixture, on: loops, store)
        do {
            try await body(rig)
        } catch {
            Issue.record(
                "\(error)\n\(rig.told.all.suffix(20).map { "\($0.message) \($0.fields)" }.joined(separator: "\n"))")
        }
        await rig.gateway.stop(deadline: .seconds(5))
        await simulator.stop()
        for loop in loops { #expect(throws: Never.self) { try loop.stop() } }
        try serverLoop.stop()
    }

    /// A new bot of the simulator as an account.
    func account(_ name: String, handler: (any DeliveryHandler)? = nil) async throws -> Account {
        let bot = try #require(await simulator.makeBot(named: name))
        bots.withLock { $0[name] = bot.id }
        var timing = Timing()
        timing.probeInterval = .seconds(3600)
        timing.firstProbe = .seconds(3600)
        var backoff = BackoffPolicy()
        backoff.initial = .milliseconds(10)
        return Account(
            name: name, server: try ServerURL(fixture.url), token: try Token(bot.token), timing: timing,
            backoff: backoff,
            handler: handler ?? RecordingHandler(received))
    }

    func botID(_ name: String) throws -> String { try #require(bots.withLock { $0[name] }) }

    func post(_ message: String) async throws {
        _ = try #require(await simulator.post(message, channelID: fixture.channelID, userID: fixture.userID))
    }

    /// Waits until an account has become what is said, since this was told.
    func wait(for accounts: [String], toBecome state: State) async throws {
        try await told.wait("\(accounts) to become \(state)") { entries in
            var states: [String: String] = [:]
            for entry in entries where entry.message == "transition" {
                states[entry["account"]] = entry["to"]
            }
            return accounts.allSatisfy { states[$0] == "\(state)" }
        }
    }

    /// Waits until accounts are open and have taken stock of their channels: what is posted from now on is theirs.
    func areReady(_ accounts: [String]) async throws {
        try await wait(for: accounts, toBecome: .open)
        try await told.wait("\(accounts) to have taken stock") { entries in
            Set(entries.filter { $0.message == "caught up" }.map { $0["account"] }).isSuperset(of: accounts)
        }
    }

    func setActive(_ isActive: Bool, _ name: String) async throws {
        let response = await simulator.perform(
            "PUT", "/api/v4/users/\(try botID(name))/active", token: fixture.adminToken,
            body: #"{"active":\#(isActive)}"#)
        #expect(response.status == 200)
    }
}

extension GatewayLogEntry {
    subscript(name: String) -> String { fields.first { $0.name == name }?.value ?? "" }
}

/// Notes what posts say.
struct RecordingHandler: DeliveryHandler {
    let received: Record<GatewayRig.Received>

    init(_ received: Record<GatewayRig.Received>) { self.received = received }

    func handle(_ delivery: Delivery, of account: AccountReference) async throws {
        guard case .posted(let posted) = try delivery.content, posted.post.type.isEmpty else { return }
        received.add(.init(account: account.name, message: posted.post.message, isRepeated: delivery.isRepeated))
    }
}

/// What happened so far, and a way to wait for more.
final class Record<Element: Sendable>: Sendable {
    private struct State {
        var elements: [Element] = []
        var waiters: [Waiter] = []
    }

    private struct Waiter {
        let number: Int
        let condition: @Sendable ([Element]) -> Bool
        let continuation: CheckedContinuation<Bool, Never>
    }

    private let state = Lock(State())
    private let numbers = Lock(0)

    var all: [Element] { state.withLock { $0.elements } }

    func add(_ element: Element) {
        let met = state.withLock { state in
            state.elements.append(element)
            let met = state.waiters.filter { $0.condition(state.elements) }
            state.waiters.removeAll { waiter in met.contains { $0.number == waiter.number } }
            return met
        }
        for waiter in met { waiter.continuation.resume(returning: true) }
    }

    /// Fails when the test's time ends before.
    func wait(_ what: String, until condition: @escaping @Sendable ([Element]) -> Bool) async throws {
        let number = numbers.withLock { number in
            number += 1
            return number
        }
        let holds = await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if condition(state.elements) { return true }
                    if Task.isCancelled { return false }
                    state.waiters.append(Waiter(number: number, condition: condition, continuation: continuation))
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.waiters.firstIndex { $0.number == number }.map { state.waiters.remove(at: $0) }
            }
            waiter?.continuation.resume(returning: false)
        }
        try #require(holds, "the time ended before: \(what); \(all.suffix(20))")
    }
}
