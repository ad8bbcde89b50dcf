import BenchmarkKit
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

    static func main() async {
        do {
            try await run()
        } catch let complaint as Complaint {
            complaint.end("catch-up")
        } catch {
            Progress.say("catch-up: \(error)")
            exit(1)
        }
    }

    private static func run() async throws {
        let arguments = try Arguments(
            CommandLine.arguments.dropFirst(), options: ["--posts", "--channels", "--runs", "--folder"],
            switches: ["--json"], usage: usage)
        let posts = try arguments.number("--posts", default: 10_000, in: 1...1_000_000)
        let channels = try arguments.number("--channels", default: 500, in: 1...100_000)
        let runs = try arguments.number("--runs", default: 5, in: 1...1000)
        let folder = try arguments.folder("--folder", default: FileManager.default.temporaryDirectory.path)
        for work in [Work.posts(posts), .channels(channels)] {
            var times: [Double] = []
            for run in 1...runs {
                Progress.show("catch-up: \(work.description.name), run \(run) of \(runs)")
                times.append(try await Run(work, folder).time())
            }
            Progress.clear()
            guard let times = Summary(times) else { continue }
            let figure = Figure(
                work: work.description.name, count: work.description.count, runs: runs, seconds: times.median,
                least: times.minimum, most: times.maximum)
            if arguments.has("--json") { try JSONLine.print(figure) } else { print(figure.line) }
        }
    }

    private struct Figure: Encodable {
        let benchmark = "catch-up"
        let work: String
        let count, runs: Int
        /// The median.
        let seconds: Double
        let least, most: Double

        var line: String {
            let text = String(format: "%.2f s (%.2f–%.2f)", seconds, least, most)
            return "\(count) missed posts, \(work): \(text), \(Int(Double(count) / seconds)) a second"
        }
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
