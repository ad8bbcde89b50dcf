import Foundation
import Synchronization

#if canImport(FoundationNetworking)
    import FoundationNetworking
#endif

/// What a Swift program has without any package: `URLSessionWebSocketTask` and `JSONDecoder`.
///
/// On Linux, Foundation has this task only if the toolchain was built with a libcurl that speaks WebSocket; the
/// toolchains of swift.org are not. The client then says so and exits with 69.
@main
struct Client {
    static let usage = """
        usage: urlsession/run ingest|idle|storm --server http://HOST:PORT --count N [--hold S]

        A client of Mattermost's WebSocket with URLSessionWebSocketTask. The token comes from HOLDFAST_TOKEN (bench).

          --server URL  http://HOST:PORT
          --count N     events (ingest) or connections (idle, storm)
          --hold S      seconds to hold, idle only (10)
          --version     the name and the version; 69 if Foundation cannot do WebSockets here
        """

    static func main() async {
        let options = Options(CommandLine.arguments.dropFirst())
        await requireWebSockets()
        guard let mode = options.mode else {
            print("urlsession: \(version)")
            return
        }
        let silence = Task.detached { await giveUpInSilence() }
        defer { silence.cancel() }
        do {
            let dialer = try Dialer(server: options.server, connections: options.count)
            let about = "\"client\":\"urlsession\",\"version\":\"\(version)\",\"mode\":\"\(mode.rawValue)\""
            let figures =
                switch mode {
                case .ingest: try await ingest(dialer, count: options.count)
                case .idle: try await idle(dialer, count: options.count, hold: options.hold)
                case .storm: try await storm(dialer, count: options.count)
                }
            print("{\(about),\(figures)}")
        } catch {
            fail(1, "\(error)")
        }
    }

    static var version: String {
        let system = ProcessInfo.processInfo.operatingSystemVersionString
        return "Foundation, Swift \(compiler), \(system.filter { $0 != "\"" && $0 != "\\" })"
    }

    #if swift(>=6.4)
        private static let compiler = "6.4 or newer"
    #elseif swift(>=6.3)
        private static let compiler = "6.3"
    #else
        private static let compiler = "before 6.3"
    #endif

    /// Foundation refuses a WebSocket at once where it cannot speak it; where it can, nobody listens at this port.
    private static func requireWebSockets() async {
        guard let nowhere = URL(string: "ws://127.0.0.1:9/") else { return }
        let task = URLSession.shared.webSocketTask(with: nowhere)
        task.resume()
        defer { task.cancel() }
        do {
            _ = try await task.receive()
        } catch let error as URLError where error.code == .unsupportedURL {
            fail(69, "this toolchain's Foundation cannot do it: \(error.localizedDescription)")
        } catch {
            // Refused, as it should be.
        }
    }

    private static func giveUpInSilence() async {
        let clock = ContinuousClock()
        var seen = -1
        var since = clock.now
        while !Task.isCancelled {
            let now = progress.load(ordering: .relaxed)
            if now != seen {
                (seen, since) = (now, clock.now)
            } else if since.duration(to: clock.now) > .seconds(60) {
                fail(1, "nothing happened for 60 s")
            }
            try? await Task.sleep(for: .seconds(5))
        }
    }
}

/// Whatever happens, so that silence can be noticed.
let progress = Atomic<Int>(0)

func fail(_ status: Int32, _ problem: String) -> Never {
    FileHandle.standardError.write(Data("urlsession: \(problem)\n".utf8))
    exit(status)
}

struct Failure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

// MARK: - Command line

enum Mode: String {
    case ingest, idle, storm
}

struct Options {
    /// nil: only the version.
    private(set) var mode: Mode?
    private(set) var server = ""
    private(set) var count = 0
    private(set) var hold = 10.0

    init(_ words: ArraySlice<String>) {
        var words = words
        while let word = words.popFirst() {
            switch word {
            case "--help":
                print(Client.usage)
                exit(0)
            case "--version": return
            case "--server": server = words.popFirst() ?? ""
            case "--count": count = words.popFirst().flatMap { Int($0) } ?? 0
            case "--hold": hold = words.popFirst().flatMap { Double($0) } ?? 0
            default:
                guard let known = Mode(rawValue: word) else { fail(64, "unknown argument \(word); see --help") }
                mode = known
            }
        }
        guard mode != nil else { fail(64, "say what to do: ingest, idle or storm; see --help") }
        guard server.hasPrefix("http://") else { fail(64, "--server must be http://HOST:PORT; see --help") }
        guard count > 0 else { fail(64, "--count must be at least 1; see --help") }
        guard hold > 0 else { fail(64, "--hold must be more than 0; see --help") }
    }
}

// MARK: - Accounts

/// User and system time of the whole process, in seconds.
func cpuSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func wallSeconds() -> Double {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
}

func residentBytes() throws -> Int {
    let words = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8).split(separator: " ")
    guard words.count > 1, let pages = Int(words[1]) else { throw Failure("/proc/self/statm: no resident size") }
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
}

/// The handler, where an application would put its own.
struct Account {
    private(set) var events = 0
    private(set) var checksum = 0

    mutating func posted(id: String, channelID: String, userID: String, message: String) {
        events += 1
        checksum += message.utf8.count
    }
}

// MARK: - One connection

struct Envelope: Decodable {
    struct Payload: Decodable {
        let post: String?
    }

    let event: String?
    let seq: Int?
    let data: Payload?
}

struct Post: Decodable {
    let id, channel_id, user_id, message: String
}

struct Reply: Decodable {
    let status: String?
    let seq_reply: Int?

    func check() throws {
        guard status == "OK" else { throw Failure("a ping was answered by status \(status ?? "nil")") }
    }
}

struct Dialer: Sendable {
    private let session: URLSession
    private let request: URLRequest

    init(server: String, connections: Int) throws {
        let host = server.dropFirst("http://".count)
        guard let url = URL(string: "ws://\(host.hasSuffix("/") ? host.dropLast() : host)/api/v4/websocket") else {
            throw Failure("\(server) is no server's address")
        }
        var request = URLRequest(url: url)
        let token = ProcessInfo.processInfo.environment["HOLDFAST_TOKEN"] ?? "bench"
        request.setValue("Bearer \(token)", forHTTPHeaderField: "Authorization")
        self.request = request
        let configuration = URLSessionConfiguration.ephemeral
        // The default is 6.
        configuration.httpMaximumConnectionsPerHost = connections + 1
        session = URLSession(configuration: configuration)
    }

    /// A connection that has been greeted and has had one ping answered.
    func open() async throws -> Connection {
        let task = session.webSocketTask(with: request)
        task.maximumMessageSize = 16 << 20
        task.resume()
        let connection = Connection(task: task)
        do {
            guard try await connection.receive(Envelope.self).event == "hello" else { throw Failure("expected hello") }
            try await connection.ping(1)
            try await connection.receive(Reply.self).check()
        } catch {
            task.cancel()
            throw error
        }
        progress.add(1, ordering: .relaxed)
        return connection
    }
}

struct Connection: Sendable {
    let task: URLSessionWebSocketTask

    func receive() async throws -> Data {
        switch try await task.receive() {
        case .data(let data): data
        case .string(let text): Data(text.utf8)
        @unknown default: throw Failure("a message of unknown kind")
        }
    }

    func receive<Message: Decodable>(_ type: Message.Type) async throws -> Message {
        try JSONDecoder().decode(type, from: try await receive())
    }

    func ping(_ seq: Int) async throws {
        try await task.send(.string(#"{"seq":\#(seq),"action":"ping"}"#))
    }
}

// MARK: - Modes; each returns its figures as the members of a JSON object

func ingest(_ dialer: Dialer, count: Int) async throws -> String {
    let connection = try await dialer.open()
    let decoder = JSONDecoder()
    var account = Account()
    var last = 0
    var gaps = 0
    var start: (wall: Double, cpu: Double)?
    while account.events < count {
        let data = try await connection.receive()
        let received = start ?? (wallSeconds(), cpuSeconds())
        let envelope = try decoder.decode(Envelope.self, from: data)
        guard let seq = envelope.seq else { continue }
        if seq != last + 1 { gaps += 1 }
        last = seq
        progress.add(1, ordering: .relaxed)
        guard envelope.event == "posted" else { continue }
        start = received
        guard let text = envelope.data?.post else { throw Failure("a posted event without a post") }
        let post = try decoder.decode(Post.self, from: Data(text.utf8))
        account.posted(id: post.id, channelID: post.channel_id, userID: post.user_id, message: post.message)
    }
    guard let start else { throw Failure("no event arrived") }
    let (wall, cpu) = (wallSeconds() - start.wall, cpuSeconds() - start.cpu)
    connection.task.cancel(with: .normalClosure, reason: nil)
    return """
        "events":\(account.events),"wall_s":\(wall),"cpu_s":\(cpu),"checksum":\(account.checksum),\
        "checksum_unit":"bytes","seq_gaps":\(gaps)
        """
}

/// Many connections, each with a task that reads it.
actor Fleet {
    /// The indices of connections that ended.
    nonisolated let lost: AsyncStream<Int>
    private let ended: AsyncStream<Int>.Continuation
    private let dialer: Dialer
    private var connections: [Connection?]
    private(set) var answered = 0
    private(set) var lostCount = 0

    init(_ dialer: Dialer, count: Int) {
        self.dialer = dialer
        connections = Array(repeating: nil, count: count)
        (lost, ended) = AsyncStream.makeStream(of: Int.self)
    }

    func open(_ index: Int) async throws {
        let connection = try await dialer.open()
        connections[index] = connection
        Task { await read(index, connection) }
    }

    func openAll() async throws {
        try await withThrowingTaskGroup(of: Void.self) { dialling in
            for index in connections.indices {
                if index >= 64 { try await dialling.next() }
                dialling.addTask { try await self.open(index) }
            }
            try await dialling.waitForAll()
        }
    }

    func ping(_ index: Int, seq: Int) async throws {
        guard let connection = connections[index] else { throw Failure("a connection was lost") }
        try await connection.ping(seq)
    }

    private func read(_ index: Int, _ connection: Connection) async {
        while let data = try? await connection.receive() {
            do {
                let reply = try JSONDecoder().decode(Reply.self, from: data)
                guard reply.seq_reply != nil else { continue }
                try reply.check()
            } catch {
                fail(1, "\(error)")
            }
            answered += 1
            progress.add(1, ordering: .relaxed)
        }
        connections[index] = nil
        lostCount += 1
        progress.add(1, ordering: .relaxed)
        ended.yield(index)
    }
}

func idle(_ dialer: Dialer, count: Int, hold: Double) async throws -> String {
    try await dialer.open().task.cancel(with: .normalClosure, reason: nil)
    let before = try residentBytes()
    let opening = wallSeconds()
    let fleet = Fleet(dialer, count: count)
    try await fleet.openAll()
    let connect = wallSeconds() - opening
    FileHandle.standardError.write(Data("\(count) connections in \(connect) s, holding \(hold) s\n".utf8))
    let (start, cpu) = (ContinuousClock.now, cpuSeconds())
    // One connection after the other, so that each is asked every 30 s and the load is even.
    var sent = 0
    while 30 * Double(sent) / Double(count) < hold {
        try await Task.sleep(until: start + .seconds(30 * Double(sent) / Double(count)), clock: .continuous)
        try await fleet.ping(sent % count, seq: 2 + sent / count)
        sent += 1
    }
    try await Task.sleep(until: start + .seconds(hold), clock: .continuous)
    let used = cpuSeconds() - cpu
    let answered = await fleet.answered
    let after = try residentBytes()
    for _ in 0..<50 where await fleet.answered < sent { try await Task.sleep(for: .milliseconds(100)) }
    guard await fleet.answered == sent else { throw Failure("not all of \(sent) pings were answered") }
    guard await fleet.lostCount == 0 else { throw Failure("connections were lost") }
    return """
        "conns":\(count),"rss_before":\(before),"rss_after":\(after),"cpu_hold_s":\(used),"pings":\(answered),\
        "hold_s":\(hold),"connect_s":\(connect)
        """
}

func storm(_ dialer: Dialer, count: Int) async throws -> String {
    let fleet = Fleet(dialer, count: count)
    try await fleet.openAll()
    FileHandle.standardError.write(Data("ready\n".utf8))
    var start: (wall: Double, cpu: Double)?
    try await withThrowingTaskGroup(of: Void.self) { dialling in
        var seen: Set<Int> = []
        for await index in fleet.lost {
            start = start ?? (wallSeconds(), cpuSeconds())
            if seen.count >= 256 { try await dialling.next() }
            dialling.addTask {
                while (try? await fleet.open(index)) == nil { try? await Task.sleep(for: .milliseconds(20)) }
            }
            guard seen.insert(index).inserted else { throw Failure("a connection was lost again") }
            if seen.count == count { break }
        }
        try await dialling.waitForAll()
    }
    guard let start else { throw Failure("nothing was dropped") }
    let (wall, cpu) = (wallSeconds() - start.wall, cpuSeconds() - start.cpu)
    guard await fleet.lostCount == count else { throw Failure("connections were lost again") }
    return "\"conns\":\(count),\"wall_s\":\(wall),\"cpu_s\":\(cpu)"
}
