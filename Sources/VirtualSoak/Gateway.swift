import ConnectionLifecycle
import Holdfast
import HoldfastMattermost
import SimulatedWorld
import WorldInterface

/// A gateway under test: the product's connection and a consumer of its deliveries, in a process that may be killed and
/// started again. What it keeps lies on its disk.
final class Gateway: @unchecked Sendable {
    // Sound as Sendable: see Simulation.
    let index: Int
    let disk = SimulatedDisk()
    let link: SimulatedLink
    private let simulation: Simulation
    private let bot: Town.Bot
    private let judge: Judge
    private(set) var host: SimulatedHost
    private(set) var connection: Connection<MattermostService>?
    private var incarnation = 0
    /// Virtual time until which its consumer takes nothing.
    var stalledUntil: UInt64 = 0
    private(set) var hasStopped = false
    private(set) var consumerHasEnded = false
    private(set) var isDown = false

    init(_ index: Int, _ bot: Town.Bot, in simulation: Simulation, judge: Judge) {
        self.index = index
        self.bot = bot
        self.simulation = simulation
        self.judge = judge
        link = SimulatedLink(seed: simulation.makeSeed())
        host = simulation.makeHost("gateway-\(index)", link: link)
        disk.onCrash = { [unowned self] in crash(.finish, downFor: 1) }
    }

    static let server = "chat.example:8065"

    /// Starts a process. Every fifth gateway signs in by challenge, which cannot resume; every fourth proves the push path at each
    /// probe; one of six does not look at replies; and one of three takes few events at a time.
    func start() {
        isDown = false
        incarnation += 1
        if incarnation > 1 { host = simulation.makeHost("gateway-\(index)", link: link) }
        judge.begins(index, incarnation: incarnation)
        var configuration = Configuration()
        configuration.seed = simulation.makeSeed()
        if index % 3 == 2 { configuration.maximumBufferedEvents = 32 }
        configuration.onObservation = { [judge, index, incarnation] in judge.see($0, index, incarnation) }
        var options = MattermostOptions()
        if index % 5 == 4 { options.authentication = .challenge }
        if index % 4 == 3 { options.canary = .always }
        if Gateway.reliesOnREST(index) {
            options.replyCheck = false
        }
        do {
            let service = MattermostService(
                server: try ServerURL("http://\(Gateway.server)"), token: try Token(bot.token), options: options,
                store: DiskStore(disk: disk, host: host), mailbox: "bot-\(index)")
            let connection = Connection(service, on: host, configuration: configuration)
            self.connection = connection
            host.run { [self, host] in await consume(connection, on: host) }
            host.run { await connection.start() }
        } catch {
            judge.report(.incoherent, index, "cannot start: \(error)")
        }
    }

    /// Whether its probes cannot tell anything while REST does not answer.
    static func reliesOnREST(_ index: Int) -> Bool { index % 6 == 1 }

    private func consume(_ connection: Connection<MattermostService>, on host: SimulatedHost) async {
        // A store that failed is opened again: that is what its users are told to do.
        while true {
            do {
                for try await delivery in connection.deliveries {
                    while stalledUntil > simulation.now {
                        try await host.sleep(for: .nanoseconds(stalledUntil - simulation.now))
                    }
                    judge.hear(delivery, index)
                    try await delivery.acknowledge()
                    judge.acknowledged(delivery, index)
                }
                break
            } catch {
                judge.remember(index, "deliveries ended: \(error)")
                try? await host.sleep(for: .milliseconds(500))
            }
        }
        consumerHasEnded = true
    }

    /// The process is killed, and another one started after so many seconds.
    func crash(_ farewell: SimulatedHost.Farewell, downFor seconds: Double) {
        guard !isDown, !hasStopped, !isStopping else { return }
        isDown = true
        judge.crashes(index, farewell)
        host.crash(farewell)
        connection = nil
        simulation.at(simulation.now + UInt64(seconds * 1e9)) { [self] in start() }
    }

    private var isStopping = false

    func stop() {
        isStopping = true
        judge.mayStop(index)
        guard let connection else { return }
        host.run { [self] in
            await connection.stop()
            hasStopped = true
        }
    }

    func check() {
        guard !isDown else { return }
        judge.check(
            index, sockets: host.openStreamCount, timers: host.openTimerCount,
            waiting: connection?.buffer.count ?? 0,
            isCutOff: host.isSuspended || link.isDown)
    }
}
