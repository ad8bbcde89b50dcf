import BenchmarkKit
import ConnectionLifecycle
import Foundation
import Holdfast
import HoldfastGateway
import HoldfastMattermost
import HoldfastStore
import ScaleKit
import SoakKit
import UVEventLoop
import WorldInterface

/// One run, from the first descriptor to the verdict.
struct Runner {
    private let options: Options
    /// Descriptors beside the connections: loops, store, requests of the REST API.
    private static let spareDescriptors = 600

    init(_ options: Options) { self.options = options }

    func run() async throws -> ScaleRecord {
        try checkDescriptors()
        var record = ScaleRecord()
        describe(&record)
        say("making \(options.connections) accounts")
        let server = try ServerProcess(options)
        let path = "\(options.storeFolder)/holdfast-scale-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = options.isDurable ? try await SQLiteStore(path: "\(path)/store") : nil
        var loops: [EventLoop] = []
        for number in 0..<options.loops { loops.append(try EventLoop.start(name: "gateway-\(number)")) }
        let loop = loops[0]
        let fleet = Fleet(connections: options.connections) { loop.now.nanoseconds }
        let gateway = Gateway(on: loops, store: store ?? MemoryStore()) { fleet.note($0) }
        let accounts = try await accounts(server.ready, gateway, fleet)
        record.memory.beforeBytes = ProcessUsage.residentBytes()
        var meter = Meter(loops, gateway, server, fleet)

        try await comeUp(accounts, gateway, fleet, &meter, &record)
        _ = try await server.ask(.traffic(postsPerSecond: options.posts), for: Order.Posted.self)
        try await steady(gateway, &meter, &record)
        try await announce(server, fleet, &meter, &record)
        if options.watch > 0 { try await watch(server, gateway, loop, &meter, &record) }
        try await drop(server, fleet, &meter, &record)
        if !options.cycled.isEmpty { try await deafen(server, fleet, &meter, &record) }
        try await settle(server, gateway, fleet, &record)

        record.memory.endBytes = ProcessUsage.residentBytes()
        meter.look()
        record.memory.peakBytes = meter.peakBytes
        record.memory.simulatorBytes = ProcessUsage.residentBytes(of: server.identifier)
        let stopping = loop.now
        await gateway.stop()
        record.stopS = Self.seconds(since: stopping, loop)
        await meter.end()
        await store?.close()
        for loop in loops { try loop.stop() }
        record.machine.loadAfter = Machine.load
        record.checks = record.judged(cycled: options.cycled.count)
        Progress.clear()
        return record
    }

    // MARK: - Phases

    private func comeUp(
        _ accounts: [Account], _ gateway: Gateway, _ fleet: Fleet, _ meter: inout Meter, _ record: inout ScaleRecord
    ) async throws {
        let began = meter.now
        try await gateway.apply(accounts)
        try await wait("come up", patience, &meter) {
            fleet.openCount == accounts.count && fleet.caughtUp >= accounts.count
        } status: {
            "\(fleet.openCount) of \(accounts.count) open"
        }
        let (phase, course) = try await meter.take()
        record.comeUp = phase
        record.comeUp.waitS = Self.distribution(course.opened.map { Self.seconds(from: began, to: $0.at) })
        record.comeUp.idealS = ideal
        record.memory.openBytes = ProcessUsage.residentBytes()
    }

    private func steady(_ gateway: Gateway, _ meter: inout Meter, _ record: inout ScaleRecord) async throws {
        let end = meter.now + UInt64(options.seconds) * 1_000_000_000
        try await wait("steady", .infinity, &meter) { [meter] in
            meter.now >= end
        } status: {
            "all are probed"
        }
        record.steady = try await meter.take().0
        record.memory.steadyBytes = ProcessUsage.residentBytes()
        let began = meter.now
        _ = await gateway.statuses()
        record.statusesMs = (Double(meter.now - began) / 1e6).rounded(to: 2)
    }

    private func announce(
        _ server: ServerProcess, _ fleet: Fleet, _ meter: inout Meter, _ record: inout ScaleRecord
    ) async throws {
        _ = try await meter.take()
        let answer = try await server.ask(.announce, for: Order.Announced.self)
        guard answer.status == 200 else { throw Failure("the simulator answers \(answer.status) to a profile edit") }
        let count = options.connections
        try await wait("an event for everybody", 120, &meter) {
            fleet.announced >= count
        } status: {
            "\(fleet.announced) of \(count) have it"
        }
        record.announced = try await meter.take().0
        record.announcedTo = fleet.announced
    }

    private func watch(
        _ server: ServerProcess, _ gateway: Gateway, _ loop: EventLoop, _ meter: inout Meter,
        _ record: inout ScaleRecord
    ) async throws {
        say("watched …")
        let status = StatusServer(of: gateway, on: loop, StatusOptions(version: "scale"))
        let port = try await status.start()
        _ = try await meter.take()
        let watched = try await server.ask(.watch(port: port, seconds: options.watch), for: Order.Watched.self)
        record.watched = try await meter.take().0
        record.pageBytes = watched.pageBytes
        record.longestAnswerMs = (watched.longestAnswer * 1000).rounded(to: 1)
        await status.stop()
    }

    private func drop(
        _ server: ServerProcess, _ fleet: Fleet, _ meter: inout Meter, _ record: inout ScaleRecord
    ) async throws {
        let caughtUp = fleet.caughtUp
        let dropped = try await server.ask(.drop, for: Order.Dropped.self)
        record.dropTookS = Self.seconds(from: dropped.began, to: dropped.ended)
        let count = options.connections
        try await wait("drop", patience, &meter) {
            fleet.openCount == count && fleet.caughtUp >= caughtUp + count
        } status: {
            "\(fleet.openCount) of \(count) open again"
        }
        let (phase, course) = try await meter.take()
        record.drop = phase
        record.drop.waitS = Self.distribution(course.opened.map { Self.seconds(from: dropped.began, to: $0.at) })
        record.drop.idealS = ideal
    }

    private func deafen(
        _ server: ServerProcess, _ fleet: Fleet, _ meter: inout Meter, _ record: inout ScaleRecord
    ) async throws {
        let cycled = options.cycled
        // The probes that follow an attempt at once are over, and the usual ones spread again.
        let settled = meter.now + UInt64((options.probe + 2) * 1e9)
        try await wait("settling", .infinity, &meter) { [meter] in
            meter.now >= settled
        } status: {
            "all are probed"
        }
        _ = try await meter.take()
        let caughtUp = fleet.caughtUp
        let times = try await server.ask(.deafen(cycled), for: Order.Deafened.self).times
        guard times.count == cycled.count else {
            throw Failure("only \(times.count) of \(cycled.count) accounts went deaf")
        }
        let count = options.connections
        try await wait("deaf", 2 * options.probe + 60, &meter) {
            fleet.openCount == count && fleet.caughtUp >= caughtUp + cycled.count
        } status: {
            "\(fleet.caughtUp - caughtUp) of \(cycled.count) replaced"
        }
        let (phase, course) = try await meter.take()
        record.deaf = phase
        let wentDeaf = Dictionary(uniqueKeysWithValues: zip(cycled, times))
        record.deaf.detectionS = Self.distribution(since: wentDeaf, course.deaf)
        record.deaf.waitS = Self.distribution(since: wentDeaf, course.opened)
    }

    /// Nothing is posted any more; what is owed must come.
    private func settle(
        _ server: ServerProcess, _ gateway: Gateway, _ fleet: Fleet, _ record: inout ScaleRecord
    ) async throws {
        let counts = try await server.ask(.traffic(postsPerSecond: 0), for: Order.Posted.self).counts
        let posted = { (account: Int) in counts[Options.channel(of: account)] }
        for _ in 0..<600 where fleet.ledger.outstanding(posted) > 0 { try await Task.sleep(for: .milliseconds(50)) }
        let ledger = fleet.ledger
        record.deliveries.posts = counts.reduce(0, +)
        record.deliveries.expected = (0..<options.connections).reduce(0) { $0 + posted($1) }
        record.deliveries.heard = ledger.heard
        record.deliveries.repeated = ledger.repeated
        record.deliveries.missing = ledger.missing
        record.deliveries.outstanding = ledger.outstanding(posted)
        let figures = gateway.figures()
        record.deliveries.live = Int(figures.deliveries[.live] ?? 0)
        record.deliveries.resumed = Int(figures.deliveries[.resumed] ?? 0)
        record.deliveries.caughtUp = Int(figures.deliveries[.caughtUp] ?? 0)
        record.deliveries.handlerFailures = Int(figures.handlerFailures)
        record.deliveries.storeFailures = Int(figures.storeFailures)
    }

    // MARK: - Parts

    private func checkDescriptors() throws {
        let limit = ProcessUsage.allowDescriptors()
        let wanted = options.connections + Self.spareDescriptors
        guard limit >= wanted else {
            throw Failure(
                "each of the two processes needs \(wanted) descriptors for \(options.connections) connections, and the "
                    + "system allows \(limit); raise it (ulimit -Hn, or nofile in limits.conf), or ask for at most "
                    + "--connections \(max(10, limit - Self.spareDescriptors))")
        }
    }

    private func accounts(_ ready: Order.Ready, _ gateway: Gateway, _ fleet: Fleet) async throws -> [Account] {
        let servers = try ready.endpoints.map { try ServerURL("http://\($0)") }
        for server in servers {
            await gateway.set(.init(perSecond: options.rate, burst: Int(options.rate)), for: server)
        }
        var timing = Timing()
        timing.probeInterval = .seconds(options.probe)
        return try ready.tokens.enumerated().map { index, token in
            Account(
                name: Fleet.name(of: index), server: servers[options.server(of: index)], token: try Token(token),
                timing: timing, handler: fleet)
        }
    }

    private func describe(_ record: inout ScaleRecord) {
        record.connections = options.connections
        record.servers = options.servers
        record.loops = options.loops
        record.store = options.isDurable ? "the store is SQLite" : "the store is in memory"
        record.probeIntervalS = options.probe
        record.attemptsPerSecond = options.rate
        record.attemptBurst = Int(options.rate)
        record.postsPerSecond = options.posts
        record.machine = Machine.record
        record.versions = Machine.versions
    }

    /// Seconds that the budgets ask for at least, where nothing was used of them.
    private var ideal: Double {
        let each = (Double(options.connections) / Double(options.servers)).rounded(.up)
        return max(0, (each - options.rate) / options.rate).rounded(to: 2)
    }

    /// Seconds until a phase is given up.
    private var patience: Double { 120 + 4 * ideal }

    private func wait(
        _ phase: String, _ patience: Double, _ meter: inout Meter, until isDone: () -> Bool, status: () -> String
    ) async throws {
        let began = meter.now
        say("\(phase) …")
        while !isDone() {
            let elapsed = Self.seconds(from: began, to: meter.now)
            guard elapsed < patience else {
                throw Failure("\(phase): given up after \(Int(elapsed)) s: \(status())")
            }
            Progress.show("scale: \(phase), \(Int(elapsed)) s: \(status())")
            try await Task.sleep(for: .milliseconds(100))
            meter.look()
        }
        Progress.clear()
    }

    private func say(_ words: String) { Progress.say("scale: \(words)") }

    private static func distribution(_ seconds: [Double]) -> Distribution? {
        Distribution(seconds.reduce(into: Histogram()) { $0.add($1) })
    }

    /// Of those that are in both.
    private static func distribution(
        since began: [Int: UInt64], _ ended: [(account: Int, at: UInt64)]
    ) -> Distribution? {
        distribution(ended.compactMap { end in began[end.account].map { seconds(from: $0, to: end.at) } })
    }

    private static func seconds(from began: UInt64, to ended: UInt64) -> Double {
        ended > began ? Double(ended - began) / 1e9 : 0
    }

    private static func seconds(since began: Instant, _ loop: EventLoop) -> Double {
        seconds(from: began.nanoseconds, to: loop.now.nanoseconds).rounded(to: 3)
    }
}
