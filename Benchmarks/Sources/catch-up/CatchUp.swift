import Foundation
import Holdfast
import HoldfastMattermost
import HoldfastStore
import MattermostSimulator
import Synchronization
import UVEventLoop
import WorldInterface

/// Measures how long it takes to fetch what was missed: many posts of one channel, and one post in each of many channels.
@main
struct CatchUp {
    static let usage = """
        usage: catch-up [--posts N] [--channels N] [--runs N] [--folder PATH] [--json]

        A bot on a simulator of its own process goes deaf (its account is disabled and enabled), posts are made, and a probe
        finds out. Seconds from the new connection until the last missed post is acknowledged, with the durable store; the
        simulator's own time is in it. Median, least and most of several runs, each with everything new.

          --posts N      missed posts in one channel (10000)
          --channels N   channels with one missed post each (500)
          --runs N       runs of each kind (5)
          --folder PATH  where the store lies meanwhile (the temporary folder)
          --json         one JSON object per line
          --help         this text
        """

    static func main() async throws {
        var posts = 10_000
        var channels = 500
        var runs = 5
        var folder = FileManager.default.temporaryDirectory.path
        var json = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--posts": posts = number(argument, arguments.popFirst())
            case "--channels": channels = number(argument, arguments.popFirst())
            case "--runs": runs = number(argument, arguments.popFirst())
            case "--folder":
                guard let path = arguments.popFirst() else { fail("--folder needs a path; see --help") }
                folder = path
            case "--json": json = true
            case "--help", "-h": return print(usage)
            default: fail("unknown argument \(argument); see --help")
            }
        }
        for work in [Work.posts(posts), .channels(channels)] {
            var times: [Double] = []
            for _ in 0..<runs { times.append(try await Run(work, folder).time()) }
            report(work, times.sorted(), json)
        }
    }

    private static func report(_ work: Work, _ times: [Double], _ json: Bool) {
        let (median, least, most) = (times[times.count / 2], times[0], times[times.count - 1])
        let (name, count) = work.description
        if json {
            print(
                #"{"benchmark":"catch-up","work":"\#(name)","count":\#(count),"runs":\#(times.count),"#
                    + #""seconds":\#(median),"least":\#(least),"most":\#(most)}"#)
        } else {
            let text = String(format: "%.2f s (%.2f–%.2f)", median, least, most)
            print("\(count) missed posts, \(name): \(text), \(Int(Double(count) / median)) a second")
        }
    }

    private static func number(_ name: String, _ text: String?) -> Int {
        guard let text, let number = Int(text), number > 0 else { fail("\(name) needs a positive whole number") }
        return number
    }

    private static func fail(_ message: String) -> Never {
        FileHandle.standardError.write(Data("catch-up: \(message)\n".utf8))
        exit(64)
    }
}

enum Work: Sendable {
    case posts(Int)
    case channels(Int)

    var description: (name: String, count: Int) {
        switch self {
        case .posts(let count): ("one channel", count)
        case .channels(let count): ("one in each channel", count)
        }
    }
}

/// One run, with everything new.
struct Run {
    private let work: Work
    private let path: String

    init(_ work: Work, _ folder: String) {
        self.work = work
        path = folder + "/holdfast-catch-up-\(UUID().uuidString)"
    }

    func time() async throws -> Double {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let serverLoop = try EventLoop.start(name: "simulator")
        let loop = try EventLoop.start(name: "client")
        let simulator = Simulator(world: serverLoop, configuration: .init(authenticationCheck: .seconds(3600)))
        try await simulator.start()
        let fixture = await simulator.fixture
        let channels = try await makeChannels(simulator, fixture)

        let store = try await SQLiteStore(path: path + "/store")
        var configuration = Configuration()
        configuration.timing.probeInterval = .seconds(3600)
        configuration.timing.firstProbe = .seconds(3600)
        let marks = Marks()
        configuration.onObservation = { marks.see($0) }
        let connection = Connection(
            MattermostService(
                server: try ServerURL(fixture.url), token: try Token(fixture.botToken), store: store),
            on: loop, configuration: configuration)
        let consumer = Task {
            for try await delivery in connection.deliveries {
                guard case .posted(let posted) = try delivery.content else { continue }
                try await delivery.acknowledge()
                marks.acknowledge(posted.post.id)
            }
        }
        await connection.start()
        await marks.caughtUp()

        await administer(simulator, fixture, "disable")
        await administer(simulator, fixture, "enable")
        var missed: Set<String> = []
        for (number, channel) in channels.enumerated() {
            if let id = await simulator.post("missed \(number)", channelID: channel, userID: fixture.userID) {
                missed.insert(id)
            }
        }
        marks.expect(missed)
        await connection.probe()
        let seconds = await marks.done()
        await connection.stop()
        try await consumer.value
        await store.close()
        await simulator.stop()
        try loop.stop()
        try serverLoop.stop()
        return seconds
    }

    /// In which channel to post, post by post.
    private func makeChannels(_ simulator: Simulator, _ fixture: SimulatorFixture) async throws -> [String] {
        switch work {
        case .posts(let count): return Array(repeating: fixture.channelID, count: count)
        case .channels(let count):
            var channels: [String] = []
            for number in 0..<count {
                let response = await simulator.perform(
                    "POST", "/api/v4/channels", token: fixture.userToken,
                    body:
                        #"{"team_id":"\#(fixture.teamID)","name":"c-\#(number)","display_name":"\#(number)","type":"O"}"#
                )
                let object = try JSONSerialization.jsonObject(with: Data(response.body)) as? [String: Any]
                let id = object?["id"] as? String ?? ""
                _ = await simulator.perform(
                    "POST", "/api/v4/channels/\(id)/members", token: fixture.userToken,
                    body: #"{"user_id":"\#(fixture.botID)"}"#)
                channels.append(id)
            }
            return channels
        }
    }

    private func administer(_ simulator: Simulator, _ fixture: SimulatorFixture, _ what: String) async {
        _ = await simulator.perform("POST", "/api/v4/bots/\(fixture.botID)/\(what)", token: fixture.adminToken)
    }
}

/// What happened when.
final class Marks: Sendable {
    private struct Contents {
        var isCaughtUp = false
        var expected: Set<String>?
        var reopened: ContinuousClock.Instant?
        var waiters: [CheckedContinuation<Void, Never>] = []
        var seconds: Double?
    }

    private let contents = Mutex(Contents())

    func see(_ observation: Observation) {
        change { contents in
            switch observation {
            case .catchUp(let record): if record.phase == .finished { contents.isCaughtUp = true }
            case .transition(let record):
                if record.event == .ready, contents.expected != nil { contents.reopened = .now }
            case .verdict, .log: break
            }
        }
    }

    func expect(_ ids: Set<String>) { change { $0.expected = ids } }

    func acknowledge(_ id: String) {
        change { contents in
            guard contents.expected?.remove(id) != nil, contents.expected?.isEmpty == true,
                let reopened = contents.reopened
            else { return }
            contents.seconds = Double((ContinuousClock.now - reopened).wholeNanoseconds) / 1e9
        }
    }

    func caughtUp() async { await wait { $0.isCaughtUp } }

    func done() async -> Double {
        await wait { $0.seconds != nil }
        return contents.withLock(\.seconds) ?? .nan
    }

    private func change(_ body: (inout Contents) -> Void) {
        let waiters = contents.withLock { contents in
            body(&contents)
            defer { contents.waiters = [] }
            return contents.waiters
        }
        for waiter in waiters { waiter.resume() }
    }

    private func wait(until condition: (borrowing Contents) -> Bool) async {
        while !contents.withLock({ condition($0) }) {
            await withCheckedContinuation { continuation in
                let isDone = contents.withLock { contents in
                    if condition(contents) { return true }
                    contents.waiters.append(continuation)
                    return false
                }
                if isDone { continuation.resume() }
            }
        }
    }
}
