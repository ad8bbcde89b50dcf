import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import MattermostSimulator
import Testing
import UVEventLoop
import WorldInterface

/// A gateway that is killed again and again while people post, edit and delete: in the end everything was handled, and
/// nothing that was acknowledged came again.
@Suite(.timeLimit(.minutes(10))) struct CrashTests {
    /// The optimised run does them all; without optimisation each takes most of a second.
    #if DEBUG
        private static let kills = 50
    #else
        private static let kills = 200
    #endif

    @Test func nothingIsLostAndNothingAcknowledgedComesAgain() async throws {
        var random = SystemRandomNumberGenerator()
        let seed = ProcessInfo.processInfo.environment["HOLDFAST_CRASH_SEED"].flatMap { UInt64($0) } ?? random.next()
        print("crash test: HOLDFAST_CRASH_SEED=\(seed)")
        var dice = Dice(state: seed)
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("holdfast-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let path = folder.appendingPathComponent("gateway.holdfast").path
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(world: loop, configuration: .init(authenticationCheck: .seconds(3600)))
        try await simulator.start()
        let fixture = await simulator.fixture
        let start = {
            try CommandProcess(
                [fixture.url, path], executable: "CrashingGateway",
                environment: ["HOLDFAST_TOKEN": fixture.botToken])
        }

        // The first start only begins: what comes from now on is the gateway's.
        var gateway = try start()
        try await gateway.output.wait("the first listing") { $0.contains { $0.hasPrefix("c ") } }
        var people = People(simulator, fixture, seed: dice.next())
        var record = HandlingRecord()
        for run in 1...CrashTests.kills {
            // Sometimes before anything is handled, sometimes after a while; there is always work on its way.
            let lines = dice.below(4) == 0 ? 0 : dice.below(60)
            // Half of it is done before the gateway says anything, the rest while it speaks: behind each deed comes a line.
            if lines > 0 { for _ in 0..<lines / 2 + 20 { await people.act() } }
            while gateway.output.count < lines {
                let said = gateway.output.count
                try await gateway.output.wait("line \(said + 1) of run \(run), seed \(seed): \(gateway.errors.all)") {
                    $0.count > said
                }
                await people.act()
            }
            for _ in 0..<dice.below(20) { await people.act() }
            gateway.send(SIGKILL)
            #expect(await gateway.status() == -SIGKILL, "\(gateway.errors.all)")
            try record.note(gateway.output.all, run: run, seed: seed)
            for _ in 0..<dice.below(10) { await people.act() }
            if run % 20 == 0 { print("crash test: \(run) of \(CrashTests.kills) kills, \(people.deeds.count) deeds") }
            gateway = try start()
        }
        let deeds = people.deeds
        let last = try #require(
            await simulator.post("the last", channelID: fixture.channelID, userID: fixture.userID))
        // Changes come behind posts; whatever is still due comes with the last catch-up.
        let before = record
        try await gateway.output.wait("everything, seed \(seed)") { lines in
            var record = before
            try? record.note(lines, run: 0, seed: seed)
            return record.isAcknowledged("posted \(last)") && deeds.missing(in: record).isEmpty
        }
        gateway.send(SIGKILL)
        _ = await gateway.status()
        try record.note(gateway.output.all, run: CrashTests.kills + 1, seed: seed)
        #expect(deeds.missing(in: record) == [], "seed \(seed)")
        #expect(record.handledAgain == [], "acknowledged, and handed over again; seed \(seed)")

        let store = try await SQLiteStore(path: path)
        let left = try await store.open("").unacknowledged(after: 0, limit: 10)
        #expect(left.count <= 1, "only what was being handled when it was killed")
        await store.close()
        await simulator.stop()
        try loop.stop()
        print(
            "crash test: \(CrashTests.kills) kills, \(deeds.count) posts, edits and deletions, \(record.handled) handled, \(record.repeated) of them again"
        )
    }
}

/// What the gateway said that it did.
private struct HandlingRecord {
    /// By number in the mailbox.
    private var whatByNumber: [Int: String] = [:]
    private var numberByWhat: [String: Int] = [:]
    private var acknowledged: Set<String> = []
    private(set) var handledAgain: [String] = []
    private(set) var handled = 0
    private(set) var repeated = 0

    func isAcknowledged(_ prefix: String) -> Bool { acknowledged.contains { $0.hasPrefix(prefix) } }

    func contains(_ what: String) -> Bool { acknowledged.contains(what) || numberByWhat[what] != nil }

    mutating func note(_ lines: [String], run: Int, seed: UInt64) throws {
        for line in lines {
            let parts = line.split(separator: " ", maxSplits: 2).map(String.init)
            // The last line of a process that was killed may be cut off.
            guard parts.count == 3, let number = Int(parts[1]) else { continue }
            let what = parts[2]
            switch parts[0] {
            case "h":
                handled += 1
                if acknowledged.contains(what) { handledAgain.append("\(what) in run \(run)") }
                if let known = whatByNumber[number] {
                    repeated += 1
                    try #require(known == what, "one number, two deliveries; run \(run), seed \(seed)")
                }
                if let known = numberByWhat[what] {
                    try #require(known == number, "\(what) was stored twice; run \(run), seed \(seed)")
                }
                whatByNumber[number] = what
                numberByWhat[what] = number
            case "a": acknowledged.insert(what)
            default: break
            }
        }
    }
}

/// What people did.
private struct Deeds: Sendable {
    /// The latest edit of each post; 0 for none.
    var posts: [String: Int64] = [:]
    var deleted: Set<String> = []
    var count = 0

    /// Each post that there is must have been told in its last form, and each deletion.
    func missing(in record: HandlingRecord) -> [String] {
        var missing: [String] = []
        for (id, edit) in posts {
            if deleted.contains(id) {
                if !record.contains("deleted \(id) 0") { missing.append("deleted \(id)") }
            } else if !record.contains("posted \(id) \(edit)"), !record.contains("edited \(id) \(edit)") {
                missing.append("post \(id), edit \(edit)")
            }
        }
        return missing.sorted()
    }
}

/// Posts, edits and deletes.
private struct People {
    private let simulator: Simulator
    private let fixture: SimulatorFixture
    private var dice: Dice
    private(set) var deeds = Deeds()
    private var ids: [String] = []

    init(_ simulator: Simulator, _ fixture: SimulatorFixture, seed: UInt64) {
        self.simulator = simulator
        self.fixture = fixture
        dice = Dice(state: seed)
    }

    mutating func act() async {
        deeds.count += 1
        let kind = dice.below(10)
        if kind < 8 || ids.count < 20 {
            guard
                let id = await simulator.post(
                    "post \(deeds.count)", channelID: fixture.channelID, userID: fixture.userID)
            else { return }
            ids.append(id)
            deeds.posts[id] = 0
        } else if kind == 8 {
            let id = ids[ids.count - 1 - dice.below(20)]
            if let edit = await perform("PUT", "/posts/\(id)/patch", #"{"message":"edit \#(deeds.count)"}"#) {
                deeds.posts[id] = edit
            }
        } else {
            let id = ids.remove(at: ids.count - 1 - dice.below(20))
            if await perform("DELETE", "/posts/\(id)", "") != nil { deeds.deleted.insert(id) }
        }
    }

    /// Returns the edit time of the answer, 0 where it has none.
    private func perform(_ method: String, _ path: String, _ body: String) async -> Int64? {
        let response = await simulator.perform(method, "/api/v4" + path, token: fixture.userToken, body: body)
        guard (200...299).contains(response.status) else { return nil }
        let object = try? JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
        return (object?["edit_at"] as? NSNumber)?.int64Value ?? 0
    }
}

/// SplitMix64.
private struct Dice {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(bound)) }
}
