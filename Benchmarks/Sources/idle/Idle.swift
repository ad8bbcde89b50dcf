import Foundation
import Holdfast
import HoldfastMattermost
import MattermostSimulator
import UVEventLoop

/// What an idle connection costs in resident memory, engine and Mattermost service included; the simulator runs in a process
/// of its own.
@main
struct Idle {
    static let usage = """
        usage: idle [--connections N] [--consume] [--json]

        Opens connections to a simulator in another process, lets each make its first probe, and measures by how much each
        makes this process's resident memory grow. 50 connections more come first and are not counted: they pay for what
        all share.

          --connections N  how many (2000)
          --consume        with a task for each that waits for events
          --json           one line of JSON
          --help           this text
        """

    /// How many are opened at a time.
    private static let batch = 50

    static func main() async throws {
        var count = 2000
        var consumes = false
        var json = false
        var arguments = CommandLine.arguments.dropFirst()
        while let argument = arguments.popFirst() {
            switch argument {
            case "--connections":
                guard let number = arguments.popFirst().flatMap({ Int($0) }), (1...20_000).contains(number) else {
                    fail("--connections needs a number from 1 to 20000")
                }
                count = number
            case "--consume": consumes = true
            case "--json": json = true
            case "--serve": return try await serve()
            case "--help", "-h": return print(usage)
            default: fail("unknown argument \(argument); see --help")
            }
        }
        try await measure(count, consumes, json)
    }

    /// The other process: prints where it listens, and ends with its standard input.
    private static func serve() async throws {
        allowDescriptors()
        let loop = try EventLoop.start(name: "simulator")
        let simulator = Simulator(world: loop)
        try await simulator.start()
        let fixture = await simulator.fixture
        FileHandle.standardOutput.write(Data("\(fixture.url) \(fixture.botToken)\n".utf8))
        _ = FileHandle.standardInput.readDataToEndOfFile()
        await simulator.stop()
        try loop.stop()
    }

    private static func measure(_ count: Int, _ consumes: Bool, _ json: Bool) async throws {
        allowDescriptors()
        let server = Process()
        let (input, output) = (Pipe(), Pipe())
        server.executableURL = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
        server.arguments = ["--serve"]
        server.standardInput = input
        server.standardOutput = output
        try server.run()
        defer { try? input.fileHandleForWriting.close() }
        let line = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        let words = line.split(whereSeparator: \.isWhitespace).map(String.init)
        guard words.count == 2 else { fail("the simulator did not start") }

        let loop = try EventLoop.start(name: "idle")
        let service = MattermostService(server: try ServerURL(words[0]), token: try Token(words[1]))
        let progress = Progress()
        var connections: [Connection<MattermostService>] = []
        // The first batch pays for what all share: libraries, buffers, as many HTTP requests at once as there ever are.
        try await open(batch, service, loop, progress, consumes, &connections)
        let before = residentBytes()
        let total = batch + count
        while connections.count < total {
            let next = min(batch, total - connections.count)
            try await open(next, service, loop, progress, consumes, &connections)
            FileHandle.standardError.write(Data("\r\(connections.count - batch) of \(count) open".utf8))
        }
        FileHandle.standardError.write(Data("\n".utf8))
        let growth = residentBytes() - before
        let each = Double(growth) / Double(count)
        if json {
            print(
                """
                {"type":"idle","connections":\(count),"consume":\(consumes),"resident_bytes":\(growth),\
                "bytes_per_connection":\(Int(each))}
                """)
        } else {
            print("\(count) idle connections: \(growth / 1024) KB resident, \(Int(each)) bytes each")
        }
        for connection in connections { await connection.stop(deadline: .seconds(1)) }
        try loop.stop()
    }

    /// Opens some more and waits until each has made its first probe.
    private static func open(
        _ count: Int, _ service: MattermostService, _ loop: EventLoop, _ progress: Progress, _ consumes: Bool,
        _ connections: inout [Connection<MattermostService>]
    ) async throws {
        var configuration = Configuration()
        configuration.timing.firstProbe = .milliseconds(50)
        // The first verdict of each is counted; none gives a second one before all are open.
        configuration.timing.probeInterval = .seconds(600)
        configuration.onObservation = { observation in
            if case .verdict = observation { progress.note() }
        }
        let target = connections.count + count
        for _ in 0..<count {
            let connection = Connection(service, on: loop, configuration: configuration)
            connections.append(connection)
            if consumes { Task(executorPreference: loop) { for await _ in connection.events {} } }
            await connection.start()
        }
        await progress.wait(for: target)
    }

    /// As many as the system allows.
    private static func allowDescriptors() {
        var limit = rlimit()
        getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        limit.rlim_cur = limit.rlim_max
        setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    private static func residentBytes() -> Int {
        let text = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
        return (text.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * Int(getpagesize())
    }

    private static func fail(_ line: String) -> Never {
        FileHandle.standardError.write(Data("idle: \(line)\n".utf8))
        exit(64)
    }
}

/// Counts verdicts. A lock guards everything.
final class Progress: @unchecked Sendable {
    private let lock = NSLock()
    private var count = 0
    private var waiter: (target: Int, continuation: CheckedContinuation<Void, Never>)?

    func note() {
        let ready = lock.withLock { () -> CheckedContinuation<Void, Never>? in
            count += 1
            guard let waiter, count >= waiter.target else { return nil }
            self.waiter = nil
            return waiter.continuation
        }
        ready?.resume()
    }

    func wait(for target: Int) async {
        await withCheckedContinuation { continuation in
            let isReached = lock.withLock {
                if count < target { waiter = (target, continuation) }
                return count >= target
            }
            if isReached { continuation.resume() }
        }
    }
}
